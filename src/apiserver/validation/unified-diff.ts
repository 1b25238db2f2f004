/** Differences of two texts as `diff -u` writes them, found as Python's difflib finds them: Kubernetes uses its port to Go (pmezard/go-difflib),
 *  and its messages show what that makes of it. */

type Lines = readonly string[];
/** Lines [a, a + size) of the one are lines [b, b + size) of the other. */
interface Match {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}
interface Change {
  readonly tag: 'equal' | 'replace' | 'delete' | 'insert';
  readonly a: number;
  readonly aEnd: number;
  readonly b: number;
  readonly bEnd: number;
}

const CONTEXT = 3;
/** From so many lines on, what makes up more than a hundredth of them tells nothing. */
const LONG = 200;

/** Where each telling line of `b` stands. */
function placesOf(b: Lines): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  b.forEach((line, i) => {
    const at = places.get(line);
    if (at === undefined) places.set(line, [i]);
    else at.push(i);
  });
  if (b.length >= LONG) for (const [line, at] of places) if (at.length > Math.floor(b.length / 100) + 1) places.delete(line);
  return places;
}

/** The longest run of equal lines in both spans; of those the first. */
function longestMatch(a: Lines, b: Lines, places: ReadonlyMap<string, readonly number[]>, span: readonly number[]): Match {
  const [aFrom, aTo, bFrom, bTo] = span as [number, number, number, number];
  let [bestA, bestB, size] = [aFrom, bFrom, 0];
  let lengths = new Map<number, number>();
  for (let i = aFrom; i < aTo; i++) {
    const next = new Map<number, number>();
    for (const j of places.get(a[i] as string) ?? []) {
      if (j < bFrom) continue;
      if (j >= bTo) break;
      const length = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, length);
      if (length > size) [bestA, bestB, size] = [i - length + 1, j - length + 1, length];
    }
    lengths = next;
  }
  // What told nothing belongs to it when it stands beside it.
  while (bestA > aFrom && bestB > bFrom && a[bestA - 1] === b[bestB - 1]) [bestA, bestB, size] = [bestA - 1, bestB - 1, size + 1];
  while (bestA + size < aTo && bestB + size < bTo && a[bestA + size] === b[bestB + size]) size++;
  return { a: bestA, b: bestB, size };
}

function matches(a: Lines, b: Lines): readonly Match[] {
  const places = placesOf(b);
  const found: Match[] = [];
  const within = (aFrom: number, aTo: number, bFrom: number, bTo: number): void => {
    const match = longestMatch(a, b, places, [aFrom, aTo, bFrom, bTo]);
    if (match.size === 0) return;
    if (aFrom < match.a && bFrom < match.b) within(aFrom, match.a, bFrom, match.b);
    found.push(match);
    const [aNext, bNext] = [match.a + match.size, match.b + match.size];
    if (aNext < aTo && bNext < bTo) within(aNext, aTo, bNext, bTo);
  };
  within(0, a.length, 0, b.length);
  return [...found, { a: a.length, b: b.length, size: 0 }];
}

function changes(a: Lines, b: Lines): readonly Change[] {
  const out: Change[] = [];
  let [i, j] = [0, 0];
  let last: { aEnd: number; bEnd: number } | undefined;
  for (const match of matches(a, b)) {
    if (i < match.a || j < match.b) {
      const tag = i < match.a && j < match.b ? 'replace' : i < match.a ? 'delete' : 'insert';
      out.push({ tag, a: i, aEnd: match.a, b: j, bEnd: match.b });
      last = undefined;
    }
    [i, j] = [match.a + match.size, match.b + match.size];
    if (match.size === 0) continue;
    // Runs that touch are one.
    if (last === undefined) {
      last = { aEnd: i, bEnd: j };
      out.push({ tag: 'equal', a: match.a, aEnd: i, b: match.b, bEnd: j });
    } else out.push({ ...(out.pop() as Change), aEnd: i, bEnd: j });
  }
  return out;
}

/** Changes with three lines about them; those that lie near each other together. */
function hunks(all: readonly Change[]): readonly (readonly Change[])[] {
  const groups: Change[][] = [];
  let group: Change[] = [];
  all.forEach((change, i) => {
    let { a, aEnd, b, bEnd } = change;
    if (change.tag !== 'equal') return group.push(change);
    if (i === 0) [a, b] = [Math.max(a, aEnd - CONTEXT), Math.max(b, bEnd - CONTEXT)];
    if (i === all.length - 1) [aEnd, bEnd] = [Math.min(aEnd, a + CONTEXT), Math.min(bEnd, b + CONTEXT)];
    if (aEnd - a > 2 * CONTEXT) {
      group.push({ tag: 'equal', a, aEnd: Math.min(aEnd, a + CONTEXT), b, bEnd: Math.min(bEnd, b + CONTEXT) });
      groups.push(group);
      group = [];
      [a, b] = [Math.max(a, aEnd - CONTEXT), Math.max(b, bEnd - CONTEXT)];
    }
    return group.push({ tag: 'equal', a, aEnd, b, bEnd });
  });
  if (group.some(({ tag }) => tag !== 'equal')) groups.push(group);
  return groups;
}

function range(from: number, to: number): string {
  const length = to - from;
  if (length === 1) return String(from + 1);
  return `${length === 0 ? from : from + 1},${length}`;
}

export function unifiedDiff(a: Lines, b: Lines): string {
  let text = '';
  for (const group of hunks(changes(a, b))) {
    const [first, last] = [group[0] as Change, group[group.length - 1] as Change];
    text += `@@ -${range(first.a, last.aEnd)} +${range(first.b, last.bEnd)} @@\n`;
    for (const { tag, a: from, aEnd, b: other, bEnd } of group) {
      if (tag === 'equal') for (const line of a.slice(from, aEnd)) text += ` ${line}\n`;
      if (tag === 'replace' || tag === 'delete') for (const line of a.slice(from, aEnd)) text += `-${line}\n`;
      if (tag === 'replace' || tag === 'insert') for (const line of b.slice(other, bEnd)) text += `+${line}\n`;
    }
  }
  return text;
}
