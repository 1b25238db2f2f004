/** One etcd member as a host: takes requests in, has writes agreed (by its disk, or by its group), applies them, answers, and tells watchers. */

import type { Context, Duration, Host, HostId, Message } from '#sim';
import { messageKind, SECOND } from '#sim';
import { apply, type Replica, read, refuse, respond, type Stamp } from './apply.ts';
import type { Consensus, LinearizableRead, Proposal, StateMachine } from './consensus.ts';
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
  WRITE_KIB_CPU,
} from './costs.ts';
import { REQUEST_TOO_LARGE, TIMEOUT } from './errors.ts';
import { LeaseTable } from './lease.ts';
import { LoneLog } from './lone-log.ts';
import { type MemberMetrics, memberMetrics } from './member-metrics.ts';
import { MemberWatches } from './member-watches.ts';
import { MvccStore } from './mvcc/store.ts';
import type { EtcdOperation, EtcdRequest, EtcdResponse } from './protocol.ts';
import { RaftGroup } from './raft-group.ts';
import { checkTopology } from './topology.ts';

/** Plain data; survives structured clone. */
export interface EtcdMemberConfig {
  readonly name: string;
  /** All members of its group, itself included, the same list for each; absent or only itself: a group of one. Odd numbers up to 7. */
  readonly peers?: readonly HostId[];
  /** --quota-backend-bytes; default 2 GiB as upstream, 8 GiB is what etcd suggests as the most. 0 lifts it. */
  readonly quotaBytes?: number;
  /** --max-request-bytes; default 1.5 MiB. */
  readonly maxRequestBytes?: number;
  /** The first lease id (leases of different clusters then differ in logs); default 1. */
  readonly firstLease?: number;
}

export interface EtcdMemberOptions {
  /** Called once for each value that is put, before anyone reads it, with the revision it got. In a group each member calls it, with the same revision. */
  readonly stamp?: Stamp;
  /** The same member before it crashed: what it had on disk is taken over. */
  readonly previous?: EtcdMember;
}

const DEFAULT_QUOTA_BYTES = 2 * 1024 * 1024 * 1024;
const DEFAULT_MAX_REQUEST_BYTES = 1.5 * 1024 * 1024;

interface LeaseCheck extends Message {
  readonly kind: 'EtcdLeaseCheck';
}
interface CompactionStep extends Message {
  readonly kind: 'EtcdCompactionStep';
}
messageKind<LeaseCheck>({ kind: 'EtcdLeaseCheck', digest() {} });
messageKind<CompactionStep>({ kind: 'EtcdCompactionStep', digest() {} });
const LEASE_CHECK: LeaseCheck = { kind: 'EtcdLeaseCheck' };
const COMPACTION_STEP: CompactionStep = { kind: 'EtcdCompactionStep' };

interface ReplicaCopy {
  readonly store: MvccStore;
  readonly leases: LeaseTable;
  readonly full: boolean;
  readonly nextLease: number;
}

export class EtcdMember implements Host, StateMachine {
  private readonly config: EtcdMemberConfig;
  private readonly replica: Replica;
  private readonly watches: MemberWatches;
  private readonly consensus: Consensus;
  private sequence = 0;
  private compactionLeft = 0;
  private metrics: MemberMetrics | undefined;

  constructor(config: EtcdMemberConfig, { stamp, previous }: EtcdMemberOptions = {}) {
    this.config = config;
    const { peers = [] } = config;
    checkTopology(config.name, peers);
    const leases = previous?.replica.leases ?? new LeaseTable();
    const store = previous?.replica.store ?? new MvccStore(leases);
    const nextLease = previous?.replica.nextLease ?? config.firstLease ?? 1;
    this.replica = { store, leases, stamp, full: previous?.replica.full ?? false, nextLease };
    this.watches = new MemberWatches(store);
    const group = previous?.consensus;
    this.consensus = peers.length > 1 ? new RaftGroup(this, peers, group instanceof RaftGroup ? group.disk : undefined) : new LoneLog(this);
  }

  /** Whether this member leads its group. */
  get isLeader(): boolean {
    return this.consensus.isLeader;
  }

