/** Which thresholds count as met: a hard one at once, a soft one after its grace period, each then until so much more than the threshold is free
 *  (evictionMinimumReclaim). Mirrors v1.34 pkg/kubelet/eviction/helpers.go (thresholdsMet, thresholdsFirstObservedAt, thresholdsMetGracePeriod) and
 *  eviction_manager.go (synchronize). */

import type { Instant } from '#sim';
import { amountIn, type EvictionSignal, type Threshold } from './eviction-signals.ts';

export interface Observation {
  readonly available: number;
  readonly capacity: number;
}
export type Observe = (signal: EvictionSignal) => Observation | undefined;

export interface Look {
  /** Crossed, their grace periods over or not: what the conditions say. */
  readonly crossed: readonly Threshold[];
  /** Of those, the ones to act upon. */
  readonly met: readonly Threshold[];
}
const NOTHING: Look = { crossed: [], met: [] };

export class EvictionThresholds {
  readonly all: readonly Threshold[];
  private readonly firstSeen = new Map<Threshold, Instant>();
  private met: readonly Threshold[] = [];

  constructor(all: readonly Threshold[]) {
    this.all = all;
  }

  look(observe: Observe, now: Instant): Look {
    const crossed = this.all.filter((threshold) => isCrossed(threshold, observe, this.met.includes(threshold)));
    for (const threshold of this.all) {
      if (!crossed.includes(threshold)) this.firstSeen.delete(threshold);
      else if (!this.firstSeen.has(threshold)) this.firstSeen.set(threshold, now);
    }
    this.met = crossed.filter((threshold) => now - (this.firstSeen.get(threshold) ?? now) >= threshold.grace);
    return crossed.length === 0 ? NOTHING : { crossed, met: this.met };
  }

  /** After something was given back: no threshold is crossed any more, nor what must be free beyond it. */
  isRelieved(observe: Observe): boolean {
    return this.all.every((threshold) => !isCrossed(threshold, observe, true));
  }
}

function isCrossed({ signal, amount, reclaim }: Threshold, observe: Observe, withReclaim: boolean): boolean {
  const observed = observe(signal);
  if (observed === undefined) return false;
  const more = withReclaim && reclaim !== undefined ? amountIn(reclaim, observed.capacity) : 0;
  return observed.available < amountIn(amount, observed.capacity) + more;
}
