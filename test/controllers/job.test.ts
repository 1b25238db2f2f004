import { describe, expect, it } from 'vitest';
import { createAt, deleteAt, finishedPods, job, lab, patchAt, type Seen } from './lab.ts';

/** Most pods of one app alive at once. */
function mostActive(seen: readonly Seen[]): number {
  const active = new Set<string>();
  let most = 0;
  for (const { type, resource, object } of seen) {
    if (resource !== 'pods') continue;
    // biome-ignore lint/suspicious/noExplicitAny: status of any pod.
    const { status, metadata } = object as any;
    if (type === 'delete' || ['Succeeded', 'Failed'].includes(status.phase)) active.delete(metadata.name);
    else active.add(metadata.name);
    most = Math.max(most, active.size);
  }
  return most;
}

const conditionsOf = (object: { status: { conditions: { type: string }[] } }) => object.status.conditions.map(({ type }) => type);

describe('Job', () => {
  it('counts each pod once and completes', () => {
    const { farm } = lab([createAt(1, 'jobs.batch', job('sum', { completions: 7, parallelism: 3 }))], { seconds: 120 });
    const [sum] = farm.list('jobs.batch');
    expect(finishedPods(sum)).toEqual([7, 0]);
    expect(conditionsOf(sum)).toEqual(['SuccessCriteriaMet', 'Complete']);
    expect(sum.status).toMatchObject({ active: undefined, completionTime: sum.status.conditions[1].lastTransitionTime });
    expect(mostActive(farm.seen)).toBe(3);
    expect(farm.list('pods')).toHaveLength(7);
    expect(farm.list('pods').filter(({ metadata }) => (metadata.finalizers ?? []).length > 0)).toEqual([]);
    // Invariant C5: succeeded never falls.
    const counts = farm.seen
      .filter(({ resource }) => resource === 'jobs.batch')
      .map(({ object }) => finishedPods(object as never)[0] as number);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
  });

  it('gives every index once', () => {
    const { farm } = lab([createAt(1, 'jobs.batch', job('sum', { completions: 5, parallelism: 2, completionMode: 'Indexed' }))], {
      seconds: 120,
    });
    const [sum] = farm.list('jobs.batch');
    expect(sum.status).toMatchObject({ succeeded: 5, completedIndexes: '0-4' });
    const indexes = farm.list('pods').map(({ metadata }) => metadata.annotations['batch.kubernetes.io/job-completion-index']);
    expect(indexes.sort()).toEqual(['0', '1', '2', '3', '4']);
    expect(
      farm
        .list('pods')
        .map(({ metadata }) => metadata.name.replace(/-\w+$/, ''))
        .sort()[0],
    ).toBe('sum-0');
  });

  it('fails at the back-off limit, each retry waiting twice as long', () => {
    const failing = job('bad', { backoffLimit: 2 }, { 'lab/run-seconds': '1', 'lab/exit': 'Failed' });
    const { farm } = lab([createAt(1, 'jobs.batch', failing)], { seconds: 120 });
    const [bad] = farm.list('jobs.batch');
    expect(finishedPods(bad)).toEqual([0, 3]);
    expect(conditionsOf(bad)).toEqual(['FailureTarget', 'Failed']);
    expect(bad.status.conditions[1]).toMatchObject({
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    });
    const starts = farm.seen.filter(({ resource, type }) => resource === 'pods' && type === 'add').map(({ at }) => at);
    const [first, second] = [(starts[1] as number) - (starts[0] as number), (starts[2] as number) - (starts[1] as number)];
    expect(first).toBeGreaterThan(9);
    expect(first).toBeLessThan(14);
    expect(second).toBeGreaterThan(19);
    expect(second).toBeLessThan(24);
  });

  it('ends what runs at its deadline', () => {
    const { farm } = lab([
      createAt(1, 'jobs.batch', job('slow', { activeDeadlineSeconds: 10, parallelism: 2, completions: 2 }, { 'lab/run-seconds': '500' })),
    ]);
    const [slow] = farm.list('jobs.batch');
    expect(slow.status.conditions.at(-1)).toMatchObject({ type: 'Failed', reason: 'DeadlineExceeded' });
    expect(slow.status.active).toBeUndefined();
    expect(farm.list('pods')).toEqual([]);
  });

  it('removes its pods while suspended and starts again on resume', () => {
    const script = [
      createAt(1, 'jobs.batch', job('sum', { completions: 2, parallelism: 2 }, { 'lab/run-seconds': '15' })),
      patchAt(5, 'jobs.batch', 'sum', { spec: { suspend: true } }),
      patchAt(30, 'jobs.batch', 'sum', { spec: { suspend: false } }),
    ];
    const { farm } = lab(script, { seconds: 90 });
    const between = farm.seen.filter(({ resource, type, at }) => resource === 'pods' && type === 'add' && at > 5 && at < 30);
    expect(between).toEqual([]);
    const [sum] = farm.list('jobs.batch');
    expect(finishedPods(sum)[0]).toBe(2);
    expect(conditionsOf(sum)).toContain('Complete');
  });

  it('lets go of its pods when it is deleted', () => {
    const { farm } = lab([
      createAt(1, 'jobs.batch', job('sum', { completions: 4, parallelism: 4 }, { 'lab/run-seconds': '500' })),
      deleteAt(10, 'jobs.batch', 'sum', { propagationPolicy: 'Background' }),
    ]);
    expect(farm.list('jobs.batch')).toEqual([]);
    expect(farm.list('pods')).toEqual([]);
  });
});
