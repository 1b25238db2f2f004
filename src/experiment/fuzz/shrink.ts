/** The fewest that suffice: Zeller's ddmin over a list, with an end to how often it asks. Minimal by single removals when it is let finish. */

const MOST_TRIALS = 40;

export async function shrunk<T>(
  all: readonly T[],
  stillFails: (some: readonly T[]) => Promise<boolean>,
  most = MOST_TRIALS,
): Promise<readonly T[]> {
  let kept = all;
  let pieces = 2;
  let asked = 0;
  while (kept.length > 0 && asked < most) {
    pieces = Math.min(pieces, kept.length);
    const size = Math.ceil(kept.length / pieces);
    let found: readonly T[] | undefined;
    for (let from = 0; from < kept.length && found === undefined && asked < most; from += size) {
      const rest = [...kept.slice(0, from), ...kept.slice(from + size)];
      asked++;
      if (await stillFails(rest)) found = rest;
    }
    if (found !== undefined) {
      kept = found;
      pieces = Math.max(2, pieces - 1);
    } else if (size === 1) break;
    else pieces = Math.min(kept.length, pieces * 2);
  }
  return kept;
}
