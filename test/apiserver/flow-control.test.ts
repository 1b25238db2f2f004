import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '#api';
import type { ApiServerConfig } from '#apiserver';
import { Users } from '../../src/apiserver/authentication/users.ts';
import { adjust, allocations } from '../../src/apiserver/flow-control/concurrency.ts';
import { FairQueues } from '../../src/apiserver/flow-control/fair-queues.ts';
import { FlowConfiguration } from '../../src/apiserver/flow-control/priority-levels.ts';
import { at, type Call, create, lab, pod, type Step } from './lab.ts';

const LEVELS = new FlowConfiguration().levels;
const seatsOf = (levels: ReturnType<typeof allocations>): Record<string, number> =>
  Object.fromEntries(levels.map(({ level, limit }) => [level.name, limit]));

describe('seats', () => {
  it('follow the shares', () => {
    expect(seatsOf(allocations(LEVELS, 600))).toEqual({
      system: 74,
      'node-high': 98,
      'leader-election': 25,
      'workload-high': 98,
      'workload-low': 245,
      'global-default': 49,
      'catch-all': 13,
    });
  });
  it('are lent by those who do not want them, within bounds, and come back', () => {
    const levels = allocations(LEVELS, 600);
    const busy = levels.find(({ level }) => level.name === 'global-default') as (typeof levels)[number];
    busy.highest = 1000;
    adjust(levels, 600);
    expect(busy.limit).toBeGreaterThan(200);
    expect(busy.limit).toBeLessThanOrEqual(busy.most);
    for (const one of levels) expect(one.limit).toBeGreaterThanOrEqual(one.least);
    const election = levels.find(({ level }) => level.name === 'leader-election');
    expect(election?.limit).toBeGreaterThanOrEqual(25);
    for (let i = 0; i < 400; i++) adjust(levels, 600);
    expect(busy.limit).toBeLessThan(200);
  });
});

describe('flow schemas', () => {
  const configuration = new FlowConfiguration();
  it.each([
    ['system:node:n1', 'update', 'leases.coordination.k8s.io', 'node-high'],
    ['system:node:n1', 'list', 'pods', 'system'],
    ['system:kube-scheduler', 'create', 'pods', 'workload-high'],
    ['system:kube-scheduler', 'update', 'leases.coordination.k8s.io', 'leader-election'],
    ['system:kube-controller-manager', 'update', 'endpoints', 'workload-high'],
    ['system:node:n1', 'get', 'nodes/proxy', 'system'],
    ['system:node:n1', 'patch', 'nodes/status', 'node-high'],
    ['system:serviceaccount:kube-system:x', 'get', 'leases.coordination.k8s.io', 'leader-election'],
    ['system:serviceaccount:kube-system:x', 'list', 'pods', 'workload-high'],
    ['system:serviceaccount:team:x', 'list', 'pods', 'workload-low'],
    ['jane', 'list', 'pods', 'global-default'],
    ['system:apiserver', 'create', 'namespaces', 'exempt'],
  ])('%s %s %s: %s', (user, verb, named, level) => {
    const [resource, subresource] = named.split('/');
    const namespaced = resource === 'nodes' || resource === 'namespaces' ? {} : { namespace: 'n' };
    const request = { user, verb, resource, subresource, ...namespaced } as unknown as ApiRequest;
    expect(configuration.schemaOf(request, new Users({} as ApiServerConfig).get(user), undefined).level).toBe(level);
  });
});

describe('fair queues', () => {
  it('let a light flow pass a heavy one', () => {
    const queues = new FairQueues<{ seats: number; since: number; flow: string }>(64, 6, 50);
    for (let i = 0; i < 40; i++) expect(queues.join('heavy', { seats: 10, since: 0, flow: 'heavy' })).toBe(true);
    queues.join('light', { seats: 1, since: 0, flow: 'light' });
    const order: string[] = [];
    for (let found = queues.next(() => true); found !== undefined; found = queues.next(() => true)) order.push(found.one.flow);
    expect(order).toHaveLength(41);
    expect(order.indexOf('light')).toBeLessThan(8);
  });
  it('turn away what no queue of the hand has room for', () => {
    const queues = new FairQueues<{ seats: number; since: number }>(16, 4, 5);
    let taken = 0;
    while (queues.join('one', { seats: 1, since: 0 })) taken++;
    expect(taken).toBe(20);
    expect(queues.expire(1)).toHaveLength(20);
    expect(queues.length).toBe(0);
  });
});

const LEASES = 'leases.coordination.k8s.io';
const list: Call = { verb: 'list', resource: 'pods', options: { resourceVersion: '0' } };

/** A hundred clients list 300 pods at a second of CPU each, again and again; a node renews its lease. */
function storm(flowControl: 'none' | 'priorityAndFairness' | 'maxInFlight', limits: object = {}): { slowest: number; codes: Set<number> } {
  const pods = Array.from({ length: 300 }, (_, i) => create('pods', pod(`p${i}`)));
  const lister: Step[] = [3000, list, list, list, list];
  const lease = { metadata: { name: 'n1' }, spec: { holderIdentity: 'n1' } };
  const node: Step[] = [
    { ...create(LEASES, lease), user: 'system:node:n1' },
    3500,
    ...Array.from(
      { length: 8 },
      () =>
        [
          1000,
          { ...at('patch', LEASES, 'n1', { patchType: 'merge', body: { spec: { leaseTransitions: 1 } } }), user: 'system:node:n1' },
        ] as Step[],
    ).flat(),
  ];
  const { clients } = lab([pods, node, ...Array.from({ length: 100 }, () => lister)], {
    config: { flowControl, costs: { listPerObject: 3333 }, ...limits },
    seconds: 200,
  });
  const answers = (clients[1]?.answers ?? []).filter((answer) => answer !== undefined);
  // Each renewal is sent a second after the answer before.
  const waits = answers.slice(2).map((answer, i) => answer.at - (answers[i + 1]?.at ?? 0) - 1_000_000);
  return {
    slowest: Math.max(...waits),
    codes: new Set(clients.slice(2).flatMap((client) => client.answers.filter((one) => one !== undefined).map((one) => one.code))),
  };
}

describe('members of system:masters', () => {
  it('never wait, whatever their name', () => {
    const steps: Step[] = [1000, ...Array.from({ length: 3 }, () => at('get', 'pods', 'x'))];
    const run = (groups: Record<string, string[]>) => {
      const { outcome } = lab([steps], { config: { flowControl: 'priorityAndFairness', groups }, seconds: 5 });
      const dispatched = outcome.recorded.counters.filter(
        ({ name, labels }) => name === 'apiserver_flowcontrol_dispatched_requests_total' && labels['priority_level'] === 'global-default',
      );
      return dispatched.reduce((sum, { total }) => sum + total, 0);
    };
    expect(run({})).toBe(3);
    expect(run({ 'user-0': ['system:masters'] })).toBe(0);
  });
});

describe('a list storm', () => {
  const bare = storm('none');
  // They wait up to a quarter of the request time-out.
  const fair = storm('priorityAndFairness', { maxRequestsInFlight: 40, maxMutatingRequestsInFlight: 20, requestTimeout: 400_000_000 });

  it('holds up everybody without priority and fairness, and few with it', () => {
    expect(bare.slowest).toBeGreaterThan(3 * fair.slowest);
  });
  it('makes those wait who cause it, not fail, while queues have room', () => {
    expect([...fair.codes]).toEqual([200]);
  });
  it('is turned away by plain limits', () => {
    expect(storm('maxInFlight', { maxRequestsInFlight: 5 }).codes).toEqual(new Set([200, 429]));
  });
});
