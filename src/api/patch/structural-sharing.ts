/** Deep equality and sharing for immutable JSON: what did not change stays the same reference, so that 100 pods keep one containers array. */

type Members = Readonly<Record<string, unknown>>;

/** JSON equality; a member that is undefined counts as absent. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!deepEqual(a[i], b[i])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  return membersEqual(a as Members, b as Members);
}

function membersEqual(a: Members, b: Members): boolean {
  let count = 0;
  for (const key in a) {
    const value = a[key];
    if (value === undefined) continue;
    count++;
    if (!deepEqual(value, b[key])) return false;
  }
  for (const key in b) if (b[key] !== undefined) count--;
  return count === 0;
}

/** `next`, but with every sub-tree that equals its counterpart in `previous` taken from `previous`. Returns `previous` when nothing differs. */
export function shareWith<T>(next: T, previous: unknown): T {
  if (next === previous || typeof next !== 'object' || next === null || typeof previous !== 'object' || previous === null) return next;
  if (deepEqual(next, previous)) return previous as T;
  if (Array.isArray(next)) return Array.isArray(previous) ? (next.map((item, i) => shareWith(item, previous[i])) as T) : next;
  if (Array.isArray(previous)) return next;
  const shared: Record<string, unknown> = {};
  for (const key in next) shared[key] = shareWith((next as Members)[key], (previous as Members)[key]);
  return shared as T;
}
