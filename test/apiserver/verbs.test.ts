import { describe, expect, it } from 'vitest';
import { at, bindTo, create, play, pod } from './lab.ts';

describe('create and get', () => {
  const { answers } = play([
    create('pods', pod('a')),
    at('get', 'pods', 'a'),
    create('pods', pod('a')),
    create('pods', pod('', { metadata: { generateName: 'web-' } })),
    create('pods', pod('b'), 'nowhere'),
    at('get', 'pods', 'ghost'),
  ]);

  it('fills in what only the server knows', () => {
    const { metadata, spec, status } = answers[0]?.object ?? {};
    expect(answers[0]?.code).toBe(201);
    expect(metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(metadata).toMatchObject({ name: 'a', namespace: 'default', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' });
    expect(status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
    expect(spec).toMatchObject({
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
      terminationGracePeriodSeconds: 30,
      priority: 0,
      enableServiceLinks: true,
    });
    expect(spec.containers[0]).toMatchObject({ imagePullPolicy: 'IfNotPresent', terminationMessagePath: '/dev/termination-log' });
    expect(spec.tolerations).toEqual([
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ]);
  });
  it('reads back the very object, stamped with its revision', () => {
    expect(answers[1]?.object).toBe(answers[0]?.object);
    expect(Number(answers[1]?.object.metadata.resourceVersion)).toBeGreaterThan(1);
  });
  it('refuses a taken name', () => {
    expect(answers[2]?.object).toMatchObject({ code: 409, reason: 'AlreadyExists', message: 'pods "a" already exists' });
  });
  it("makes up names from upstream's alphabet", () => {
    expect(answers[3]?.object.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });
  it('creates nothing without a namespace', () => {
    expect(answers[4]?.object).toMatchObject({ code: 404, message: 'namespaces "nowhere" not found' });
  });
  it('says what is not there', () => {
    expect(answers[5]?.object).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: 'pods "ghost" not found',
      details: { name: 'ghost', kind: 'pods' },
    });
  });
});

describe('update', () => {
  const map = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'm' }, data: { a: '1' } };
  const { answers } = play([
    create('configmaps', map),
    at('update', 'configmaps', 'm', { body: { ...map, data: { a: '2' } } }),
    (seen) =>
      at('update', 'configmaps', 'm', {
        body: { ...map, metadata: { name: 'm', resourceVersion: seen[0]?.object.metadata.resourceVersion }, data: { a: '3' } },
      }),
    (seen) =>
      at('update', 'configmaps', 'm', {
        body: { ...map, metadata: { name: 'm', resourceVersion: seen[1]?.object.metadata.resourceVersion }, data: { a: '2' } },
      }),
    at('update', 'configmaps', 'm', { body: { ...map, metadata: { name: 'other' } } }),
    at('update', 'configmaps', 'gone', { body: { ...map, metadata: { name: 'gone' } } }),
  ]);

  it('without a version always wins', () => {
    expect(answers[1]).toMatchObject({ code: 200, object: { data: { a: '2' } } });
  });
  it("with a stale version conflicts, in Kubernetes' words", () => {
    expect(answers[2]?.object).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "m": the object has been modified; please apply your changes to the latest version and try again',
    });
  });
  it('that changes nothing writes nothing', () => {
    expect(answers[3]?.object).toBe(answers[1]?.object);
  });
  it('needs the name of the URL', () => {
    expect(answers[4]?.object).toMatchObject({
      code: 400,
      message: 'the name of the object (other) does not match the name on the URL (m)',
    });
  });
  it('does not create', () => {
    expect(answers[5]?.code).toBe(404);
  });
});

