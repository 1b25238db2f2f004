/** The parts of a pod's start that happen on its node, each a distribution over pods. The scheduler keeps the two before them (queue, schedule); Kubernetes'
 *  own SLI, which leaves pulls and init containers out, stands beside them (pod-sync.ts, observeStart). */

import type { Histogram, Recorder } from '#sim';

export const START_PARTS = ['volumes', 'sandbox', 'pull', 'init', 'start', 'probe'] as const;
export type StartPart = (typeof START_PARTS)[number];

/** Shared with the scheduler: one name, told apart by `part`. */
const NAME = 'wavetank_pod_start_part_seconds';

export function startPartsOf(record: Recorder): Readonly<Record<StartPart, Histogram>> {
  const parts: Partial<Record<StartPart, Histogram>> = {};
  for (const part of START_PARTS) parts[part] = record.histogram(NAME, { part });
  return parts as Record<StartPart, Histogram>;
}
