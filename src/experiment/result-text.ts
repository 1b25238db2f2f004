/** The bytes of result.json. Everything that the same scenario, seed and build always give stands first; what belongs to this machine and this hour (wall
 *  time, CPU time, memory, the threads' own time) stands on the last line, so that two results can be compared byte by byte without it. */

import type { Result } from './result.ts';

export function resultText(result: Result): string {
  const { wallSeconds, cpuSeconds, peakRssBytes, shards, ...same } = result;
  const own = JSON.stringify({ wallSeconds, cpuSeconds, peakRssBytes, shards });
  return `${JSON.stringify(same).slice(0, -1)},\n${own.slice(1)}\n`;
}
