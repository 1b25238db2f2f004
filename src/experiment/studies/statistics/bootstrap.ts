/** A confidence interval by bootstrap over pairs: bias-corrected and accelerated (Efron 1987), so that skewed latencies do not shift it. */

import seedrandom from 'seedrandom';
import { cumulativeStdNormalProbability, probit, quantileSorted } from 'simple-statistics';
import { studentQuantile } from './student.ts';

export interface Pair {
  readonly a: number;
  readonly b: number;
}
export type Statistic = (pairs: readonly Pair[]) => number;

const RESAMPLES = 4_000;

/** Undefined with fewer than three pairs. The same pairs give the same interval: luck comes from `seed`. */
export function bootstrapInterval(
  pairs: readonly Pair[],
  statistic: Statistic,
  level: number,
  seed: string,
): readonly [low: number, high: number] | undefined {
  const n = pairs.length;
  if (n < 3) return undefined;
  const estimate = statistic(pairs);
  const random = seedrandom.alea(seed);
  const sample = new Array<Pair>(n);
  const values = new Float64Array(RESAMPLES);
  for (let i = 0; i < RESAMPLES; i++) {
    for (let j = 0; j < n; j++) sample[j] = pairs[Math.floor(random() * n)] as Pair;
    values[i] = statistic(sample);
  }
  values.sort();
  const sorted = Array.from(values);
  // Every resample says the same: so does the interval.
  if (sorted[0] === sorted.at(-1)) return [estimate, estimate];
  const below = sorted.filter((value) => value < estimate).length + sorted.filter((value) => value === estimate).length / 2;
  const bias = probit(Math.min(1 - 0.5 / RESAMPLES, Math.max(0.5 / RESAMPLES, below / RESAMPLES)));
  const skew = acceleration(pairs, statistic);
  const wide = expanded(level, n);
  const at = (sign: -1 | 1): number => {
    const z = sign * wide + bias;
    return quantileSorted(sorted, Math.min(1, Math.max(0, cumulativeStdNormalProbability(bias + z / (1 - skew * z)))));
  };
  return [at(-1), at(1)];
}

/** A bootstrap of few pairs is too sure of itself: its quantiles are those of Student's t, and wider by the spread it cannot see (Hesterberg 2015). */
const expanded = (level: number, n: number): number => studentQuantile((1 + level) / 2, n - 1) * Math.sqrt(n / (n - 1));

/** From the jackknife: how skewed the statistic is. */
function acceleration(pairs: readonly Pair[], statistic: Statistic): number {
  const left = pairs.map((_, i) => statistic([...pairs.slice(0, i), ...pairs.slice(i + 1)]));
  const mean = left.reduce((sum, value) => sum + value, 0) / left.length;
  let squares = 0;
  let cubes = 0;
  for (const value of left) {
    const off = mean - value;
    squares += off * off;
    cubes += off * off * off;
  }
  return squares === 0 ? 0 : cubes / (6 * squares * Math.sqrt(squares));
}
