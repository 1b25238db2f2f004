/** A token bucket over simulated time. Mirrors client-go v1.34 util/flowcontrol/throttle.go, which wraps golang.org/x/time/rate: the bucket starts full. */

import type { Duration, Instant } from '#sim';
import { SECOND } from '#sim';

// A token that is this close to whole counts: refilling by whole microseconds leaves rounding dust.
const DUST = 1e-6;

export class TokenBucket {
  readonly qps: number;
  readonly burst: number;
  #tokens: number;
  #last: Instant = 0;

  /** `qps` tokens a second up to `burst`; qps 0 lifts the limit. */
  constructor(qps: number, burst: number) {
    this.qps = qps;
    this.burst = burst;
    this.#tokens = burst;
  }

  #refill(now: Instant): void {
    if (now <= this.#last) return;
    this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#last) * this.qps) / SECOND);
    this.#last = now;
  }

  /** Takes a token if there is one. */
  tryTake(now: Instant): boolean {
    if (this.qps <= 0) return true;
    this.#refill(now);
    if (this.#tokens < 1 - DUST) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Takes a token now or ahead of time; returns how long to wait until it would have been there (Reserve). */
  reserve(now: Instant): Duration {
    if (this.qps <= 0) return 0;
    this.#refill(now);
    this.#tokens -= 1;
    return this.#tokens >= -DUST ? 0 : Math.ceil((-this.#tokens * SECOND) / this.qps);
  }

  /** How long until tryTake succeeds. */
  wait(now: Instant): Duration {
    if (this.qps <= 0) return 0;
    this.#refill(now);
    return this.#tokens >= 1 - DUST ? 0 : Math.ceil(((1 - this.#tokens) * SECOND) / this.qps);
  }
}
