/** The recent events of one resource: what a watcher that was away can still be told. Mirrors apiserver v1.34 pkg/storage/cacher/watch_cache.go,
 *  which sizes its ring to span at least 75 s (eventFreshDuration) between 100 and 102,400 events. */

import type { EtcdEvent } from '#etcd';
import { type Instant, SECOND } from '#sim';

const FRESH = 75 * SECOND;
const EVENTS_MIN = 100;

export class EventWindow {
  private readonly max: number;
  private events: EtcdEvent[] = [];
  private times: Instant[] = [];
  private head = 0;
  /** Revisions up to here are not in the window. */
  private floor = 0;

  constructor(max: number) {
    this.max = max;
  }

  /** Forgets everything: the cache was listed anew at `revision`. */
  reset(revision: number): void {
    this.events = [];
    this.times = [];
    this.head = 0;
    this.floor = revision;
  }

  push(event: EtcdEvent, now: Instant): void {
    this.events.push(event);
    this.times.push(now);
    let size = this.events.length - this.head;
    while (size > this.max || (size > EVENTS_MIN && now - (this.times[this.head] as Instant) > FRESH)) {
      this.floor = (this.events[this.head] as EtcdEvent).kv.modRevision;
      this.head++;
      size--;
    }
    if (this.head > 1024 && this.head * 2 > this.events.length) {
      this.events = this.events.slice(this.head);
      this.times = this.times.slice(this.head);
      this.head = 0;
    }
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
      if ((this.events[middle] as EtcdEvent).kv.modRevision <= revision) low = middle + 1;
      else high = middle;
    }
    for (let i = low; i < this.events.length; i++) visit(this.events[i] as EtcdEvent);
    return true;
  }
}
