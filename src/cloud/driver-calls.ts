/** What the side-cars of a CSI driver share: the drivers by name, the disks, and calls that a reconcile asks about until they are over. */

import type { View } from '#client';
import type { Stream } from '#sim';
import { type Answer, type CloudDisks, type DiskCall, type DriverPlan, retryPause } from './disks.ts';

export interface Drivers {
  readonly disks: CloudDisks;
  readonly plans: ReadonlyMap<string, DriverPlan>;
}

/** Luck of one attempt, keyed by what it is about. */
export function ask({ disks }: Drivers, plan: DriverPlan, what: DiskCall, key: string, view: View): Answer {
  const luck = (attempt: number): Stream => {
    let n = 0;
    return { next: () => view.uniform(what, key, attempt * 64 + n++) };
  };
  return disks.call(plan, what, key, view.now, luck);
}

/** How long to leave a call that failed alone. */
export const pauseAfter = ({ disks }: Drivers, what: DiskCall, key: string): number => retryPause(disks.failures(what, key));
