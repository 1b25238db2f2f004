/** A member's part in a Raft group: gives the Raft machine its clock, disk and network, one ready at a time as etcd's raft loop does
 *  (server/etcdserver/raft.go, 3.6): a leader sends while it writes, others write first. */

import { type Context, type Duration, type HostId, type Instant, type Message, messageKind, purpose } from '#sim';
import { type Consensus, type GroupView, type LinearizableRead, type Proposal, type StateMachine, walBytes } from './consensus.ts';
import {
  APPEND_LATENCY,
  ELECTION_TICKS,
  HEARTBEAT_TICKS,
  PEER_CPU,
  PEER_LATENCY,
  READ_INDEX_RETRY_TICKS,
  REQUEST_TIMEOUT_TICKS,
  SNAPSHOT_CATCH_UP_ENTRIES,
  SNAPSHOT_COUNT,
  TICK,
} from './costs.ts';
import {
  type EtcdError,
  LEARNER_NOT_READY,
  MEMBER_EXISTS,
  MEMBER_NOT_FOUND,
  MEMBER_NOT_LEARNER,
  TOO_MANY_LEARNERS,
  UNHEALTHY,
} from './errors.ts';
import type { MembershipOperation } from './protocol.ts';
import { DurableLog } from './raft/log.ts';
import { type MembershipChange, NONE, type RaftMessage } from './raft/message.ts';
import { Raft, type Ready } from './raft/raft.ts';
import { wholeRecords } from './torn-write.ts';

interface Tick extends Message {
  readonly kind: 'EtcdRaftTick';
}
interface Saved extends Message {
  readonly kind: 'EtcdRaftSaved';
}
messageKind<Tick>({ kind: 'EtcdRaftTick', digest() {} });
messageKind<Saved>({ kind: 'EtcdRaftSaved', digest() {} });
const TICK_MESSAGE: Tick = { kind: 'EtcdRaftTick' };
const SAVED: Saved = { kind: 'EtcdRaftSaved' };

const ELECTION_JITTER = purpose('etcd/election-jitter');
const TICK_PHASE = purpose('etcd/tick-phase');

/** What a crash leaves of a member: its log, and as much of its state as it had applied. */
export interface RaftDisk {
  readonly durable: DurableLog;
  applied: number;
  voters: readonly HostId[];
  learners: readonly HostId[];
  /** On its way to the disk: a crash leaves some of it. */
  writing: Ready | undefined;
}

export class RaftGroup implements Consensus {
  readonly disk: RaftDisk;
  private readonly machine: StateMachine;
  private readonly peers: readonly HostId[];
  /** Absent before it starts. Others only look. */
  raft: Raft | undefined;
  private leader: HostId = NONE;
  private led = false;
  /** Being written, since when. */
  private saving: Ready | undefined;
  private savingSince: Instant = 0;
  /** Proposals of this member: those that wait for a leader, and those whose fate is open, with the tick at which hope ends. */
  private held: Proposal[] = [];
  private readonly open = new Map<number, { readonly proposal: Proposal; readonly until: number }>();
  /** One read index is asked for at a time; reads that come meanwhile share the next. */
  private waitingReads: LinearizableRead[] = [];
  private askedReads: LinearizableRead[] = [];
  private askedAt = -1;
  private askNumber = 0;
  private confirmedReads: { readonly index: number; readonly reads: readonly LinearizableRead[] }[] = [];
  private ticks = 0;

  constructor(machine: StateMachine, peers: readonly HostId[], disk?: RaftDisk) {
    this.machine = machine;
    this.peers = peers;
    this.disk = disk ?? { durable: new DurableLog(peers), applied: 0, voters: peers, learners: [], writing: undefined };
  }

  get isLeader(): boolean {
    return this.raft?.isLeader ?? false;
  }

  start(ctx: Context): void {
    const id = ctx.self;
    // Another start of this host, another stream.
    const jitter = ctx.chance.stream(ELECTION_JITTER, id, ctx.now);
    this.repair(ctx);
    const { durable, applied, voters, learners } = this.disk;
    const fresh = durable.lastIndex === 0 && durable.hard.term === 0;
    const config = {
      id,
      electionTicks: ELECTION_TICKS,
      heartbeatTicks: HEARTBEAT_TICKS,
      jitter: () => Math.floor(jitter.next() * ELECTION_TICKS),
    };
    this.raft = new Raft(config, durable, applied, { voters, learners });
    ctx.after(1 + Math.floor(ctx.chance.uniform(TICK_PHASE, id, ctx.now) * TICK), TICK_MESSAGE);
    // A cluster that is made together with the world has not to wait for its first leader.
    if (fresh && id === this.peers[0]) this.raft.campaign();
    this.pump(ctx);
  }

