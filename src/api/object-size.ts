/** How many bytes an object fills in etcd and on the wire, without encoding it: a walk over what is new, a memo for what is shared.
 *  Kubernetes stores protobuf: field names are one-byte tags there, so a field costs its value, a tag and a length. The estimate is modelled, not exact
 *  (docs/fidelity.md): tag + length 2 bytes, numbers up to 5, booleans 1, strings as they are. */

const PER_FIELD = 2;
const NUMBER = 5;

// Sub-objects below this size are cheaper to walk than to look up.
const MEMO_FLOOR = 200;
const memo = new WeakMap<object, number>();

function sizeOf(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return value.length;
    case 'number':
      return NUMBER;
    case 'object':
      return value === null ? 0 : Array.isArray(value) ? sizeOfArray(value) : sizeOfObject(value as Record<string, unknown>);
    default:
      return 1;
  }
}

function sizeOfArray(array: readonly unknown[]): number {
  const known = memo.get(array);
  if (known !== undefined) return known;
  let size = 0;
  for (const item of array) size += PER_FIELD + sizeOf(item);
  if (size >= MEMO_FLOOR) memo.set(array, size);
  return size;
}

/** Keys that are data (labels, annotations, resource names) cost their length too; declared fields do not. Data keys are told by their dots, slashes and dashes. */
function keySize(key: string): number {
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    if (code === 45 || code === 46 || code === 47) return key.length + PER_FIELD;
  }
  return 0;
}

function sizeOfObject(object: Readonly<Record<string, unknown>>): number {
  let size = 0;
  for (const key in object) {
    const value = object[key];
    if (value !== undefined) size += PER_FIELD + keySize(key) + sizeOf(value);
  }
  return size;
}

/** Specs outlive many versions of metadata and status, and are shared by them. */
function sizeOfSpec(spec: object): number {
  const known = memo.get(spec);
  if (known !== undefined) return known;
  const size = sizeOf(spec);
  memo.set(spec, size);
  return size;
}

/** Estimated protobuf bytes of an immutable object. Specs and arrays of weight (containers, conditions) are remembered by reference. */
export function estimateBytes(object: object): number {
  let size = 0;
  for (const key in object) {
    const value = (object as Record<string, unknown>)[key];
    if (value === undefined) continue;
    const isSpec = key === 'spec' && typeof value === 'object' && value !== null;
    size += PER_FIELD + keySize(key) + (isSpec ? sizeOfSpec(value) : sizeOf(value));
  }
  return size;
}
