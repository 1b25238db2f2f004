/** One etcd member as a host: takes requests in, makes proposals durable in batches, applies them, answers, and tells watchers.
 *  Group commit as etcd's Raft loop has it: what arrives while an fsync is under way joins the next one. */

import type { Context, Duration, Host, HostId, Instant, Message } from '#sim';
import { messageKind, SECOND } from '#sim';
import { apply, type Replica, read, refuse, respond, type Stamp } from './apply.ts';
import {
  APPLY_CPU,
  COMPACTION_BATCH,
  COMPACTION_PAUSE,
  COMPACTION_REVISION_CPU,
  COUNT_KEY_CPU,
  LEASE_CHECK_INTERVAL,
  LEASE_REVOKES_PER_CHECK,
  LIST_KIB_CPU,
  LIST_OBJECT_CPU,
  PROPOSE_CPU,
  PROPOSE_LATENCY,
  READ_CPU,
  READ_INDEX_LATENCY,
  RPC_LATENCY,
  WAL_ENTRY_BYTES,
  WATCH_EVENT_CPU,
  WATCH_LATENCY,
  WATCH_MESSAGE_CPU,
} from './costs.ts';
import { REQUEST_TOO_LARGE } from './errors.ts';
import { LeaseTable } from './lease.ts';
import { type MemberMetrics, memberMetrics } from './member-metrics.ts';
import { MvccStore } from './mvcc/store.ts';
import { type Watcher, WatchHub } from './mvcc/watch-hub.ts';
import type { EtcdEvent, EtcdOperation, EtcdRequest, EtcdResponse } from './protocol.ts';

/** Plain data; survives structured clone. */
export interface EtcdMemberConfig {
  readonly name: string;
  /** --quota-backend-bytes; default 2 GiB as upstream, 8 GiB is what etcd suggests as the most. 0 lifts it. */
  readonly quotaBytes?: number;
  /** --max-request-bytes; default 1.5 MiB. */
  readonly maxRequestBytes?: number;
  /** The first lease id (leases of different clusters then differ in logs); default 1. */
  readonly firstLease?: number;
}

export interface EtcdMemberOptions {
  /** Called once for each value that is put, before anyone reads it, with the revision it got. */
  readonly stamp?: Stamp;
}

const DEFAULT_QUOTA_BYTES = 2 * 1024 * 1024 * 1024;
const DEFAULT_MAX_REQUEST_BYTES = 1.5 * 1024 * 1024;

/** The batch in hand is durable. */
interface Synced extends Message {
  readonly kind: 'EtcdWalSynced';
}
interface LeaseCheck extends Message {
  readonly kind: 'EtcdLeaseCheck';
}
/** Time for the watch streams to send what they have. */
interface WatchFlush extends Message {
  readonly kind: 'EtcdWatchFlush';
}
interface CompactionStep extends Message {
  readonly kind: 'EtcdCompactionStep';
}
messageKind<Synced>({ kind: 'EtcdWalSynced', digest() {} });
messageKind<LeaseCheck>({ kind: 'EtcdLeaseCheck', digest() {} });
messageKind<WatchFlush>({ kind: 'EtcdWatchFlush', digest() {} });
messageKind<CompactionStep>({ kind: 'EtcdCompactionStep', digest() {} });
const SYNCED: Synced = { kind: 'EtcdWalSynced' };
const LEASE_CHECK: LeaseCheck = { kind: 'EtcdLeaseCheck' };
const WATCH_FLUSH: WatchFlush = { kind: 'EtcdWatchFlush' };
const COMPACTION_STEP: CompactionStep = { kind: 'EtcdCompactionStep' };

interface Proposal {
  readonly id: number;
  /** Who asked; -1 when the member itself did. */
  readonly from: HostId;
  readonly operation: EtcdOperation;
  readonly arrived: Instant;
}

interface WatchOwner {
  readonly from: HostId;
  readonly id: number;
}

export class EtcdMember implements Host {
  private readonly config: EtcdMemberConfig;
  private readonly replica: Replica;
  private readonly hub: WatchHub<WatchOwner>;
  private readonly watches = new Map<string, Watcher<WatchOwner>>();
  /** Waiting for the next fsync, and under way in this one. */
  private waiting: Proposal[] = [];
  private syncing: Proposal[] = [];
  private syncBegan: Instant = -1;
  private compactionLeft = 0;
  private flushing = false;
  private metrics: MemberMetrics | undefined;

  constructor(config: EtcdMemberConfig, options: EtcdMemberOptions = {}) {
    this.config = config;
    const leases = new LeaseTable();
    const store = new MvccStore(leases);
    this.replica = { store, leases, stamp: options.stamp, full: false, nextLease: config.firstLease ?? 1 };
    this.hub = new WatchHub(store);
  }

  start(ctx: Context): void {
    this.metrics = memberMetrics(ctx.record, this.config.name);
    ctx.after(LEASE_CHECK_INTERVAL, LEASE_CHECK);
  }

