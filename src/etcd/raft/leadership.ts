/** What a Raft leader does: replication with flow control, commit of its own term's entries only, confirmed reads, hand-over
 *  (stepLeader and its helpers in go.etcd.io/raft v3.6, raft.go). It is made at each election and gone with the term. */

import type { HostId } from '#sim';
import type { RaftLog } from './log.ts';
import { type Entry, NONE, type RaftMessage, type RaftMessageType } from './message.ts';
import { Progress } from './progress.ts';
import { committedIndex, voteResult } from './quorum.ts';
import { ReadOnly } from './read-only.ts';

/** The member that leads. */
export interface LeadingMember {
  readonly id: HostId;
  readonly term: number;
  readonly log: RaftLog;
  readonly voters: ReadonlySet<HostId>;
  readonly learners: ReadonlySet<HostId>;
  readonly config: { readonly maxMessageBytes?: number };
  send(type: RaftMessageType, to: HostId, fields: Partial<RaftMessage>): void;
  readyToRead(context: string, index: number): void;
}

/** etcd's maxSizePerMsg. */
const DEFAULT_MESSAGE_BYTES = 512 * 1024;

export class Leadership {
  readonly progress = new Map<HostId, Progress>();
  transferee: HostId = NONE;
  private readonly member: LeadingMember;
  private readonly log: RaftLog;
  private readonly readOnly = new ReadOnly();
  /** Reads that came before an entry of this term was committed: until then the leader cannot know what is. */
  private earlyReads: { readonly context: string; readonly from: HostId }[] = [];
  /** No new change of membership before this index is applied. */
  private pendingChange: number;

  constructor(member: LeadingMember) {
    this.member = member;
    this.log = member.log;
    this.pendingChange = member.log.lastIndex;
    this.votersChanged();
    for (const progress of this.progress.values()) progress.recentActive = false;
    const own = this.progress.get(member.id);
    if (own === undefined) return;
    own.match = this.log.offset - 1;
    own.becomeReplicate();
  }

  /** Appends to the log and sends it on; false while the leader hands over. */
  propose(entries: readonly Entry[]): boolean {
    if (this.transferee !== NONE) return false;
    const { term } = this.member;
    const from = this.log.lastIndex + 1;
    this.log.append(
      entries.map((entry, i) => {
        const index = from + i;
        if (entry.change === undefined) return { ...entry, term, index };
        // One change at a time: a second one becomes an empty entry.
        if (this.pendingChange > this.log.applied) return { term, index, data: undefined, bytes: 0 };
        this.pendingChange = index;
        return { ...entry, term, index };
      }),
    );
    this.broadcastAppend();
    return true;
  }

  /** Answers with the commit index once a quorum has confirmed the leader after this moment. */
  read(context: string, from: HostId): void {
    if (this.log.term(this.log.committed) !== this.member.term) {
      this.earlyReads.push({ context, from });
      return;
    }
    if (this.member.voters.size === 1) {
      this.answerRead(context, from, this.log.committed);
      return;
    }
    this.readOnly.add({ context, from, index: this.log.committed, acks: new Map([[this.member.id, true]]) });
    this.broadcastHeartbeat(context);
  }

  transferTo(to: HostId): void {
    const progress = this.progress.get(to);
    if (progress === undefined || !this.member.voters.has(to) || to === this.member.id || this.transferee === to) return;
    this.transferee = to;
    if (progress.match === this.log.lastIndex) this.member.send('TimeoutNow', to, {});
    else this.maybeSendAppend(to, true);
  }

  broadcastHeartbeat(context = this.readOnly.lastContext): void {
    for (const [to, progress] of this.progress) {
      if (to === this.member.id) continue;
      // Never commit what the follower may not have.
      this.member.send('Heartbeat', to, { commit: Math.min(progress.match, this.log.committed), context });
    }
  }

  /** Whether a quorum was heard of since the last look. */
  hearsQuorum(): boolean {
    const active = new Map<HostId, boolean>();
    for (const [id, progress] of this.progress) {
      active.set(id, progress.recentActive || id === this.member.id);
      progress.recentActive = false;
    }
    return voteResult(this.member.voters, active) === 'won';
  }

  /** As hearsQuorum, without looking anew. */
  isQuorumActive(): boolean {
    const active = new Map<HostId, boolean>();
    for (const [id, { recentActive, match }] of this.progress)
      active.set(id, recentActive || match >= this.log.committed || id === this.member.id);
    return voteResult(this.member.voters, active) === 'won';
  }

  /** Whether a member has nearly all of the log (etcd: 90 % of the leader's). */
  isInSync(id: HostId): boolean {
    return (this.progress.get(id)?.match ?? 0) >= 0.9 * this.log.lastIndex;
  }

  /** The leader's own entries are on its disk. */
  durableTo(index: number): void {
    if (this.progress.get(this.member.id)?.maybeUpdate(index)) this.afterProgress();
  }

