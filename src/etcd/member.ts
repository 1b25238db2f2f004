/** One etcd member as a host: takes requests in, has writes agreed (by its disk, or by its group), applies them, answers, and tells watchers. */

import type { Context, Duration, Host, HostId, Instant, Message } from '#sim';
import { CONNECTION_RESET, messageKind, SECOND } from '#sim';
import { apply, type Replica, read, refuse, type Stamp } from './apply.ts';
import type { Consensus, LinearizableRead, Proposal, StateMachine } from './consensus.ts';
import { CorruptionChecks, type Suspect } from './corruption.ts';
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
  NO_LEADER_PATIENCE,
  PROPOSE_CPU,
  PROPOSE_LATENCY,
  READ_CPU,
  READ_INDEX_LATENCY,
  RPC_LATENCY,
  WRITE_KIB_CPU,
} from './costs.ts';
import { DiskLoss } from './disk-loss.ts';
import { NO_LEADER, NO_SPACE, REQUEST_TOO_LARGE, TIMEOUT } from './errors.ts';
import { LeaseTable } from './lease.ts';
import { LoneLog } from './lone-log.ts';
import { Maintenance } from './maintenance.ts';
import { type MemberMetrics, memberMetrics } from './member-metrics.ts';
import { MemberWatches } from './member-watches.ts';
import { MvccStore } from './mvcc/store.ts';
import type { Alarm, EtcdOperation, EtcdRequest, EtcdResponse } from './protocol.ts';
import type { Raft } from './raft/raft.ts';
import { type RaftDisk, RaftGroup } from './raft-group.ts';
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
  /** --corrupt-check-time: how often a leader compares hashes with its peers. 0, the default: never. */
  readonly corruptCheckTime?: Duration;
  /** --feature-gates=InitialCorruptCheck=true: compares hashes with its peers when it starts again. */
  readonly initialCorruptCheck?: boolean;
  /** The first lease id (leases of different clusters then differ in logs); default 1. */
  readonly firstLease?: number;
}

export interface EtcdMemberOptions {
  /** Called once for each value that is put, before anyone reads it, with the revision it got. In a group each member calls it, with the same revision. */
  readonly stamp?: Stamp;
  /** The same member before it crashed: what it had on disk is taken over. */
  readonly previous?: EtcdMember;
  /** A saved snapshot with which a new cluster begins, the same for each member (etcdutl snapshot restore). */
  readonly snapshot?: unknown;
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
  readonly alarms: readonly Alarm[];
  readonly nextLease: number;
}

export class EtcdMember implements Host, StateMachine, Suspect {
  private readonly config: EtcdMemberConfig;
  private readonly replica: Replica;
  private readonly watches: MemberWatches;
  private readonly consensus: Consensus;
  private sequence = 0;
  private compactionLeft = 0;
  private metrics: MemberMetrics | undefined;
  private readonly maintenance: Maintenance;
  private readonly checks: CorruptionChecks;
  private readonly isRestart: boolean;
  /** The store outgrew its quota: what would grow it further raises the alarm. */
  private overQuota = false;
  /** It panicked: the process is gone. */
  private dead = false;
  private startedAt: Instant = 0;
  private leaderlessSince: Instant = -1;
  private readonly diskLoss: DiskLoss;

  constructor(config: EtcdMemberConfig, { stamp, previous: before, snapshot }: EtcdMemberOptions = {}) {
    this.config = config;
    this.diskLoss = new DiskLoss(before?.diskLoss);
    const previous = this.diskLoss.waits ? undefined : before;
    const { peers = [] } = config;
    checkTopology(config.name, peers);
    const leases = previous?.replica.leases ?? new LeaseTable();
    const store = previous?.replica.store ?? new MvccStore(leases);
    const nextLease = previous?.replica.nextLease ?? config.firstLease ?? 1;
    const { full = false, corrupt = false, alarms = [] } = previous?.replica ?? {};
    this.replica = { store, leases, stamp, full, corrupt, alarms, nextLease };
    if (snapshot !== undefined && previous === undefined) this.takeOver(snapshot as ReplicaCopy);
    this.watches = new MemberWatches(store);
    const group = previous?.consensus;
    const underWay = group instanceof LoneLog ? group.underWay : [];
    const disk = group instanceof RaftGroup ? group.disk : undefined;
    this.consensus = peers.length > 1 ? new RaftGroup(this, peers, disk) : new LoneLog(this, underWay);
    this.maintenance = new Maintenance(this.replica, this.consensus, () => this.snapshot());
    this.isRestart = previous !== undefined;
    this.checks = new CorruptionChecks(this, peers, peers.length > 1 ? (config.corruptCheckTime ?? 0) : 0);
  }

