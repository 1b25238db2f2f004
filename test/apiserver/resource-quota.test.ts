import { describe, expect, it } from 'vitest';
import { at, type Call, create, lab, play, pod, type Step } from './lab.ts';

const quota = (hard: object, more: object = {}, name = 'q'): object => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name },
  spec: { hard, ...more },
});
/** What the quota controller does: without it, a quota limits nothing yet. */
const observed = (hard: Record<string, unknown>, used: Record<string, unknown> = {}, name = 'q'): Call => ({
  ...at('patch', 'resourcequotas', name, { patchType: 'merge' }),
  subresource: 'status',
  body: { status: { hard, used: { ...Object.fromEntries(Object.keys(hard).map((key) => [key, '0'])), ...used } } },
});
const withResources = (name: string, resources: object): object =>
  pod(name, { spec: { containers: [{ name: 'main', image: 'nginx:1', resources }] } });
const limited = (hard: Record<string, unknown>, more: object = {}): Step[] => [
  create('resourcequotas', quota(hard, more)),
  20,
  observed(hard),
  20,
];

describe('ResourceQuota', () => {
  it('refuses what goes beyond, in upstream words, and keeps count', () => {
    const { answers } = play([
      ...limited({ pods: '2', 'requests.cpu': '1' }),
      create('pods', withResources('a', { requests: { cpu: '300m' } })),
      create('pods', withResources('b', { requests: { cpu: '800m' } })),
      create('pods', withResources('c', { requests: { cpu: '700m' } })),
      create('pods', withResources('d', { requests: { cpu: '10m' } })),
      20,
      at('get', 'resourcequotas', 'q'),
    ]);
    expect(answers[4]?.code).toBe(201);
    expect(answers[5]?.code).toBe(403);
    expect(answers[5]?.object).toMatchObject({ reason: 'Forbidden', details: { name: 'b', kind: 'pods' } });
    expect(answers[5]?.object.message).toBe(
      'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=800m, used: requests.cpu=300m, limited: requests.cpu=1',
    );
    expect(answers[6]?.code).toBe(201);
    expect(answers[7]?.object.message).toBe(
      'pods "d" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=10m, used: pods=2,requests.cpu=1, limited: pods=2,requests.cpu=1',
    );
    expect(answers[9]?.object.status.used).toEqual({ pods: '2', 'requests.cpu': '1' });
  });

  it('wants amounts to be stated when they are limited', () => {
    const { answers } = play([...limited({ 'limits.cpu': '4', 'requests.memory': '1Gi' }), create('pods', pod('p'))]);
    expect(answers[4]?.object.message).toBe(
      'pods "p" is forbidden: failed quota: q: must specify limits.cpu for: main; requests.memory for: main',
    );
  });

  const resize = (name: string, requests: object): Call => ({
    ...at('patch', 'pods', name, { patchType: 'strategic' }),
    subresource: 'resize',
    body: { spec: { containers: [{ name: 'main', resources: { requests } }] } },
  });

  it('holds a resize to what is left, and gives nothing back before the controller looks', () => {
    const { answers } = play([
      ...limited({ 'requests.cpu': '1' }),
      create('pods', withResources('a', { requests: { cpu: '300m' } })),
      20,
      resize('a', { cpu: '1100m' }),
      20,
      resize('a', { cpu: '900m' }),
      20,
      resize('a', { cpu: '100m' }),
      20,
      at('get', 'resourcequotas', 'q'),
    ]);
    expect(answers[6]?.object.message).toBe(
      'pods "a" is forbidden: exceeded quota: q, requested: requests.cpu=800m, used: requests.cpu=300m, limited: requests.cpu=1',
    );
    expect([answers[8]?.code, answers[10]?.code]).toEqual([200, 200]);
    expect(answers[12]?.object.status.used).toEqual({ 'requests.cpu': '900m' });
  });

  it('charges a pod that comes under a deadline to the quota of such pods', () => {
    const deadline = (name: string): Call => ({
      ...at('patch', 'pods', name, { patchType: 'merge' }),
      body: { spec: { activeDeadlineSeconds: 60 } },
    });
    const { answers } = play([
      ...limited({ pods: '1' }, { scopes: ['Terminating'] }),
      create('pods', pod('a')),
      create('pods', pod('b')),
      20,
      deadline('a'),
      20,
      deadline('b'),
      20,
      at('get', 'resourcequotas', 'q'),
    ]);
    expect(answers[7]?.code).toBe(200);
    expect(answers[9]?.object.message).toBe('pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1');
    expect(answers[11]?.object.status.used).toEqual({ pods: '1' });
  });

  it('limits nothing before its status says how much is used', () => {
    const { answers } = play([create('resourcequotas', quota({ pods: '0' })), 20, create('pods', pod('p'))]);
    expect(answers[2]?.code).toBe(201);
    const half = { ...observed({ pods: '0' }), body: { status: { hard: { pods: '0' }, used: {} } } };
    const unknown = play([create('resourcequotas', quota({ pods: '0' })), 20, half, 20, create('pods', pod('p'))]);
    expect(unknown.answers[4]?.object.message).toBe('pods "p" is forbidden: status unknown for quota: q, resources: pods');
  });

  it.each([
    ['BestEffort', pod('p'), 403],
    ['BestEffort', withResources('p', { requests: { cpu: '1' } }), 201],
    ['NotBestEffort', pod('p'), 201],
    ['NotBestEffort', withResources('p', { requests: { cpu: '1' } }), 403],
    ['Terminating', pod('p', { spec: { activeDeadlineSeconds: 5 } }), 403],
    ['Terminating', pod('p'), 201],
    ['NotTerminating', pod('p'), 403],
    ['PriorityClass', pod('p', { spec: { priorityClassName: 'system-node-critical' } }), 403],
    ['PriorityClass', pod('p'), 201],
  ])('of scope %s counts what is in it (%#)', (scope, body, code) => {
    const { answers } = play([...limited({ pods: '0' }, { scopes: [scope] }), create('pods', body)]);
    expect(answers[4]?.code).toBe(code);
  });

  it('selects priority classes by name', () => {
    const selector = (values: string[]): object => ({
      scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values }] },
    });
    const critical = pod('p', { spec: { priorityClassName: 'system-node-critical' } });
    expect(play([...limited({ pods: '0' }, selector(['system-node-critical'])), create('pods', critical)]).answers[4]?.code).toBe(403);
    expect(play([...limited({ pods: '0' }, selector(['high'])), create('pods', critical)]).answers[4]?.code).toBe(201);
  });

  it('counts services, claims by class, and any kind by count/', () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } };
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'c' },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'fast', resources: { requests: { storage: '2Gi' } } },
    };
    const hard = {
      'services.loadbalancers': '0',
      'fast.storageclass.storage.k8s.io/requests.storage': '1Gi',
      'count/configmaps': '1',
    };
    const map = (name: string): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
    const { answers } = play([
      ...limited(hard),
      create('services', service),
      create('persistentvolumeclaims', claim),
      create('configmaps', map('a')),
      create('configmaps', map('b')),
    ]);
    expect(answers[4]?.object.message).toBe(
      'services "s" is forbidden: exceeded quota: q, requested: services.loadbalancers=1, used: services.loadbalancers=0, limited: services.loadbalancers=0',
    );
    expect(answers[5]?.object.message).toContain('requested: fast.storageclass.storage.k8s.io/requests.storage=2Gi');
    expect(answers[6]?.code).toBe(201);
    expect(answers[7]?.object.message).toContain('requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1');
  });

  it('is never given twice, by however many servers', () => {
    const one = [5000, ...Array.from({ length: 20 }, (_, i) => create('pods', pod(`a${i}`)))];
    const other = [5000, ...Array.from({ length: 20 }, (_, i) => create('pods', pod(`b${i}`)))];
    const { clients } = lab(
      [[...limited({ pods: '10' })], one, other, [20_000, { verb: 'list', resource: 'pods', namespace: 'default' }]],
      {
        servers: 3,
      },
    );
    expect(clients[3]?.answers[1]?.object.items).toHaveLength(10);
    const refused = [...(clients[1]?.answers ?? []), ...(clients[2]?.answers ?? [])].filter((answer) => answer?.code === 403);
    expect(refused.length).toBeGreaterThanOrEqual(20);
  });

  it('is not charged by a dry run', () => {
    const { answers } = play([
      ...limited({ pods: '1' }),
      { ...create('pods', pod('p')), options: { dryRun: true } },
      20,
      at('get', 'resourcequotas', 'q'),
    ]);
    expect(answers[4]?.code).toBe(201);
    expect(answers[6]?.object.status.used).toEqual({ pods: '0' });
  });

  it('is refused when it makes no sense', () => {
    const { answers } = play([create('resourcequotas', quota({ pods: '1.5', cpux: '1' }, { scopes: ['BestEffort', 'NotBestEffort'] }))]);
    expect(answers[0]?.code).toBe(422);
    expect(answers[0]?.object.message).toContain('spec.hard[pods]: Invalid value: "1500m": must be an integer');
    expect(answers[0]?.object.message).toContain('spec.hard[cpux]: Invalid value: "cpux": must be a standard resource for quota');
    expect(answers[0]?.object.message).toContain('conflicting scopes');
  });
});
