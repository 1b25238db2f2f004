import { describe, expect, it } from 'vitest';
import { createAt, deleteAt, lab, patchAt, podTemplate, type Seen, type Step } from './lab.ts';

const set = (replicas: number, spec: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', namespace: 'default' },
  spec: { replicas, serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template: podTemplate('db'), ...spec },
});
const newImage = (image: string) => ({ spec: { template: { spec: { containers: [{ name: 'main', image }] } } } });

/** What happens to pods, in order: '+db-0' made, '=db-0' ready, '-db-0' gone. */
function way(seen: readonly Seen[], since = 0): string[] {
  const steps: string[] = [];
  for (const { at, type, resource, object } of seen) {
    if (resource !== 'pods' || at < since) continue;
    // biome-ignore lint/suspicious/noExplicitAny: status of any pod.
    const { status, metadata } = object as any;
    const isReady =
      metadata.deletionTimestamp === undefined &&
      status?.conditions?.some((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True');
    const step = type === 'add' ? '+' : type === 'delete' ? '-' : isReady ? '=' : '';
    if (step !== '' && steps.at(-1) !== step + metadata.name) steps.push(step + metadata.name);
  }
  return steps;
}

describe('StatefulSet', () => {
  it('makes pods in order, each when the one before is ready, with their claims', () => {
    const volumeClaimTemplates = [
      { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    ];
    const { farm } = lab([createAt(1, 'statefulsets.apps', set(3, { volumeClaimTemplates }))]);
    expect(way(farm.seen)).toEqual(['+db-0', '=db-0', '+db-1', '=db-1', '+db-2', '=db-2']);
    expect(farm.list('persistentvolumeclaims').map(({ metadata }) => metadata.name)).toEqual(['data-db-0', 'data-db-1', 'data-db-2']);
    const [first] = farm.list('pods');
    expect(first.spec).toMatchObject({
      hostname: 'db-0',
      subdomain: 'db',
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } }],
    });
    expect(farm.list('statefulsets.apps')[0].status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
    });
  });

  it('shrinks from the highest ordinal, one after another', () => {
    const { farm } = lab([createAt(1, 'statefulsets.apps', set(3)), patchAt(20, 'statefulsets.apps', 'db', { spec: { replicas: 1 } })]);
    expect(way(farm.seen, 20).filter((step) => step.startsWith('-'))).toEqual(['-db-2', '-db-1']);
    expect(farm.list('pods').map(({ metadata }) => metadata.name)).toEqual(['db-0']);
  });

  it('updates from the highest ordinal down to the partition', () => {
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } };
    const { farm } = lab([
      createAt(1, 'statefulsets.apps', set(3, { updateStrategy })),
      patchAt(20, 'statefulsets.apps', 'db', newImage('nginx:2')),
    ]);
    expect(way(farm.seen, 20)).toEqual(['-db-2', '+db-2', '=db-2', '-db-1', '+db-1', '=db-1']);
    const images = new Map(farm.list('pods').map(({ metadata, spec }) => [metadata.name, spec.containers[0].image]));
    expect(images).toEqual(
      new Map([
        ['db-0', 'nginx:1'],
        ['db-2', 'nginx:2'],
        ['db-1', 'nginx:2'],
      ]),
    );
    const { status } = farm.list('statefulsets.apps')[0];
    expect(status).toMatchObject({ updatedReplicas: 2, currentReplicas: 1 });
    expect(status.currentRevision).not.toBe(status.updateRevision);
    expect(farm.list('controllerrevisions.apps').map(({ revision }) => revision)).toEqual([1, 2]);
  });

  it('ends an update with one revision in force, and numbers it anew when it comes back', () => {
    const { farm } = lab(
      [
        createAt(1, 'statefulsets.apps', set(2)),
        patchAt(15, 'statefulsets.apps', 'db', newImage('nginx:2')),
        patchAt(40, 'statefulsets.apps', 'db', newImage('nginx:1')),
      ],
      { seconds: 80 },
    );
    const { status } = farm.list('statefulsets.apps')[0];
    expect(status.currentRevision).toBe(status.updateRevision);
    expect(
      farm.list('controllerrevisions.apps').map(({ metadata, revision }) => [metadata.name === status.updateRevision, revision]),
    ).toEqual([
      [true, 3],
      [false, 2],
    ]);
  });

  it('stays at a pod that never becomes ready', () => {
    const { farm } = lab([createAt(1, 'statefulsets.apps', set(3)), patchAt(20, 'statefulsets.apps', 'db', newImage('broken'))], {
      broken: ['broken'],
      seconds: 60,
    });
    expect(way(farm.seen, 20)).toEqual(['-db-2', '+db-2']);
    expect(farm.list('statefulsets.apps')[0].status).toMatchObject({ readyReplicas: 2, updatedReplicas: 1 });
  });

  it('counts the partition from the first ordinal on', () => {
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } };
    const { farm } = lab([
      createAt(1, 'statefulsets.apps', set(3, { ordinals: { start: 5 }, updateStrategy })),
      patchAt(20, 'statefulsets.apps', 'db', newImage('nginx:2')),
    ]);
    expect(farm.list('pods').map(({ metadata, spec }) => [metadata.name, spec.containers[0].image])).toEqual([
      ['db-5', 'nginx:1'],
      ['db-6', 'nginx:1'],
      ['db-7', 'nginx:2'],
    ]);
  });

  it('takes over the pods and the revisions of a set of its name that left them, and touches no pod', () => {
    const { farm } = lab([
      createAt(1, 'statefulsets.apps', set(2)),
      deleteAt(15, 'statefulsets.apps', 'db', { propagationPolicy: 'Orphan' }),
      createAt(20, 'statefulsets.apps', { ...set(2), metadata: { name: 'db', namespace: 'default', annotations: { team: 'a' } } }),
    ]);
    expect(way(farm.seen, 12).filter((step) => step.startsWith('-') || step.startsWith('+'))).toEqual([]);
    const [{ metadata, status }] = farm.list('statefulsets.apps');
    expect(status).toMatchObject({ readyReplicas: 2, updatedReplicas: 2, collisionCount: 0 });
    const kept = [...farm.list('controllerrevisions.apps'), ...farm.list('pods')];
    expect(kept.map((object) => object.metadata.ownerReferences[0].uid)).toEqual([metadata.uid, metadata.uid, metadata.uid]);
  });

  it('makes no pod whose claim it may not make, and says so', () => {
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'disks', namespace: 'default' },
      spec: { hard: { persistentvolumeclaims: '1' } },
    };
    const volumeClaimTemplates = [
      { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    ];
    const { farm } = lab([createAt(1, 'resourcequotas', quota), createAt(3, 'statefulsets.apps', set(2, { volumeClaimTemplates }))]);
    expect(farm.list('pods').map(({ metadata }) => metadata.name)).toEqual(['db-0']);
    const texts = new Set(farm.list('events').map(({ reason, message }) => `${reason}: ${message}`));
    const refusal =
      'persistentvolumeclaims "data-db-1" is forbidden: exceeded quota: disks, requested: persistentvolumeclaims=1, used: persistentvolumeclaims=1, limited: persistentvolumeclaims=1';
    expect(texts).toContain('SuccessfulCreate: create Claim data-db-0 Pod db-0 in StatefulSet db success');
    expect(texts).toContain(`FailedCreate: create Claim data-db-1 for Pod db-1 in StatefulSet db failed error: ${refusal}`);
    expect(texts).toContain(`FailedCreate: create Pod db-1 in StatefulSet db failed error: failed to create PVC data-db-1: ${refusal}`);
  });

  it("puts a pod's labels back", () => {
    const { farm } = lab([
      createAt(1, 'statefulsets.apps', set(1)),
      patchAt(15, 'pods', 'db-0', { metadata: { labels: { 'statefulset.kubernetes.io/pod-name': null } } }),
    ]);
    expect(farm.list('pods')[0].metadata.labels['statefulset.kubernetes.io/pod-name']).toBe('db-0');
    expect(farm.list('events').map(({ message }) => message)).toContain('update Pod db-0 in StatefulSet db successful');
  });

  it('waits for nobody when pods are managed in parallel', () => {
    const { farm } = lab([createAt(1, 'statefulsets.apps', set(3, { podManagementPolicy: 'Parallel' }))]);
    expect(way(farm.seen).slice(0, 3)).toEqual(['+db-0', '+db-1', '+db-2']);
  });

  it('begins slowly in parallel: 1, 2, 4 pods at a time, and stops at the first batch that fails', () => {
    const made = (count: number, steps: readonly Step[] = []) =>
      lab([...steps, createAt(2, 'statefulsets.apps', set(count, { podManagementPolicy: 'Parallel' }))], { seconds: 6 })
        .farm.seen.filter(({ resource, type }) => resource === 'pods' && type === 'add')
        .map(({ at, object }) => ({ at, ordinal: Number((object.metadata?.name ?? '').split('-').at(-1)) }));
    const pods = made(9);
    // The three longest pauses are those in which a batch was waited for.
    const pauses = pods.slice(1).map(({ at }, i) => ({ after: i, pause: at - (pods[i]?.at ?? 0) }));
    const longest = pauses.sort((a, b) => b.pause - a.pause).slice(0, 3);
    expect(longest.map(({ after }) => after).sort((a, b) => a - b)).toEqual([0, 2, 6]);
    const second = pods.slice(1, 3).map(({ ordinal }) => ordinal);
    expect(second.sort((a, b) => a - b)).toEqual([1, 2]);
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'few', namespace: 'default' },
      spec: { hard: { pods: '2' } },
    };
    expect(made(9, [createAt(1, 'resourcequotas', quota)])).toHaveLength(2);
  });
});
