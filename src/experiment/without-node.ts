/** Pods of a run that never had a node, in a sentence: those that still wait, those that were deleted first, and what they waited for. */

import type { RecordedRun } from '#sim';
import { UNSCHEDULABLE_METRIC } from './unschedulable-reasons.ts';

const MOST_REASONS = 3;

export function withoutNode(recorded: RecordedRun): string | undefined {
  const total = (name: string): number => recorded.counter(name)?.total ?? 0;
  const [created, bound] = [total('wavetank_pods_created_total'), total('wavetank_pods_bound_total')];
  if (bound >= created) return undefined;
  const unscheduled = recorded.gauge('wavetank_pods', { state: 'Unscheduled' })?.values.at(-1) ?? 0;
  const waits = Math.min(unscheduled, created - bound);
  const gone = created - bound - waits;
  const reasons = recorded.gauges
    .filter(({ name }) => name === UNSCHEDULABLE_METRIC)
    .map(({ labels, values }) => ({ reason: labels['reason'] ?? '', pods: values.reduce((most, value) => Math.max(most, value), 0) }))
    .filter(({ pods }) => pods > 0)
    .sort((a, b) => b.pods - a.pods || (a.reason < b.reason ? -1 : 1));
  const why = reasons.slice(0, MOST_REASONS).map(({ reason, pods }) => `${reason} (up to ${pods} at a time)`);
  const failed = recorded.counter('scheduler_schedule_attempts_total', { result: 'unschedulable' })?.total ?? 0;
  const parts = [
    ...(waits === 0 ? [] : [`${waits} wait at the end`]),
    ...(gone === 0 ? [] : [`${gone} were deleted first`]),
    ...(why.length === 0
      ? failed === 0
        ? ['no attempt found them without a place: their time was too short']
        : []
      : [`pods waited for: ${why.join('; ')}${reasons.length > why.length ? `; and ${reasons.length - why.length} more reasons` : ''}`]),
  ];
  return `${created - bound} of ${created} pods never had a node: ${parts.join(', ')}`;
}
