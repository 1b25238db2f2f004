/** What a leader knows of one follower, and how fast it may send to it (raft/tracker/progress.go and inflights.go).
 *  probe: one message at a time until it is known where the logs agree; replicate: many under way; snapshot: none until it has it. */

export type ProgressState = 'probe' | 'replicate' | 'snapshot';

/** --max-inflight-msgs: etcd's maxInflightMsgs. */
export const MAX_INFLIGHT_MESSAGES = 512;

/** A snapshot that has not arrived after so many answered heartbeats was lost (etcd hears that from its transport). */
const SNAPSHOT_BEATS = 100;

export class Progress {
  state: ProgressState = 'probe';
  match = 0;
  next: number;
  /** In probe, and in replicate when the window is full: nothing goes out until it answers. */
  paused = false;
  /** It was heard of since the last look at the quorum. */
  recentActive = false;
  pendingSnapshot = 0;
  /** Heartbeats answered since the snapshot was sent. */
  private snapshotBeats = 0;
  /** The last index of each message under way. */
  private inflight: number[] = [];

  constructor(next: number) {
    this.next = next;
  }

  get full(): boolean {
    return this.inflight.length >= MAX_INFLIGHT_MESSAGES;
  }

  get isPaused(): boolean {
    return this.state === 'snapshot' || this.paused;
  }

  becomeProbe(): void {
    // After a snapshot was sent, probe from behind it.
    this.next = Math.max(this.match, this.state === 'snapshot' ? this.pendingSnapshot : 0) + 1;
    this.reset('probe');
  }

  becomeReplicate(): void {
    this.reset('replicate');
    this.next = this.match + 1;
  }

  becomeSnapshot(index: number): void {
    this.reset('snapshot');
    this.pendingSnapshot = index;
    this.next = index + 1;
  }

  /** It answers heartbeats but has not the snapshot yet; at some time that means that it must be sent again. */
  waitForSnapshot(): void {
    this.snapshotBeats += 1;
    if (this.snapshotBeats <= SNAPSHOT_BEATS) return;
    this.pendingSnapshot = 0;
    this.becomeProbe();
  }

  sent(count: number): void {
    if (count === 0) return;
    if (this.state === 'replicate') {
      this.next += count;
      this.inflight.push(this.next - 1);
      this.paused = this.full;
    } else this.paused = true;
  }

  /** It has everything up to `index`; false when that is old news. */
  maybeUpdate(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.paused = false;
    return true;
  }

  /** It refused a message that followed `rejected`; false when that refusal is out of date. */
  maybeDecrease(rejected: number, hint: number): boolean {
    if (this.state === 'replicate') {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
      return true;
    }
    if (this.next - 1 !== rejected) return false;
    this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1);
    this.paused = false;
    return true;
  }

  freeUpTo(index: number): void {
    let gone = 0;
    while (gone < this.inflight.length && (this.inflight[gone] as number) <= index) gone += 1;
    if (gone > 0) this.inflight.splice(0, gone);
    this.paused = this.full;
  }

  private reset(state: ProgressState): void {
    this.paused = false;
    this.pendingSnapshot = 0;
    this.snapshotBeats = 0;
    this.state = state;
    this.inflight = [];
  }
}
