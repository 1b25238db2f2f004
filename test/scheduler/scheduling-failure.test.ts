/** In which order victims go, with asynchronous preemption and without. */

import { describe, expect, it } from 'vitest';
import { lab, nodeAt, podAt } from './lab.ts';

const important = { priorityClassName: 'system-node-critical' };

function evict(isAsync: boolean) {
  const steps = [
    nodeAt(1, 'only', '3'),
    podAt(2, 'a'),
    podAt(2, 'b'),
    podAt(2, 'c'),
    podAt(5, 'high', '3', important),
    podAt(5, 'later', '100m'),
  ];
  const { janitor, outcome } = lab(steps, { config: { featureGates: { SchedulerAsyncPreemption: isAsync } } });
  const goingAt = (name: string): number =>
    janitor.seen.find(({ pod }) => pod.metadata?.name === name && pod.metadata.deletionTimestamp !== undefined)?.at ?? Number.NaN;
  const refusedAt = (name: string): number =>
    janitor.seen.find(
      ({ pod }) => pod.metadata?.name === name && (pod.status?.conditions ?? []).some(({ type }) => type === 'PodScheduled'),
    )?.at ?? Number.NaN;
  return { janitor, outcome, going: ['a', 'b', 'c'].map(goingAt).sort((x, y) => x - y) as [number, number, number], refusedAt };
}

describe('evicting victims', () => {
  it('leaves the last one until the others are on their way out, so that its deletion can wake the pod', () => {
    const { janitor, outcome, going } = evict(true);
    const [first, second, last] = going;
    expect(second - first).toBeLessThan(0.0005);
    expect(last - second).toBeGreaterThan(0.001);
    expect(janitor.pod('high')?.spec?.nodeName).toBe('only');
    expect(outcome.recorded.counter('scheduler_preemption_goroutines_execution_total', { result: 'success' })?.total).toBe(1);
  });

  it('takes all at once where the scheduling thread waits for them, and tries nobody meanwhile', () => {
    const { janitor, outcome, going, refusedAt } = evict(false);
    const [first, , last] = going;
    expect(last - first).toBeLessThan(0.0005);
    expect(janitor.pod('high')?.spec?.nodeName).toBe('only');
    expect(outcome.recorded.counter('scheduler_preemption_goroutines_execution_total')).toBeUndefined();
    // The pod behind it in the queue is refused only once all victims are being deleted.
    expect(refusedAt('later')).toBeGreaterThan(last);
    expect(evict(true).refusedAt('later')).toBeLessThan(evict(true).going[2]);
  });
});
