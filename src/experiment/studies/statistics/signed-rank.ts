/** Wilcoxon's signed-rank test for pairs: exact for up to 60 pairs that differ, ties included; by the normal distribution beyond. */

import { cumulativeStdNormalProbability } from 'simple-statistics';

export interface SignedRank {
  /** Pairs that differ; those that do not are left out, as Wilcoxon did. */
  readonly pairs: number;
  /** Sum of the ranks of positive differences. */
  readonly plus: number;
  readonly minus: number;
  /** Two-sided. 1 where no pair differs. */
  readonly p: number;
}

const MOST_EXACT = 60;

export function signedRank(differences: readonly number[]): SignedRank {
  const nonZero = differences.filter((difference) => difference !== 0);
  const ranked = doubledRanks(nonZero.map(Math.abs));
  // Ranks count double here: with ties they are halves, and halves do not index a table.
  const plus2 = nonZero.reduce((sum, difference, i) => sum + (difference > 0 ? (ranked[i] as number) : 0), 0);
  const total2 = ranked.reduce((sum, rank) => sum + rank, 0);
  const n = nonZero.length;
  const p = n === 0 ? 1 : n <= MOST_EXACT ? exact(ranked, plus2) : approximate(ranked, plus2);
  return { pairs: n, plus: plus2 / 2, minus: (total2 - plus2) / 2, p };
}

/** Twice the rank of each value; equal values share the mean of theirs. */
function doubledRanks(values: readonly number[]): readonly number[] {
  const order = values.map((value, at) => ({ value, at })).sort((a, b) => a.value - b.value);
  const ranks = new Array<number>(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    // Differences that arithmetic alone sets apart are one.
    while (to < order.length && close((order[to] as { value: number }).value, (order[from] as { value: number }).value)) to++;
    for (let i = from; i < to; i++) ranks[(order[i] as { at: number }).at] = from + 1 + to;
    from = to;
  }
  return ranks;
}

const close = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b));

/** Each sign is as likely: counts, for each sum of ranks, the sign patterns that give it. */
function exact(ranks: readonly number[], plus: number): number {
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  let share = new Float64Array(total + 1);
  share[0] = 1;
  let reach = 0;
  for (const rank of ranks) {
    const next = new Float64Array(total + 1);
    for (let sum = 0; sum <= reach; sum++) {
      const half = (share[sum] as number) / 2;
      next[sum] = (next[sum] as number) + half;
      next[sum + rank] = (next[sum + rank] as number) + half;
    }
    reach += rank;
    share = next;
  }
  let below = 0;
  for (let sum = 0; sum <= Math.min(plus, total - plus); sum++) below += share[sum] as number;
  return Math.min(1, 2 * below);
}

function approximate(ranks: readonly number[], plus: number): number {
  const mean = ranks.reduce((sum, rank) => sum + rank, 0) / 2;
  const sd = Math.sqrt(ranks.reduce((sum, rank) => sum + rank * rank, 0)) / 2;
  const z = Math.max(0, Math.abs(plus - mean) - 1) / sd;
  return Math.min(1, 2 * (1 - cumulativeStdNormalProbability(z)));
}

/** The fewest pairs with which the test can reach `alpha` among `tests` corrected ones: 2 / 2^n at its best. */
export function fewestPairs(alpha: number, tests: number): number {
  let n = 1;
  for (let p = 1; p * Math.max(1, tests) > alpha; p /= 2) n++;
  return n;
}