  /** The write-ahead log after a crash: see torn-write.ts. What was written for another term says nothing without the term's record behind it. */
  private repair(ctx: Context): void {
    const { writing, durable } = this.disk;
    this.disk.writing = undefined;
    if (writing === undefined || writing.entries.length === 0 || writing.snapshot !== undefined) return;
    const sameTerm = writing.hard === undefined || (writing.hard.term === durable.hard.term && writing.hard.vote === durable.hard.vote);
    const kept = sameTerm ? wholeRecords(writing.entries.length, ctx) : 0;
    durable.save({ hard: undefined, snapshot: undefined, entries: writing.entries.slice(0, kept) });
    ctx.record.mark('etcd WAL repaired', `${kept} of ${writing.entries.length} records under way were whole`);
  }

  get view(): GroupView {
    const { applied, voters, learners } = this.disk;
    return { leader: this.leader, term: this.raft?.term ?? 0, applied, voters, learners };
  }

  writeFailed(): void {
    this.saving = undefined;
    this.disk.writing = undefined;
  }

  /** --strict-reconfig-check: a change must leave a quorum of members that are there. */
  refuseChange(operation: MembershipOperation): EtcdError | undefined {
    if (operation.op === 'memberList') return undefined;
    const { voters, learners } = this.disk;
    const { member } = operation;
    const known = voters.includes(member) || learners.includes(member);
    if (operation.op === 'memberAdd') {
      if (known) return MEMBER_EXISTS;
      if (operation.learner && learners.length > 0) return TOO_MANY_LEARNERS;
      return this.raft?.leadership?.isQuorumActive() === false ? UNHEALTHY : undefined;
    }
    if (!known) return MEMBER_NOT_FOUND;
    if (operation.op === 'memberRemove') return undefined;
    if (!learners.includes(member)) return MEMBER_NOT_LEARNER;
    return this.raft?.leadership?.isInSync(member) === false ? LEARNER_NOT_READY : undefined;
  }

  propose(proposal: Proposal, ctx: Context): void {
    if (proposal.from >= 0) this.open.set(proposal.sequence, { proposal, until: this.ticks + REQUEST_TIMEOUT_TICKS });
    if (!this.raft?.propose(proposal, walBytes(proposal), changeOf(proposal))) this.held.push(proposal);
    this.pump(ctx);
  }

  read(read: LinearizableRead, ctx: Context): void {
    this.waitingReads.push(read);
    this.askForReadIndex();
    this.pump(ctx);
  }

  /** Asks the leader to hand over. */
  transferLeadership(to: HostId, ctx: Context): boolean {
    if (!this.disk.voters.includes(to)) return false;
    this.raft?.transferLeadership(to);
    this.pump(ctx);
    return true;
  }

  receive(message: Message, ctx: Context): boolean {
    switch (message.kind) {
      case 'RaftMessage':
        ctx.charge(PEER_CPU);
        this.raft?.step(message as RaftMessage);
        break;
      case 'EtcdRaftTick':
        this.tick(ctx);
        break;
      case 'EtcdRaftSaved':
        this.saved(ctx);
        break;
      default:
        return false;
    }
    this.pump(ctx);
    return true;
  }

  private tick(ctx: Context): void {
    ctx.after(TICK, TICK_MESSAGE);
    this.ticks += 1;
    this.raft?.tick();
    if (this.askedReads.length > 0 && this.ticks - this.askedAt >= READ_INDEX_RETRY_TICKS) {
      this.waitingReads = [...this.askedReads, ...this.waitingReads];
      this.askedReads = [];
    }
    this.askForReadIndex();
    this.giveUpOld(ctx);
  }

  private giveUpOld(ctx: Context): void {
    const lost: Proposal[] = [];
    // In the order of proposing, and so of their ends.
    for (const [sequence, { proposal, until }] of this.open) {
      if (until > this.ticks) break;
      this.open.delete(sequence);
      lost.push(proposal);
    }
    if (lost.length > 0) this.held = this.held.filter((proposal) => proposal.from < 0 || this.open.has(proposal.sequence));
    const oldest = ctx.now - REQUEST_TIMEOUT_TICKS * TICK;
    const reads = this.waitingReads.filter(({ arrived }) => arrived <= oldest);
    if (reads.length > 0) this.waitingReads = this.waitingReads.filter(({ arrived }) => arrived > oldest);
    if (lost.length + reads.length > 0) this.machine.giveUp(lost, reads, ctx);
  }

  private askForReadIndex(): void {
    if (this.askedReads.length > 0 || this.waitingReads.length === 0 || this.leader === NONE) return;
    if (!this.raft?.readIndex(`${this.raft.id}.${this.askNumber + 1}`)) return;
    this.askNumber += 1;
    this.askedReads = this.waitingReads;
    this.waitingReads = [];
    this.askedAt = this.ticks;
  }

