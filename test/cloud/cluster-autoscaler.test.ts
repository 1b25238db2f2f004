/** Nodes that come for pods without room and go when nobody needs them; expected from the Cluster Autoscaler's FAQ and its rules for drains. */

import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '#api';
import { MINUTE, SECOND } from '#sim';
import { bestOption, type Option } from '../../src/cloud/expanders.ts';
import { GroupBackOff } from '../../src/cloud/group-back-off.ts';
import { CloudMachines, type NodeGroupPlan } from '../../src/cloud/machines.ts';
import { type Budget, podsToMove } from '../../src/cloud/pods-to-move.ts';
import { UnneededNodes } from '../../src/cloud/scale-down.ts';
import { estimate, reasonsText, withoutRoom } from '../../src/cloud/scale-up.ts';
import { SimulatedCluster } from '../../src/cloud/simulated-cluster.ts';

const group = (name: string, more: Partial<NodeGroupPlan> = {}): NodeGroupPlan => ({
  name,
  min: 0,
  max: 3,
  initial: 0,
  first: 100,
  places: 6,
  zones: ['a', 'b'],
  capacity: { cpu: '4' },
  allocatable: { cpu: '4', memory: '8Gi', pods: '10' },
  labels: {},
  taints: [],
  price: 1,
  spot: false,
  priority: 0,
  provisionSeconds: 60,
  failures: 0,
  reclaimsPerHour: 0,
  ...more,
});
const luck = () => ({ next: () => 0.5 });
const node = (name: string, cpu = '4', labels: object = {}): Node =>
  ({ metadata: { name, labels }, status: { allocatable: { cpu, memory: '8Gi', pods: '10' } } }) as unknown as Node;
const pod = (
  name: string,
  cpu: string,
  more: { owner?: string; on?: string; annotations?: object; volumes?: object[]; namespace?: string } = {},
): Pod =>
  ({
    metadata: {
      name,
      uid: name,
      namespace: more.namespace ?? 'default',
      labels: { app: 'web' },
      annotations: more.annotations ?? {},
      ...(more.owner === undefined ? {} : { ownerReferences: [{ kind: more.owner, uid: `${more.owner}-1`, controller: true }] }),
    },
    spec: { nodeName: more.on, volumes: more.volumes, containers: [{ name: 'c', resources: { requests: { cpu, memory: '64Mi' } } }] },
  }) as unknown as Pod;
const cluster = (nodes: readonly Node[], pods: readonly Pod[] = []): SimulatedCluster => {
  const made = new SimulatedCluster(new Map(), 0);
  for (const one of nodes)
    made.add(
      one,
      pods.filter(({ spec }) => spec?.nodeName === one.metadata?.name),
    );
  return made;
};

