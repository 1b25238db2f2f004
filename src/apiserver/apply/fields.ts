/** Fields of objects: which an object has, which differ between two, what two objects merge to, what is left when fields are taken away.
 *  Mirrors structured-merge-diff v6 typed (ToFieldSet, Compare, Merge, RemoveItems). */

import { deepEqual, type ObjectSchema } from '#api';
import { type FieldTree, isEmpty, LEAF, shownStep } from './field-tree.ts';
import { KEY_DEFAULTS, type Nature, natureOf } from './schema.ts';

type Members = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);
const fieldStep = (name: string): string => `f:${name}`;

/** 'k:{"name":"x"}' of a list's element. */
function keyStep(element: unknown, keys: readonly string[]): string {
  const values: Record<string, unknown> = {};
  for (const key of keys) values[key] = (isMap(element) ? element[key] : undefined) ?? KEY_DEFAULTS[key];
  return `k:${JSON.stringify(values)}`;
}
const valueStep = (value: unknown): string => `v:${JSON.stringify(value)}`;

const stepsOf = (list: readonly unknown[], nature: Nature): Map<string, unknown> =>
  new Map(list.map((element) => [nature.kind === 'keyed' ? keyStep(element, nature.keys) : valueStep(element), element]));

/** The fields that `object` sets. */
export function fieldsOf(object: Members, schema: ObjectSchema): FieldTree {
  const tree: Record<string, FieldTree> = {};
  for (const name in object) {
    const value = object[name];
    if (value === undefined) continue;
    const fields = fieldsOfValue(value, natureOf(name, value, schema[name]));
    if (fields !== undefined) tree[fieldStep(name)] = fields;
  }
  return tree;
}

/** Undefined: none. An empty map is a field; a list without elements, where elements have owners, is not. */
function fieldsOfValue(value: unknown, nature: Nature): FieldTree | undefined {
  if (nature.kind === 'atomic') return LEAF;
  if (nature.kind === 'granular') {
    const fields = fieldsOf(value as Members, nature.of);
    return isEmpty(fields) && Object.keys(value as Members).length > 0 ? undefined : fields;
  }
  const tree: Record<string, FieldTree> = {};
  for (const element of value as readonly unknown[]) {
    if (nature.kind === 'set') tree[valueStep(element)] = LEAF;
    else tree[keyStep(element, nature.keys)] = elementFields(element, nature);
  }
  return isEmpty(tree) ? undefined : tree;
}

const elementFields = (element: unknown, nature: Nature & { kind: 'keyed' }): FieldTree =>
  nature.isWhole ? LEAF : { '.': LEAF, ...fieldsOf(element as Members, nature.of) };

