/** Raft without clock, socket or disk: `step` takes a message, `tick` lets time pass, `ready` says what to write, send and apply, and `advance` that
 *  the writing is done. Mirrors go.etcd.io/raft v3.6 (raft.go) with pre-vote and quorum checks on, as etcd runs it; the election jitter is injected. */

import type { HostId } from '#sim';
import { Leadership } from './leadership.ts';
import { type DurableLog, RaftLog } from './log.ts';
import { changeMembers } from './membership.ts';
import {
  type Entry,
  type HardState,
  type MembershipChange,
  NONE,
  type RaftMessage,
  type RaftMessageType,
  type ReadState,
  type Snapshot,
} from './message.ts';
import { voteResult } from './quorum.ts';

export type RaftRole = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

export interface RaftConfig {
  readonly id: HostId;
  /** Ticks without a leader before an election; etcd: 10 of 100 ms. */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** A whole number in [0, electionTicks): added to the election timeout, anew for each term. */
  readonly jitter: () => number;
  /** Most bytes of entries in one message; etcd: 512 KiB. */
  readonly maxMessageBytes?: number;
}

/** What is to be done before `advance`. */
export interface Ready {
  readonly hard: HardState | undefined;
  readonly entries: readonly Entry[];
  readonly snapshot: Snapshot | undefined;
  readonly committed: readonly Entry[];
  readonly messages: readonly RaftMessage[];
  readonly reads: readonly ReadState[];
  /** Entries or a vote must be durable before a member that is not leader sends `messages`. */
  readonly mustSync: boolean;
}

const APPLY_BYTES = 64 * 1024 * 1024;
const NO_ENTRIES: readonly Entry[] = [];

export class Raft {
  readonly id: HostId;
  readonly log: RaftLog;
  term: number;
  vote: HostId;
  leader: HostId = NONE;
  role: RaftRole = 'follower';
  voters: Set<HostId>;
  /** They get the log, and no vote. */
  learners: Set<HostId>;
  /** What only a leader has. */
  leadership: Leadership | undefined;
  readonly config: RaftConfig;
  private readonly votes = new Map<HostId, boolean>();
  private messages: RaftMessage[] = [];
  private reads: ReadState[] = [];
  private electionElapsed = 0;
  private heartbeatElapsed = 0;
  private electionTimeout = 0;
  private lastHard: HardState;

  constructor(
    config: RaftConfig,
    durable: DurableLog,
    applied = durable.snapshot.index,
    { voters, learners = [] }: Pick<Snapshot, 'voters' | 'learners'> = durable.snapshot,
  ) {
    this.config = config;
    this.id = config.id;
    this.log = new RaftLog(durable, applied);
    this.term = durable.hard.term;
    this.vote = durable.hard.vote;
    this.lastHard = durable.hard;
    this.voters = new Set(voters);
    this.learners = new Set(learners);
    this.becomeFollower(this.term, NONE);
  }

  tick(): void {
    const { leadership } = this;
    this.electionElapsed += 1;
    if (leadership === undefined) {
      if (this.voters.has(this.id) && this.electionElapsed >= this.electionTimeout) {
        this.electionElapsed = 0;
        this.campaign();
      }
      return;
    }
    if (this.electionElapsed >= this.config.electionTicks) {
      this.electionElapsed = 0;
      if (!leadership.hearsQuorum()) return this.becomeFollower(this.term, NONE);
      leadership.transferee = NONE;
    }
    this.heartbeatElapsed += 1;
    if (this.heartbeatElapsed >= this.config.heartbeatTicks) {
      this.heartbeatElapsed = 0;
      leadership.broadcastHeartbeat();
    }
  }

  get isLeader(): boolean {
    return this.leadership !== undefined;
  }

  /** Proposes data (or a change of membership); false when there is nobody to take it. */
  propose(data: unknown, bytes: number, change?: MembershipChange): boolean {
    const entries: Entry[] = [{ term: 0, index: 0, data, bytes, change }];
    if (this.leadership !== undefined) return this.leadership.propose(entries);
    if (this.leader === NONE) return false;
    this.send('Prop', this.leader, { entries, term: 0 });
    return true;
  }

  /** Asks for a read index; the answer comes with `ready().reads`. False when there is no leader to ask. */
  readIndex(context: string): boolean {
    if (this.leadership !== undefined) this.leadership.read(context, this.id);
    else if (this.leader === NONE) return false;
    else this.send('ReadIndex', this.leader, { context, term: 0 });
    return true;
  }

  /** Asks the leader to hand over to a member. */
  transferLeadership(to: HostId): void {
    if (this.leadership !== undefined) this.transferTo(to);
    else if (this.leader !== NONE) this.send('TransferLeader', this.leader, { term: 0, index: to });
  }

  /** Starts an election now, pre-vote first. */
  campaign(): void {
    if (this.isLeader || !this.voters.has(this.id)) return;
    this.becomePreCandidate();
    this.requestVotes('PreVote', this.term + 1, '');
  }

