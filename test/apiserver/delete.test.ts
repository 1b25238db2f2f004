import { describe, expect, it } from 'vitest';
import { at, bindTo, create, lab, play, pod, type Step } from './lab.ts';

const watchPods: Step = { verb: 'watch', resource: 'pods', namespace: 'default', options: { resourceVersion: '0' } };

describe('deleting pods', () => {
  it('removes at once what was never bound', () => {
    const client = play([watchPods, create('pods', pod('a')), at('delete', 'pods', 'a'), at('get', 'pods', 'a')]);
    expect(client.answers[2]).toMatchObject({ code: 200, object: { kind: 'Pod', metadata: { name: 'a', deletionGracePeriodSeconds: 0 } } });
    expect(client.answers[3]?.code).toBe(404);
    expect(client.watched(0).map((event) => event.type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  });

  it('gives a bound pod its grace, which may only be shortened, and ends it when the kubelet says so', () => {
    const client = play([
      watchPods,
      create('pods', pod('a')),
      bindTo('a', 'n1'),
      at('delete', 'pods', 'a'),
      at('delete', 'pods', 'a', { options: { gracePeriodSeconds: 60 } }),
      at('delete', 'pods', 'a', { options: { gracePeriodSeconds: 5 } }),
      (seen) => at('delete', 'pods', 'a', { options: { gracePeriodSeconds: 0, preconditions: { uid: 'someone-else' } } }),
      (seen) => at('delete', 'pods', 'a', { options: { gracePeriodSeconds: 0, preconditions: { uid: seen[1]?.object.metadata.uid } } }),
      at('get', 'pods', 'a'),
    ]);
    const [, , , marked, longer, shorter, stranger, last, gone] = client.answers;
    expect(marked?.object.metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:30Z',
      deletionGracePeriodSeconds: 30,
      generation: 2,
    });
    expect(longer?.object).toBe(marked?.object);
    expect(shorter?.object.metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:05Z',
      deletionGracePeriodSeconds: 5,
      generation: 2,
    });
    expect(stranger?.object).toMatchObject({ code: 409 });
    expect(stranger?.object.message).toContain('the UID in the precondition (someone-else) does not match the UID in record');
    expect(last?.code).toBe(200);
    expect(gone?.code).toBe(404);
    expect(client.watched(0).map((event) => event.type)).toEqual(['ADDED', 'MODIFIED', 'MODIFIED', 'MODIFIED', 'MODIFIED', 'DELETED']);
    const ended = client.watched(0).at(-1)?.object;
    expect(Number(ended?.metadata?.resourceVersion)).toBeGreaterThan(Number(client.watched(0).at(-2)?.object.metadata?.resourceVersion));
  });
});

describe('finalizers', () => {
  const held = { metadata: { name: 'm', finalizers: ['example.com/hold'] }, data: {} };

  it('keep an object until the last is gone', () => {
    const { answers } = play([
      create('configmaps', held),
      at('delete', 'configmaps', 'm'),
      at('patch', 'configmaps', 'm', { patchType: 'merge', body: { metadata: { finalizers: ['example.com/hold', 'example.com/late'] } } }),
      at('patch', 'configmaps', 'm', { patchType: 'merge', body: { metadata: { finalizers: null } } }),
      at('get', 'configmaps', 'm'),
    ]);
    expect(answers[1]?.object.metadata).toMatchObject({ deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 });
    expect(answers[2]?.object).toMatchObject({
      code: 422,
      message:
        'ConfigMap "m" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/late"}',
    });
    expect(answers[3]?.code).toBe(200);
    expect(answers[4]?.code).toBe(404);
  });

  it('are added by the propagation policy', () => {
    const { answers } = play([
      create('configmaps', { metadata: { name: 'f' } }),
      create('configmaps', { metadata: { name: 'o' } }),
      create('configmaps', { metadata: { name: 'b' } }),
      at('delete', 'configmaps', 'f', { options: { propagationPolicy: 'Foreground' } }),
      at('delete', 'configmaps', 'o', { options: { propagationPolicy: 'Orphan' } }),
      at('delete', 'configmaps', 'b', { options: { propagationPolicy: 'Background' } }),
    ]);
    expect(answers[3]?.object.metadata.finalizers).toEqual(['foregroundDeletion']);
    expect(answers[4]?.object.metadata.finalizers).toEqual(['orphan']);
    expect(answers[5]?.object).toMatchObject({ kind: 'Status', status: 'Success', details: { name: 'b', kind: 'configmaps' } });
  });
});

describe('namespaces', () => {
  it('terminate, refuse newcomers, and go when finalized', () => {
    const { answers } = play([
      create('namespaces', { metadata: { name: 'team' } }, undefined),
      { verb: 'delete', resource: 'namespaces', name: 'team' },
      create('configmaps', { metadata: { name: 'm' } }, 'team'),
      { verb: 'delete', resource: 'namespaces', name: 'team' },
      {
        verb: 'update',
        resource: 'namespaces',
        name: 'team',
        subresource: 'finalize',
        body: { metadata: { name: 'team' }, spec: { finalizers: [] } },
      },
      { verb: 'get', resource: 'namespaces', name: 'team' },
    ]);
    expect(answers[0]?.object).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'team' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
    expect(answers[1]?.object.status.phase).toBe('Terminating');
    expect(answers[2]?.object).toMatchObject({
      code: 403,
      message: 'configmaps "m" is forbidden: unable to create new content in namespace team because it is being terminated',
    });
    expect(answers[3]?.code).toBe(409);
    expect(answers[4]?.code).toBe(200);
    expect(answers[5]?.code).toBe(404);
  });
});