  /** Works off readies until the disk is busy or nothing is left to do. */
  private pump(ctx: Context): void {
    const raft = this.raft as Raft;
    while (this.saving === undefined) {
      this.noteLeader(ctx);
      const ready = raft.ready();
      if (ready === undefined) return;
      if (raft.isLeader) this.sendAll(ready, ctx);
      if (ready.mustSync) {
        let bytes = ready.snapshot?.bytes ?? 0;
        for (const entry of ready.entries) bytes += entry.bytes;
        this.saving = ready;
        this.disk.writing = ready;
        this.savingSince = ctx.now;
        // A leader's role may change while it writes; whether it has sent does not.
        this.led = raft.isLeader;
        ctx.fsync(bytes, SAVED);
        this.applyReady(ready, ctx);
        return;
      }
      this.disk.durable.save(ready);
      if (!raft.isLeader) this.sendAll(ready, ctx);
      this.applyReady(ready, ctx);
      raft.advance(ready);
    }
  }

  private saved(ctx: Context): void {
    const ready = this.saving;
    if (ready === undefined) return;
    this.saving = undefined;
    this.disk.writing = undefined;
    this.machine.synced(ctx.now - this.savingSince);
    this.disk.durable.save(ready);
    if (ready.snapshot !== undefined) {
      this.machine.restore(ready.snapshot.data, ctx);
      this.disk.applied = ready.snapshot.index;
      this.disk.voters = ready.snapshot.voters;
      this.disk.learners = ready.snapshot.learners ?? [];
    }
    if (!this.led) this.sendAll(ready, ctx);
    this.raft?.advance(ready);
  }

  private applyReady(ready: Ready, ctx: Context): void {
    const { committed } = ready;
    const last = committed[committed.length - 1];
    if (last !== undefined) {
      const batch: Proposal[] = [];
      for (const entry of committed) {
        if (entry.change !== undefined) {
          this.raft?.applyChange(entry.change);
          this.disk.voters = [...(this.raft as Raft).voters];
          this.disk.learners = [...(this.raft as Raft).learners];
        }
        if (entry.data === undefined) continue;
        const proposal = entry.data as Proposal;
        if (proposal.member === ctx.self) this.open.delete(proposal.sequence);
        batch.push(proposal);
      }
      this.disk.applied = last.index;
      if (batch.length > 0) this.machine.applyBatch(batch, ctx);
      this.shortenLog(last.index, last.term);
    }
    for (const { context, index } of ready.reads) {
      if (context !== `${this.raft?.id}.${this.askNumber}` || this.askedReads.length === 0) continue;
      this.confirmedReads.push({ index, reads: this.askedReads });
      this.askedReads = [];
    }
    while (this.confirmedReads.length > 0 && (this.confirmedReads[0]?.index ?? 0) <= this.disk.applied) {
      this.machine.serveReads(this.confirmedReads.shift()?.reads ?? [], ctx);
    }
    this.askForReadIndex();
  }

  /** Keeps some entries behind the applied one, for members that lag a little. What a snapshot holds is made when one is sent. */
  private shortenLog(index: number, term: number): void {
    const { durable } = this.disk;
    if (index - durable.snapshot.index < SNAPSHOT_COUNT) return;
    const snapshot = { index, term, voters: this.disk.voters, learners: this.disk.learners, data: undefined, bytes: 0 };
    durable.compact(snapshot, Math.max(durable.firstIndex - 1, index - SNAPSHOT_CATCH_UP_ENTRIES));
  }

  private noteLeader(ctx: Context): void {
    const raft = this.raft as Raft;
    if (raft.leader === this.leader) return;
    this.leader = raft.leader;
    this.machine.leaderChanged(this.leader, ctx);
    if (this.leader === NONE) return;
    if (raft.isLeader) {
      ctx.record.mark('etcd leader', `term ${raft.term}`);
      this.machine.promoted(ctx);
    }
    const { held } = this;
    this.held = [];
    for (const proposal of held) if (!raft.propose(proposal, walBytes(proposal), changeOf(proposal))) this.held.push(proposal);
    this.askForReadIndex();
  }

  private sendAll(ready: Ready, ctx: Context): void {
    for (const message of ready.messages) {
      let delay: Duration = ctx.charge(PEER_CPU) + PEER_LATENCY;
      if (message.entries.length > 0 && message.type === 'App') delay += APPEND_LATENCY;
      ctx.send(message.to, message.type === 'Snap' ? this.fillSnapshot(message) : message, delay);
    }
  }

  /** As etcd, what is sent is the state as it is now, not as it was when the log was shortened. */
  private fillSnapshot(message: RaftMessage): RaftMessage {
    const index = this.disk.applied;
    const term = this.raft?.log.term(index) ?? message.snapshot?.term ?? 0;
    return { ...message, snapshot: { index, term, voters: this.disk.voters, learners: this.disk.learners, ...this.machine.snapshot() } };
  }
}

/** What a proposal does to the group besides what it does to the store. */
function changeOf({ operation }: Proposal): MembershipChange | undefined {
  switch (operation.op) {
    case 'memberAdd':
      return operation.learner ? { learner: operation.member } : { add: operation.member };
    case 'memberPromote':
      return { add: operation.member };
    case 'memberRemove':
      return { remove: operation.member };
    default:
      return undefined;
  }
}
