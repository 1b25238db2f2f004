import { describe, expect, test } from 'vitest';
import { distributionMinimum, hashName, Luck, purpose, sampleDistribution } from '#sim';
import { KeyedDraws } from '../../src/sim/luck.ts';

const P = purpose('test/luck');
const COUNT = 20_000;

function correlation(xs: number[], ys: number[]): number {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(xs), mean(ys)];
  let [xy, xx, yy] = [0, 0, 0];
  xs.forEach((x, i) => {
    const [dx, dy] = [x - mx, (ys[i] as number) - my];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  });
  return xy / Math.sqrt(xx * yy);
}

describe('luck', () => {
  test('is uniform over keys and independent of neighbouring keys, purposes and seeds', () => {
    const draws = (luck: Luck, of = P, b = 0): number[] => Array.from({ length: COUNT }, (_, a) => luck.uniform(of, a, b));
    const base = draws(new Luck(1));
    const tenths = new Array(10).fill(0);
    for (const draw of base) tenths[Math.floor(draw * 10)]++;
    for (const count of tenths) expect(Math.abs(count - COUNT / 10)).toBeLessThan(200);
    for (const other of [
      draws(new Luck(2)),
      draws(new Luck(1), purpose('test/lucl')),
      draws(new Luck(1), P, 1),
      base.slice(1).concat(0.5),
    ]) {
      expect(Math.abs(correlation(base, other))).toBeLessThan(0.03);
    }
  });

  test('gives streams of neighbouring keys that do not correlate at their first draws or later', () => {
    for (const nth of [0, 1, 7]) {
      const draw = (luck: Luck, key: number): number => {
        const stream = luck.stream(P, key);
        for (let i = 0; i < nth; i++) stream.next();
        return stream.next();
      };
      const [a, b] = [new Luck(100), new Luck(101)];
      const keys = Array.from({ length: COUNT }, (_, key) => key);
      expect(
        Math.abs(
          correlation(
            keys.map((key) => draw(a, key)),
            keys.map((key) => draw(a, key + 1)),
          ),
        ),
      ).toBeLessThan(0.03);
      expect(
        Math.abs(
          correlation(
            keys.map((key) => draw(a, key)),
            keys.map((key) => draw(b, key)),
          ),
        ),
      ).toBeLessThan(0.03);
    }
  });

  test('is the same for the same keys, whatever was drawn before', () => {
    const luck = new Luck(5);
    const first = luck.uniform(P, 1, 2, 3);
    luck.stream(P, 9).next();
    luck.scenario('arrivals').next();
    expect(luck.uniform(P, 1, 2, 3)).toBe(first);
    expect(luck.uniform(P, 1, 2, hashName('pod-a'))).not.toBe(luck.uniform(P, 1, 2, hashName('pod-b')));
    expect(luck.scenario('arrivals').next()).toBe(new Luck(5).scenario('arrivals').next());
    expect(luck.scenario('arrivals').next()).not.toBe(new Luck(6).scenario('arrivals').next());
  });

  test('is pinned: the same bits on every Node version', () => {
    const luck = new Luck(42);
    const normal = sampleDistribution({ lognormal: { p50: 10, p99: 100 } }, luck.stream(P, 3));
    const weibull = sampleDistribution({ weibull: { scale: 5, shape: 1.5 } }, luck.stream(P, 4));
    expect([
      luck.uniform(P, 1),
      luck.stream(P, 2).next(),
      luck.scenario('x').next(),
      hashName('node-17'),
      normal,
      weibull,
    ]).toMatchInlineSnapshot(`
      [
        0.9503785658162087,
        0.42541898880153894,
        0.5296460569370538,
        4382354599613759,
        16.40531786142815,
        3.4706213527120378,
      ]
    `);
  });
});

describe('a distribution', () => {
  const sample = (spec: Parameters<typeof sampleDistribution>[0]): number[] => {
    const luck = new KeyedDraws(3, P);
    return Array.from({ length: COUNT }, (_, key) => sampleDistribution(spec, luck.key(key, 0, 0))).sort((a, b) => a - b);
  };
  const quantile = (values: number[], q: number): number => values[Math.floor(q * values.length)] as number;
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

  test('has the moments and quantiles that it names', () => {
    expect(mean(sample({ uniform: { min: 10, max: 30 } }))).toBeCloseTo(20, 0);
    expect(mean(sample({ exponential: { mean: 5 } })) / 5).toBeCloseTo(1, 1);
    expect(mean(sample({ normal: { mean: 50, sd: 4 } }))).toBeCloseTo(50, 0);
    const lognormal = sample({ lognormal: { p50: 10, p99: 80 } });
    expect(quantile(lognormal, 0.5) / 10).toBeCloseTo(1, 1);
    expect(quantile(lognormal, 0.99) / 80).toBeCloseTo(1, 0);
    // Weibull's 63rd percentile is its scale.
    expect(quantile(sample({ weibull: { scale: 7, shape: 2 } }), 1 - Math.exp(-1)) / 7).toBeCloseTo(1, 1);
    const steps = sample({
      empirical: [
        [0, 1],
        [0.5, 2],
        [1, 10],
      ],
    });
    expect([quantile(steps, 0.5), steps[0], steps.at(-1)].map((value) => Math.round(value as number))).toEqual([2, 1, 10]);
  });

  test('never falls below its minimum', () => {
    for (const spec of [
      { normal: { mean: 1, sd: 9, min: 0.5 } },
      { exponential: { mean: 3, min: 1 } },
      { lognormal: { p50: 2, p99: 9, min: 1.5, max: 4 } },
    ]) {
      expect(sample(spec)[0]).toBeGreaterThanOrEqual(distributionMinimum(spec));
    }
    expect(distributionMinimum({ normal: { mean: 1, sd: 1 } })).toBe(-Infinity);
  });
});