describe('the provider', () => {
  it('takes its time, keeps names to itself for a while, and says when it has none', () => {
    const machines = new CloudMachines([group('g', { initial: 1 })]);
    expect(machines.increase('g', 2, 0, luck)).toBe(2);
    expect([...machines.machines].map(({ name, host, zone, state }) => [name, host, zone, state])).toEqual([
      ['g-0', 100, 'a', 'running'],
      ['g-1', 101, 'b', 'ordered'],
      ['g-2', 102, 'a', 'ordered'],
    ]);
    machines.arrive('g-1', 59 * SECOND);
    expect(machines.takeSwitches()).toEqual([]);
    machines.arrive('g-1', 60 * SECOND);
    expect(machines.takeSwitches()).toMatchObject([{ machine: { name: 'g-1' }, on: true }]);
    machines.remove('g-1', 60 * SECOND);
    expect(machines.takeSwitches()).toMatchObject([{ machine: { name: 'g-1' }, on: false }]);
    expect(machines.size('g')).toBe(2);
    expect(machines.next(group('g'), 1, 2 * MINUTE).map(({ name }) => name)).toEqual(['g-3']);
    expect(machines.next(group('g'), 1, 7 * MINUTE).map(({ name }) => name)).toEqual(['g-1']);
    const empty = new CloudMachines([group('none', { failures: 1 })]);
    empty.increase('none', 1, 0, luck);
    empty.arrive('none-0', 60 * SECOND);
    expect([...empty.machines].map(({ state }) => state)).toEqual(['failed']);
    expect(empty.takeSwitches()).toEqual([]);
  });

  it('puts another machine in the place of one that it takes back', () => {
    const machines = new CloudMachines([group('spot', { initial: 1, spot: true })]);
    const machine = machines.get('spot-0');
    if (machine === undefined) throw new Error('no machine');
    machine.state = 'reclaimed';
    machines.reclaim('spot-0', 60 * SECOND, luck);
    expect(machines.get('spot-0')).toBeUndefined();
    expect(machines.size('spot')).toBe(1);
    expect(machines.takeNews().map(({ name, due }) => [name, due])).toEqual([['spot-1', 2 * MINUTE]]);
  });

  it('leaves a group that failed alone for 5 min, twice as long the next time, 30 min at most', () => {
    const backOff = new GroupBackOff();
    let now = 0;
    const pauses = [0, 1, 2, 3, 4].map(() => {
      backOff.failed('g', now);
      backOff.failed('g', now + 1);
      let pause = 0;
      while (backOff.isOff('g', now + pause)) pause += MINUTE;
      now += pause;
      return pause / MINUTE;
    });
    expect(pauses).toEqual([5, 10, 20, 30, 30]);
  });
});

describe('more nodes', () => {
  it('are not asked for pods that have room, or will have', () => {
    const pods = ['a', 'b', 'c', 'd', 'e'].map((name) => pod(name, '2', { owner: 'ReplicaSet' }));
    expect(withoutRoom(cluster([node('n1'), node('n2')]), pods).map(({ metadata }) => metadata?.name)).toEqual(['e']);
  });

  it('are as many as a first fit of the hungriest first needs, and the imagined ones are gone afterwards', () => {
    const imagined = cluster([node('full', '1')]);
    const pods = [...['a', 'b', 'c'].map((name) => pod(name, '1')), ...['x', 'y'].map((name) => pod(name, '3')), pod('huge', '5')];
    const template = cluster([node('t')]).nodes[0];
    if (template === undefined) throw new Error('no template');
    const found = estimate(imagined, pods, template, (i) => (i < 9 ? imagined.add(node(`new-${i}`)) : undefined));
    expect(found.nodes).toBe(3);
    expect(found.pods.map(({ pod: placed }) => placed.metadata?.name).sort()).toEqual(['a', 'b', 'c', 'x', 'y']);
    expect(imagined.nodes.map(({ name }) => name)).toEqual(['full']);
  });

  it('are of the group that the expander prefers', () => {
    const option = (name: string, cpu: string, nodes: number, pods: number, more: Partial<NodeGroupPlan>): Option => {
      const template = cluster([node('t', cpu)]).nodes[0];
      if (template === undefined) throw new Error('no template');
      const helped =
        cluster(
          [node('h', '64')],
          Array.from({ length: pods }, (_, i) => pod(`p${i}`, '1', { on: 'h' })),
        ).nodes[0]?.pods ?? [];
      return { plan: group(name, more), template, nodes, pods: helped };
    };
    const options = [
      option('tight', '4', 1, 4, { price: 9, priority: 1 }),
      option('wide', '16', 1, 6, { price: 3, priority: 5 }),
      option('cheap', '8', 1, 4, { price: 1 }),
    ];
    const chosen = (...expanders: Parameters<typeof bestOption>[1]) => bestOption(options, expanders, () => 0.99)?.plan.name;
    expect([chosen('least-waste'), chosen('most-pods'), chosen('priority'), chosen('price'), chosen('random')]).toEqual([
      'tight',
      'wide',
      'wide',
      'cheap',
      'cheap',
    ]);
    expect(bestOption([], ['random'], () => 0)).toBeUndefined();
  });

  it('are refused in words that are counted', () => {
    expect(reasonsText(['Insufficient cpu', 'max node group size reached', 'Insufficient cpu'])).toBe(
      '1 max node group size reached, 2 Insufficient cpu',
    );
  });
});

