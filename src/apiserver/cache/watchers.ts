/** The watchers of one resource, indexed so that an event finds those it concerns without asking all: by metadata.name, by the resource's own
 *  index (pods: spec.nodeName), and the rest in a list. Mirrors apiserver v1.34 pkg/storage/cacher (indexedWatchers, cacheWatcher.convertToWatchEvent). */

import type { KubeObject, WatchEvent } from '#api';
import type { EtcdEvent } from '#etcd';
import type { HostId, Instant } from '#sim';
import type { ConvertedStream } from '../custom-resources/conversion/watch-stream.ts';
import { atRevision } from '../object-meta.ts';
import type { ResourceDescriptor } from '../registry/descriptor.ts';
import type { ReceiveWindow } from '../slow-watchers.ts';
import type { ResourceView } from '../views/resource-view.ts';
import { type Filter, isOpen, matches, requiredValue } from './filter.ts';

/** One open watch. */
export interface Watcher {
  readonly host: HostId;
  readonly id: number;
  readonly filter: Filter;
  readonly isOpen: boolean;
  /** Asks for one value of the index and nothing else: whoever found it by that value need not ask its filter. */
  isByIndex: boolean;
  readonly bookmarks: boolean;
  readonly endsAt: Instant;
  nextBookmark: Instant;
  /** Of the next message. */
  sequence: number;
  /** Events of the etcd batch in hand, sent as one message at its end. */
  batch: WatchEvent[] | undefined;
  isClosed: boolean;
  /** What this server has not caught up with yet, though the watcher has heard of it elsewhere, is not told again (cacheWatcher.processInterval). */
  since: number;
  /** Set when the watch is of another version than the stored one. */
  view: ResourceView | undefined;
  /** Set when a webhook converts what this watch tells. */
  stream: ConvertedStream | undefined;
  /** Set when the watcher says how much it can take. */
  window: ReceiveWindow | undefined;
}

export function newWatcher(host: HostId, id: number, filter: Filter, bookmarks: boolean, endsAt: Instant, nextBookmark: Instant): Watcher {
  return {
    host,
    id,
    filter,
    isOpen: isOpen(filter),
    isByIndex: false,
    bookmarks,
    endsAt,
    nextBookmark,
    sequence: 0,
    batch: undefined,
    isClosed: false,
    since: 0,
    view: undefined,
    stream: undefined,
    window: undefined,
  };
}

/** One etcd event as watchers see it: each form is made at most once and shared by all who are told it. */
export class Dispatch {
  readonly object: KubeObject | undefined;
  readonly previous: KubeObject | undefined;
  readonly revision: number;
  private added: WatchEvent | undefined;
  private modified: WatchEvent | undefined;
  private deleted: WatchEvent | undefined;

  private readonly key: string;

  constructor(event: EtcdEvent, prefix: number) {
    this.key = event.name ??= event.kv.key.slice(prefix);
    this.object = event.type === 'PUT' ? (event.kv.value as KubeObject) : undefined;
    this.previous = event.previous?.value as KubeObject | undefined;
    this.revision = event.kv.modRevision;
  }

  /** What a watcher with this filter hears; undefined: nothing. */
  for(filter: Filter, open: boolean): WatchEvent | undefined {
    const { object, previous } = this;
    return this.told(
      object !== undefined && (open || matches(filter, object)),
      previous !== undefined && (open || matches(filter, previous)),
    );
  }

  /** What a watcher hears whose filter lets the object through now, or let it through before. */
  told(isIn: boolean, wasIn: boolean): WatchEvent | undefined {
    const { object, previous } = this;
    if (isIn) {
      if (wasIn) {
        this.modified ??= { type: 'MODIFIED', object: object as KubeObject, key: this.key };
        return this.modified;
      }
      this.added ??= { type: 'ADDED', object: object as KubeObject, key: this.key };
      return this.added;
    }
    if (!wasIn) return undefined;
    this.deleted ??= { type: 'DELETED', object: atRevision(previous as KubeObject, this.revision), key: this.key };
    return this.deleted;
  }
}

/** Who watches one value of the index, and when something last happened there. */
interface Indexed {
  readonly watchers: Watcher[];
  changedAt: number;
}

export class WatcherSet {
  private readonly rest: Watcher[] = [];
  private readonly byName = new Map<string, Watcher[]>();
  private readonly byIndex = new Map<string, Indexed>();
  private startedAt = 0;
  private readonly prefix: number;
  private readonly indexField: string | undefined;
  count = 0;

