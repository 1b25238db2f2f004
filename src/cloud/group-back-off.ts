/** Groups that could not grow are left alone for a while. Mirrors kubernetes/autoscaler cluster-autoscaler 1.34 utils/backoff/exponential_backoff.go. */

import type { Duration, Instant } from '#sim';
import { HOUR, MINUTE } from '#sim';

/** --initial-node-group-backoff-duration, --max-node-group-backoff-duration, --node-group-backoff-reset-timeout. */
const FIRST: Duration = 5 * MINUTE;
const MOST: Duration = 30 * MINUTE;
const RESET: Duration = 3 * HOUR;

export class GroupBackOff {
  readonly #groups = new Map<string, { pause: Duration; until: Instant; failedAt: Instant }>();

  failed(group: string, now: Instant): void {
    const known = this.#groups.get(group);
    // A failure of the same wave does not count twice.
    if (known !== undefined && known.until > now) return;
    const pause = known === undefined || known.failedAt + RESET < now ? FIRST : Math.min(MOST, known.pause * 2);
    this.#groups.set(group, { pause, until: now + pause, failedAt: now });
  }

  isOff(group: string, now: Instant): boolean {
    return (this.#groups.get(group)?.until ?? 0) > now;
  }
}
