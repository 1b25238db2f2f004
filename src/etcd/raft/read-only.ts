/** Reads that wait until a quorum has confirmed that the leader still is one (raft/read_only.go, ReadOnlySafe). */

import type { HostId } from '#sim';

export interface PendingRead {
  readonly context: string;
  /** Who asked. */
  readonly from: HostId;
  /** The commit index when it asked. */
  readonly index: number;
  readonly acks: Map<HostId, boolean>;
}

export class ReadOnly {
  private readonly queue: PendingRead[] = [];

  add(read: PendingRead): void {
    if (!this.queue.some((each) => each.context === read.context)) this.queue.push(read);
  }

  /** The context of the newest read: each heartbeat carries it, and confirms all reads before it too. */
  get lastContext(): string {
    return this.queue[this.queue.length - 1]?.context ?? '';
  }

  /** Who has confirmed the read of this context, now that `from` has. */
  acknowledge(context: string, from: HostId): ReadonlyMap<HostId, boolean> {
    const read = this.queue.find((each) => each.context === context);
    read?.acks.set(from, true);
    return read?.acks ?? new Map();
  }

  /** Takes out the confirmed read and those before it. */
  advance(context: string): PendingRead[] {
    const at = this.queue.findIndex((each) => each.context === context);
    return at < 0 ? [] : this.queue.splice(0, at + 1);
  }
}
