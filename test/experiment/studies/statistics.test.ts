/** The statistics against worked examples and against what they promise. */

import seedrandom from 'seedrandom';
import { describe, expect, it } from 'vitest';
import { bootstrapInterval } from '../../../src/experiment/studies/statistics/bootstrap.ts';
import { holm } from '../../../src/experiment/studies/statistics/holm.ts';
import { fewestPairs, signedRank } from '../../../src/experiment/studies/statistics/signed-rank.ts';

describe("Wilcoxon's signed-rank test", () => {
  // R: wilcox.test(depression$x, depression$y, paired = TRUE) of Hollander & Wolfe, p. 29: V = 40, p = 0.03906.
  it('gives the textbook its p', () => {
    const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
    const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
    const { plus, pairs, p } = signedRank(before.map((value, i) => value - (after[i] as number)));
    expect({ plus, pairs }).toEqual({ plus: 40, pairs: 9 });
    expect(p).toBeCloseTo(0.03906, 5);
  });

  it('is exact with ties: it counts every pattern of signs', () => {
    const differences = [1, 1, -2, 2, 3, -1, 2];
    const ranks = [2, 2, 5, 5, 7, 2, 5];
    const total = ranks.reduce((sum, rank) => sum + rank, 0);
    const plus = differences.reduce((sum, value, i) => sum + (value > 0 ? (ranks[i] as number) : 0), 0);
    let extreme = 0;
    for (let signs = 0; signs < 2 ** ranks.length; signs++) {
      const sum = ranks.reduce((all, rank, i) => all + ((signs >> i) & 1 ? rank : 0), 0);
      if (Math.abs(sum - total / 2) >= Math.abs(plus - total / 2)) extreme++;
    }
    expect(signedRank(differences).p).toBeCloseTo(extreme / 2 ** ranks.length, 12);
  });

  it('leaves pairs out that do not differ, and finds nothing where none does', () => {
    expect(signedRank([0, 0, 0])).toEqual({ pairs: 0, plus: 0, minus: 0, p: 1 });
    expect(signedRank([1, 2, 3, 4, 5, 6, 0]).p).toBeCloseTo(2 / 64, 12);
  });

  it('agrees with itself where the exact count gives way to the normal distribution', () => {
    const random = seedrandom.alea('many');
    const differences = Array.from({ length: 60 }, () => random() - 0.42);
    const exact = signedRank(differences).p;
    const near = signedRank([...differences, 1e-9, -1e-9]).p;
    expect(Math.abs(exact - near)).toBeLessThan(0.01);
  });

  it('knows with how many pairs it can find anything', () => {
    expect(fewestPairs(0.05, 1)).toBe(6);
    expect(fewestPairs(0.05, 16)).toBe(10);
  });
});

it("corrects as Holm's own example does", () => {
  expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
});

describe('the bootstrap', () => {
  const change = (pairs: readonly { a: number; b: number }[]): number => {
    const [a, b] = pairs.reduce(([x, y], pair) => [x + pair.a, y + pair.b], [0, 0]);
    return (b - a) / a;
  };
  const study = (name: string, n: number) => {
    const random = seedrandom.alea(name);
    return Array.from({ length: n }, () => ({ a: 10 - Math.log(1 - random()), b: 11 - Math.log(1 - random()) }));
  };

  it('covers the truth as often as it says, or nearly, with skewed values', () => {
    const truth = 1 / 11;
    const studies = 300;
    let covered = 0;
    for (let i = 0; i < studies; i++) {
      const [low, high] = bootstrapInterval(study(`cover ${i}`, 20), change, 0.95, `luck ${i}`) as readonly [number, number];
      if (low <= truth && truth <= high) covered++;
    }
    expect(covered / studies).toBeGreaterThan(0.9);
  }, 60_000);

  it('says the same of the same pairs, and nothing of two', () => {
    expect(bootstrapInterval(study('same', 12), change, 0.95, 'x')).toEqual(bootstrapInterval(study('same', 12), change, 0.95, 'x'));
    expect(bootstrapInterval(study('same', 2), change, 0.95, 'x')).toBeUndefined();
  });

  it('has no width where nothing varies', () => {
    expect(bootstrapInterval(Array(5).fill({ a: 2, b: 3 }), change, 0.95, 'x')).toEqual([0.5, 0.5]);
  });
});
