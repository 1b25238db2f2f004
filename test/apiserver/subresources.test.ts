import { describe, expect, it } from 'vitest';
import { at, create, play } from './lab.ts';

const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } };
const web = { metadata: { name: 'web' }, spec: { replicas: 2, selector: { matchLabels: { app: 'x' } }, template } };

describe('scale', () => {
  const { answers } = play([
    create('deployments.apps', web),
    at('get', 'deployments.apps', 'web', { subresource: 'scale' }),
    at('patch', 'deployments.apps', 'web', { subresource: 'scale', patchType: 'merge', body: { spec: { replicas: 5 } } }),
    (seen) => at('update', 'deployments.apps', 'web', { subresource: 'scale', body: { ...seen[1]?.object, spec: { replicas: 1 } } }),
    at('update', 'deployments.apps', 'web', { subresource: 'scale', body: { metadata: { name: 'web' }, spec: { replicas: -1 } } }),
    at('get', 'deployments.apps', 'web'),
    at('get', 'configmaps', 'web', { subresource: 'scale' }),
  ]);
  it('shows a workload as a Scale', () =>
    expect(answers[1]?.object).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 2 },
      status: { replicas: 0, selector: 'app=x' },
    }));
  it('changes its replicas, and its generation', () => {
    expect(answers[2]?.object.spec.replicas).toBe(5);
    expect(answers[5]?.object).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 5 } });
  });
  it('heeds versions', () => expect(answers[3]?.code).toBe(409));
  it('refuses less than nothing', () =>
    expect(answers[4]?.object.message).toBe(
      'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ));
  it('is not for everything', () => expect(answers[6]?.code).toBe(404));
});

describe('resize', () => {
  const container = (cpu: string, more: object = {}) => ({ name: 'c', image: 'i:1', resources: { requests: { cpu } }, ...more });
  const pod = { metadata: { name: 'p', labels: { app: 'x' } }, spec: { containers: [container('1')], nodeName: 'n' } };
  const resize = (containers: object[], metadata: object = {}) =>
    at('update', 'pods', 'p', { subresource: 'resize', body: { metadata: { name: 'p', ...metadata }, spec: { containers } } });
  const { answers } = play([
    create('pods', pod),
    resize([container('2', { image: 'other:2' })], { labels: { app: 'y' } }),
    resize([{ name: 'c', image: 'i:1', resources: {} }]),
    resize([{ ...container('2'), name: 'd' }]),
    resize([container('2'), { ...container('2'), name: 'd' }]),
    resize([container('2', { resources: { requests: { cpu: '2', 'ephemeral-storage': '1Gi' } } })]),
    at('patch', 'pods', 'p', {
      subresource: 'resize',
      patchType: 'strategic',
      body: { spec: { containers: [{ name: 'c', resources: { requests: { cpu: '3' } } }] } },
    }),
    at('update', 'pods', 'p', {
      subresource: 'status',
      body: {
        metadata: { name: 'p' },
        status: { phase: 'Running', containerStatuses: [{ name: 'c', state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }] },
      },
    }),
    resize([container('1')]),
    at('update', 'configmaps', 'p', { subresource: 'resize', body: { metadata: { name: 'p' } } }),
  ]);
  const refusal = (n: number): string => answers[n]?.object.message;

  it('changes resources, and nothing else', () =>
    expect(answers[1]?.object).toMatchObject({
      metadata: { generation: 2, labels: { app: 'x' } },
      spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i:1', resources: { requests: { cpu: '2' } } }] },
    }));
  it('takes patches', () =>
    expect(answers[6]?.object).toMatchObject({
      metadata: { generation: 3 },
      spec: { containers: [{ resources: { requests: { cpu: '3' } } }] },
    }));
  it('removes nothing', () =>
    expect(refusal(2)).toBe(
      'Pod "p" is invalid: [spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed, spec: Invalid value: "BestEffort": Pod QOS Class may not change as a result of resizing]',
    ));
  it('keeps containers as they are', () => {
    expect(refusal(3)).toBe('Pod "p" is invalid: spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize');
    expect(refusal(4)).toBe('Pod "p" is invalid: spec.containers: Forbidden: containers may not be added or removed on resize');
    expect(refusal(5)).toBe('Pod "p" is invalid: spec: Forbidden: only cpu and memory resources are mutable');
  });
  it('needs no resources in the statuses of running containers', () => expect(answers[8]?.code).toBe(200));
  it('is for pods alone', () => expect(answers[9]?.code).toBe(404));
});

