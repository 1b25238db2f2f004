/** Every change since the last compaction, in the order of revisions: what etcd finds in its backend by revision key
 *  (server/storage/mvcc/watchable_store.go, kvsToEvents). Watchers that start in the past read it. */

import type { EtcdEvent } from '../protocol.ts';

export class EventLog {
  private entries: EtcdEvent[] = [];

  get length(): number {
    return this.entries.length;
  }

  at(position: number): EtcdEvent {
    return this.entries[position] as EtcdEvent;
  }

  append(event: EtcdEvent): void {
    this.entries.push(event);
  }

  /** The position of the first event at or above `revision`. */
  positionOf(revision: number): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at(middle).kv.modRevision < revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  copy(): EventLog {
    const copy = new EventLog();
    copy.entries = [...this.entries];
    return copy;
  }

  /** Forgets what lies below `revision`. */
  dropBelow(revision: number): void {
    const from = this.positionOf(revision);
    if (from > 0) this.entries = this.entries.slice(from);
  }
}
