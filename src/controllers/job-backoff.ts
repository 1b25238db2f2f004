/** The delay before a Job replaces failed pods. Mirrors kubernetes v1.34 pkg/controller/job/backoff_utils.go: 10 s, doubled with each failure since the last
 *  success, 10 min at most, counted from the last failure's end. */

import type { Pod } from '#api';
import type { Duration } from '#sim';
import { MINUTE, SECOND } from '#sim';
import { finishTime } from './job-verdict.ts';

/** DefaultJobPodFailureBackOff and MaxJobPodFailureBackOff. */
const BACKOFF_MIN: Duration = 10 * SECOND;
const BACKOFF_MAX: Duration = 10 * MINUTE;

interface Backoff {
  failures: number;
  /** Microseconds since the Unix epoch. */
  last: number;
}

export class JobBackoffs {
  readonly #byJob = new Map<string, Backoff>();

  /** newBackoffRecord: what finished since the last pass. */
  note(key: string, succeeded: readonly Pod[], failed: readonly Pod[]): void {
    if (succeeded.length === 0 && failed.length === 0) return;
    const backoff = this.#byJob.get(key) ?? { failures: 0, last: 0 };
    let lastSuccess = 0;
    for (const pod of succeeded) lastSuccess = Math.max(lastSuccess, finishTime(pod));
    if (succeeded.length > 0) backoff.failures = 0;
    for (const pod of failed) {
      const time = finishTime(pod);
      if (time < lastSuccess) continue;
      backoff.failures++;
      backoff.last = Math.max(backoff.last, time);
    }
    this.#byJob.set(key, backoff);
  }

  /** How long no pod may be created yet. */
  left(key: string, clock: number): Duration {
    const backoff = this.#byJob.get(key);
    if (backoff === undefined || backoff.failures === 0) return 0;
    let delay = BACKOFF_MIN;
    for (let i = 1; i < backoff.failures && delay < BACKOFF_MAX; i++) delay *= 2;
    return Math.max(0, backoff.last + Math.min(delay, BACKOFF_MAX) - clock);
  }

  forget(key: string): void {
    this.#byJob.delete(key);
  }
}
