/** Trials that nobody ran: two arms whose metrics are drawn, so that the truth about them is known. */

import seedrandom from 'seedrandom';
import type { TrialRecord } from '../../../src/experiment/index.ts';

export const METRIC_NAMES = [
  'submissionToBindingP50',
  'submissionToBindingP99',
  'podStartP50',
  'podStartP95',
  'apiLatencyP50',
  'apiLatencyP99',
  'fragmentation',
  'cpuUtilisation',
  'schedulingThroughput',
  'etcdFsyncP99',
];

export function record(arm: string, seed: number, metrics: Record<string, number>, more: Partial<TrialRecord> = {}): TrialRecord {
  return {
    index: 0,
    key: `${arm}-${seed}`,
    arm,
    seed,
    repeat: 0,
    digest: `${arm}${seed}`,
    metrics,
    verdicts: [],
    nodes: 1,
    podsCreated: 1,
    podsBound: 1,
    simulatedSeconds: 1,
    wallSeconds: 1,
    ...more,
  };
}

/** Skewed as latencies are; what a seed does to both arms is shared, what is left is each arm's own. `shift` multiplies B's. */
export function drawn(study: string, seeds: number, shift = 1): TrialRecord[] {
  const random = seedrandom.alea(study);
  const skewed = (): number => Math.exp(Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()) * 0.3);
  return Array.from({ length: seeds }, (_, at) => at + 1).flatMap((seed) => {
    const shared = METRIC_NAMES.map(() => skewed());
    const own = (factor: number) => Object.fromEntries(METRIC_NAMES.map((name, i) => [name, (shared[i] as number) * skewed() * factor]));
    return [record('A', seed, own(1)), record('B', seed, own(shift))];
  });
}
