/** How many bytes an object fills in etcd and on the wire, without encoding it: a walk over what is new, a memo for what is shared.
 *  Kubernetes stores protobuf: field names are one-byte tags there, so a field costs its value, a tag and a length. The estimate is modelled, not exact
 *  (docs/fidelity.md): tag + length 2 bytes, numbers up to 5, booleans 1, strings as they are. */

import type { ObjectMeta } from './objects.ts';

const PER_FIELD = 2;
const NUMBER = 5;

// Sub-objects below this size are cheaper to walk than to look up.
const MEMO_FLOOR = 100;
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

/** What outlives many versions of an object, or is shared by many objects: specs, labels, annotations, owner references. */
function sizeOfShared(value: object): number {
  const known = memo.get(value);
  if (known !== undefined) return known;
  const size = sizeOf(value);
  memo.set(value, size);
  return size;
}

const textSize = (text: string | undefined): number => (text === undefined ? 0 : PER_FIELD + text.length);
const sharedSize = (value: object | undefined): number => (value === undefined ? 0 : PER_FIELD + sizeOfShared(value));

/** The same as the walk, field by field: reading by name is several times faster than by key when objects of all kinds pass through. */
function sizeOfMetadata(metadata: ObjectMeta): number {
  const { name, generateName, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp } = metadata;
  const { generation, deletionGracePeriodSeconds, labels, annotations, ownerReferences, finalizers, managedFields } = metadata;
  let size = textSize(name) + textSize(generateName) + textSize(namespace) + textSize(uid) + textSize(resourceVersion);
  size += textSize(creationTimestamp) + textSize(deletionTimestamp);
  if (generation !== undefined) size += PER_FIELD + NUMBER;
  if (deletionGracePeriodSeconds !== undefined) size += PER_FIELD + NUMBER;
  size += sharedSize(labels) + sharedSize(annotations) + sharedSize(ownerReferences) + sharedSize(finalizers);
  return managedFields === undefined ? size : size + PER_FIELD + sizeOf(managedFields);
}

/** Estimated protobuf bytes of an immutable object. Specs, labels, owner references and arrays of weight (containers, conditions) are remembered by reference. */
export function estimateBytes(object: object): number {
  let size = 0;
  for (const key in object) {
    const value = (object as Record<string, unknown>)[key];
    if (value === undefined) continue;
    size += PER_FIELD + keySize(key);
    if (typeof value !== 'object' || value === null) size += sizeOf(value);
    else if (key === 'metadata') size += sizeOfMetadata(value as ObjectMeta);
    else size += key === 'spec' ? sizeOfShared(value) : sizeOf(value);
  }
  return size;
}

/** The size of a member, its tag included; 0 when it is absent. */
const memberSize = (key: string, value: unknown): number => (value === undefined ? 0 : PER_FIELD + keySize(key) + sizeOf(value));

/** sizeOf(next) - sizeOf(previous), without a look at what they share. */
function growth(previous: unknown, next: unknown): number {
  if (previous === next) return 0;
  if (typeof next === 'object' && typeof previous === 'object' && next !== null && previous !== null) {
    if (!Array.isArray(next)) {
      if (!Array.isArray(previous)) return growthOfMembers(previous as Record<string, unknown>, next as Record<string, unknown>);
    } else if (Array.isArray(previous)) {
      let sum = 0;
      const shared = Math.min(previous.length, next.length);
      for (let i = 0; i < shared; i++) sum += growth(previous[i], next[i]);
      for (let i = shared; i < previous.length; i++) sum -= PER_FIELD + sizeOf(previous[i]);
      for (let i = shared; i < next.length; i++) sum += PER_FIELD + sizeOf(next[i]);
      return sum;
    }
  }
  return sizeOf(next) - sizeOf(previous);
}

/** `isWhole`: the objects themselves, whose metadata is looked at by its fields. */
function growthOfMembers(previous: Readonly<Record<string, unknown>>, next: Readonly<Record<string, unknown>>, isWhole = false): number {
  let sum = 0;
  let common = 0;
  for (const key in next) {
    const before = previous[key];
    const now = next[key];
    if (before !== undefined) common++;
    if (before === now) continue;
    if (before === undefined || now === undefined) sum += memberSize(key, now) - memberSize(key, before);
    else if (isWhole && key === 'metadata') sum += growthOfMetadata(before as ObjectMeta, now as ObjectMeta);
    else sum += growth(before, now);
  }
  // Counting members is far cheaper than asking for each whether the other object has it; few versions lose one.
  for (const key in previous) if (previous[key] !== undefined) common--;
  if (common !== 0) for (const key in previous) if (!(key in next)) sum -= memberSize(key, previous[key]);
  return sum;
}

/** estimateBytes(next) from what is known of the version before it: a status update then costs what it changes. The resourceVersion counts as unchanged. */
export function estimateBytesAfter(bytes: number, previous: object, next: object): number {
  return bytes + growthOfMembers(previous as Readonly<Record<string, unknown>>, next as Readonly<Record<string, unknown>>, true);
}

function growthOfMetadata(previous: ObjectMeta, next: ObjectMeta): number {
  let sum = textSize(next.deletionTimestamp) - textSize(previous.deletionTimestamp);
  if (next.name !== previous.name) sum += textSize(next.name) - textSize(previous.name);
  if (next.generation !== previous.generation) sum += numberSize(next.generation) - numberSize(previous.generation);
  if (next.deletionGracePeriodSeconds !== previous.deletionGracePeriodSeconds)
    sum += numberSize(next.deletionGracePeriodSeconds) - numberSize(previous.deletionGracePeriodSeconds);
  if (next.labels !== previous.labels) sum += sharedSize(next.labels) - sharedSize(previous.labels);
  if (next.annotations !== previous.annotations) sum += sharedSize(next.annotations) - sharedSize(previous.annotations);
  if (next.ownerReferences !== previous.ownerReferences) sum += sharedSize(next.ownerReferences) - sharedSize(previous.ownerReferences);
  if (next.finalizers !== previous.finalizers) sum += sharedSize(next.finalizers) - sharedSize(previous.finalizers);
  if (next.managedFields !== previous.managedFields) sum += managedSize(next.managedFields) - managedSize(previous.managedFields);
  return sum;
}

const numberSize = (value: number | undefined): number => (value === undefined ? 0 : PER_FIELD + NUMBER);
const managedSize = (value: unknown): number => (value === undefined ? 0 : PER_FIELD + sizeOf(value));
