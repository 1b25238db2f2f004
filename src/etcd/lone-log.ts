/** The log of a group of one: what is on its disk is agreed. Group commit as etcd's Raft loop has it: what arrives while an fsync is under way
 *  joins the next one. */

import { type Context, type Instant, type Message, messageKind } from '#sim';
import { type Consensus, type LinearizableRead, type Proposal, type StateMachine, walBytes } from './consensus.ts';

/** The batch in hand is durable. */
interface Synced extends Message {
  readonly kind: 'EtcdWalSynced';
}
messageKind<Synced>({ kind: 'EtcdWalSynced', digest() {} });
const SYNCED: Synced = { kind: 'EtcdWalSynced' };

export class LoneLog implements Consensus {
  readonly isLeader = true;
  private readonly machine: StateMachine;
  /** Waiting for the next fsync, and under way in this one. */
  private waiting: Proposal[] = [];
  private syncing: Proposal[] = [];
  private syncBegan: Instant = -1;

  constructor(machine: StateMachine) {
    this.machine = machine;
  }

  start(ctx: Context): void {
    this.machine.leaderChanged(ctx.self);
    this.machine.promoted(ctx);
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
