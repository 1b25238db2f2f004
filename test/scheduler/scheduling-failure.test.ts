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

describe('telling the API server of a failed attempt', () => {
  /** When each attempt was over, microseconds. */
  const refused = (isAside: boolean): number[] => {
    const names = ['one', 'two', 'three'];
    const steps = [nodeAt(1, 'only', '1'), ...names.map((name) => podAt(3, name, '64'))];
    const { outcome } = lab(steps, { seconds: 10, config: { featureGates: { SchedulerAsyncAPICalls: isAside } } });
    const spans = names.flatMap((name) => outcome.recorded.spansOf(`pods/default/${name}`));
    const attempts = spans.filter(({ name }) => name === 'scheduling');
    return attempts.map(({ start, duration }) => start + duration).sort((a, b) => a - b);
  };

  it('holds the scheduling thread until the answer is there, as 1.34 does', () => {
    const ends = refused(false);
    expect(ends).toHaveLength(3);
    // An attempt on one node takes 0.1 ms, a patch that etcd keeps more than one.
    for (const [i, end] of ends.slice(1).entries()) expect(end - (ends[i] as number)).toBeGreaterThan(1000);
  });

  it('goes on at once with SchedulerAsyncAPICalls', () => {
    const ends = refused(true);
    expect(ends).toHaveLength(3);
    for (const [i, end] of ends.slice(1).entries()) expect(end - (ends[i] as number)).toBeLessThan(500);
  });
});