  /** Takes a message from another member. */
  step(m: RaftMessage): void {
    if (m.term > this.term) {
      if (!this.newerTerm(m)) return;
    } else if (m.term < this.term && m.term !== 0) {
      this.olderTerm(m);
      return;
    }
    switch (m.type) {
      case 'Vote':
      case 'PreVote':
        return this.answerVote(m);
      case 'Prop':
        if (this.leadership !== undefined) this.leadership.propose(m.entries);
        else if (this.leader !== NONE) this.send('Prop', this.leader, { entries: m.entries, term: 0 });
        return;
      case 'ReadIndex':
        this.leadership?.read(m.context, m.from);
        return;
      case 'TransferLeader':
        this.transferTo(m.index);
        return;
      default:
        if (this.leadership !== undefined) this.leadership.step(m);
        else this.stepOther(m);
    }
  }

  /** What is new since the last one was advanced; absent when nothing is. */
  ready(): Ready | undefined {
    const { log } = this;
    const hard: HardState = { term: this.term, vote: this.vote, commit: log.committed };
    const last = this.lastHard;
    const voted = hard.term !== last.term || hard.vote !== last.vote;
    const changed = voted || hard.commit !== last.commit;
    const committed = log.nextCommitted(APPLY_BYTES);
    const { messages, reads } = this;
    const { unstable: entries, unstableSnapshot: snapshot } = log;
    if (!changed && committed.length + messages.length + reads.length + entries.length === 0 && snapshot === undefined) return undefined;
    this.messages = [];
    this.reads = [];
    const mustSync = voted || entries.length > 0 || snapshot !== undefined;
    return { hard: changed ? hard : undefined, entries: [...entries], snapshot, committed, messages, reads, mustSync };
  }

  /** A ready is done with: its state, entries and snapshot are in the durable log, its committed entries applied. */
  advance({ hard, entries, snapshot, committed }: Ready): void {
    if (hard !== undefined) this.lastHard = hard;
    if (snapshot !== undefined) {
      if (this.log.unstableSnapshot === snapshot) this.log.unstableSnapshot = undefined;
      this.log.applied = Math.max(this.log.applied, snapshot.index);
    }
    const applied = committed[committed.length - 1];
    if (applied !== undefined) this.log.applied = Math.max(this.log.applied, applied.index);
    const last = entries[entries.length - 1];
    if (last === undefined) return;
    this.log.stableTo(last.index, last.term);
    // Only now, with its own entries on disk, does a leader count itself.
    if (last.term === this.term) this.leadership?.durableTo(last.index);
  }

  /** A committed change of membership takes effect. */
  applyChange(change: MembershipChange): void {
    changeMembers(this.voters, this.learners, change);
    if (this.leadership === undefined) return;
    if (this.voters.has(this.id)) this.leadership.votersChanged();
    else this.becomeFollower(this.term, NONE);
  }

  /** Sends to another member, or (votes of oneself aside) is not called for oneself. */
  send(type: RaftMessageType, to: HostId, fields: Partial<RaftMessage>): void {
    this.messages.push({
      kind: 'RaftMessage',
      type,
      from: this.id,
      to,
      term: fields.term ?? this.term,
      logTerm: fields.logTerm ?? 0,
      index: fields.index ?? 0,
      commit: fields.commit ?? 0,
      entries: fields.entries ?? NO_ENTRIES,
      reject: fields.reject ?? false,
      rejectHint: fields.rejectHint ?? 0,
      context: fields.context ?? '',
      snapshot: fields.snapshot,
    });
  }

  /** A read of this member may be served once it has applied `index`. */
  readyToRead(context: string, index: number): void {
    this.reads.push({ context, index });
  }

  private transferTo(to: HostId): void {
    this.electionElapsed = 0;
    this.leadership?.transferTo(to);
  }

  private newerTerm(m: RaftMessage): boolean {
    const { type } = m;
    if (type === 'Vote' || type === 'PreVote') {
      // Whoever hears its leader does not help to depose it, unless the leader itself wants to hand over.
      const inLease = this.leader !== NONE && this.electionElapsed < this.config.electionTicks;
      if (inLease && m.context !== 'transfer') return false;
    }
    if (type === 'PreVote' || (type === 'PreVoteResp' && !m.reject)) return true;
    this.becomeFollower(m.term, type === 'App' || type === 'Heartbeat' || type === 'Snap' ? m.from : NONE);
    return true;
  }

  private olderTerm(m: RaftMessage): void {
    // An isolated member that came back with a lower term learns of the new one by this.
    if (m.type === 'Heartbeat' || m.type === 'App') this.send('AppResp', m.from, {});
    else if (m.type === 'PreVote') this.send('PreVoteResp', m.from, { reject: true });
  }

