/** Exponential back-off of one container or one image, as client-go v1.34 util/flowcontrol/backoff.go keeps it per key. Microseconds. */

import type { Duration, Instant } from '#sim';

/** Two numbers in the owner's record: no object until something failed. */
export interface BackOffEntry {
  /** The pause in force; 0 when nothing failed yet. */
  delay: Duration;
  /** When it was last raised. */
  raisedAt: Instant;
}

/** Kept for twice the longest pause without a failure, then forgotten (hasExpired). */
const expired = (entry: BackOffEntry, eventAt: Instant, max: Duration): boolean => eventAt - entry.raisedAt > 2 * max;

/** IsInBackOffSince: whether something that failed at `eventAt` must still wait. */
export function inBackOff(entry: BackOffEntry, eventAt: Instant, now: Instant, max: Duration): boolean {
  if (entry.delay === 0 || expired(entry, eventAt, max)) return false;
  return now - eventAt < entry.delay;
}

/** Next: doubles the pause, or begins anew when the last failure is long past. */
export function raiseBackOff(entry: BackOffEntry, eventAt: Instant, now: Instant, initial: Duration, max: Duration): void {
  entry.delay = entry.delay === 0 || expired(entry, eventAt, max) ? initial : Math.min(entry.delay * 2, max);
  entry.raisedAt = now;
}
