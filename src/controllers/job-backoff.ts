/** The delay before a Job replaces failed pods. Mirrors kubernetes v1.34 pkg/controller/job/backoff_utils.go: 10 s, doubled with each failure since the last
 *  success, 10 min at most, counted from the last failure's end. */

import type { Pod } from '#api';
import type { Duration } from '#sim';
import { MINUTE, SECOND } from '#sim';
import { finishTime } from './job-verdict.ts';

/** DefaultJobPodFailureBackOff and MaxJobPodFailureBackOff. */
const BACKOFF_MIN: Duration = 10 * SECOND;
const BACKOFF_MAX: Duration = 10 * MINUTE;

export interface Backoff {
  readonly failures: number;
  /** Microseconds since the Unix epoch. */
  readonly last: number;
}

/** How long after the last of so many failures in a row. */
export function delayAfter(failures: number): Duration {
  if (failures === 0) return 0;
  let delay = BACKOFF_MIN;
  for (let i = 1; i < failures && delay < BACKOFF_MAX; i++) delay *= 2;
  return Math.min(delay, BACKOFF_MAX);
}

/** How long no pod may be created yet. */
export const backoffLeft = (backoff: Backoff | undefined, clock: number): Duration =>
  backoff === undefined || backoff.failures === 0 ? 0 : Math.max(0, backoff.last + delayAfter(backoff.failures) - clock);

/** newBackoffRecord: with what finished since the last pass. It is kept once the status that counts those pods is written. */
export function nextBackoff(before: Backoff | undefined, succeeded: readonly Pod[], failed: readonly Pod[]): Backoff | undefined {
  if (succeeded.length === 0 && failed.length === 0) return before;
  let failures = succeeded.length > 0 ? 0 : (before?.failures ?? 0);
  let last = succeeded.length > 0 ? 0 : (before?.last ?? 0);
  let lastSuccess = -1;
  for (const pod of succeeded) lastSuccess = Math.max(lastSuccess, finishTime(pod));
  for (const pod of failed) {
    const time = finishTime(pod);
    if (time <= lastSuccess) continue;
    failures++;
    last = Math.max(last, time);
  }
  return { failures, last };
}