  /** Whether this member leads its group. */
  get isLeader(): boolean {
    return this.consensus.isLeader;
  }

  holds(role: string): boolean {
    if (this.dead) return false;
    return role === 'leader' ? this.isLeader : role === 'follower' && !this.isLeader;
  }

  start(ctx: Context): void {
    if (!this.diskLoss.waits) this.begin(ctx);
  }

  private begin(ctx: Context): void {
    this.metrics = memberMetrics(ctx.record, this.config.name);
    this.watches.start(this.metrics);
    this.startedAt = ctx.now;
    this.consensus.start(ctx);
    ctx.after(LEASE_CHECK_INTERVAL, LEASE_CHECK);
    this.checks.start(this.isRestart && this.config.initialCorruptCheck === true, ctx);
  }

  receive(message: Message, ctx: Context): void {
    if (this.dead) return;
    if (this.diskLoss.waits) this.awaitBackup(message, ctx);
    else if (message.kind === 'EtcdRequest') this.request(message as EtcdRequest, ctx);
    else if (this.consensus.receive(message, ctx) || this.watches.receive(message, ctx)) return;
    else if (message.kind === 'EtcdLeaseCheck') this.checkLeases(ctx);
    else if (message.kind === 'EtcdCompactionStep') this.compactionStep(ctx);
    else if (message.kind === 'DiskFull') this.panic('no space left on device', ctx);
    else if (message.kind === 'EtcdLoseDisk') {
      this.diskLoss.lose(this.replica.store.revision, ctx);
      this.panic('its disk is lost', ctx);
    } else this.checks.receive(message, ctx);
  }

  private awaitBackup(message: Message, ctx: Context): void {
    const snapshot = this.diskLoss.receive(message, ctx);
    if (snapshot === undefined) return;
    this.takeOver(snapshot.data as ReplicaCopy);
    this.diskLoss.restored(this.config.name, snapshot, ctx);
    this.begin(ctx);
  }

  /** etcd ends itself when its log cannot be written (raft.go: "failed to save Raft hard state and entries"). Its machine closes its connections. */
  panic(why: string, ctx: Context): void {
    this.dead = true;
    this.consensus.writeFailed();
    ctx.record.mark('etcd panic', `${this.config.name}: ${why}`);
    const hears = new Set([...(this.config.peers ?? []), ...this.watches.owners()]);
    hears.delete(ctx.self);
    for (const host of [...hears].sort((a, b) => a - b)) ctx.send(host, CONNECTION_RESET);
  }

  private request({ id, operation, connectedAt }: EtcdRequest, ctx: Context): void {
    if (connectedAt !== undefined && connectedAt < this.startedAt) return ctx.send(ctx.source, CONNECTION_RESET);
    switch (operation.op) {
      case 'range': {
        const one: LinearizableRead = { id, from: ctx.source, operation, arrived: ctx.now };
        if (operation.serializable) this.serve(one, 0, ctx);
        else this.consensus.read(one, ctx);
        return;
      }
      case 'watch':
        if (operation.requireLeader && this.leaderlessSince >= 0 && ctx.now - this.leaderlessSince >= NO_LEADER_PATIENCE) {
          ctx.send(ctx.source, refuse(id, this.replica.store.revision, NO_LEADER), RPC_LATENCY);
          return;
        }
        return this.watches.create(id, operation, ctx);
      case 'watchCancel':
        return this.watches.cancel(ctx.source, operation.watch);
      case 'watchProgress':
        return this.watches.progress(ctx);
      default:
    }
    if (operation.op !== 'guarded' && this.maintenance.take(id, operation, ctx)) return;
    if (operation.op === 'guarded' && (operation.put?.bytes ?? 0) > (this.config.maxRequestBytes ?? DEFAULT_MAX_REQUEST_BYTES)) {
      ctx.send(ctx.source, refuse(id, this.replica.store.revision, REQUEST_TOO_LARGE), ctx.charge(READ_CPU) + RPC_LATENCY);
      return;
    }
    if (this.overQuota && grows(operation)) return this.refuseGrowth(id, ctx);
    this.propose(id, ctx.source, operation, ctx);
  }