describe('the four patches', () => {
  const web = {
    metadata: { name: 'web', labels: { a: '1' } },
    spec: {
      containers: [
        { name: 'x', image: 'x:1' },
        { name: 'y', image: 'y:1' },
      ],
    },
  };
  const { answers } = play([
    create('pods', web),
    at('patch', 'pods', 'web', { patchType: 'json', body: [{ op: 'replace', path: '/metadata/labels/a', value: '2' }] }),
    at('patch', 'pods', 'web', { patchType: 'merge', body: { metadata: { labels: { a: null, b: '3' } } } }),
    at('patch', 'pods', 'web', { patchType: 'strategic', body: { spec: { containers: [{ name: 'y', image: 'y:2' }] } } }),
    at('patch', 'pods', 'web', {
      subresource: 'status',
      patchType: 'strategic',
      body: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }, spec: { nodeName: 'no' } },
    }),
    at('patch', 'pods', 'web', {
      subresource: 'status',
      patchType: 'strategic',
      body: { status: { conditions: [{ type: 'Initialized', status: 'True' }] } },
    }),
    at('patch', 'pods', 'web', { patchType: 'merge', body: { metadata: { resourceVersion: '1' } } }),
    at('patch', 'pods', 'web', { patchType: 'json', body: [{ op: 'test', path: '/metadata/labels/b', value: 'no' }] }),
    at('patch', 'configmaps', 'applied', {
      patchType: 'apply',
      options: { fieldManager: 'me' },
      body: { apiVersion: 'v1', kind: 'ConfigMap', data: { k: 'v' } },
    }),
    at('patch', 'pods', 'web', { patchType: 'merge', body: { spec: { nodeName: 'n' } } }),
  ]);

  it('JSON', () => expect(answers[1]).toMatchObject({ code: 200, object: { metadata: { labels: { a: '2' } } } }));
  it('merge', () => expect(answers[2]?.object.metadata.labels).toEqual({ b: '3' }));
  it('strategic: lists by their keys', () => {
    expect(answers[3]?.object.spec.containers.map((each: { image: string }) => each.image)).toEqual(['x:1', 'y:2']);
    expect(answers[3]?.object.metadata.generation).toBe(2);
  });
  it('on /status touches status alone', () => {
    expect(answers[4]?.object).toMatchObject({ status: { phase: 'Running', qosClass: 'BestEffort' }, metadata: { generation: 2 } });
    expect(answers[4]?.object.spec).toBe(answers[3]?.object.spec);
    expect(answers[5]?.object.status.conditions.map((each: { type: string }) => each.type)).toEqual(['Initialized', 'Ready']);
  });
  it('conflicts only over a version of its own', () => expect(answers[6]?.code).toBe(409));
  it('a failed test says so', () =>
    expect(answers[7]?.object).toMatchObject({ code: 422, message: 'testing value /metadata/labels/b failed: test failed' }));
  it('apply creates', () => expect(answers[8]).toMatchObject({ object: { metadata: { name: 'applied' }, data: { k: 'v' } } }));
  it('a pod keeps its node', () => expect(answers[9]?.object).toMatchObject({ code: 422, reason: 'Invalid' }));
});

describe('binding', () => {
  const { answers } = play([
    create('pods', pod('a')),
    bindTo('a', 'n1'),
    at('get', 'pods', 'a'),
    bindTo('a', 'n2'),
    { ...bindTo('a', 'n1'), body: { metadata: { name: 'a' }, target: {} } },
    bindTo('ghost', 'n1'),
    create('pods', pod('gated', { spec: { schedulingGates: [{ name: 'wait' }] } })),
    bindTo('gated', 'n1'),
  ]);

  it('answers 201 with a Success', () => expect(answers[1]).toMatchObject({ code: 201, object: { kind: 'Status', status: 'Success' } }));
  it('sets the node and the condition', () => {
    expect(answers[2]?.object.spec.nodeName).toBe('n1');
    expect(answers[2]?.object.status.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True', observedGeneration: 1 }]);
  });
  it('happens once', () =>
    expect(answers[3]?.object).toMatchObject({
      code: 409,
      message: 'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "n1"',
    }));
  it('needs a target', () => expect(answers[4]?.object.message).toBe('target.name: Required value'));
  it('is refused as upstream refuses it: a text without a reason, and 500', () => {
    expect(answers[4]?.object).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      message: 'target.name: Required value',
      code: 500,
    });
  });
  it('names its pod', () => {
    const { answers: nameless } = play([create('pods', pod('a')), { ...bindTo('a', 'n1'), body: { target: { name: 'n1' } } }]);
    expect(nameless[1]?.object).toMatchObject({ code: 400, message: 'name in URL does not match name in Binding object' });
  });
  it('needs a pod', () => expect(answers[5]?.object).toMatchObject({ code: 404, message: 'pods "ghost" not found' }));
  it('waits for scheduling gates', () => {
    expect(answers[6]?.object.status.conditions[0]).toMatchObject({ reason: 'SchedulingGated' });
    expect(answers[7]?.code).toBe(409);
  });
});
