/** All objects of one resource as of one revision, the recent events, and who is to hear of the next. Fed by one watch at etcd.
 *  Mirrors apiserver v1.34 pkg/storage/cacher. */

import type { KubeObject } from '#api';
import type { EtcdEvent, KeyValue } from '#etcd';
import type { Context, Instant } from '#sim';
import type { FieldReader, ResourceDescriptor } from '../registry/descriptor.ts';
import { type Filter, isOpen, matches, requiredValue } from './filter.ts';
import { type Watcher, WatcherSet } from './watchers.ts';
import { EventWindow } from './window.ts';

/** Something that waits until the cache has seen a revision. */
export interface RevisionWaiter {
  readonly revision: number;
  readonly deadline: Instant;
  reached(isReached: boolean, ctx: Context): void;
}

const NO_KEYS: ReadonlySet<string> = new Set();
const byKey = (a: KeyValue, b: KeyValue): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

export class WatchCache {
  readonly objects = new Map<string, KeyValue>();
  readonly window: EventWindow;
  readonly watchers: WatcherSet;
  /** Everything up to here has been seen. */
  revision = 0;
  isReady = false;
  readonly waiters: RevisionWaiter[] = [];
  private sorted: readonly KeyValue[] | undefined;

  private readonly indexField: string | undefined;
  private readonly indexOf: FieldReader<KubeObject> | undefined;
  private readonly keysByIndex = new Map<string, Set<string>>();
  private readonly prefix: string;
  private readonly namespaced: boolean;

  constructor(descriptor: ResourceDescriptor, prefix: string, namespaced: boolean, windowMax: number) {
    this.indexField = descriptor.watchIndex;
    this.indexOf = descriptor.watchIndex === undefined ? undefined : descriptor.fields?.[descriptor.watchIndex];
    this.prefix = prefix;
    this.namespaced = namespaced;
    this.window = new EventWindow(windowMax);
    this.watchers = new WatcherSet(descriptor, prefix.length);
  }

  get(key: string): KubeObject | undefined {
    return this.objects.get(key)?.value as KubeObject | undefined;
  }

  /** Starts over from a list at `revision`. */
  fill(kvs: readonly KeyValue[], revision: number): void {
    this.objects.clear();
    this.keysByIndex.clear();
    for (const kv of kvs) {
      this.objects.set(kv.key, kv);
      if (this.indexOf !== undefined) this.moveInIndex(kv.key, undefined, this.indexOf(kv.value as KubeObject));
    }
    this.sorted = undefined;
    this.revision = revision;
    this.window.reset(revision);
    this.watchers.reset(revision);
    this.isReady = true;
  }

  /** Forgets everything: nobody is interested any more. */
  drop(): void {
    this.objects.clear();
    this.keysByIndex.clear();
    this.sorted = undefined;
    this.revision = 0;
    this.isReady = false;
  }

  /** Takes in one event and tells watchers; returns how many. False: the event does not follow from what is here, so something was missed. */
  apply(event: EtcdEvent, now: Instant, dirty: Watcher[]): number | false {
    const { kv } = event;
    const known = this.objects.get(kv.key);
    const before = known === undefined ? 0 : known.modRevision;
    if (kv.modRevision <= before) return 0;
    if (before !== (event.previous === undefined ? 0 : event.previous.modRevision)) return false;
    if (event.type === 'PUT') {
      if (known === undefined) this.sorted = undefined;
      this.objects.set(kv.key, kv);
    } else {
      this.sorted = undefined;
      this.objects.delete(kv.key);
    }
    let from: string | undefined;
    let to: string | undefined;
    if (this.indexOf !== undefined) {
      if (known !== undefined) from = this.indexOf(known.value as KubeObject);
      if (event.type === 'PUT') to = this.indexOf(kv.value as KubeObject);
      if (from !== to) this.moveInIndex(kv.key, from, to);
    }
    this.revision = kv.modRevision;
    this.window.push(event, now);
    return this.watchers.dispatch(event, from, to, dirty);
  }

  /** Tells those whose revision has come, and those who have waited too long. */
  release(ctx: Context): void {
    const { waiters } = this;
    for (let i = 0; i < waiters.length; ) {
      const waiter = waiters[i] as RevisionWaiter;
      if (waiter.revision > this.revision && waiter.deadline > ctx.now) i++;
      else {
        waiters.splice(i, 1);
        waiter.reached(waiter.revision <= this.revision, ctx);
      }
    }
  }

  /** What the filter lets through, in etcd's order. */
  select(filter: Filter): readonly KeyValue[] {
    if (isOpen(filter)) return this.inOrder();
    const found: KeyValue[] = [];
    const keys = this.keysFor(filter);
    if (keys === undefined) {
      for (const kv of this.objects.values()) if (matches(filter, kv.value as KubeObject)) found.push(kv);
    } else {
      for (const key of keys) {
        const kv = this.objects.get(key);
        if (kv !== undefined && matches(filter, kv.value as KubeObject)) found.push(kv);
      }
    }
    return found.sort(byKey);
  }

  /** How many objects a selection looks at. */
  looksAt(filter: Filter): number {
    return this.keysFor(filter)?.size ?? this.objects.size;
  }

  /** The only keys that can match, where an index knows them. */
  private keysFor(filter: Filter): ReadonlySet<string> | undefined {
    const name = requiredValue(filter, 'metadata.name');
    if (name !== undefined && !this.namespaced) return new Set([this.prefix + name]);
    if (this.indexField === undefined) return undefined;
    const value = requiredValue(filter, this.indexField);
    return value === undefined ? undefined : (this.keysByIndex.get(value) ?? NO_KEYS);
  }

  private moveInIndex(key: string, from: string | undefined, to: string | undefined): void {
    if (from !== undefined) this.keysByIndex.get(from)?.delete(key);
    if (to === undefined) return;
    const keys = this.keysByIndex.get(to);
    if (keys === undefined) this.keysByIndex.set(to, new Set([key]));
    else keys.add(key);
  }

  /** Whether nothing that a watcher with this filter would hear has happened after `revision`: told without a look at the window. */
  isQuietSince(filter: Filter, revision: number): boolean {
    if (revision >= this.revision) return true;
    const name = requiredValue(filter, 'metadata.name');
    if (name !== undefined && !this.namespaced) {
      const kv = this.objects.get(this.prefix + name);
      return kv !== undefined && kv.modRevision <= revision;
    }
    return this.watchers.lastChange(filter) <= revision;
  }

  /** Keys in etcd's order. Kept until an object comes or goes. */
  inOrder(): readonly KeyValue[] {
    if (this.sorted === undefined || this.sorted.length !== this.objects.size) {
      this.sorted = [...this.objects.values()].sort(byKey);
      return this.sorted;
    }
    return this.sorted.map((kv) => this.objects.get(kv.key) as KeyValue);
  }
}
