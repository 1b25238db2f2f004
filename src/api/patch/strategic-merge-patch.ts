/** Strategic merge patch: maps merge, lists merge by key where the type says so, and directives ($patch, $retainKeys, $setElementOrder,
 *  $deleteFromPrimitiveList) steer it. Mirrors apimachinery v1.34 pkg/util/strategicpatch/patch.go (mergeMap, mergeSlice). The original is not touched. */

import { PatchError } from './patch-error.ts';
import type { FieldSchema, ObjectSchema } from './strategic-schema.ts';

type Members = Readonly<Record<string, unknown>>;

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const ELEMENT_ORDER = '$setElementOrder/';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/';
const NO_SCHEMA: ObjectSchema = {};

const isMap = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The patched map. Throws PatchError for directives that make no sense. */
export function strategicMergePatch(original: Members, patch: Members, schema: ObjectSchema): Members {
  if (original === EMPTY && isClean(patch)) return patch;
  const directive = patch[DIRECTIVE];
  if (directive !== undefined) {
    if (directive === 'replace') return withoutDirectives(patch) as Members;
    if (directive === 'delete') return {};
    throw new PatchError(500, `unknown patch type: ${String(directive)} in map: ${shown(patch)}`);
  }
  const result: Record<string, unknown> = retained(original, patch);
  const isPlain = !hasDirectives(patch);
  for (const key in patch) {
    const value = patch[key];
    if (value === undefined) continue;
    if (isPlain) {
      if (value === null) delete result[key];
      else result[key] = mergeValue(result[key], value, schema[key], undefined);
      continue;
    }
    if (key === DIRECTIVE || key === RETAIN_KEYS) continue;
    if (key.startsWith(DELETE_PRIMITIVES)) continue;
    if (key.startsWith(ELEMENT_ORDER)) reorder(result, patch, key.slice(ELEMENT_ORDER.length), value, schema);
    else if (value === null) delete result[key];
    else result[key] = mergeValue(result[key], value, schema[key], orderOf(patch, key));
  }
  if (isPlain) return result;
  // What is to go goes last: it may be among what was added.
  for (const key in patch) if (key.startsWith(DELETE_PRIMITIVES)) deletePrimitives(result, key.slice(DELETE_PRIMITIVES.length), patch[key]);
  return result;
}

/** Most patches have none: their keys need not be looked at twice. */
function hasDirectives(patch: Members): boolean {
  for (const key in patch) if (key.charCodeAt(0) === 36) return true;
  return false;
}

function orderOf(patch: Members, key: string): readonly unknown[] | undefined {
  const order = patch[ELEMENT_ORDER + key];
  return Array.isArray(order) ? order : undefined;
}

function retained(original: Members, patch: Members): Record<string, unknown> {
  const keep = patch[RETAIN_KEYS];
  if (!Array.isArray(keep)) return { ...original };
  for (const key in patch) {
    if (!key.startsWith('$') && patch[key] !== null && !keep.includes(key)) throw new PatchError(400, 'invalid patch format of retainKeys');
  }
  const result: Record<string, unknown> = {};
  for (const key in original) if (keep.includes(key)) result[key] = original[key];
  return result;
}

function mergeValue(original: unknown, patch: unknown, schema: FieldSchema | undefined, order: readonly unknown[] | undefined): unknown {
  if (isMap(patch)) {
    return strategicMergePatch(isMap(original) ? original : EMPTY, patch, schema?.of ?? NO_SCHEMA);
  }
  if (!Array.isArray(patch)) return patch;
  const merges = schema?.mergeKey !== undefined || schema?.primitives === true;
  if (!merges) return withoutDirectives(patch);
  if (order !== undefined) checkOrder(patch, order, schema.mergeKey);
  const current = Array.isArray(original) ? original : [];
  if (schema.mergeKey === undefined) {
    const all = [...new Set([...current, ...patch])];
    return inOrder(inOrder(all, patch, current, undefined), order ?? patch, current, undefined);
  }
  const merged = mergeByKey(current, patch, schema.mergeKey, schema.of ?? NO_SCHEMA);
  return order === undefined ? merged : inOrder(merged, order, current, schema.mergeKey);
}

function keyValue(item: unknown, mergeKey: string): unknown {
  const value = isMap(item) ? item[mergeKey] : undefined;
  if (value === undefined) throw new PatchError(500, `map: ${shown(item)} does not contain declared merge key: ${mergeKey}`);
  return value;
}

/** As Go's %v prints it. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(shown).join(' ')}]`;
  if (!isMap(value)) return String(value);
  const pairs = Object.keys(value).sort();
  return `map[${pairs.map((key) => `${key}:${shown(value[key])}`).join(' ')}]`;
}

/** validatePatchWithSetOrderList: what a patch has of a list must stand in the order that it brings, in that order. */
function checkOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): void {
  if (order.length === 0 || patch.length === 0) return;
  const idOf = (item: unknown): unknown => (mergeKey !== undefined && isMap(item) ? item[mergeKey] : item);
  const kept = patch.filter((item) => !isMap(item) || item[DIRECTIVE] !== 'delete');
  const isDirective = (item: unknown): boolean => isMap(item) && item[DIRECTIVE] !== undefined;
  let n = 0;
  for (const item of order) {
    while (n < kept.length && isDirective(kept[n])) n++;
    if (n < kept.length && idOf(kept[n]) === idOf(item)) n++;
  }
  if (n < kept.length)
    throw new PatchError(500, `The order in patch list:\n${shown(patch)}\n doesn't match $setElementOrder list:\n${shown(order)}\n`);
}