  receive(message: Message, ctx: Context): void {
    switch (message.kind) {
      case 'EtcdRequest':
        return this.request(message as EtcdRequest, ctx);
      case 'EtcdWalSynced':
        return this.commit(ctx);
      case 'EtcdWatchFlush':
        return this.flushWatches(ctx);
      case 'EtcdLeaseCheck':
        return this.checkLeases(ctx);
      case 'EtcdCompactionStep':
        return this.compactionStep(ctx);
    }
  }

  private request(message: EtcdRequest, ctx: Context): void {
    const { operation } = message;
    switch (operation.op) {
      case 'range':
        return this.range(message, operation, ctx);
      case 'watch':
        return this.watch(message, operation, ctx);
      case 'watchCancel':
        return this.cancelWatch(`${ctx.source}/${operation.watch}`);
      case 'watchProgress':
        return this.progress(ctx);
      default:
    }
    if (operation.op === 'guarded' && operation.put !== undefined) {
      if (operation.put.bytes > (this.config.maxRequestBytes ?? DEFAULT_MAX_REQUEST_BYTES)) {
        ctx.send(ctx.source, refuse(message.id, this.replica.store.revision, REQUEST_TOO_LARGE), ctx.charge(READ_CPU) + RPC_LATENCY);
        return;
      }
    }
    ctx.charge(PROPOSE_CPU);
    this.propose(message.id, ctx.source, operation, ctx);
  }

  private range(message: EtcdRequest, operation: EtcdOperation & { op: 'range' }, ctx: Context): void {
    const response = read(this.replica, message.id, operation);
    const { kvs, count = 0 } = response;
    let cost: Duration = READ_CPU;
    if (kvs !== undefined && kvs.length > 1) {
      let bytes = 0;
      for (let i = 0; i < kvs.length; i += 1) bytes += (kvs[i] as { bytes: number }).bytes;
      cost += kvs.length * LIST_OBJECT_CPU + (bytes / 1024) * LIST_KIB_CPU;
    }
    if (count > 1) cost += (count - (kvs?.length ?? 0)) * COUNT_KEY_CPU;
    const confirm = operation.serializable ? 0 : READ_INDEX_LATENCY;
    const spent = ctx.charge(Math.round(cost)) + RPC_LATENCY + confirm;
    this.metrics?.ranges.add();
    this.metrics?.requestRead.observe(spent / SECOND);
    ctx.send(ctx.source, response, spent);
  }

  private propose(id: number, from: HostId, operation: EtcdOperation, ctx: Context): void {
    this.waiting.push({ id, from, operation, arrived: ctx.now });
    this.metrics?.proposalsPending.add(1);
    if (this.syncBegan < 0) this.sync(ctx);
  }

  private sync(ctx: Context): void {
    const batch = this.waiting;
    this.waiting = this.syncing;
    this.syncing = batch;
    let bytes = 0;
    for (let i = 0; i < batch.length; i += 1) {
      const { operation } = batch[i] as Proposal;
      bytes += WAL_ENTRY_BYTES;
      if (operation.op === 'guarded') bytes += operation.key.length + (operation.put?.bytes ?? 0);
    }
    this.syncBegan = ctx.now;
    ctx.fsync(bytes, SYNCED);
  }

  private commit(ctx: Context): void {
    const { store } = this.replica;
    const metrics = this.metrics as MemberMetrics;
    metrics.fsync.observe((ctx.now - this.syncBegan) / SECOND);
    const batch = this.syncing;
    const { puts, deletes } = store;
    let heard = store.log.length;
    for (let i = 0; i < batch.length; i += 1) {
      const proposal = batch[i] as Proposal;
      const { operation } = proposal;
      if (operation.op === 'compact') {
        // Compaction moves the log's positions: watchers hear first of what is before it.
        this.hub.notify(heard);
        this.compact(proposal, operation.revision, ctx);
        heard = store.log.length;
        continue;
      }
      const response = apply(this.replica, proposal.id, operation, ctx.now);
      this.answer(proposal, response, ctx);
    }
    this.hub.notify(heard);
    if (store.puts > puts) metrics.puts.add(store.puts - puts);
    if (store.deletes > deletes) metrics.deletes.add(store.deletes - deletes);
    this.count(batch.length, metrics);
    batch.length = 0;
    this.syncBegan = -1;
    this.checkQuota();
    // Answers do not wait behind events: the streams have a loop of their own, and what comes meanwhile goes with its next message.
    if (!this.flushing && this.hub.hasDirty) {
      this.flushing = true;
      ctx.after(WATCH_LATENCY, WATCH_FLUSH);
    }
    if (this.waiting.length > 0) this.sync(ctx);
  }

  /** History goes at once; the CPU that the physical work takes is spent batch by batch. */
  private compact(proposal: Proposal, revision: number, ctx: Context): void {
    const before = Math.max(0, this.replica.store.compactRevision);
    const response = apply(this.replica, proposal.id, proposal.operation, ctx.now);
    if (response.error === undefined) {
      if (this.compactionLeft === 0) ctx.after(COMPACTION_PAUSE, COMPACTION_STEP);
      this.compactionLeft += revision - before;
    }
    this.answer(proposal, response, ctx);
  }

