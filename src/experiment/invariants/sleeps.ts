/** When hosts stood still (SIGSTOP, a long garbage collection): who wakes acts first on what it knew when it fell asleep, and hears the rest after. */

import type { HostId, WorldChange } from '#sim';
import type { Interval } from './lost-answers.ts';

export function sleepsOf(changes: readonly WorldChange[], hosts: readonly HostId[]): readonly Interval[] {
  return changes.flatMap((change) => {
    if (change.change !== 'pause' || change.hosts.hosts?.some((host) => hosts.includes(host)) !== true) return [];
    const asleep = change.hosts.hosts.join();
    const wakes = changes.find((later) => later.change === 'resume' && later.at >= change.at && later.hosts.hosts?.join() === asleep);
    return [{ from: change.at, until: wakes?.at ?? Number.POSITIVE_INFINITY }];
  });
}
