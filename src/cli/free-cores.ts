/** How many of the machine's cores nobody used in the last moment. */

import { type CpuInfo, cpus } from 'node:os';

/** Long enough to count ticks of 10 ms by the dozen. */
const MOMENT_MS = 250;
/** What is busy for a moment only (an installation that has just ended) should not decide how minutes are spent. */
const MOMENTS = 4;

/** In cores, in the first of a few moments in which there are `enough`, or else in the best of them; other work that is niced counts as use. Infinity where
 *  the system tells no times. */
export async function freeCores(enough: number): Promise<number> {
  let most = 0;
  for (let moment = 0; moment < MOMENTS && most < enough; moment++) {
    const before = cpus();
    await new Promise((resolve) => setTimeout(resolve, MOMENT_MS));
    most = Math.max(most, idleCores(before, cpus()));
  }
  return most;
}

export function idleCores(before: readonly CpuInfo[], after: readonly CpuInfo[]): number {
  let cores = 0;
  let isTold = false;
  after.forEach(({ times }, core) => {
    const was = before[core]?.times;
    if (was === undefined) return;
    const idle = times.idle - was.idle;
    const all = idle + times.user - was.user + times.nice - was.nice + times.sys - was.sys + times.irq - was.irq;
    if (all <= 0) return;
    isTold = true;
    cores += idle / all;
  });
  return isTold ? cores : Infinity;
}
