/** Watchers that say how much they can take: what is more waits here, in a buffer as long as upstream's channels, and a watcher whose buffer overflows
 *  is ended. It comes back from the last revision it saw. Mirrors apiserver v1.34 pkg/storage/cacher (cache_watcher.go, watch_cache.go's
 *  suggestedWatchChannelSize); the budget of at most 100 ms that upstream waits before it ends a full one is left out. */

import type { WatchEvent } from '#api';
import { type Filter, requiredValue } from './cache/filter.ts';
import type { ResourceDescriptor } from './registry/descriptor.ts';

/** Two channels stand between an event and the connection: input and result. */
const CHANNELS = 2;
const INDEXED_BY_VALUE = 10;
const INDEXED = 1000;
const NOT_INDEXED = 100;

/** How many events wait at most for a watcher with this filter. */
export function bufferOf({ watchIndex }: ResourceDescriptor, filter: Filter): number {
  if (watchIndex === undefined) return CHANNELS * NOT_INDEXED;
  return CHANNELS * (requiredValue(filter, watchIndex) === undefined ? INDEXED : INDEXED_BY_VALUE);
}

/** What one watcher allows, and what waits for it. */
export class ReceiveWindow {
  private credit = 0;
  private held: WatchEvent[] = [];
  /** Of those held, what the watch began with: it waits as long as it takes. */
  private state = 0;
  private readonly buffer: number;

  constructor(buffer: number) {
    this.buffer = buffer;
  }

  /** Takes `events` in; gives back what may be sent now. */
  pass(events: readonly WatchEvent[], isState: boolean): readonly WatchEvent[] {
    if (this.held.length === 0 && events.length <= this.credit) {
      this.credit -= events.length;
      return events;
    }
    this.held.push(...events);
    if (isState) this.state += events.length;
    return this.open(0);
  }

  /** The watcher allows so many more; gives back what may be sent now. */
  open(more: number): readonly WatchEvent[] {
    this.credit += more;
    const sent = this.held.splice(0, this.credit);
    this.credit -= sent.length;
    this.state = Math.max(0, this.state - sent.length);
    return sent;
  }

  get isFull(): boolean {
    return this.held.length - this.state > this.buffer;
  }
}
