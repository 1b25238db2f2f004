/** Watchers of a store: synced ones hear of each transaction as it ends, unsynced ones first read the log from where they start.
 *  Mirrors etcd 3.6's server/storage/mvcc/watchable_store.go. */

import type { EtcdEvent } from '../protocol.ts';
import { type MvccStore, previousIsCompacted, rangeEndOf } from './store.ts';
import { WatchIndex } from './watch-index.ts';

/** A catching-up watcher hears of at most so many revisions in one response (watchBatchMaxRevs). */
export const WATCH_BATCH_MAX_REVISIONS = 1000;

export interface Watcher<O> {
  readonly owner: O;
  readonly key: string;
  readonly rangeEnd: string | undefined;
  /** The next revision it is to hear of. */
  nextRevision: number;
  state: 'synced' | 'unsynced' | 'compacted' | 'cancelled';
  /** Events that wait to be sent; the owner takes them. */
  pending: EtcdEvent[];
}

export class WatchHub<O> {
  private readonly store: MvccStore;
  private readonly index = new WatchIndex<Watcher<O>>();
  private readonly unsynced = new Set<Watcher<O>>();
  private dirty: Watcher<O>[] = [];

  constructor(store: MvccStore) {
    this.store = store;
  }

  /** Starts a watch; revision 0 or one in the future is synced from the first moment, others wait for `sync`. */
  add(owner: O, key: string, rangeEnd: string | undefined, startRevision: number): Watcher<O> {
    const current = this.store.revision;
    const synced = startRevision === 0 || startRevision > current;
    const nextRevision = startRevision > current ? startRevision : synced ? current + 1 : startRevision;
    const watcher: Watcher<O> = { owner, key, rangeEnd, nextRevision, state: synced ? 'synced' : 'unsynced', pending: [] };
    if (synced) this.index.add(watcher);
    else this.unsynced.add(watcher);
    return watcher;
  }

  cancel(watcher: Watcher<O>): void {
    if (watcher.state === 'synced') this.index.remove(watcher);
    else this.unsynced.delete(watcher);
    watcher.state = 'cancelled';
    watcher.pending = [];
  }

  /** Hands the log's events from `position` on to the synced watchers that want them. Call after each transaction, or once for several. */
  notify(position: number): void {
    const { log } = this.store;
    for (let at = position; at < log.length; at += 1) {
      const event = log.at(at);
      this.index.visit(event.kv.key, event, this.deliver);
    }
  }

  /** Watchers with pending events, in the order in which they first had one; the caller empties their `pending`. */
  takeDirty(): Watcher<O>[] {
    const { dirty } = this;
    this.dirty = [];
    return dirty;
  }

  /** The store has taken over another's content: watchers that were synced up to `revision` have missed what came after. */
  resync(watchers: Iterable<Watcher<O>>, revision: number): void {
    if (revision >= this.store.revision) return;
    for (const watcher of watchers) {
      if (watcher.state !== 'synced' || watcher.nextRevision > this.store.revision) continue;
      this.index.remove(watcher);
      watcher.state = 'unsynced';
      watcher.nextRevision = Math.max(watcher.nextRevision, revision + 1);
      this.unsynced.add(watcher);
    }
  }

  get hasDirty(): boolean {
    return this.dirty.length > 0;
  }

  get hasUnsynced(): boolean {
    return this.unsynced.size > 0;
  }

  /** Moves unsynced watchers on: each gets its next batch in `pending`, or turns 'compacted'. Returns those that now have something to send. */
  sync(): Watcher<O>[] {
    const moved: Watcher<O>[] = [];
    for (const watcher of this.unsynced) {
      if (watcher.nextRevision < this.store.compactRevision) {
        watcher.state = 'compacted';
        this.unsynced.delete(watcher);
        moved.push(watcher);
        continue;
      }
      if (this.readBatch(watcher)) {
        watcher.state = 'synced';
        watcher.nextRevision = this.store.revision + 1;
        this.unsynced.delete(watcher);
        this.index.add(watcher);
      }
      if (watcher.pending.length > 0) moved.push(watcher);
    }
    return moved;
  }

  /** Fills `pending` from the log; true when the end of the log was reached. */
  private readBatch(watcher: Watcher<O>): boolean {
    const { log, compactRevision } = this.store;
    const end = rangeEndOf(watcher.key, watcher.rangeEnd);
    let revisions = 0;
    let last = 0;
    for (let at = log.positionOf(watcher.nextRevision); at < log.length; at += 1) {
      const event = log.at(at);
      const { key, modRevision } = event.kv;
      if (key < watcher.key || key >= end) continue;
      if (modRevision !== last) {
        if (revisions === WATCH_BATCH_MAX_REVISIONS) {
          watcher.nextRevision = modRevision;
          return false;
        }
        revisions += 1;
        last = modRevision;
      }
      watcher.pending.push(previousIsCompacted(event, compactRevision) ? { type: event.type, kv: event.kv } : event);
    }
    return true;
  }

  private readonly deliver = (watcher: Watcher<O>, event: EtcdEvent): void => {
    if (event.kv.modRevision < watcher.nextRevision) return;
    if (watcher.pending.length === 0) this.dirty.push(watcher);
    watcher.pending.push(event);
  };
}