describe('deletecollection', () => {
  it('deletes what the selector finds and answers with it', () => {
    const { clients } = lab([
      [
        create('pods', pod('a', { metadata: { labels: { app: 'x' } } })),
        create('pods', pod('b', { metadata: { labels: { app: 'y' } } })),
        create('pods', pod('c', { metadata: { labels: { app: 'x' } } })),
        { verb: 'deletecollection', resource: 'pods', namespace: 'default', options: { labelSelector: 'app=x' } },
        { verb: 'list', resource: 'pods', namespace: 'default' },
      ],
    ]);
    const answers = clients[0]?.answers ?? [];
    expect(answers[3]?.object).toMatchObject({ kind: 'PodList' });
    expect(answers[3]?.object.items).toHaveLength(2);
    expect(answers[4]?.object.items.map((each: { metadata: { name: string } }) => each.metadata.name)).toEqual(['b']);
  });
});

describe('eviction', () => {
  const budget = { metadata: { name: 'keep' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } } };
  const evict = (name: string) => ({ ...at('create', 'pods', name), subresource: 'eviction', body: { metadata: { name } } });
  const ready = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };

  it('asks the budget, and takes from it', () => {
    const { answers } = play([
      create('pods', pod('a', { metadata: { labels: { app: 'x' } } })),
      at('patch', 'pods', 'a', { subresource: 'status', patchType: 'strategic', body: ready }),
      create('poddisruptionbudgets.policy', budget),
      20,
      evict('a'),
      at('patch', 'poddisruptionbudgets.policy', 'keep', {
        subresource: 'status',
        patchType: 'merge',
        body: { status: { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1 } },
      }),
      evict('a'),
      at('patch', 'poddisruptionbudgets.policy', 'keep', {
        subresource: 'status',
        patchType: 'merge',
        body: { status: { disruptionsAllowed: 1, currentHealthy: 2 } },
      }),
      evict('a'),
      at('get', 'poddisruptionbudgets.policy', 'keep'),
      at('get', 'pods', 'a'),
    ]);
    expect(answers[4]?.object).toMatchObject({ code: 429 });
    expect(answers[6]?.object).toMatchObject({
      code: 429,
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: { causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget keep needs 1 healthy pods and has 1 currently' }] },
    });
    expect(answers[8]).toMatchObject({ code: 201, object: { status: 'Success' } });
    expect(answers[9]?.object.status).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { a: '2026-01-01T00:00:00Z' } });
    expect(answers[10]?.code).toBe(404);
  });

  const placed = (name: string) => [create('pods', pod(name, {})), bindTo(name, 'n')];
  const running = (name: string) =>
    at('patch', 'pods', name, { subresource: 'status', patchType: 'strategic', body: { status: { phase: 'Running' } } });
  const evictWith = (name: string, deleteOptions: object) => ({ ...evict(name), body: { metadata: { name }, deleteOptions } });

  it('says in the pod why it goes, before it goes', () => {
    const { answers } = play([...placed('a'), running('a'), evict('a'), at('get', 'pods', 'a')]);
    expect(answers[3]).toMatchObject({ code: 201 });
    expect(answers[4]?.object).toMatchObject({
      metadata: { deletionTimestamp: expect.any(String), deletionGracePeriodSeconds: 30 },
      status: {
        conditions: [
          { type: 'PodScheduled' },
          { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' },
        ],
      },
    });
  });

  it('heeds the version that the request names, and bumps it by its own write', () => {
    const { answers } = play([...placed('a'), evictWith('a', { preconditions: { resourceVersion: '1' } }), at('get', 'pods', 'a')]);
    expect(answers[2]).toMatchObject({ code: 409 });
    expect(answers[3]?.object.status.conditions).toHaveLength(1);
    const version = answers[3]?.object.metadata.resourceVersion;
    const again = play([...placed('a'), evictWith('a', { preconditions: { resourceVersion: version } }), at('get', 'pods', 'a')]).answers;
    expect(again[2]).toMatchObject({ code: 201 });
    expect(again[3]?.object.metadata.deletionTimestamp).toBeDefined();
  });

  it('leaves everything as it is when it only tries', () => {
    const { answers } = play([...placed('a'), evictWith('a', { dryRun: ['All'] }), at('get', 'pods', 'a')]);
    expect(answers[3]?.object.metadata.deletionTimestamp).toBeUndefined();
    expect(answers[3]?.object.status.conditions).toHaveLength(1);
  });

  it('a pod without a node goes at once, as a deletion that names its version may', () => {
    const { answers } = play([
      create('pods', pod('a', {})),
      evict('a'),
      at('get', 'pods', 'a'),
      create('pods', pod('b', {})),
      at('get', 'pods', 'b'),
    ]);
    expect([answers[1]?.code, answers[2]?.code]).toEqual([201, 404]);
    const resourceVersion = answers[4]?.object.metadata.resourceVersion;
    const named = play([
      create('pods', pod('a', {})),
      evict('a'),
      at('get', 'pods', 'a'),
      create('pods', pod('b', {})),
      at('delete', 'pods', 'b', { options: { preconditions: { resourceVersion } } }),
      at('get', 'pods', 'b'),
    ]).answers;
    expect([named[4]?.code, named[5]?.code]).toEqual([200, 404]);
  });
});