/** Elements of the patch stand in its order, new ones before those that only the server has. */
function mergeByKey(current: readonly unknown[], patch: readonly unknown[], mergeKey: string, schema: ObjectSchema): readonly unknown[] {
  const directed = patch.some((item) => isMap(item) && item[DIRECTIVE] !== undefined);
  if (directed && patch.some((item) => isMap(item) && item[DIRECTIVE] === 'replace')) return withoutDirectives(patch) as readonly unknown[];
  const { left, wanted } = directed ? withoutDeleted(current, patch, mergeKey) : { left: current, wanted: patch };
  const result: unknown[] = left.slice();
  // Most patches change elements where they stand: nothing moves then.
  let last = -1;
  let isInPlace = true;
  for (const item of wanted) {
    const id = keyValue(item, mergeKey);
    const at = result.findIndex((present) => (present as Members)[mergeKey] === id);
    isInPlace &&= at > last || (at < 0 && last === result.length - 1);
    last = at < 0 ? result.length : at;
    if (at < 0) result.push(strategicMergePatch(EMPTY, item as Members, schema));
    else result[at] = strategicMergePatch(result[at] as Members, item as Members, schema);
  }
  if (isInPlace) return result;
  // All are new: the first status of a pod, for one.
  if (result.length === left.length + wanted.length) return [...result.slice(left.length), ...left];
  return inOrder(result, wanted, left, mergeKey);
}

/** The list without what the patch deletes, and what else the patch has. */
function withoutDeleted(
  current: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string,
): { readonly left: readonly unknown[]; readonly wanted: readonly unknown[] } {
  const wanted: unknown[] = [];
  let left = current;
  for (const item of patch) {
    const directive = isMap(item) ? item[DIRECTIVE] : undefined;
    if (directive === undefined) wanted.push(item);
    else if (directive === 'delete') {
      const id = keyValue(item, mergeKey);
      left = left.filter((present) => (present as Members)[mergeKey] !== id);
    } else if (directive === 'merge') throw new PatchError(500, 'merging lists cannot yet be specified in the patch');
    else throw new PatchError(500, `unknown patch type: ${String(directive)} in map: ${shown(item)}`);
  }
  return { left, wanted };
}

/** Elements that the order names stand in its order; those only the server has keep their place relative to their neighbours. */
function inOrder(
  merged: readonly unknown[],
  order: readonly unknown[],
  server: readonly unknown[],
  mergeKey: string | undefined,
): readonly unknown[] {
  const idOf = (item: unknown): unknown => (mergeKey !== undefined && isMap(item) ? item[mergeKey] : item);
  const rank = new Map(order.map((item, i) => [idOf(item), i]));
  const place = new Map(server.map((item, i) => [idOf(item), i]));
  const named = merged.filter((item) => rank.has(idOf(item))).sort((a, b) => (rank.get(idOf(a)) ?? 0) - (rank.get(idOf(b)) ?? 0));
  const serverOnly = merged.filter((item) => !rank.has(idOf(item)));
  const result: unknown[] = [];
  let n = 0;
  for (const item of serverOnly) {
    const at = place.get(idOf(item)) ?? Number.POSITIVE_INFINITY;
    // A named element stays before this one when the server had it before, or has never seen it.
    while (n < named.length && (place.get(idOf(named[n])) ?? -1) < at) result.push(named[n++]);
    result.push(item);
  }
  while (n < named.length) result.push(named[n++]);
  return result;
}

/** An order without a list of the same name: the list is only put into that order. */
function reorder(result: Record<string, unknown>, patch: Members, field: string, order: unknown, schema: ObjectSchema): void {
  if (patch[field] !== undefined || !Array.isArray(order)) return;
  const current = result[field];
  if (Array.isArray(current)) result[field] = inOrder(current, order, current, schema[field]?.mergeKey);
}

function deletePrimitives(result: Record<string, unknown>, field: string, items: unknown): void {
  const current = result[field];
  if (!Array.isArray(items)) throw new PatchError(500, `invalid type for $deleteFromPrimitiveList/${field}`);
  if (Array.isArray(current)) result[field] = current.filter((item) => !items.includes(item));
}

/** Whether a value holds neither directives nor nulls: objects are immutable, so it can be taken over as it is. */
function isClean(value: unknown): boolean {
  if (typeof value !== 'object') return true;
  if (value === null) return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (value[i] !== null && !isClean(value[i])) return false;
    return true;
  }
  for (const key in value) if (key.charCodeAt(0) === 36 || !isClean((value as Members)[key])) return false;
  return true;
}

const EMPTY: Members = {};

/** What is added as it stands must not keep directives or nulls. */
function withoutDirectives(value: unknown): unknown {
  if (isClean(value)) return value;
  const isDirective = (one: unknown): boolean => isMap(one) && one[DIRECTIVE] !== undefined;
  if (Array.isArray(value)) return value.filter((one) => !isDirective(one)).map(withoutDirectives);
  if (!isMap(value)) return value;
  const clean: Record<string, unknown> = {};
  for (const key in value)
    if (!key.startsWith('$') && value[key] !== null && !isDirective(value[key])) clean[key] = withoutDirectives(value[key]);
  return clean;
}
