import { describe, expect, it } from 'vitest';
import { scaleOldSets } from '../../src/controllers/deployment-rollout.ts';
import { createAt, deleteAt, deployment, lab, patchAt, type Seen } from './lab.ts';

const newImage = (image: string) => ({ spec: { template: { spec: { containers: [{ name: 'main', image }] } } } });

/** Live pods of the Deployment over time: total and ready, at every change (invariant C2). */
function podCounts(seen: readonly Seen[]): { at: number; total: number; ready: number }[] {
  const pods = new Map<string, boolean>();
  const counts: { at: number; total: number; ready: number }[] = [];
  for (const { at, type, resource, object } of seen) {
    if (resource !== 'pods') continue;
    // biome-ignore lint/suspicious/noExplicitAny: status of any pod.
    const { status, metadata } = object as any;
    const name = metadata.name as string;
    if (type === 'delete' || metadata.deletionTimestamp !== undefined) pods.delete(name);
    else
      pods.set(name, status?.conditions?.some((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True') === true);
    counts.push({ at, total: pods.size, ready: [...pods.values()].filter(Boolean).length });
  }
  return counts;
}

const progressing = (of: { status: { conditions: { type: string }[] } }) => of.status.conditions.find(({ type }) => type === 'Progressing');

describe('Deployment', () => {
  it('rolls out within maxSurge and maxUnavailable, and says so', () => {
    const spec = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 2, maxUnavailable: 1 } } };
    const { farm } = lab([
      createAt(1, 'deployments.apps', deployment('web', 10, spec)),
      patchAt(20, 'deployments.apps', 'web', newImage('nginx:2')),
    ]);
    const [web] = farm.list('deployments.apps');
    expect(web.status).toMatchObject({ replicas: 10, updatedReplicas: 10, availableReplicas: 10, observedGeneration: 2 });
    expect(web.metadata.annotations['deployment.kubernetes.io/revision']).toBe('2');
    expect(progressing(web)).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
    const during = podCounts(farm.seen).filter(({ at }) => at >= 20);
    expect(Math.max(...during.map(({ total }) => total))).toBe(12);
    // A pass that comes before the status of the last deletion takes nothing away (rolling.go, cleanupUnhealthyReplicas).
    expect(Math.min(...during.map(({ ready }) => ready))).toBe(9);
    const images = farm.list('pods').map((pod) => pod.spec.containers[0].image);
    expect(new Set(images)).toEqual(new Set(['nginx:2']));
    const events = farm.list('events').filter(({ involvedObject }) => involvedObject.kind === 'Deployment');
    expect(events.map(({ message }) => message)[0]).toMatch(/^Scaled up replica set web-\w+ from 0 to 10$/);
  });

  it('takes nothing from old ReplicaSets while the status of one is older than its size', () => {
    const set = (name: string, replicas: number, availableReplicas: number) =>
      ({
        metadata: { name, namespace: 'default' },
        spec: { replicas },
        status: { replicas: availableReplicas, availableReplicas },
      }) as never;
    const of = (available: number) =>
      scaleOldSets({ metadata: { name: 'web' }, spec: { replicas: 7 } } as never, set('new', 5, 3), [set('old', 4, available)]);
    expect([...of(6)]).toEqual([]);
    expect([...of(4)]).toEqual([['old', 3]]);
    expect([...of(3)]).toEqual([['old', 3]]);
  });

  it('stalls at a broken image, reports the deadline, and rolls back to the revision it had', () => {
    const spec = { progressDeadlineSeconds: 30 };
    const script = [
      createAt(1, 'deployments.apps', deployment('web', 4, spec)),
      patchAt(10, 'deployments.apps', 'web', newImage('broken')),
      patchAt(60, 'deployments.apps', 'web', newImage('nginx:1')),
    ];
    const { farm } = lab(script, { broken: ['broken'], seconds: 90 });
    const stalled = farm.seen.filter(({ at, resource }) => resource === 'deployments.apps' && at < 60).at(-1)?.object as never;
    expect(progressing(stalled)).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
    const ready = podCounts(farm.seen)
      .filter(({ at }) => at > 10)
      .map((count) => count.ready);
    expect(Math.min(...ready)).toBe(3);
    const [web] = farm.list('deployments.apps');
    expect(web.status).toMatchObject({ updatedReplicas: 4, availableReplicas: 4, replicas: 4 });
    expect(web.metadata.annotations['deployment.kubernetes.io/revision']).toBe('3');
    const back = farm.list('replicasets.apps').find((set) => set.spec.replicas === 4);
    expect(back.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    expect(farm.list('replicasets.apps')).toHaveLength(2);
  });

  it('spreads a change of size in the middle of a rollout over both ReplicaSets in proportion', () => {
    // The example in Kubernetes' documentation, "Proportional scaling": 10 replicas, maxSurge 3, maxUnavailable 2, a bad image, then 15 replicas.
    const spec = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } };
    const script = [
      createAt(1, 'deployments.apps', deployment('web', 10, spec)),
      patchAt(10, 'deployments.apps', 'web', newImage('broken')),
      patchAt(20, 'deployments.apps', 'web', { spec: { replicas: 15 } }),
    ];
    const { farm } = lab(script, { broken: ['broken'], seconds: 40 });
    const sizesAt = (until: number) => {
      const sizes = new Map<string, number>();
      for (const { at, resource, object } of farm.seen) {
        if (resource === 'replicasets.apps' && at < until)
          sizes.set(object.metadata?.name ?? '', (object as never as { spec: { replicas: number } }).spec.replicas);
      }
      return [...sizes.values()];
    };
    expect(sizesAt(20)).toEqual([8, 5]);
    expect(sizesAt(40)).toEqual([11, 7]);
  });

  it('waits for every old pod to go when the strategy is Recreate', () => {
    const script = [
      createAt(1, 'deployments.apps', deployment('web', 3, { strategy: { type: 'Recreate' } })),
      patchAt(10, 'deployments.apps', 'web', newImage('nginx:2')),
    ];
    const { farm } = lab(script);
    const lastOld = farm.seen.filter(({ resource, type }) => resource === 'pods' && type === 'delete').at(-1)?.at ?? 0;
    const isNew = (object: unknown) => (object as { spec: { containers: { image: string }[] } }).spec.containers[0]?.image === 'nginx:2';
    const firstNew = farm.seen.find(({ resource, type, object }) => resource === 'pods' && type === 'add' && isNew(object))?.at ?? 0;
    expect(lastOld).toBeGreaterThan(10);
    expect(firstNew).toBeGreaterThan(lastOld);
    expect(farm.list('deployments.apps')[0].status).toMatchObject({ availableReplicas: 3, updatedReplicas: 3 });
  });

  it('does nothing while paused, and resumes', () => {
    const script = [
      createAt(1, 'deployments.apps', deployment('web', 2)),
      patchAt(10, 'deployments.apps', 'web', { spec: { paused: true } }),
      patchAt(11, 'deployments.apps', 'web', newImage('nginx:2')),
      patchAt(30, 'deployments.apps', 'web', { spec: { paused: false } }),
    ];
    const { farm } = lab(script);
    const sets = farm.seen.filter(({ resource, type }) => resource === 'replicasets.apps' && type === 'add').map(({ at }) => at);
    expect(sets).toHaveLength(2);
    expect(sets[1]).toBeGreaterThan(30);
    const paused = farm.seen.filter(({ at, resource }) => resource === 'deployments.apps' && at > 11 && at < 30).at(-1)?.object as never;
    expect(progressing(paused)).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' });
  });

  it('keeps as many old ReplicaSets as revisionHistoryLimit says', () => {
    const script = [
      createAt(1, 'deployments.apps', deployment('web', 1, { revisionHistoryLimit: 1 })),
      ...[2, 3, 4].map((n) => patchAt(n * 8, 'deployments.apps', 'web', newImage(`nginx:${n}`))),
    ];
    const { farm } = lab(script);
    const revisions = farm.list('replicasets.apps').map(({ metadata }) => metadata.annotations['deployment.kubernetes.io/revision']);
    expect(revisions.sort()).toEqual(['3', '4']);
  });

  it('takes its pods along when it is deleted in the background, and leaves its ReplicaSet behind when orphaning', () => {
    const script = [
      createAt(1, 'deployments.apps', deployment('gone', 3)),
      createAt(1, 'deployments.apps', deployment('left', 2)),
      deleteAt(10, 'deployments.apps', 'gone', { propagationPolicy: 'Background' }),
      deleteAt(10, 'deployments.apps', 'left', { propagationPolicy: 'Orphan' }),
    ];
    const { farm } = lab(script);
    expect(farm.list('deployments.apps')).toEqual([]);
    expect(farm.list('pods').map(({ metadata }) => metadata.labels.app)).toEqual(['left', 'left']);
    expect(farm.list('replicasets.apps').map(({ metadata }) => metadata.ownerReferences ?? [])).toEqual([[]]);
  });

  it('lets the owner go last in a foreground deletion', () => {
    const { farm } = lab([
      createAt(1, 'deployments.apps', deployment('web', 3)),
      deleteAt(10, 'deployments.apps', 'web', { propagationPolicy: 'Foreground' }),
    ]);
    const deleted = farm.seen.filter(({ type, resource }) => type === 'delete' && resource !== 'events').map(({ resource }) => resource);
    expect(deleted).toEqual(['pods', 'pods', 'pods', 'replicasets.apps', 'deployments.apps']);
  });
});
