/** A member's log: what its disk holds, and behind it what is not durable yet (raft/log.go, log_unstable.go and storage.go). */

import type { HostId } from '#sim';
import { type Entry, type HardState, NONE, type Snapshot } from './message.ts';

/** What survives a crash. */
export class DurableLog {
  hard: HardState = { term: 0, vote: NONE, commit: 0 };
  snapshot: Snapshot;
  /** Entries after the snapshot's index, or after what compaction left. */
  entries: Entry[] = [];
  /** Index and term of the entry just before `entries`. */
  private before: { index: number; term: number } = { index: 0, term: 0 };

  constructor(voters: readonly HostId[]) {
    this.snapshot = { index: 0, term: 0, voters, data: undefined, bytes: 0 };
  }

  get firstIndex(): number {
    return this.before.index + 1;
  }
  get lastIndex(): number {
    return this.before.index + this.entries.length;
  }

  /** The term at an index; absent when it is compacted or not there. */
  term(index: number): number | undefined {
    if (index === this.before.index) return this.before.term;
    return this.entries[index - this.before.index - 1]?.term;
  }

  /** Writes what a ready asks for. */
  save(ready: { readonly hard: HardState | undefined; readonly entries: readonly Entry[]; readonly snapshot: Snapshot | undefined }): void {
    if (ready.snapshot !== undefined) this.restore(ready.snapshot);
    if (ready.hard !== undefined) this.hard = ready.hard;
    this.append(ready.entries);
  }

  private append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    const keep = first.index - this.firstIndex;
    if (keep < this.entries.length) this.entries.length = keep;
    for (const entry of entries) this.entries.push(entry);
  }

  /** Replaces all with a snapshot from the leader. */
  private restore(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.entries = [];
    this.before = { index: snapshot.index, term: snapshot.term };
  }

  /** Keeps a snapshot of what is applied, and drops entries up to `compactTo`. */
  compact(snapshot: Snapshot, compactTo: number): void {
    this.snapshot = snapshot;
    const gone = compactTo - this.before.index;
    if (gone <= 0) return;
    const term = this.term(compactTo) as number;
    this.entries = this.entries.slice(gone);
    this.before = { index: compactTo, term };
  }
}

export class RaftLog {
  readonly durable: DurableLog;
  committed: number;
  applied: number;
  /** Not durable yet: entries from `offset` on, and a snapshot before them. */
  unstable: Entry[] = [];
  offset: number;
  unstableSnapshot: Snapshot | undefined;

  constructor(durable: DurableLog, applied: number) {
    this.durable = durable;
    this.offset = durable.lastIndex + 1;
    this.committed = Math.max(durable.hard.commit, applied);
    this.applied = applied;
  }

  get firstIndex(): number {
    return this.unstableSnapshot === undefined ? this.durable.firstIndex : this.unstableSnapshot.index + 1;
  }
  get lastIndex(): number {
    return this.offset + this.unstable.length - 1;
  }
  get lastTerm(): number {
    return this.term(this.lastIndex) as number;
  }

  term(index: number): number | undefined {
    if (index >= this.offset) return this.unstable[index - this.offset]?.term;
    const snapshot = this.unstableSnapshot;
    if (snapshot !== undefined) return index === snapshot.index ? snapshot.term : undefined;
    return this.durable.term(index);
  }

  matches(index: number, term: number): boolean {
    return this.term(index) === term;
  }

  /** Whether a log that ends with (index, term) is at least as new as this one. */
  isUpToDate(index: number, term: number): boolean {
    return term > this.lastTerm || (term === this.lastTerm && index >= this.lastIndex);
  }

  /** Entries from `from` on, up to `mostBytes` but at least one. */
  entriesFrom(from: number, mostBytes: number, to = this.lastIndex): Entry[] {
    const out: Entry[] = [];
    let bytes = 0;
    for (let index = from; index <= to; index += 1) {
      const entry = this.entry(index);
      bytes += entry.bytes;
      if (out.length > 0 && bytes > mostBytes) break;
      out.push(entry);
    }
    return out;
  }

  private entry(index: number): Entry {
    if (index >= this.offset) return this.unstable[index - this.offset] as Entry;
    return this.durable.entries[index - this.durable.firstIndex] as Entry;
  }

  /** Appends to the end, or from a conflicting index on. */
  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    if (first.index <= this.committed) throw new Error(`raft: entry ${first.index} conflicts with committed entry ${this.committed}`);
    if (first.index <= this.offset) {
      this.offset = first.index;
      this.unstable = [...entries];
      return;
    }
    this.unstable.length = first.index - this.offset;
    for (const entry of entries) this.unstable.push(entry);
  }

  /** Takes a leader's entries after (index, term); answers the last index that now agrees, or none when (index, term) is not here. */
  maybeAppend(index: number, term: number, commit: number, entries: readonly Entry[]): number | undefined {
    if (!this.matches(index, term)) return undefined;
    const conflict = entries.findIndex((entry) => !this.matches(entry.index, entry.term));
    if (conflict >= 0) this.append(conflict === 0 ? entries : entries.slice(conflict));
    const last = index + entries.length;
    this.commitTo(Math.min(commit, last));
    return last;
  }

  commitTo(index: number): void {
    if (index > this.lastIndex) throw new Error(`raft: commit ${index} is beyond the last index ${this.lastIndex}`);
    if (index > this.committed) this.committed = index;
  }

  /** The last index at or below `index` whose term is not above `term`: where two logs may agree at the latest. */
  findConflictByTerm(index: number, term: number): { index: number; term: number } {
    for (let at = index; at > 0; at -= 1) {
      const ours = this.term(at);
      if (ours === undefined) return { index: at, term: 0 };
      if (ours <= term) return { index: at, term: ours };
    }
    return { index: 0, term: 0 };
  }

  restore(snapshot: Snapshot): void {
    this.committed = snapshot.index;
    this.unstable = [];
    this.offset = snapshot.index + 1;
    this.unstableSnapshot = snapshot;
  }

  /** What was handed out for writing is durable now. */
  stableTo(index: number, term: number): void {
    if (index < this.offset || this.term(index) !== term) return;
    this.unstable = this.unstable.slice(index - this.offset + 1);
    this.offset = index + 1;
  }

  /** Committed, durable here, and not applied. */
  nextCommitted(mostBytes: number): Entry[] {
    const to = Math.min(this.committed, this.offset - 1);
    return this.applied >= to || this.unstableSnapshot !== undefined ? [] : this.entriesFrom(this.applied + 1, mostBytes, to);
  }
}