  /** Follows the set of voters. */
  votersChanged(): void {
    const { voters, learners } = this.member;
    for (const id of [...voters, ...learners]) {
      if (this.progress.has(id)) continue;
      const progress = new Progress(this.log.lastIndex + 1);
      // Else the next look at the quorum would take it for dead.
      progress.recentActive = true;
      this.progress.set(id, progress);
    }
    for (const id of [...this.progress.keys()]) if (!voters.has(id) && !learners.has(id)) this.progress.delete(id);
    if (!voters.has(this.transferee)) this.transferee = NONE;
    if (!this.afterProgress()) for (const to of this.progress.keys()) this.maybeSendAppend(to, false);
  }

  step(m: RaftMessage): void {
    const progress = this.progress.get(m.from);
    if (progress === undefined) return;
    if (m.type === 'AppResp') this.appendAnswered(m, progress);
    else if (m.type === 'HeartbeatResp') this.heartbeatAnswered(m, progress);
  }

  private appendAnswered(m: RaftMessage, progress: Progress): void {
    progress.recentActive = true;
    if (m.reject) {
      // With terms on both sides one answer skips a whole run of entries that cannot agree.
      const hint = m.logTerm > 0 ? this.log.findConflictByTerm(m.rejectHint, m.logTerm).index : m.rejectHint;
      if (!progress.maybeDecrease(m.index, hint)) return;
      if (progress.state === 'replicate') progress.becomeProbe();
      this.maybeSendAppend(m.from, true);
      return;
    }
    const paused = progress.isPaused;
    if (!progress.maybeUpdate(m.index) && !(progress.match === m.index && progress.state === 'probe')) return;
    if (progress.state === 'probe') progress.becomeReplicate();
    else if (progress.state === 'snapshot') {
      if (progress.match + 1 >= this.log.firstIndex) {
        progress.becomeProbe();
        progress.becomeReplicate();
      }
    } else progress.freeUpTo(m.index);
    if (!this.afterProgress() && paused) this.maybeSendAppend(m.from, true);
    while (this.maybeSendAppend(m.from, false));
    if (m.from === this.transferee && progress.match === this.log.lastIndex) this.member.send('TimeoutNow', m.from, {});
  }

  private heartbeatAnswered(m: RaftMessage, progress: Progress): void {
    progress.recentActive = true;
    progress.paused = false;
    if (progress.state === 'snapshot') progress.waitForSnapshot();
    if (progress.match < this.log.lastIndex || progress.state === 'probe') this.maybeSendAppend(m.from, true);
    if (m.context === '') return;
    if (voteResult(this.member.voters, this.readOnly.acknowledge(m.context, m.from)) !== 'won') return;
    for (const read of this.readOnly.advance(m.context)) this.answerRead(read.context, read.from, read.index);
  }

  private answerRead(context: string, from: HostId, index: number): void {
    if (from === this.member.id) this.member.readyToRead(context, index);
    else this.member.send('ReadIndexResp', from, { context, index });
  }

  /** Commits what a majority has, if it is of this term (Raft, section 5.4.2), and tells the followers. */
  private afterProgress(): boolean {
    const matches: number[] = [];
    for (const id of this.member.voters) matches.push(this.progress.get(id)?.match ?? 0);
    const index = committedIndex(matches);
    if (index <= this.log.committed || this.log.term(index) !== this.member.term) return false;
    this.log.commitTo(index);
    for (const { context, from } of this.earlyReads.splice(0)) this.read(context, from);
    this.broadcastAppend();
    return true;
  }

  private broadcastAppend(): void {
    for (const to of this.progress.keys()) this.maybeSendAppend(to, true);
  }

  /** Sends what the follower lacks, as far as flow control allows; false when nothing was sent. */
  private maybeSendAppend(to: HostId, sendIfEmpty: boolean): boolean {
    const progress = this.progress.get(to);
    if (to === this.member.id || progress === undefined || progress.isPaused) return false;
    const index = progress.next - 1;
    const logTerm = this.log.term(index);
    if (logTerm === undefined || progress.next < this.log.firstIndex) return this.sendSnapshot(to, progress);
    const most = this.member.config.maxMessageBytes ?? DEFAULT_MESSAGE_BYTES;
    const entries = progress.state === 'replicate' && progress.full ? [] : this.log.entriesFrom(progress.next, most);
    if (entries.length === 0 && !sendIfEmpty) return false;
    this.member.send('App', to, { index, logTerm, entries, commit: this.log.committed });
    progress.sent(entries.length);
    return true;
  }

  private sendSnapshot(to: HostId, progress: Progress): boolean {
    if (!progress.recentActive) return false;
    const { snapshot } = this.log.durable;
    this.member.send('Snap', to, { snapshot });
    progress.becomeSnapshot(snapshot.index);
    return true;
  }
}
