/** The recent events of one resource: what a watcher that was away can still be told. Mirrors apiserver v1.34 pkg/storage/cacher/watch_cache.go,
 *  which sizes its ring to span at least 75 s (eventFreshDuration) between 100 and 102,400 events. */

import type { EtcdEvent } from '#etcd';
import { type Instant, SECOND } from '#sim';

const FRESH = 75 * SECOND;
const EVENTS_MIN = 100;

export class EventWindow {
  private readonly max: number;
  private events: EtcdEvent[] = [];
  // Beside the events, so that dropping one does not fetch it from memory a minute after anybody looked at it.
  private times = new Float64Array(64);
  private revisions = new Float64Array(64);
  private head = 0;
  /** Revisions up to here are not in the window. */
  private floor = 0;

  constructor(max: number) {
    this.max = max;
  }

  /** Forgets everything: the cache was listed anew at `revision`. */
  reset(revision: number): void {
    this.events = [];
    this.head = 0;
    this.floor = revision;
  }

  push(event: EtcdEvent, now: Instant): void {
    const { times, revisions } = this;
    const at = this.events.length;
    this.events.push(event);
    times[at] = now;
    revisions[at] = event.kv.modRevision;
    let size = at + 1 - this.head;
    while (size > this.max || (size > EVENTS_MIN && now - (times[this.head] as number) > FRESH)) {
      this.floor = revisions[this.head] as number;
      this.head++;
      size--;
    }
    if (this.events.length === times.length) this.makeRoom();
  }

  /** Lets go of what is no longer in the window, and grows when that is less than half. */
  private makeRoom(): void {
    const { head, times, revisions } = this;
    const length = head * 2 > times.length ? times.length : times.length * 2;
    this.times = new Float64Array(length);
    this.times.set(times.subarray(head));
    this.revisions = new Float64Array(length);
    this.revisions.set(revisions.subarray(head));
    this.events = this.events.slice(head);
    this.head = 0;
  }

  /** The oldest revision from which nothing is missing. */
  get oldest(): number {
    return this.floor;
  }

  /** Calls for each event after `revision`; false when some of them are gone. */
  since(revision: number, visit: (event: EtcdEvent) => void): boolean {
    if (revision < this.floor) return false;
    let low = this.head;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.revisions[middle] as number) <= revision) low = middle + 1;
      else high = middle;
    }
    for (let i = low; i < this.events.length; i++) visit(this.events[i] as EtcdEvent);
    return true;
  }
}