  start(ctx: Context): void {
    this.metrics = memberMetrics(ctx.record, this.config.name);
    this.watches.start(this.metrics);
    this.consensus.start(ctx);
    ctx.after(LEASE_CHECK_INTERVAL, LEASE_CHECK);
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'EtcdRequest') this.request(message as EtcdRequest, ctx);
    else if (this.consensus.receive(message, ctx) || this.watches.receive(message, ctx)) return;
    else if (message.kind === 'EtcdLeaseCheck') this.checkLeases(ctx);
    else if (message.kind === 'EtcdCompactionStep') this.compactionStep(ctx);
  }

  private request({ id, operation }: EtcdRequest, ctx: Context): void {
    switch (operation.op) {
      case 'range': {
        const one: LinearizableRead = { id, from: ctx.source, operation, arrived: ctx.now };
        if (operation.serializable) this.serve(one, 0, ctx);
        else this.consensus.read(one, ctx);
        return;
      }
      case 'watch':
        return this.watches.create(id, operation, ctx);
      case 'watchCancel':
        return this.watches.cancel(ctx.source, operation.watch);
      case 'watchProgress':
        return this.watches.progress(ctx);
      case 'status':
        ctx.send(ctx.source, respond(id, this.replica.store.revision), RPC_LATENCY);
        return;
      default:
    }
    if (operation.op === 'guarded' && (operation.put?.bytes ?? 0) > (this.config.maxRequestBytes ?? DEFAULT_MAX_REQUEST_BYTES)) {
      ctx.send(ctx.source, refuse(id, this.replica.store.revision, REQUEST_TOO_LARGE), ctx.charge(READ_CPU) + RPC_LATENCY);
      return;
    }
    this.propose(id, ctx.source, operation, ctx);
  }

  private propose(id: number, from: HostId, operation: EtcdOperation, ctx: Context): void {
    ctx.charge(PROPOSE_CPU);
    this.sequence += 1;
    this.metrics?.proposalsPending.add(1);
    this.consensus.propose({ id, from, member: ctx.self, sequence: this.sequence, operation, arrived: ctx.now }, ctx);
  }

  serveReads(reads: readonly LinearizableRead[], ctx: Context): void {
    for (let i = 0; i < reads.length; i += 1) this.serve(reads[i] as LinearizableRead, READ_INDEX_LATENCY, ctx);
  }

  private serve({ id, from, operation, arrived }: LinearizableRead, latency: Duration, ctx: Context): void {
    const response = read(this.replica, id, operation);
    const delay = ctx.charge(rangeCost(response)) + RPC_LATENCY + latency;
    this.metrics?.ranges.add();
    this.metrics?.requestRead.observe((ctx.now - arrived + delay) / SECOND);
    ctx.send(from, response, delay);
  }

  applyBatch(batch: readonly Proposal[], ctx: Context): void {
    const { store } = this.replica;
    const metrics = this.metrics as MemberMetrics;
    const { puts, deletes } = store;
    let heard = store.log.length;
    let own = 0;
    for (let i = 0; i < batch.length; i += 1) {
      const proposal = batch[i] as Proposal;
      const { operation } = proposal;
      const compacts = operation.op === 'compact';
      // Compaction moves the log's positions: watchers hear first of what is before it.
      if (compacts) this.watches.notify(heard);
      const before = store.compactRevision;
      const response = apply(this.replica, proposal.id, operation, ctx.now);
      if (compacts) {
        heard = store.log.length;
        this.physicalCompaction(store.compactRevision - Math.max(0, before), ctx);
      }
      const delay = ctx.charge(APPLY_CPU + valueCost(operation)) + PROPOSE_LATENCY + RPC_LATENCY;
      if (proposal.member !== ctx.self) continue;
      own += 1;
      this.answer(proposal, response, delay, ctx);
    }
    this.watches.notify(heard);
    if (store.puts > puts) metrics.puts.add(store.puts - puts);
    if (store.deletes > deletes) metrics.deletes.add(store.deletes - deletes);
    metrics.proposalsApplied.add(batch.length);
    metrics.proposalsPending.add(-own);
    this.measure(metrics);
    this.watches.schedule(ctx);
  }

  private answer(proposal: Proposal, response: EtcdResponse, delay: Duration, ctx: Context): void {
    if (proposal.from < 0) return;
    this.metrics?.requestWrite.observe((ctx.now - proposal.arrived + delay) / SECOND);
    ctx.send(proposal.from, response, delay);
  }

  private measure(metrics: MemberMetrics): void {
    const { store } = this.replica;
    metrics.keys.set(store.keys);
    metrics.dbTotal.set(store.bytesTotal);
    metrics.dbInUse.set(store.bytesInUse);
    const quota = this.config.quotaBytes ?? DEFAULT_QUOTA_BYTES;
    if (quota > 0 && store.bytesTotal > quota) this.replica.full = true;
  }

  giveUp(proposals: readonly Proposal[], reads: readonly LinearizableRead[], ctx: Context): void {
    this.metrics?.proposalsPending.add(-proposals.length);
    for (const { id, from } of [...proposals, ...reads]) ctx.send(from, refuse(id, this.replica.store.revision, TIMEOUT), RPC_LATENCY);
  }

  synced(took: Duration): void {
    this.metrics?.fsync.observe(took / SECOND);
  }

  promoted(ctx: Context): void {
    this.replica.leases.renewAll(ctx.now);
  }

  leaderChanged(leader: HostId): void {
    this.metrics?.hasLeader.set(leader < 0 ? 0 : 1);
    if (leader >= 0) this.metrics?.leaderChanges.add();
  }

  snapshot(): { readonly data: unknown; readonly bytes: number } {
    const { leases, store, full, nextLease } = this.replica;
    const copied = leases.copy();
    const data: ReplicaCopy = { leases: copied, store: store.copy(copied), full, nextLease };
    return { data, bytes: store.bytesTotal };
  }

  restore(data: unknown, ctx: Context): void {
    const { leases, store, full, nextLease } = data as ReplicaCopy;
    const { revision } = this.replica.store;
    this.replica.store.become(store);
    this.replica.leases.become(leases);
    this.replica.full = full;
    this.replica.nextLease = nextLease;
    this.watches.resync(revision, ctx);
  }

  private checkLeases(ctx: Context): void {
    ctx.after(LEASE_CHECK_INTERVAL, LEASE_CHECK);
    if (!this.consensus.isLeader) return;
    const over = this.replica.leases.expired(ctx.now);
    const count = Math.min(over.length, LEASE_REVOKES_PER_CHECK);
    for (let i = 0; i < count; i += 1) {
      const lease = over[i];
      if (lease === undefined) break;
      // Not again at the next look, should the proposal take that long.
      lease.expiry = Number.MAX_SAFE_INTEGER;
      this.metrics?.leaseExpired.add();
      this.propose(0, -1, { op: 'leaseRevoke', lease: lease.id }, ctx);
    }
  }

  /** History goes at once; the CPU that the physical work takes is spent batch by batch. */
  private physicalCompaction(revisions: number, ctx: Context): void {
    if (revisions <= 0) return;
    if (this.compactionLeft === 0) ctx.after(COMPACTION_PAUSE, COMPACTION_STEP);
    this.compactionLeft += revisions;
  }

  private compactionStep(ctx: Context): void {
    const revisions = Math.min(this.compactionLeft, COMPACTION_BATCH);
    this.compactionLeft -= revisions;
    ctx.charge(Math.round(revisions * COMPACTION_REVISION_CPU));
    if (this.compactionLeft > 0) ctx.after(COMPACTION_PAUSE, COMPACTION_STEP);
  }
}

function valueCost(operation: EtcdOperation): Duration {
  return operation.op === 'guarded' && operation.put !== undefined ? (operation.put.bytes / 1024) * WRITE_KIB_CPU : 0;
}

function rangeCost({ kvs = [], count = 0 }: EtcdResponse): Duration {
  if (count <= 1) return READ_CPU;
  let bytes = 0;
  for (let i = 0; i < kvs.length; i += 1) bytes += (kvs[i] as { bytes: number }).bytes;
  const listed = kvs.length > 1 ? kvs.length * LIST_OBJECT_CPU + (bytes / 1024) * LIST_KIB_CPU : 0;
  return Math.round(READ_CPU + listed + (count - kvs.length) * COUNT_KEY_CPU);
}
