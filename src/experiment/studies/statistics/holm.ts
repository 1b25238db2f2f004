/** Holm's correction: with many metrics looked at, the chance of calling any one different by luck stays below alpha. */

/** The corrected p-value of each, in the same order. */
export function holm(ps: readonly number[]): readonly number[] {
  const order = ps.map((p, at) => ({ p, at })).sort((a, b) => a.p - b.p);
  const out = new Array<number>(ps.length);
  let before = 0;
  order.forEach(({ p, at }, rank) => {
    before = Math.max(before, Math.min(1, p * (ps.length - rank)));
    out[at] = before;
  });
  return out;
}
