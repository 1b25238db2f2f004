import { expect, it } from 'vitest';
import { createAt, deleteAt, job, type Lab, lab, podTemplate, type Seen, type Step } from './lab.ts';

const bare = (name: string, second: number): Step =>
  createAt(second, 'pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec: podTemplate(name).spec });

const collected = ({ recorded }: Lab['outcome'], reason: string): number | undefined =>
  recorded.counter('pod_gc_collector_force_delete_pods_total', { namespace: 'default', reason })?.total;

it('fails and removes the pods of a node that is gone for 40 s', () => {
  const script: Step[] = [...[0, 1, 2].map((n) => bare(`p${n}`, 5 + n)), [30, { verb: 'delete', resource: 'nodes', name: 'node-1' }]];
  const { farm, outcome } = lab(script, { seconds: 150 });
  expect(farm.list('pods').map(({ metadata }) => metadata.name)).toHaveLength(2);
  const gone = farm.seen.find(({ resource, type }) => resource === 'pods' && type === 'delete');
  expect(gone?.at).toBeGreaterThan(70);
  expect(gone?.at).toBeLessThan(115);
  expect(collected(outcome, 'orphaned')).toBe(1);
  const before = farm.seen
    .filter(
      ({ resource, type, object }) => resource === 'pods' && type === 'update' && object.metadata?.name === gone?.object.metadata?.name,
    )
    .at(-1);
  expect(before?.object).toMatchObject({ status: { phase: 'Failed' } });
  const { conditions } = ((before as Seen).object as never as { status: { conditions: { type: string }[] } }).status;
  expect(conditions.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({ reason: 'DeletionByPodGC' });
});

it('removes the oldest finished pods above the threshold', () => {
  const { farm, outcome } = lab([createAt(1, 'jobs.batch', job('sum', { completions: 6, parallelism: 1 }, { 'lab/run-seconds': '2' }))], {
    seconds: 90,
    manager: { settings: { terminatedPodGcThreshold: 2 } },
  });
  expect(farm.list('jobs.batch')[0].status.succeeded).toBe(6);
  const created = farm.seen
    .filter(({ resource, type }) => resource === 'pods' && type === 'add')
    .map(({ object }) => object.metadata?.name);
  expect(farm.list('pods').map(({ metadata }) => metadata.name)).toEqual(created.slice(-2));
  expect(collected(outcome, 'terminated')).toBe(4);
});

it('fails and deletes what is terminating and was never bound: only a finalizer can hold such a pod', () => {
  const held = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'held', namespace: 'default', finalizers: ['example.com/hold'] },
    spec: podTemplate('held').spec,
  };
  const { farm, outcome } = lab([createAt(5, 'pods', held), deleteAt(10, 'pods', 'held')], { nodes: 0, seconds: 55 });
  expect(farm.list('pods').map(({ metadata, status }) => [metadata.name, status.phase])).toEqual([['held', 'Failed']]);
  expect(collected(outcome, 'unscheduled')).toBe(2);
});
