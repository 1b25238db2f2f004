/** An informer's store: key to object, and named indexes from a value to keys. Mirrors client-go v1.34 tools/cache/thread_safe_store.go.
 *  Keeps references only; an index bucket holds keys, so that an update which moves nothing costs nothing. */

import type { KubeObject, ObjectKey } from '#api';
import type { Lister } from './contract.ts';

interface Index {
  readonly valuesOf: (object: KubeObject) => readonly string[];
  readonly buckets: Map<string, Set<ObjectKey>>;
}

const NONE: readonly never[] = [];

function sameValues(a: readonly string[], b: readonly string[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function enter(index: Index, key: ObjectKey, values: readonly string[]): void {
  for (const value of values) {
    const bucket = index.buckets.get(value);
    if (bucket === undefined) index.buckets.set(value, new Set([key]));
    else bucket.add(key);
  }
}

function leave(index: Index, key: ObjectKey, values: readonly string[]): void {
  for (const value of values) {
    const bucket = index.buckets.get(value);
    if (bucket === undefined) continue;
    bucket.delete(key);
    if (bucket.size === 0) index.buckets.delete(value);
  }
}

export class Store<T extends KubeObject> implements Lister<T> {
  readonly #objects = new Map<ObjectKey, T>();
  readonly #indexes = new Map<string, Index>();
  // The same indexes as an array: the hot path walks it.
  readonly #indexList: Index[] = [];

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(key);
  }

  list(): Iterable<T> {
    return this.#objects.values();
  }

  keys(): Iterable<ObjectKey> {
    return this.#objects.keys();
  }

  /** Adding an index of a name that is there keeps the first. */
  addIndex(name: string, valuesOf: (object: T) => readonly string[]): void {
    if (this.#indexes.has(name)) return;
    const index: Index = { valuesOf: valuesOf as (object: KubeObject) => readonly string[], buckets: new Map() };
    this.#indexes.set(name, index);
    this.#indexList.push(index);
    for (const [key, object] of this.#objects) enter(index, key, index.valuesOf(object));
  }

  #bucket(name: string, value: string): Set<ObjectKey> | undefined {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`no index named '${name}'`);
    return index.buckets.get(value);
  }

  byIndex(name: string, value: string): readonly T[] {
    const bucket = this.#bucket(name, value);
    if (bucket === undefined) return NONE;
    const objects: T[] = [];
    for (const key of bucket) objects.push(this.#objects.get(key) as T);
    return objects;
  }

  countByIndex(name: string, value: string): number {
    return this.#bucket(name, value)?.size ?? 0;
  }

  indexValues(name: string): Iterable<string> {
    return this.#indexes.get(name)?.buckets.keys() ?? NONE;
  }

  /** Returns what was there before. */
  set(key: ObjectKey, object: T): T | undefined {
    const previous = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const index of this.#indexList) {
      const values = index.valuesOf(object);
      if (previous === undefined) enter(index, key, values);
      else {
        const before = index.valuesOf(previous);
        if (sameValues(before, values)) continue;
        leave(index, key, before);
        enter(index, key, values);
      }
    }
    return previous;
  }

  delete(key: ObjectKey): T | undefined {
    const previous = this.#objects.get(key);
    if (previous === undefined) return undefined;
    this.#objects.delete(key);
    for (const index of this.#indexList) leave(index, key, index.valuesOf(previous));
    return previous;
  }
}