describe('jobs', () => {
  it('own their pods by a selector made from their uid', () => {
    const { answers } = play([
      create('jobs.batch', { metadata: { name: 'j' }, spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } } }),
    ]);
    const { metadata, spec } = answers[0]?.object ?? {};
    expect(spec).toMatchObject({ completions: 1, parallelism: 1, backoffLimit: 6, completionMode: 'NonIndexed', suspend: false });
    expect(spec.selector.matchLabels).toEqual({ 'batch.kubernetes.io/controller-uid': metadata.uid });
    expect(spec.template.metadata.labels).toMatchObject({ 'batch.kubernetes.io/job-name': 'j', 'controller-uid': metadata.uid });
  });
});

describe('priority', () => {
  const pod = (name: string, spec: object) => create('pods', { metadata: { name }, spec: { ...template.spec, ...spec } });
  const { answers } = play([
    create('priorityclasses.scheduling.k8s.io', { metadata: { name: 'high' }, value: 1000, preemptionPolicy: 'Never' }, undefined),
    10,
    pod('a', { priorityClassName: 'high' }),
    pod('b', { priorityClassName: 'ghost' }),
    pod('c', { priority: 7 }),
    pod('d', { priorityClassName: 'system-node-critical' }),
    create('priorityclasses.scheduling.k8s.io', { metadata: { name: 'usual' }, value: 10, globalDefault: true }, undefined),
    10,
    pod('e', {}),
  ]);
  it('comes from the class', () => expect(answers[2]?.object.spec).toMatchObject({ priority: 1000, preemptionPolicy: 'Never' }));
  it('which must exist', () =>
    expect(answers[3]?.object).toMatchObject({ code: 403, message: 'pods "b" is forbidden: no PriorityClass with name ghost was found' }));
  it('and is not given by hand', () =>
    expect(answers[4]?.object.message).toBe(
      'pods "c" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    ));
  it('of the system is always there', () => expect(answers[5]?.object.spec.priority).toBe(2_000_001_000));
  it('has a default', () => expect(answers[8]?.object.spec).toMatchObject({ priority: 10, priorityClassName: 'usual' }));
});

describe('sharing', () => {
  it('pods of one template share their containers, tolerations and labels', () => {
    const labels = { app: 'x' };
    const body = { metadata: { generateName: 'w-', labels }, spec: template.spec };
    const { answers } = play([create('pods', body), create('pods', body)]);
    expect(answers[0]?.object.spec).toBe(answers[1]?.object.spec);
    expect(answers[0]?.object.metadata.labels).toBe(labels);
    expect(answers[0]?.object.metadata.name).not.toBe(answers[1]?.object.metadata.name);
  });
});

describe('nodes', () => {
  it('begin with the not-ready taint', () => {
    const { answers } = play([create('nodes', { metadata: { name: 'n1' }, status: { capacity: { cpu: '4' } } }, undefined)]);
    expect(answers[0]?.object).toMatchObject({
      spec: { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] },
      status: { allocatable: { cpu: '4' } },
    });
  });
});

describe('events', () => {
  it('expire', () => {
    const event = { metadata: { name: 'e' }, involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' } };
    const { answers } = play([create('events', event), at('get', 'events', 'e'), 80_000, at('get', 'events', 'e')], {
      config: { eventTtlSeconds: 5 },
      seconds: 120,
    });
    expect(answers[1]?.code).toBe(200);
    expect(answers[3]?.code).toBe(404);
  });
});