  private answerVote(m: RaftMessage): void {
    const free = this.vote === m.from || (this.vote === NONE && this.leader === NONE) || (m.type === 'PreVote' && m.term > this.term);
    const type = m.type === 'Vote' ? 'VoteResp' : 'PreVoteResp';
    if (!free || !this.log.isUpToDate(m.index, m.logTerm)) {
      this.send(type, m.from, { reject: true });
      return;
    }
    this.send(type, m.from, { term: m.term });
    if (m.type === 'Vote') {
      this.electionElapsed = 0;
      this.vote = m.from;
    }
  }

  private stepOther(m: RaftMessage): void {
    switch (m.type) {
      case 'App':
      case 'Heartbeat':
      case 'Snap':
        if (this.role === 'follower') {
          this.electionElapsed = 0;
          this.leader = m.from;
        } else this.becomeFollower(m.term, m.from);
        if (m.type === 'App') this.takeAppend(m);
        else if (m.type === 'Heartbeat') this.takeHeartbeat(m);
        else this.takeSnapshot(m);
        return;
      case 'VoteResp':
        if (this.role === 'candidate') this.countVote(m);
        return;
      case 'PreVoteResp':
        if (this.role === 'pre-candidate') this.countVote(m);
        return;
      case 'TimeoutNow':
        if (this.role === 'follower' && this.voters.has(this.id)) this.elect('transfer');
        return;
      case 'ReadIndexResp':
        this.readyToRead(m.context, m.index);
        return;
      default:
    }
  }

  private takeAppend(m: RaftMessage): void {
    const { log } = this;
    if (m.index < log.committed) {
      this.send('AppResp', m.from, { index: log.committed });
      return;
    }
    const last = log.maybeAppend(m.index, m.logTerm, m.commit, m.entries);
    if (last !== undefined) {
      this.send('AppResp', m.from, { index: last });
      return;
    }
    const hint = log.findConflictByTerm(Math.min(m.index, log.lastIndex), m.logTerm);
    this.send('AppResp', m.from, { index: m.index, reject: true, rejectHint: hint.index, logTerm: hint.term });
  }

  private takeHeartbeat(m: RaftMessage): void {
    this.log.commitTo(m.commit);
    this.send('HeartbeatResp', m.from, { context: m.context });
  }

  private takeSnapshot(m: RaftMessage): void {
    const snapshot = m.snapshot as Snapshot;
    const { log } = this;
    if (snapshot.index <= log.committed) {
      this.send('AppResp', m.from, { index: log.committed });
      return;
    }
    if (log.matches(snapshot.index, snapshot.term)) {
      log.commitTo(snapshot.index);
      this.send('AppResp', m.from, { index: log.committed });
      return;
    }
    log.restore(snapshot);
    this.voters = new Set(snapshot.voters);
    this.learners = new Set(snapshot.learners ?? []);
    this.send('AppResp', m.from, { index: log.lastIndex });
  }

  private countVote(m: RaftMessage): void {
    if (!this.votes.has(m.from)) this.votes.set(m.from, !m.reject);
    const result = voteResult(this.voters, this.votes);
    if (result === 'won') {
      if (this.role === 'pre-candidate') this.elect('');
      else this.becomeLeader();
    } else if (result === 'lost') this.becomeFollower(this.term, NONE);
  }

  private requestVotes(type: 'Vote' | 'PreVote', term: number, context: string): void {
    this.votes.clear();
    this.votes.set(this.id, true);
    if (voteResult(this.voters, this.votes) === 'won') {
      if (type === 'PreVote') this.elect(context);
      else this.becomeLeader();
      return;
    }
    const { lastIndex: index, lastTerm: logTerm } = this.log;
    for (const to of this.voters) if (to !== this.id) this.send(type, to, { term, index, logTerm, context });
  }

  private elect(context: string): void {
    this.reset(this.term + 1);
    this.vote = this.id;
    this.role = 'candidate';
    this.requestVotes('Vote', this.term, context);
  }

  private becomePreCandidate(): void {
    this.role = 'pre-candidate';
    this.leader = NONE;
    this.electionElapsed = 0;
    this.electionTimeout = this.config.electionTicks + this.config.jitter();
  }

  private becomeFollower(term: number, leader: HostId): void {
    this.reset(term);
    this.role = 'follower';
    this.leader = leader;
  }

  private becomeLeader(): void {
    this.reset(this.term);
    this.role = 'leader';
    this.leader = this.id;
    this.leadership = new Leadership(this);
    this.leadership.propose([{ term: 0, index: 0, data: undefined, bytes: 0 }]);
  }

  private reset(term: number): void {
    if (term !== this.term) {
      this.term = term;
      this.vote = NONE;
    }
    this.leader = NONE;
    this.leadership = undefined;
    this.electionElapsed = 0;
    this.heartbeatElapsed = 0;
    this.electionTimeout = this.config.electionTicks + this.config.jitter();
    this.votes.clear();
  }
}
