/** The watches of one member: what API servers hear, and when. Answers do not wait behind events: the streams have a loop of their own,
 *  and what comes meanwhile goes with its next message. */

import { type Context, type Duration, type HostId, type Message, messageKind } from '#sim';
import { respond } from './apply.ts';
import { READ_CPU, RPC_LATENCY, WATCH_EVENT_CPU, WATCH_LATENCY, WATCH_MESSAGE_CPU } from './costs.ts';
import type { MemberMetrics } from './member-metrics.ts';
import type { MvccStore } from './mvcc/store.ts';
import { type Watcher, WatchHub } from './mvcc/watch-hub.ts';
import type { EtcdEvent, EtcdEvents, EtcdOperation } from './protocol.ts';

/** Time for the streams to send what they have. */
interface WatchFlush extends Message {
  readonly kind: 'EtcdWatchFlush';
}
messageKind<WatchFlush>({ kind: 'EtcdWatchFlush', digest() {} });
const WATCH_FLUSH: WatchFlush = { kind: 'EtcdWatchFlush' };

interface WatchOwner {
  readonly from: HostId;
  /** The id of the request that started it. */
  readonly id: number;
  readonly requireLeader: boolean;
  /** Of the next message. */
  sequence: number;
}

export class MemberWatches {
  private readonly store: MvccStore;
  private readonly hub: WatchHub<WatchOwner>;
  private readonly watches = new Map<string, Watcher<WatchOwner>>();
  private flushing = false;
  private metrics: MemberMetrics | undefined;

  constructor(store: MvccStore) {
    this.store = store;
    this.hub = new WatchHub(store);
  }

  start(metrics: MemberMetrics): void {
    this.metrics = metrics;
  }

  create(id: number, operation: EtcdOperation & { op: 'watch' }, ctx: Context): void {
    this.cancel(ctx.source, id);
    const owner: WatchOwner = { from: ctx.source, id, requireLeader: operation.requireLeader === true, sequence: 0 };
    this.watches.set(nameOf(owner), this.hub.add(owner, operation.key, operation.rangeEnd, operation.startRevision));
    this.metrics?.watchers.set(this.watches.size);
    ctx.send(ctx.source, respond(id, this.store.revision), ctx.charge(READ_CPU) + RPC_LATENCY);
    this.sync(ctx);
  }

  cancel(from: HostId, id: number): void {
    const name = nameOf({ from, id });
    const watcher = this.watches.get(name);
    if (watcher === undefined) return;
    this.hub.cancel(watcher);
    this.watches.delete(name);
    this.metrics?.watchers.set(this.watches.size);
  }

  /** Hears of the log from `position` on. */
  notify(position: number): void {
    this.hub.notify(position);
  }

  /** Sees that what was heard is sent soon. */
  schedule(ctx: Context, busy: Duration = 0): void {
    if (this.flushing || !this.hub.hasDirty) return;
    this.flushing = true;
    ctx.after(WATCH_LATENCY + busy, WATCH_FLUSH);
  }

  /** Takes its own timer; false for other messages. */
  receive(message: Message, ctx: Context): boolean {
    if (message.kind !== 'EtcdWatchFlush') return false;
    this.flushing = false;
    const dirty = this.hub.takeDirty();
    for (let i = 0; i < dirty.length; i += 1) this.tell(dirty[i] as Watcher<WatchOwner>, ctx);
    return true;
  }

  /** A manual progress request: an empty message for each synced watch of the asker, after all that it has to hear before
   *  (etcd answers once a stream; here a watch is a stream). */
  progress(ctx: Context): void {
    for (const watcher of this.watches.values()) {
      if (watcher.owner.from !== ctx.source || watcher.state !== 'synced') continue;
      this.tell(watcher, ctx);
      this.send(watcher, [], ctx);
    }
  }

  /** Who has watches here. */
  owners(): HostId[] {
    return [...this.watches.values()].map(({ owner }) => owner.from);
  }

  /** No leader for too long: who requires one must ask elsewhere. */
  endLeaderless(ctx: Context): void {
    for (const [name, watcher] of [...this.watches]) {
      if (!watcher.owner.requireLeader) continue;
      this.watches.delete(name);
      this.hub.cancel(watcher);
      const { from, id } = watcher.owner;
      ctx.send(from, { kind: 'EtcdEvents', id, revision: this.store.revision, events: [], noLeader: true } as EtcdEvents, RPC_LATENCY);
    }
    this.metrics?.watchers.set(this.watches.size);
  }

  /** The store has taken over a newer state: synced watches read what they missed of it. */
  resync(revision: number, ctx: Context): void {
    this.hub.resync(this.watches.values(), revision);
    this.sync(ctx);
  }

  private sync(ctx: Context): void {
    while (this.hub.hasUnsynced) {
      for (const watcher of this.hub.sync()) {
        if (watcher.state !== 'compacted') this.tell(watcher, ctx);
        else {
          this.send(watcher, [], ctx, this.store.compactRevision);
          this.watches.delete(nameOf(watcher.owner));
        }
      }
    }
  }

  private tell(watcher: Watcher<WatchOwner>, ctx: Context): void {
    const events = watcher.pending;
    if (events.length === 0) return;
    watcher.pending = [];
    this.metrics?.events.add(events.length);
    this.send(watcher, events, ctx);
  }

  private send({ owner }: Watcher<WatchOwner>, events: readonly EtcdEvent[], ctx: Context, compactRevision?: number): void {
    const { id } = owner;
    const message: EtcdEvents = {
      kind: 'EtcdEvents',
      id,
      sequence: owner.sequence++,
      revision: this.store.revision,
      events,
      compactRevision,
    };
    ctx.send(owner.from, message, ctx.charge(WATCH_MESSAGE_CPU + events.length * WATCH_EVENT_CPU));
  }
}

function nameOf({ from, id }: { readonly from: HostId; readonly id: number }): string {
  return `${from}/${id}`;
}
