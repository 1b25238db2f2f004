/** Nodes of one zone waiting to be tainted, at the zone's rate. Mirrors kubernetes v1.34 pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go:
 *  a node stays until its taint is in place, and comes back once a minute while it is wrong. */

import { TokenBucket } from '#client';
import type { Instant } from '#sim';

/** EvictionRateLimiterBurst. */
const BURST = 1;

export class NodeEvictionQueue {
  readonly #waiting = new Set<string>();
  // Everything that was ever added and not removed: a node is tainted once until it recovers.
  readonly #known = new Set<string>();
  #bucket: TokenBucket;
  #qps: number;

  constructor(qps: number) {
    this.#qps = qps;
    this.#bucket = new TokenBucket(qps, BURST);
  }

  get length(): number {
    return this.#waiting.size;
  }

  /** Nothing was added that was not removed again. */
  get isEmpty(): boolean {
    return this.#known.size === 0;
  }

  /** SwapLimiter. A rate of 0 stops the zone (upstream's never-limiter). */
  setRate(qps: number, now: Instant): void {
    if (qps === this.#qps) return;
    // A limiter swapped in for one that is saturated is saturated itself, so that the change evicts nobody.
    const isSaturated = this.#qps <= 0 || !this.#bucket.tryTake(now);
    this.#qps = qps;
    this.#bucket = new TokenBucket(qps, BURST);
    if (isSaturated) this.#bucket.tryTake(now);
  }

  /** False when the node is here already. */
  add(node: string): boolean {
    if (this.#known.has(node)) return false;
    this.#known.add(node);
    this.#waiting.add(node);
    return true;
  }

  remove(node: string): boolean {
    if (this.#known.size === 0) return false;
    this.#waiting.delete(node);
    return this.#known.delete(node);
  }

  clear(): void {
    this.#waiting.clear();
    this.#known.clear();
  }

  /** The next node if the rate allows one now; it leaves the queue but stays known. */
  take(now: Instant): string | undefined {
    if (this.#waiting.size === 0 || this.#qps <= 0 || !this.#bucket.tryTake(now)) return undefined;
    for (const node of this.#waiting) {
      this.#waiting.delete(node);
      return node;
    }
    return undefined;
  }
}