  private answer(proposal: Proposal, response: EtcdResponse, ctx: Context): void {
    const delay = ctx.charge(APPLY_CPU) + PROPOSE_LATENCY + RPC_LATENCY;
    if (proposal.from < 0) return;
    this.metrics?.requestWrite.observe((ctx.now - proposal.arrived + delay) / SECOND);
    ctx.send(proposal.from, response, delay);
  }

  private count(applied: number, metrics: MemberMetrics): void {
    const { store } = this.replica;
    metrics.proposalsApplied.add(applied);
    metrics.proposalsPending.add(-applied);
    metrics.keys.set(store.keys);
    metrics.dbTotal.set(store.bytesTotal);
    metrics.dbInUse.set(store.bytesInUse);
  }

  private flushWatches(ctx: Context): void {
    this.flushing = false;
    const dirty = this.hub.takeDirty();
    for (let i = 0; i < dirty.length; i += 1) this.tell(dirty[i] as Watcher<WatchOwner>, ctx);
  }

  private tell(watcher: Watcher<WatchOwner>, ctx: Context): void {
    const events: readonly EtcdEvent[] = watcher.pending;
    if (events.length === 0) return;
    watcher.pending = [];
    this.metrics?.events.add(events.length);
    const delay = ctx.charge(WATCH_MESSAGE_CPU + events.length * WATCH_EVENT_CPU);
    ctx.send(
      watcher.owner.from,
      { kind: 'EtcdEvents', id: watcher.owner.id, revision: this.replica.store.revision, events } as Message,
      delay,
    );
  }

  private watch(message: EtcdRequest, operation: EtcdOperation & { op: 'watch' }, ctx: Context): void {
    const name = `${ctx.source}/${message.id}`;
    this.cancelWatch(name);
    const owner: WatchOwner = { from: ctx.source, id: message.id };
    this.watches.set(name, this.hub.add(owner, operation.key, operation.rangeEnd, operation.startRevision));
    this.metrics?.watchers.set(this.watches.size);
    ctx.send(ctx.source, respond(message.id, this.replica.store.revision), ctx.charge(READ_CPU) + RPC_LATENCY);
    while (this.hub.hasUnsynced) {
      for (const watcher of this.hub.sync()) {
        if (watcher.state !== 'compacted') this.tell(watcher, ctx);
        else this.tellCompacted(watcher, ctx);
      }
    }
  }

  private tellCompacted(watcher: Watcher<WatchOwner>, ctx: Context): void {
    const { from, id } = watcher.owner;
    const { revision, compactRevision } = this.replica.store;
    const message = { kind: 'EtcdEvents', id, revision, events: [], compactRevision } as Message;
    ctx.send(from, message, ctx.charge(WATCH_MESSAGE_CPU));
    this.watches.delete(`${from}/${id}`);
  }

  /** A manual progress request: an empty EtcdEvents for each synced watch of the asker (etcd answers once a stream; here a watch is a stream). */
  private progress(ctx: Context): void {
    const { revision } = this.replica.store;
    for (const watcher of this.watches.values()) {
      if (watcher.owner.from !== ctx.source || watcher.state !== 'synced') continue;
      const message = { kind: 'EtcdEvents', id: watcher.owner.id, revision, events: [] } as Message;
      ctx.send(ctx.source, message, ctx.charge(WATCH_MESSAGE_CPU));
    }
  }

  private cancelWatch(name: string): void {
    const watcher = this.watches.get(name);
    if (watcher === undefined) return;
    this.hub.cancel(watcher);
    this.watches.delete(name);
    this.metrics?.watchers.set(this.watches.size);
  }

  private checkLeases(ctx: Context): void {
    const over = this.replica.leases.expired(ctx.now);
    const count = Math.min(over.length, LEASE_REVOKES_PER_CHECK);
    for (let i = 0; i < count; i += 1) {
      const lease = over[i];
      if (lease === undefined) break;
      // Not again at the next look, should the proposal take that long.
      lease.expiry = Number.MAX_SAFE_INTEGER;
      this.metrics?.leaseExpired.add();
      ctx.charge(PROPOSE_CPU);
      this.propose(0, -1, { op: 'leaseRevoke', lease: lease.id }, ctx);
    }
    ctx.after(LEASE_CHECK_INTERVAL, LEASE_CHECK);
  }

  private compactionStep(ctx: Context): void {
    const revisions = Math.min(this.compactionLeft, COMPACTION_BATCH);
    this.compactionLeft -= revisions;
    ctx.charge(Math.round(revisions * COMPACTION_REVISION_CPU));
    if (this.compactionLeft > 0) ctx.after(COMPACTION_PAUSE, COMPACTION_STEP);
  }

  private checkQuota(): void {
    const quota = this.config.quotaBytes ?? DEFAULT_QUOTA_BYTES;
    if (quota > 0 && this.replica.store.bytesTotal > quota) this.replica.full = true;
  }
}
