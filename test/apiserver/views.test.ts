import { describe, expect, it } from 'vitest';
import { at, create, play, pod } from './lab.ts';

const EVENTS = 'events.events.k8s.io';
const HPA1 = 'horizontalpodautoscalers.v1.autoscaling';
const HPA2 = 'horizontalpodautoscalers.autoscaling';

describe('events.k8s.io', () => {
  const client = play([
    create(EVENTS, {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'e' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
      note: 'Successfully assigned',
      reason: 'Scheduled',
      type: 'Normal',
      action: 'Binding',
      reportingController: 'default-scheduler',
      reportingInstance: 'default-scheduler-0',
    }),
    at('get', 'events', 'e'),
    at('get', EVENTS, 'e'),
    at('patch', EVENTS, 'e', {
      patchType: 'strategic',
      body: { series: { count: 2, lastObservedTime: '2026-01-01T00:01:00.000000Z' } },
    }),
    create('events', { metadata: { name: 'old' }, involvedObject: { namespace: 'default', name: 'q' }, message: 'm', count: 3 }),
    { verb: 'list', resource: EVENTS, namespace: 'default', options: { fieldSelector: 'regarding.name=q' } },
    { verb: 'watch', resource: EVENTS, options: { resourceVersion: '0' } },
    200,
    create('events', { metadata: { name: 'new' }, involvedObject: { namespace: 'default', name: 'r' }, message: 'n' }),
    200,
  ]);
  const { answers } = client;
  it('answers in its own words and stores core events', () => {
    expect(answers[0]).toMatchObject({
      code: 201,
      object: {
        apiVersion: 'events.k8s.io/v1',
        regarding: { name: 'p' },
        note: 'Successfully assigned',
        reportingController: 'default-scheduler',
      },
    });
    expect(answers[1]?.object).toMatchObject({
      apiVersion: 'v1',
      kind: 'Event',
      involvedObject: { name: 'p' },
      message: 'Successfully assigned',
      reportingComponent: 'default-scheduler',
    });
    expect(answers[1]?.object).not.toHaveProperty('note');
    expect(answers[2]?.object).toEqual(answers[0]?.object);
  });
  it('is patched in its own words', () => {
    expect(answers[3]).toMatchObject({
      code: 200,
      object: { apiVersion: 'events.k8s.io/v1', series: { count: 2 }, note: 'Successfully assigned' },
    });
  });
  it('shows core events, selected by its own fields', () => {
    expect(answers[5]?.object).toMatchObject({
      kind: 'EventList',
      apiVersion: 'events.k8s.io/v1',
      items: [{ apiVersion: 'events.k8s.io/v1', regarding: { name: 'q' }, note: 'm', deprecatedCount: 3 }],
    });
  });
  it('is watched in its own words', () => {
    const seen = client.watched(6).map(({ type, object }) => [type, object.apiVersion, (object as { note?: string }).note]);
    expect(seen).toEqual([
      ['ADDED', 'events.k8s.io/v1', 'Successfully assigned'],
      ['ADDED', 'events.k8s.io/v1', 'm'],
      ['ADDED', 'events.k8s.io/v1', 'n'],
    ]);
  });
});

describe('autoscaling/v1', () => {
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
  const memory = { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } } };
  const { answers } = play([
    create(HPA1, { metadata: { name: 'a' }, spec: { scaleTargetRef, maxReplicas: 5, targetCPUUtilizationPercentage: 70 } }),
    at('get', HPA2, 'a'),
    at('patch', HPA2, 'a', {
      patchType: 'merge',
      body: {
        spec: {
          metrics: [memory, { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } }],
        },
      },
    }),
    at('get', HPA1, 'a'),
    at('patch', HPA1, 'a', { patchType: 'merge', body: { spec: { maxReplicas: 9 } } }),
    at('get', HPA2, 'a'),
    at('patch', HPA1, 'a', { patchType: 'merge', body: { spec: { maxReplicas: 0 } } }),
  ]);
  it('knows one target', () => {
    expect(answers[0]).toMatchObject({
      code: 201,
      object: { apiVersion: 'autoscaling/v1', spec: { minReplicas: 1, targetCPUUtilizationPercentage: 70 } },
    });
    expect(answers[1]?.object.spec.metrics).toEqual([
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
    ]);
  });
  it('carries what it does not know in annotations, there and back', () => {
    expect(answers[3]?.object.spec.targetCPUUtilizationPercentage).toBe(60);
    expect(JSON.parse(answers[3]?.object.metadata.annotations['autoscaling.alpha.kubernetes.io/metrics'])).toEqual([memory]);
    expect(answers[4]).toMatchObject({ code: 200, object: { spec: { maxReplicas: 9 } } });
    expect(answers[5]?.object).toMatchObject({
      apiVersion: 'autoscaling/v2',
      spec: { maxReplicas: 9, metrics: [memory, { resource: { name: 'cpu' } }] },
    });
    expect(answers[5]?.object.metadata.annotations).toBeUndefined();
  });
  it('obeys the same rules', () =>
    expect(answers[6]?.object.message).toContain('spec.maxReplicas: Invalid value: 0: must be greater than 0'));
});

describe('subresources of pods', () => {
  const debug = (more: object = {}) => ({ name: 'debug', image: 'busybox', ...more });
  const patch = (containers: object[]) =>
    at('patch', 'pods', 'p', {
      subresource: 'ephemeralcontainers',
      patchType: 'strategic',
      body: { spec: { ephemeralContainers: containers } },
    });
  const { answers } = play([
    create('pods', pod('p')),
    patch([debug({ targetContainerName: 'main' })]),
    patch([debug({ image: 'other' })]),
    patch([{ name: 'main', image: 'i', ports: [{ containerPort: 1 }], targetContainerName: 'gone' }]),
    at('get', 'pods', 'p', { subresource: 'log' }),
    at('create', 'pods', 'p', { subresource: 'exec' }),
    at('get', 'pods', 'p', { subresource: 'nothing' }),
    at('get', 'pods', 'p', { subresource: 'ephemeralcontainers' }),
  ]);
  it('take containers for looking, and never let them go', () => {
    expect(answers[1]).toMatchObject({
      code: 200,
      object: { spec: { ephemeralContainers: [{ name: 'debug', imagePullPolicy: 'Always' }], containers: [{ name: 'main' }] } },
    });
    expect(answers[2]?.object.message).toContain(
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be changed',
    );
    expect(answers[3]?.object.message).toContain('spec.ephemeralContainers[0].name: Duplicate value: "main"');
    expect(answers[3]?.object.message).toContain('spec.ephemeralContainers[0].targetContainerName: Not found: "gone"');
    expect(answers[3]?.object.message).toContain('spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container');
    expect(answers[7]).toMatchObject({ code: 200, object: { kind: 'Pod' } });
  });
  it('say what is not modelled', () => {
    expect(answers[4]).toMatchObject({
      code: 501,
      object: { reason: 'NotImplemented', message: expect.stringContaining('pods/log is not modelled') },
    });
    expect(answers[5]?.code).toBe(501);
    expect(answers[6]).toMatchObject({ code: 404, object: { message: 'the server could not find the requested resource' } });
  });
});