/** Where a list that is a set or has keys says the same twice, as upstream tells of it; undefined: nowhere. */
export function duplicateIn(object: Members, schema: ObjectSchema, path = ''): string | undefined {
  for (const name in object) {
    const value = object[name];
    if (value === undefined) continue;
    const found = duplicateOf(value, natureOf(name, value, schema[name]), `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function duplicateOf(value: unknown, nature: Nature, path: string): string | undefined {
  if (nature.kind === 'atomic') return undefined;
  if (nature.kind === 'granular') return isMap(value) ? duplicateIn(value, nature.of, path) : undefined;
  if (!Array.isArray(value)) return undefined;
  const steps = new Set<string>();
  for (const element of value as readonly unknown[]) {
    const step = nature.kind === 'keyed' ? keyStep(element, nature.keys) : valueStep(element);
    if (steps.has(step)) return `${path}: duplicate entries for key ${shownStep(step)}`;
    steps.add(step);
    const inside = nature.kind === 'keyed' && isMap(element) ? duplicateIn(element, nature.of, path + shownStep(step)) : undefined;
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** The fields that are added, changed or gone between two objects. */
export function changedFields(before: Members, after: Members, schema: ObjectSchema): FieldTree {
  const tree: Record<string, FieldTree> = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [a, b] = [before[name], after[name]];
    if (a === b || deepEqual(a, b)) continue;
    const change = changedValue(a, b, natureOf(name, a ?? b, schema[name]));
    if (change !== undefined) tree[fieldStep(name)] = change;
  }
  return tree;
}

function changedValue(a: unknown, b: unknown, nature: Nature): FieldTree | undefined {
  if (nature.kind === 'atomic') return LEAF;
  if (a === undefined || b === undefined) return fieldsOfValue(a ?? b, nature);
  if (nature.kind === 'granular') {
    const inside = isMap(a) && isMap(b) ? changedFields(a, b, nature.of) : LEAF;
    return isEmpty(inside) && isMap(a) && isMap(b) && Object.keys(a).length > 0 && Object.keys(b).length > 0 ? undefined : inside;
  }
  if (!Array.isArray(a) || !Array.isArray(b)) return LEAF;
  const before = stepsOf(a, nature);
  const after = stepsOf(b, nature);
  const tree: Record<string, FieldTree> = {};
  for (const step of new Set([...before.keys(), ...after.keys()])) {
    const [x, y] = [before.get(step), after.get(step)];
    if (deepEqual(x, y)) continue;
    if (nature.kind === 'set') tree[step] = LEAF;
    else if (x === undefined || y === undefined || nature.isWhole) tree[step] = elementFields(x ?? y, nature);
    else {
      const inside = changedFields(x as Members, y as Members, nature.of);
      if (!isEmpty(inside)) tree[step] = inside;
    }
  }
  return isEmpty(tree) ? undefined : tree;
}

/** `config` laid over `live`. */
export function merged(live: Members, config: Members, schema: ObjectSchema): Members {
  const result: Record<string, unknown> = { ...live };
  for (const name in config) {
    const value = config[name];
    if (value === undefined) continue;
    result[name] = mergedValue(live[name], value, natureOf(name, value, schema[name]));
  }
  return result;
}

function mergedValue(live: unknown, config: unknown, nature: Nature): unknown {
  if (nature.kind === 'granular') return isMap(live) ? merged(live, config as Members, nature.of) : config;
  if (nature.kind === 'atomic' || !Array.isArray(live)) return config;
  const there = stepsOf(live, nature);
  const wanted = stepsOf(config as readonly unknown[], nature);
  return mergedOrder([...there.keys()], [...wanted.keys()]).map((step) => {
    const [known, element] = [there.get(step), wanted.get(step)];
    if (element === undefined) return known;
    return nature.kind === 'keyed' && !nature.isWhole && isMap(known) ? merged(known, element as Members, nature.of) : element;
  });
}

/** Elements of the config come in its order, those that only the server has where they stood between them (visitListItems). */
function mergedOrder(live: readonly string[], config: readonly string[]): readonly string[] {
  const inLive = new Set(live);
  const inConfig = new Set(config);
  const shared = config.filter((step) => inLive.has(step));
  const taken = new Set<string>();
  const result: string[] = [];
  let next = 0;
  for (let l = 0, c = 0; l < live.length || c < config.length; ) {
    const ours = live[l];
    const theirs = config[c];
    if (ours !== undefined && ours === theirs) {
      l++;
      c++;
      next++;
    } else if (ours !== undefined && theirs !== undefined && inConfig.has(ours) && next < shared.length && shared[next] !== ours) {
      // The config has it elsewhere.
      l++;
      continue;
    } else if (ours !== undefined && !inConfig.has(ours)) {
      result.push(ours);
      l++;
      continue;
    } else {
      if (ours !== undefined && taken.has(ours)) l++;
      if (theirs === undefined) continue;
      c++;
      if (shared[next] === theirs) next++;
    }
    taken.add(theirs as string);
    result.push(theirs as string);
  }
  return result;
}

/** `object` without the fields of `tree`. */
export function removed(object: Members, tree: FieldTree, schema: ObjectSchema): Members {
  const result: Record<string, unknown> = { ...object };
  for (const step in tree) {
    if (!step.startsWith('f:')) continue;
    const name = step.slice(2);
    const value = object[name];
    if (value === undefined) continue;
    const rest = removedValue(value, tree[step] as FieldTree, natureOf(name, value, schema[name]));
    if (rest === undefined) delete result[name];
    else result[name] = rest;
  }
  return result;
}

function removedValue(value: unknown, tree: FieldTree, nature: Nature): unknown {
  if (isEmpty(tree) || nature.kind === 'atomic') return undefined;
  if (nature.kind === 'granular') {
    const rest = removed(value as Members, tree, nature.of);
    return Object.keys(rest).length === 0 ? undefined : rest;
  }
  const kept: unknown[] = [];
  for (const [step, element] of stepsOf(value as readonly unknown[], nature)) {
    const gone = tree[step];
    if (gone === undefined) kept.push(element);
    else if (nature.kind === 'keyed' && gone['.'] === undefined && !isEmpty(gone)) kept.push(removed(element as Members, gone, nature.of));
  }
  return kept.length === 0 ? undefined : kept;
}

/** Fields that only the server writes: nobody owns them (managedfields' stripMeta). */
const UNOWNED: FieldTree = {
  'f:apiVersion': LEAF,
  'f:kind': LEAF,
};
const UNOWNED_METADATA = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'resourceVersion',
  'generation',
  'managedFields',
  'selfLink',
  'generateName',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
];

/** The object as owners see it. */
export function ownable(object: object): Members {
  const result: Record<string, unknown> = { ...(object as Members) };
  for (const step in UNOWNED) delete result[step.slice(2)];
  const metadata: Record<string, unknown> = { ...((object as Members).metadata as Members | undefined) };
  for (const name of UNOWNED_METADATA) delete metadata[name];
  for (const name in metadata) if (metadata[name] === undefined) delete metadata[name];
  if (Object.keys(metadata).length === 0) delete result.metadata;
  else result.metadata = metadata;
  return result;
}
