/** Draws from the distributions that a scenario writes. Only exp, log, sqrt and cos: they give the same bits on every Node version, pow does not. */

import type { Distribution, Stream } from './chance.ts';

/** The standard normal's 99th percentile. */
const Z99 = 2.3263478740408408;
const TWO_PI = 2 * Math.PI;

/** One draw. A plain number is itself and takes no luck. */
export function sampleDistribution(spec: Distribution, luck: Stream): number {
  if (typeof spec === 'number') return spec;
  if ('uniform' in spec) return spec.uniform.min + (spec.uniform.max - spec.uniform.min) * luck.next();
  if ('exponential' in spec) return Math.max(spec.exponential.min ?? 0, -spec.exponential.mean * logOfRest(luck));
  if ('normal' in spec) return Math.max(spec.normal.min ?? -Infinity, spec.normal.mean + spec.normal.sd * standardNormal(luck));
  if ('lognormal' in spec) {
    const { p50, p99, min, max } = spec.lognormal;
    const drawn = p50 * Math.exp((Math.log(p99 / p50) / Z99) * standardNormal(luck));
    return Math.min(max ?? Infinity, Math.max(min ?? 0, drawn));
  }
  if ('weibull' in spec) {
    const drawn = -logOfRest(luck);
    return drawn === 0 ? 0 : spec.weibull.scale * Math.exp(Math.log(drawn) / spec.weibull.shape);
  }
  return interpolate(spec.empirical, luck.next());
}

/** The least value a draw can take; -Infinity for a normal without `min`. */
export function distributionMinimum(spec: Distribution): number {
  if (typeof spec === 'number') return spec;
  if ('uniform' in spec) return Math.min(spec.uniform.min, spec.uniform.max);
  if ('exponential' in spec) return spec.exponential.min ?? 0;
  if ('normal' in spec) return spec.normal.min ?? -Infinity;
  if ('lognormal' in spec) return spec.lognormal.min ?? 0;
  if ('weibull' in spec) return 0;
  return spec.empirical.reduce((least, [, value]) => Math.min(least, value), Infinity);
}

/** log(1 - u) for u in [0, 1): never the log of zero. */
const logOfRest = (luck: Stream): number => Math.log(1 - luck.next());

/** Box-Muller; the second value is not kept, so that every draw takes exactly two. */
function standardNormal(luck: Stream): number {
  const radius = Math.sqrt(-2 * logOfRest(luck));
  return radius * Math.cos(TWO_PI * luck.next());
}

/** Inverse of a piecewise linear distribution function given as (quantile, value), quantiles ascending. */
function interpolate(points: readonly (readonly [number, number])[], u: number): number {
  const first = points[0];
  if (first === undefined) throw new Error('an empirical distribution needs at least one point');
  let [q0, v0] = first;
  if (u <= q0) return v0;
  for (const [q1, v1] of points) {
    if (u <= q1) return q1 === q0 ? v1 : v0 + ((v1 - v0) * (u - q0)) / (q1 - q0);
    q0 = q1;
    v0 = v1;
  }
  return v0;
}
