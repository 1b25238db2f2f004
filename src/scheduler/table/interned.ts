/** Small integers for equal JSON values: pods of one template share most of their parts by reference, and parts that are equal without being
 *  shared are found equal by their text, once a reference. */

// Ids only tell values apart; they never decide an order.
const byReference = new WeakMap<object, number>();
const byText = new Map<string, number>();
let last = 0;

function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = value as Readonly<Record<string, unknown>>;
  const parts: string[] = [];
  for (const key of Object.keys(fields).sort()) if (fields[key] !== undefined) parts.push(`${JSON.stringify(key)}:${textOf(fields[key])}`);
  return `{${parts.join(',')}}`;
}

/** 0 for undefined; equal values have equal ids. */
export function idOf(value: object | undefined): number {
  if (value === undefined) return 0;
  let id = byReference.get(value);
  if (id === undefined) {
    const text = textOf(value);
    id = byText.get(text);
    if (id === undefined) {
      id = ++last;
      byText.set(text, id);
    }
    byReference.set(value, id);
  }
  return id;
}

/** The canonical text of a value, for keys that outlive references. */
export const canonicalText = textOf;
