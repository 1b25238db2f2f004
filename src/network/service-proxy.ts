/** What one node's kube-proxy has written into its rules: the endpoints as they were when the last write began. Mirrors kubernetes v1.34
 *  pkg/proxy/runner/bounded_frequency_runner.go: a change is written at once, or minSyncPeriod after the last write ended; changes meanwhile gather. */

import type { Distribution, Duration, Instant } from '#sim';
import type { KnownEndpoint } from './endpoint-choice.ts';

/** How long a write of the rules takes. assumed. */
export const PROGRAMMING_SECONDS: Distribution = { lognormal: { p50: 0.1, p99: 1 } };

const NOTHING: readonly KnownEndpoint[] = [];

export class ServiceProxy {
  /** The rules in force. */
  endpoints: readonly KnownEndpoint[] = NOTHING;
  private writing: readonly KnownEndpoint[] | undefined;
  private waiting = false;
  private changed = false;
  private restsUntil: Instant = 0;

  /** The proxy hears of a change. Returns after how long to call `due`, or undefined when it will be called anyway. */
  hear(now: Instant): Duration | undefined {
    this.changed = true;
    if (this.waiting || this.writing !== undefined) return undefined;
    this.waiting = true;
    return Math.max(0, this.restsUntil - now);
  }

  /** The instant that `hear` or `due` named: a write begins, or ends. Returns after how long to call again, or undefined. */
  due(now: Instant, current: readonly KnownEndpoint[], takes: () => Duration, rest: Duration): Duration | undefined {
    if (this.writing === undefined) {
      this.waiting = false;
      this.changed = false;
      this.writing = current;
      return Math.max(1, takes());
    }
    this.endpoints = this.writing;
    this.writing = undefined;
    this.restsUntil = now + rest;
    if (!this.changed) return undefined;
    this.waiting = true;
    return rest;
  }
}