  /** What a crash would leave; a member of a group only. For those who judge a run. */
  get disk(): RaftDisk | undefined {
    return this.consensus instanceof RaftGroup ? this.consensus.disk : undefined;
  }

  /** Of a member of a group, once it runs. For those who judge a run. */
  get raft(): Raft | undefined {
    return this.consensus instanceof RaftGroup ? this.consensus.raft : undefined;
  }

  get store(): MvccStore {
    return this.replica.store;
  }

  /** The group hears that a member's data are not what they should be. */
  alarm(member: HostId, ctx: Context): void {
    if (this.replica.alarms.some((one) => one.member === member && one.alarm === 'CORRUPT')) return;
    ctx.record.mark('etcd alarm', `CORRUPT: member ${(this.config.peers ?? []).indexOf(member)}`);
    ctx.record.counter('etcd_server_corrupt_alarms_total', { member: this.config.name }).add();
    this.propose(0, -1, { op: 'alarm', action: 'activate', member, alarm: 'CORRUPT' }, ctx);
  }

  /** v3rpc/quota.go: what would grow a store beyond its quota is refused, and raises the alarm of the whole group. */
  private refuseGrowth(id: number, ctx: Context): void {
    ctx.send(ctx.source, refuse(id, this.replica.store.revision, NO_SPACE), ctx.charge(READ_CPU) + RPC_LATENCY);
    const member = ctx.self;
    if (this.replica.alarms.some((one) => one.member === member && one.alarm === 'NOSPACE')) return;
    ctx.record.mark('etcd alarm', `NOSPACE: ${this.config.name}`);
    this.propose(0, -1, { op: 'alarm', action: 'activate', member, alarm: 'NOSPACE' }, ctx);
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
    const delay = ctx.charge(rangeCost(response)) + RPC_LATENCY + latency + this.maintenance.busyFor(ctx.now);
    this.metrics?.ranges.add();
    this.metrics?.requestRead.observe((ctx.now - arrived + delay) / SECOND);
    ctx.send(from, response, delay);
  }

  applyBatch(batch: readonly Proposal[], ctx: Context): void {
    const { store } = this.replica;
    const metrics = this.metrics as MemberMetrics;
    const { puts, deletes } = store;
    const busy = this.maintenance.busyFor(ctx.now);
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
      const delay = ctx.charge(APPLY_CPU + valueCost(operation)) + PROPOSE_LATENCY + RPC_LATENCY + busy;
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
    this.watches.schedule(ctx, busy);
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
    this.overQuota = quota > 0 && store.bytesTotal > quota;
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

  leaderChanged(leader: HostId, ctx: Context): void {
    this.metrics?.hasLeader.set(leader < 0 ? 0 : 1);
    if (leader >= 0) this.metrics?.leaderChanges.add();
    this.maintenance.leaderChanged(leader, ctx);
    this.leaderlessSince = leader < 0 ? ctx.now : -1;
  }

  snapshot(): { readonly data: unknown; readonly bytes: number } {
    const { leases, store, alarms, nextLease } = this.replica;
    const copied = leases.copy();
    const data: ReplicaCopy = { leases: copied, store: store.copy(copied), alarms, nextLease };
    return { data, bytes: store.bytesTotal };
  }

  restore(data: unknown, ctx: Context): void {
    const { revision } = this.replica.store;
    this.takeOver(data as ReplicaCopy);
    this.watches.resync(revision, ctx);
  }

  private takeOver({ leases, store, alarms, nextLease }: ReplicaCopy): void {
    const { replica } = this;
    replica.store.become(store);
    replica.leases.become(leases);
    replica.alarms = alarms;
    replica.full = alarms.some(({ alarm }) => alarm === 'NOSPACE');
    replica.corrupt = alarms.some(({ alarm }) => alarm === 'CORRUPT');
    replica.nextLease = nextLease;
  }

  private checkLeases(ctx: Context): void {
    ctx.after(LEASE_CHECK_INTERVAL, LEASE_CHECK);
    if (this.leaderlessSince >= 0 && ctx.now - this.leaderlessSince >= NO_LEADER_PATIENCE) this.watches.endLeaderless(ctx);
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

function grows(operation: EtcdOperation): boolean {
  return operation.op === 'leaseGrant' || (operation.op === 'guarded' && operation.put !== undefined);
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
