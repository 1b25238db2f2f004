/** What is asked of one member about itself and its group: status, defragmentation, snapshot, hand-over, who is a member
 *  (server/etcdserver/api/v3rpc/maintenance.go and member.go, 3.6). Alarms and changes of membership go through the log; those come back as proposals. */

import type { Context, Duration, HostId, Instant } from '#sim';
import { type Replica, refuse } from './apply.ts';
import type { Consensus } from './consensus.ts';
import { DEFRAGMENT_BYTES_PER_SECOND, READ_CPU, RPC_LATENCY } from './costs.ts';
import { BAD_TRANSFEREE, NOT_LEADER, TIMEOUT } from './errors.ts';
import type { EtcdOperation, EtcdResponse } from './protocol.ts';

interface HandOver {
  readonly id: number;
  readonly from: HostId;
  readonly to: HostId;
}

export class Maintenance {
  private readonly replica: Replica;
  private readonly consensus: Consensus;
  private readonly snapshot: () => { readonly data: unknown; readonly bytes: number };
  private busyUntil: Instant = 0;
  private handOver: HandOver | undefined;

  constructor(replica: Replica, consensus: Consensus, snapshot: () => { readonly data: unknown; readonly bytes: number }) {
    this.replica = replica;
    this.consensus = consensus;
    this.snapshot = snapshot;
  }

  /** How long nothing is answered because the store is being rewritten. */
  busyFor(now: Instant): Duration {
    return this.busyUntil > now ? this.busyUntil - now : 0;
  }

  /** Whether the operation is of this kind and was taken. A change of membership that is refused ends here too. */
  take(id: number, operation: EtcdOperation, ctx: Context): boolean {
    switch (operation.op) {
      case 'status':
        this.answer({ ...this.ok(id), status: this.status(ctx) }, 0, ctx);
        return true;
      case 'defragment':
        this.defragment(id, ctx);
        return true;
      case 'snapshot':
        this.answer({ ...this.ok(id), snapshot: this.snapshot() }, ctx.charge(READ_CPU), ctx);
        return true;
      case 'moveLeader':
        this.moveLeader(id, operation.to, ctx);
        return true;
      case 'memberList':
      case 'memberAdd':
      case 'memberPromote':
      case 'memberRemove':
        return this.membership(id, operation, ctx);
      default:
        return false;
    }
  }

  leaderChanged(leader: HostId, ctx: Context): void {
    const { handOver } = this;
    if (handOver === undefined || leader < 0) return;
    this.handOver = undefined;
    const revision = this.replica.store.revision;
    const response = leader === handOver.to ? this.ok(handOver.id) : refuse(handOver.id, revision, TIMEOUT);
    ctx.send(handOver.from, response, RPC_LATENCY);
  }

  private ok(id: number): EtcdResponse {
    return { kind: 'EtcdResponse', id, revision: this.replica.store.revision };
  }

  private answer(response: EtcdResponse, processing: Duration, ctx: Context): void {
    ctx.send(ctx.source, response, processing + RPC_LATENCY);
  }

  private status(ctx: Context): NonNullable<EtcdResponse['status']> {
    const { store } = this.replica;
    const { leader, term, applied, learners } = this.consensus.view;
    return {
      dbSize: store.bytesTotal,
      dbSizeInUse: store.bytesInUse,
      leader,
      raftTerm: term,
      raftAppliedIndex: applied,
      isLearner: learners.includes(ctx.self),
    };
  }

  private defragment(id: number, ctx: Context): void {
    const { store } = this.replica;
    const took = Math.ceil((store.bytesInUse * 1e6) / DEFRAGMENT_BYTES_PER_SECOND);
    store.defragment();
    this.busyUntil = ctx.now + this.busyFor(ctx.now) + took;
    ctx.record.mark('etcd defragmented', `${(took / 1e6).toFixed(1)} s`);
    this.answer(this.ok(id), this.busyFor(ctx.now), ctx);
  }

  private moveLeader(id: number, to: HostId, ctx: Context): void {
    const { revision } = this.replica.store;
    if (!this.consensus.isLeader) return this.answer(refuse(id, revision, NOT_LEADER), 0, ctx);
    if (to === ctx.self) return this.answer(this.ok(id), 0, ctx);
    const handOver: HandOver = { id, from: ctx.source, to };
    this.handOver = handOver;
    if (this.consensus.transferLeadership(to, ctx)) return;
    this.handOver = undefined;
    this.answer(refuse(id, revision, BAD_TRANSFEREE), 0, ctx);
  }

  private membership(id: number, operation: EtcdOperation, ctx: Context): boolean {
    if (operation.op === 'memberList') {
      const { voters, learners } = this.consensus.view;
      const members = [
        ...voters.map((member) => ({ member, learner: false })),
        ...learners.map((member) => ({ member, learner: true })),
      ].sort((a, b) => a.member - b.member);
      this.answer({ ...this.ok(id), members }, ctx.charge(READ_CPU), ctx);
      return true;
    }
    if (operation.op !== 'memberAdd' && operation.op !== 'memberPromote' && operation.op !== 'memberRemove') return false;
    const error = this.consensus.refuseChange(operation);
    if (error !== undefined) this.answer(refuse(id, this.replica.store.revision, error), 0, ctx);
    return error !== undefined;
  }
}
