/** What changed between two states of an object, as a JSON merge patch (RFC 7386): null takes a field away, lists are replaced whole. */

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const isEqual = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** Empty when nothing changed. */
export function mergeDifference(before: Fields, after: Fields): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(before)) if (after[key] === undefined || after[key] === null) out[key] = null;
  for (const [key, value] of Object.entries(after)) {
    const was = before[key];
    if (value === undefined || value === null || isEqual(was, value)) continue;
    if (!isFields(was) || !isFields(value)) {
      out[key] = value;
      continue;
    }
    const inner = mergeDifference(was, value);
    if (Object.keys(inner).length > 0) out[key] = inner;
  }
  return out;
}