  /** `prefix`: how much of a storage key stands before the object's own. */
  constructor(descriptor: ResourceDescriptor, prefix: number) {
    this.prefix = prefix;
    this.indexField = descriptor.watchIndex;
  }

  private bucketOf(watcher: Watcher, create: boolean): Watcher[] | undefined {
    const name = requiredValue(watcher.filter, 'metadata.name');
    const value = name ?? (this.indexField === undefined ? undefined : requiredValue(watcher.filter, this.indexField));
    if (value === undefined) return this.rest;
    if (name === undefined) return (create ? this.indexed(value) : this.byIndex.get(value))?.watchers;
    let bucket = this.byName.get(name);
    if (bucket === undefined && create) this.byName.set(name, (bucket = []));
    return bucket;
  }

  add(watcher: Watcher): void {
    const { filter } = watcher;
    this.bucketOf(watcher, true)?.push(watcher);
    watcher.isByIndex =
      filter.namespace === undefined &&
      filter.labels.length === 0 &&
      filter.fields.length === 1 &&
      filter.fields[0]?.field === this.indexField;
    this.count++;
  }

  remove(watcher: Watcher): void {
    const bucket = this.bucketOf(watcher, false);
    const at = bucket?.indexOf(watcher) ?? -1;
    if (at < 0) return;
    bucket?.splice(at, 1);
    this.count--;
  }

  /** Revision of the last event that concerned what an indexed filter asks for; Infinity when the index cannot tell. */
  lastChange(filter: Filter): number {
    if (this.indexField === undefined) return Number.POSITIVE_INFINITY;
    const value = requiredValue(filter, this.indexField);
    return value === undefined ? Number.POSITIVE_INFINITY : (this.byIndex.get(value)?.changedAt ?? this.startedAt);
  }

  /** The cache was listed anew: what happened before is not known. */
  reset(revision: number): void {
    for (const indexed of this.byIndex.values()) indexed.changedAt = revision;
    this.startedAt = revision;
  }

  /** Puts the event into the batch of everyone it concerns; those whose batch was empty join `dirty`. Returns how many were told.
   *  `before`, `now`: the object's value of the index, as it was and as it is; undefined where there is no object or no index. */
  dispatch(event: EtcdEvent, before: string | undefined, now: string | undefined, dirty: Watcher[]): number {
    if (this.count === 0 && this.indexField === undefined) return 0;
    const dispatch = new Dispatch(event, this.prefix);
    let told = this.tell(this.rest, dispatch, dirty);
    const { object, previous } = dispatch;
    const any = (object ?? previous) as KubeObject | undefined;
    if (any === undefined) return told;
    if (this.byName.size > 0) told += this.tell(this.byName.get(any.metadata?.name ?? ''), dispatch, dirty);
    if (now !== undefined) told += this.tellIndexed(now, true, before === now, dispatch, dirty);
    if (before !== undefined && before !== now) told += this.tellIndexed(before, false, true, dispatch, dirty);
    return told;
  }

  private tellIndexed(value: string, isIn: boolean, wasIn: boolean, dispatch: Dispatch, dirty: Watcher[]): number {
    const indexed = this.indexed(value);
    indexed.changedAt = dispatch.revision;
    const { watchers } = indexed;
    let told = 0;
    for (let i = 0; i < watchers.length; i++) {
      const watcher = watchers[i] as Watcher;
      if (dispatch.revision <= watcher.since) continue;
      const event = watcher.isByIndex ? dispatch.told(isIn, wasIn) : dispatch.for(watcher.filter, watcher.isOpen);
      if (event === undefined) continue;
      told++;
      hear(watcher, event, dirty);
    }
    return told;
  }

  private indexed(value: string): Indexed {
    let indexed = this.byIndex.get(value);
    if (indexed === undefined) this.byIndex.set(value, (indexed = { watchers: [], changedAt: this.startedAt }));
    return indexed;
  }

  private tell(watchers: readonly Watcher[] | undefined, dispatch: Dispatch, dirty: Watcher[]): number {
    if (watchers === undefined) return 0;
    let told = 0;
    for (let i = 0; i < watchers.length; i++) {
      const watcher = watchers[i] as Watcher;
      if (dispatch.revision <= watcher.since) continue;
      const event = dispatch.for(watcher.filter, watcher.isOpen);
      if (event === undefined) continue;
      told++;
      hear(watcher, event, dirty);
    }
    return told;
  }
}

function hear(watcher: Watcher, event: WatchEvent, dirty: Watcher[]): void {
  if (watcher.batch === undefined) {
    watcher.batch = [event];
    dirty.push(watcher);
  } else watcher.batch.push(event);
}
