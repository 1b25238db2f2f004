/** The fewest of something with which it still works, by search over runs: doubling, then halving, then a look at the neighbours, because what is
 *  thought to be monotone sometimes is not. */

export interface Fewest {
  /** Undefined: not even `most` do. */
  readonly count: number | undefined;
  /** What was tried: number to whether it worked. */
  readonly tried: ReadonlyMap<number, boolean>;
  /** Whether every number tried above the answer worked and every one below did not. */
  readonly monotone: boolean;
}

/** `works` is told several numbers that will be needed soon, so that they can be tried at the same time, and answers for each. */
export type Works = (counts: readonly number[]) => Promise<readonly boolean[]>;

const NEIGHBOURS = 2;

export async function fewest(works: Works, guess: number, most: number, atATime = 1): Promise<Fewest> {
  const tried = new Map<number, boolean>();
  const ask = async (counts: readonly number[]): Promise<void> => {
    const fresh = [...new Set(counts)].filter((count) => !tried.has(count) && count >= 1 && count <= most);
    if (fresh.length === 0) return;
    const answers = await works(fresh);
    fresh.forEach((count, i) => tried.set(count, answers[i] === true));
  };
  // Up from the guess until one works.
  let low = 0;
  let high = Math.max(1, Math.min(most, guess));
  await ask([high]);
  while (tried.get(high) !== true) {
    if (high >= most) return { count: undefined, tried, monotone: isMonotone(tried, undefined) };
    low = high;
    high = Math.min(most, high * 2);
    await ask([high]);
  }
  // Between one that does not and one that does: cut into as many parts as can be tried at once.
  while (high - low > 1) {
    const parts = Math.min(atATime, high - low - 1);
    const cuts = Array.from({ length: parts }, (_, i) => low + Math.max(1, Math.round(((i + 1) * (high - low)) / (parts + 1))));
    await ask(cuts.map((cut) => Math.min(high - 1, cut)));
    for (const [count, worked] of [...tried].sort(([a], [b]) => a - b)) {
      if (!worked && count > low && count < high) low = count;
    }
    for (const [count, worked] of [...tried].sort(([a], [b]) => b - a)) if (worked && count < high && count > low) high = count;
  }
  // One that works by luck is no answer: those above it must work too.
  for (;;) {
    await ask(Array.from({ length: NEIGHBOURS }, (_, i) => high + i + 1));
    const broken = Array.from({ length: NEIGHBOURS }, (_, i) => high + NEIGHBOURS - i).find((count) => tried.get(count) === false);
    if (broken === undefined) break;
    if (broken >= most) return { count: undefined, tried, monotone: false };
    high = broken + 1;
    await ask([high]);
    while (tried.get(high) !== true && high < most) await ask([++high]);
    if (tried.get(high) !== true) return { count: undefined, tried, monotone: false };
  }
  return { count: high, tried, monotone: isMonotone(tried, high) };
}

function isMonotone(tried: ReadonlyMap<number, boolean>, count: number | undefined): boolean {
  return [...tried].every(([one, worked]) => worked === (count !== undefined && one >= count));
}
