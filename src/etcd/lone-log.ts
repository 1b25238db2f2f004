/** The log of a group of one: what is on its disk is agreed. Group commit as etcd's Raft loop has it: what arrives while an fsync is under way
 *  joins the next one. */

import { type Context, type HostId, type Instant, type Message, messageKind } from '#sim';
import { type Consensus, type GroupView, type LinearizableRead, type Proposal, type StateMachine, walBytes } from './consensus.ts';
import { type EtcdError, UNHEALTHY } from './errors.ts';
import type { MembershipOperation } from './protocol.ts';
import { wholeRecords } from './torn-write.ts';

/** The batch in hand is durable. */
interface Synced extends Message {
  readonly kind: 'EtcdWalSynced';
}
messageKind<Synced>({ kind: 'EtcdWalSynced', digest() {} });
const SYNCED: Synced = { kind: 'EtcdWalSynced' };

export class LoneLog implements Consensus {
  readonly isLeader = true;
  private readonly machine: StateMachine;
  private torn: readonly Proposal[];
  /** Waiting for the next fsync, and under way in this one. */
  private waiting: Proposal[] = [];
  private syncing: Proposal[] = [];
  private syncBegan: Instant = -1;

  private self: HostId = -1;
  private applied = 0;

  /** `torn`: what a crash found on its way to the disk. */
  constructor(machine: StateMachine, torn: readonly Proposal[] = []) {
    this.machine = machine;
    this.torn = torn;
  }

  /** On its way to the disk now. */
  get underWay(): readonly Proposal[] {
    return this.syncing;
  }

  get view(): GroupView {
    return { leader: this.self, term: 2, applied: this.applied, voters: [this.self], learners: [] };
  }

  start(ctx: Context): void {
    this.self = ctx.self;
    this.machine.leaderChanged(ctx.self, ctx);
    this.machine.promoted(ctx);
    this.repair(ctx);
  }

  /** Records that were whole on the disk are replayed; the last one is torn, fails its checksum, and is cut off (server/storage/wal/repair.go). */
  private repair(ctx: Context): void {
    const { torn } = this;
    this.torn = [];
    if (torn.length === 0) return;
    const kept = wholeRecords(torn.length, ctx);
    // Nobody waits for an answer any more.
    const batch = torn.slice(0, kept).map((proposal) => ({ ...proposal, from: -1, member: -1 }));
    this.machine.applyBatch(batch, ctx);
    ctx.record.mark('etcd WAL repaired', `${kept} of ${torn.length} records under way were whole`);
  }

  transferLeadership(): boolean {
    return false;
  }

  refuseChange(operation: MembershipOperation): EtcdError | undefined {
    // A group of one has no log that a second member could be sent.
    return operation.op === 'memberList' ? undefined : UNHEALTHY;
  }

  writeFailed(): void {
    this.syncing = [];
    this.waiting = [];
  }

  propose(proposal: Proposal, ctx: Context): void {
    this.waiting.push(proposal);
    if (this.syncBegan < 0) this.sync(ctx);
  }

  read(read: LinearizableRead, ctx: Context): void {
    this.machine.serveReads([read], ctx);
  }

  receive(message: Message, ctx: Context): boolean {
    if (message.kind !== 'EtcdWalSynced') return false;
    this.machine.synced(ctx.now - this.syncBegan);
    const batch = this.syncing;
    this.machine.applyBatch(batch, ctx);
    this.applied += batch.length;
    batch.length = 0;
    this.syncBegan = -1;
    if (this.waiting.length > 0) this.sync(ctx);
    return true;
  }

  private sync(ctx: Context): void {
    const batch = this.waiting;
    this.waiting = this.syncing;
    this.syncing = batch;
    let bytes = 0;
    for (let i = 0; i < batch.length; i += 1) bytes += walBytes(batch[i] as Proposal);
    this.syncBegan = ctx.now;
    ctx.fsync(bytes, SYNCED);
  }
}