describe('fewer nodes', () => {
  const rules = { skipNodesWithSystemPods: true, skipNodesWithLocalStorage: true, skipNodesWithCustomControllerPods: true };
  const budget = (disruptionsAllowed: number): Budget =>
    ({
      metadata: { namespace: 'default' },
      spec: { selector: { matchLabels: { app: 'web' } } },
      status: { disruptionsAllowed },
    }) as unknown as Budget;
  const SAFE = 'cluster-autoscaler.kubernetes.io/safe-to-evict';

  it.each([
    ['a pod of a ReplicaSet', pod('p', '1', { owner: 'ReplicaSet' }), undefined],
    ['a bare pod', pod('p', '1'), 'NotReplicated'],
    ['a bare pod that may be evicted', pod('p', '1', { annotations: { [SAFE]: 'true' } }), undefined],
    ['a pod that may not', pod('p', '1', { owner: 'ReplicaSet', annotations: { [SAFE]: 'false' } }), 'NotSafeToEvictAnnotation'],
    ['a pod of an unknown controller', pod('p', '1', { owner: 'Rollout' }), 'NotReplicated'],
    ['a pod of the system', pod('p', '1', { owner: 'ReplicaSet', namespace: 'kube-system' }), 'UnmovableKubeSystemPod'],
    ['an emptyDir', pod('p', '1', { owner: 'ReplicaSet', volumes: [{ name: 'v', emptyDir: {} }] }), 'LocalStorageRequested'],
    ['an emptyDir in memory', pod('p', '1', { owner: 'ReplicaSet', volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }] }), undefined],
    [
      'an emptyDir that may be lost',
      pod('p', '1', { owner: 'ReplicaSet', volumes: [{ name: 'v', emptyDir: {} }], annotations: { [`${SAFE}-local-volumes`]: 'v' } }),
      undefined,
    ],
    ['a DaemonSet\u2019s', pod('p', '1', { owner: 'DaemonSet' }), undefined],
  ])('%s', (_, one, reason) => {
    expect(podsToMove([one], [], rules).blocked?.reason).toBe(reason);
  });

  it('never beyond a disruption budget', () => {
    const pods = ['p', 'q'].map((name) => pod(name, '1', { owner: 'ReplicaSet' }));
    expect(podsToMove(pods, [budget(1)], rules).blocked?.reason).toBe('NotEnoughPdb');
    expect(podsToMove(pods, [budget(2)], rules).blocked).toBeUndefined();
  });

  it('only those whose pods fit elsewhere, counted since then, and forgotten when they are needed again', () => {
    const unneeded = new UnneededNodes();
    const names = ['idle', 'low', 'busy'];
    const look = (now: number, free: string): string[] => {
      const pods = [pod('l', '1', { on: 'low', owner: 'ReplicaSet' }), pod('b', free, { on: 'busy', owner: 'ReplicaSet' })];
      const imagined = cluster(
        names.map((name) => node(name)),
        pods,
      );
      const candidates = names.map((name) => ({ name, group: 'g', node: node(name) }));
      return unneeded
        .update(imagined, candidates, { budgets: [], rules, threshold: 0.5, now })
        .map(({ name, since }) => `${name} since ${since}`);
    };
    expect(look(10, '3')).toEqual(['idle since 10', 'low since 10']);
    // No room for the pod of 'low' but on 'idle': one of them stays.
    expect(look(20, '3500m')).toEqual(['idle since 10']);
    expect(look(30, '3')).toEqual(['idle since 10', 'low since 30']);
  });
});
