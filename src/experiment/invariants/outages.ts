/** When nothing could be written: leaders renew their leases every 2 s, and none did. Watches end in it, and clients that have asked in vain ask again later
 *  each time, 30 s and as much again by luck at last (client-go v0.34 tools/cache/reflector.go): so long after it what they know may be from before it. */

import type { History } from './history.ts';
import { of } from './history.ts';
import type { Interval } from './lost-answers.ts';

const RENEWALS_LOST = 10_000_000;
const LONGEST_PAUSE = 60_000_000;

/** Each with the time after it in which clients may not have come back yet. */
export function outages(history: History): readonly Interval[] {
  const found: Interval[] = [];
  let last: number | undefined;
  for (const { at, key } of of(history, 'leases.coordination.k8s.io')) {
    if (!key.startsWith('kube-system/')) continue;
    if (last !== undefined && at - last > RENEWALS_LOST) found.push({ from: last, until: at + LONGEST_PAUSE });
    last = at;
  }
  return found;
}
