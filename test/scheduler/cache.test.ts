import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '#api';
import { Cache } from '../../src/scheduler/cache.ts';
import { NodeTree } from '../../src/scheduler/node-tree.ts';
import { newPodInfo } from '../../src/scheduler/pod-info.ts';

const node = (name: string, zone = '', more: object = {}): Node =>
  ({
    metadata: { name, labels: zone === '' ? {} : { 'topology.kubernetes.io/zone': zone } },
    status: { allocatable: { cpu: '4', pods: '10' }, ...more },
  }) as unknown as Node;
const pod = (name: string, onNode = '', spec: object = {}, more: object = {}): Pod =>
  ({
    metadata: { name, namespace: 'ns', uid: name },
    spec: { nodeName: onNode, containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }], ...spec },
    ...more,
  }) as unknown as Pod;
const claiming = (name: string, onNode: string, claimName: string): Pod =>
  pod(name, onNode, {
    volumes: [
      { name: 'v', persistentVolumeClaim: { claimName } },
      { name: 'e', emptyDir: {} },
    ],
  });
const term = { labelSelector: { matchLabels: { a: 'b' } }, topologyKey: 'kubernetes.io/hostname' };
const near = { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };
const apart = { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };
const on = (cache: Cache, name: string): string[] => (cache.get(name)?.pods ?? []).map((info) => info.pod.metadata?.name as string);
const names = (cache: Cache): string[] => cache.nodes.map((info) => info.name);
const cpu = (cache: Cache, name: string): number => cache.get(name)?.requested.milliCpu ?? 0;

describe('NodeTree', () => {
  const treeOf = (...nodes: Node[]): NodeTree => {
    const tree = new NodeTree();
    for (const each of nodes) tree.add(each);
    return tree;
  };

  it('goes round the zones, within each in order of arrival', () => {
    const tree = treeOf(node('a1', 'a'), node('a2', 'a'), node('b1', 'b'), node('a3', 'a'), node('x'), node('b2', 'b'));
    expect(tree.list()).toEqual(['a1', 'b1', 'x', 'a2', 'b2', 'a3']);
    expect(new NodeTree().list()).toEqual([]);
  });

  it('knows each node once, and a zone only while it has nodes', () => {
    const tree = treeOf(node('a1', 'a'), node('b1', 'b'), node('a1', 'a'), node('b2', 'b'));
    expect(tree.list()).toEqual(['a1', 'b1', 'b2']);
    tree.remove(node('a1', 'a'));
    expect(tree.list()).toEqual(['b1', 'b2']);
    tree.add(node('a1', 'a'));
    expect(tree.list()).toEqual(['b1', 'a1', 'b2']);
    tree.remove(node('b1', 'b'));
    tree.add(node('b1', 'b'));
    expect(tree.list()).toEqual(['b2', 'a1', 'b1']);
  });

  it('says by its version when the order changed, and only then', () => {
    const tree = treeOf(node('a1', 'a'), node('b1', 'b'));
    const changes = (act: () => void): boolean => {
      const before = tree.version;
      act();
      return tree.version > before;
    };
    expect([
      changes(() => tree.add(node('a2', 'a'))),
      changes(() => tree.add(node('a2', 'a'))),
      changes(() => tree.remove(node('never', 'a'))),
      changes(() => tree.remove(node('a1', 'never'))),
      changes(() => tree.update(node('a1', 'a'), node('a1', 'a'))),
      changes(() => tree.update(node('a1', 'a'), node('a1', 'b'))),
      changes(() => tree.remove(node('a2', 'a'))),
    ]).toEqual([true, false, false, false, false, true, true]);
    expect(tree.list()).toEqual(['b1', 'a1']);
  });
});

describe('the picture of the cluster', () => {
  it('shows nodes in the order of their zones, as they come, move and go', () => {
    const cache = new Cache();
    for (const each of [node('a1', 'a'), node('a2', 'a'), node('b1', 'b')]) cache.addNode(each);
    expect([names(cache), cache.nodeCount, cache.order.length]).toEqual([['a1', 'b1', 'a2'], 3, 3]);
    expect([...cache.order].map((slot) => cache.table.infos[slot]?.name)).toEqual(['a1', 'b1', 'a2']);
    expect(cache.order).toBe(cache.order);
    cache.updateNode(node('a1', 'b'));
    expect(names(cache)).toEqual(['a2', 'b1', 'a1']);
    cache.removeNode('b1');
    cache.removeNode('never');
    cache.updateNode(node('c1', 'c'));
    cache.addNode(node('a2', 'c'));
    expect([names(cache), cache.nodeCount, cache.get('b1')]).toEqual([['a1', 'c1', 'a2'], 3, undefined]);
    expect([...cache.order].map((slot) => cache.table.infos[slot]?.name)).toEqual(['a1', 'c1', 'a2']);
  });

  it('shows the newest version of a node, with its room', () => {
    const cache = new Cache();
    const first = node('n');
    cache.addNode(first);
    cache.addPod(pod('p', 'n'));
    const larger = node('n', '', { allocatable: { cpu: '8', pods: '20' } });
    cache.addNode(larger);
    const info = cache.get('n');
    expect([info?.node, info?.allowedPods, on(cache, 'n')]).toEqual([larger, 20, ['p']]);
    const renamed = node('n', '', { allocatable: { cpu: '8', pods: '20' }, phase: 'x' });
    cache.updateNode(renamed);
    cache.updateNode(renamed);
    expect([cache.get('n')?.node, cache.get('n')?.allowedPods, cache.nodeCount]).toEqual([renamed, 20, 1]);
  });

  it('counts images over all nodes, as they are when a cycle begins', () => {
    const cache = new Cache();
    const images = (...all: string[]): object => ({ images: all.map((name) => ({ names: [name], sizeBytes: 7 })) });
    cache.addNode(node('a', '', images('x')));
    cache.addNode(node('b', '', images('x', 'y')));
    const shown = (name: string): unknown => {
      void cache.order;
      return Object.fromEntries([...(cache.get(name)?.images ?? [])].map(([image, { nodes }]) => [image, nodes]));
    };
    expect([shown('a'), shown('b')]).toEqual([{ x: 2 }, { x: 2, y: 1 }]);
    cache.updateNode(node('a', '', images('y')));
    // A node's view is as old as its last change.
    expect([shown('a'), shown('b')]).toEqual([{ y: 2 }, { x: 2, y: 1 }]);
    cache.addPod(pod('p', 'b'));
    expect(shown('b')).toEqual({ x: 1, y: 2 });
    cache.removeNode('a');
    cache.addPod(pod('q', 'b'));
    expect(shown('b')).toEqual({ x: 1, y: 1 });
  });

  it('has pods on their nodes, also those that come before their node or stay behind it', () => {
    const cache = new Cache();
    cache.addPod(pod('early', 'n'));
    cache.addPod(pod('early2', 'n'));
    expect([cache.podCount, cache.has('early'), cache.has('x'), on(cache, 'n')]).toEqual([2, true, false, []]);
    cache.addNode(node('n'));
    expect([on(cache, 'n'), cpu(cache, 'n')]).toEqual([['early', 'early2'], 2000]);
    cache.removePod(pod('early', 'n'));
    cache.removePod(pod('early', 'n'));
    cache.removeNode('n');
    cache.addPod(pod('late', 'n'));
    cache.removePod(pod('early2', 'n'));
    cache.addNode(node('n'));
    expect([on(cache, 'n'), cpu(cache, 'n'), cache.podCount]).toEqual([['late'], 1000, 1]);
    cache.removeNode('n');
    cache.addNode(node('n'));
    expect(on(cache, 'n')).toEqual(['late']);
  });

  it('assumes what it bound until the watch shows it, or forgets it', () => {
    const cache = new Cache();
    cache.addNode(node('n'));
    cache.addNode(node('m'));
    const assume = (name: string): void => cache.assumePod(newPodInfo(pod(name)), 'n');
    for (const name of ['a', 'b', 'c', 'd']) assume(name);
    expect([cache.assumedCount, cache.isAssumed('a'), cache.isAssumed('x'), on(cache, 'n'), cpu(cache, 'n')]).toEqual([
      4,
      true,
      false,
      ['a', 'b', 'c', 'd'],
      4000,
    ]);
    cache.addPod(pod('a', 'n'));
    expect([cache.assumedCount, cache.isAssumed('a'), on(cache, 'n').length]).toEqual([3, false, 4]);
    cache.forgetPod(pod('a', 'n'));
    cache.forgetPod(pod('b'));
    cache.forgetPod(pod('x'));
    expect([cache.assumedCount, cache.has('a'), cache.has('b'), on(cache, 'n').toSorted()]).toEqual([2, true, false, ['a', 'c', 'd']]);
    // Somebody else bound it elsewhere.
    cache.addPod(pod('c', 'm'));
    expect([cache.assumedCount, on(cache, 'n').toSorted(), on(cache, 'm')]).toEqual([1, ['a', 'd'], ['c']]);
    cache.removePod(pod('d', 'n'));
    expect([cache.assumedCount, cache.podCount]).toEqual([0, 2]);
  });

  it('counts a pod anew when that changes what it counts, and keeps the newest version in any case', () => {
    const cache = new Cache();
    cache.addNode(node('n'));
    cache.updatePod(pod('p', 'n'));
    const current = (): Pod | undefined => cache.get('n')?.pods[0]?.pod;
    const step = (next: Pod): [boolean, number, number] => {
      const info = cache.get('n')?.pods[0];
      cache.updatePod(next);
      expect(current()).toBe(next);
      return [cache.get('n')?.pods[0] === info, cpu(cache, 'n'), cache.podCount];
    };
    const before = current() as Pod;
    const kept = [true, 1000, 1];
    expect(step({ ...before, status: { phase: 'Running' } } as Pod)).toEqual(kept);
    expect(step({ ...before, spec: { ...before.spec, tolerations: [] } } as unknown as Pod)).toEqual(kept);
    const started = { ...before, status: { startTime: '2026-01-01T00:00:00Z', containerStatuses: [{ name: 'c' }] } } as unknown as Pod;
    expect(step(started)).toEqual(kept);
    const labelled = { ...started, metadata: { ...started.metadata, labels: { a: 'b' } } } as Pod;
    expect(step(labelled)).toEqual([false, 1000, 1]);
    const deleted = { ...labelled, metadata: { ...labelled.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } } as Pod;
    expect(step(deleted)).toEqual([false, 1000, 1]);
    const larger = {
      ...deleted,
      spec: { ...deleted.spec, containers: [{ name: 'c', resources: { requests: { cpu: '2' } } }] },
    } as unknown as Pod;
    expect(step(larger)).toEqual([false, 2000, 1]);
    for (const field of ['initContainers', 'affinity', 'volumes']) {
      const next = { ...(current() as Pod), spec: { ...current()?.spec, [field]: field === 'affinity' ? {} : [] } } as unknown as Pod;
      expect([field, ...step(next)]).toEqual([field, false, 2000, 1]);
    }
    const resized = {
      ...(current() as Pod),
      status: { startTime: '2026-01-01T00:00:00Z', containerStatuses: [{ name: 'b' }, { name: 'c', resources: {} }] },
    } as unknown as Pod;
    expect(step(resized)[0]).toBe(false);
    expect(step({ ...resized, status: { ...resized.status, phase: 'Running' } } as Pod)[0]).toBe(true);
    expect(step({ metadata: resized.metadata, spec: resized.spec } as Pod)[0]).toBe(true);
  });

  it('moves a pod that is shown on another node', () => {
    const cache = new Cache();
    for (const name of ['n', 'm']) cache.addNode(node(name));
    cache.addPod(pod('p', 'n'));
    cache.updatePod(pod('p', 'm'));
    expect([on(cache, 'n'), on(cache, 'm'), cache.podCount]).toEqual([[], ['p'], 1]);
  });

  it('counts priorities and claims', () => {
    const cache = new Cache();
    cache.addNode(node('n'));
    for (const [name, priority] of [
      ['a', 5],
      ['b', 5],
      ['c', 10],
    ] as const)
      cache.addPod(pod(name, 'n', { priority }));
    const counts = (): unknown => [
      cache.podCountOf((value) => value < 10),
      cache.podCountOf(() => true),
      [5, 6, 10, 11].map((value) => cache.hasLowerPriority(value)),
    ];
    expect(counts()).toEqual([2, 3, [false, true, true, true]]);
    cache.removePod(pod('a', 'n'));
    cache.removePod(pod('b', 'n'));
    expect(counts()).toEqual([0, 1, [false, false, false, true]]);
    cache.addPod(claiming('d', 'n', 'disk'));
    cache.addPod(claiming('e', 'elsewhere', 'disk'));
    expect([cache.isClaimUsed('ns/disk'), cache.isClaimUsed('ns/other'), cache.isClaimUsed('disk')]).toEqual([true, false, false]);
    cache.removePod(claiming('d', 'n', 'disk'));
    expect(cache.isClaimUsed('ns/disk')).toBe(true);
    cache.removePod(claiming('e', 'elsewhere', 'disk'));
    expect(cache.isClaimUsed('ns/disk')).toBe(false);
  });

  it('finds the nodes of pods that attract or repel others', () => {
    const cache = new Cache();
    for (const name of ['a', 'b', 'c']) cache.addNode(node(name));
    const found = (): string[][] =>
      [[...cache.withAffinity()], [...cache.withRequiredAntiAffinity()]].map((all) => all.map((info) => info.name));
    cache.addPod(pod('plain', 'a'));
    expect(found()).toEqual([[], []]);
    cache.addPod(pod('near', 'b', near));
    cache.addPod(pod('apart', 'c', apart));
    expect(found()).toEqual([['b', 'c'], ['c']]);
    cache.removePod(pod('apart', 'c', apart));
    expect(found()).toEqual([['b'], []]);
  });

  it('tells of every change when a run is to be explained', () => {
    const cache = new Cache();
    const told: string[] = [];
    cache.journal = {
      node: (each: Node) => told.push(`node ${each.metadata?.name}`),
      nodeGone: (name: string) => told.push(`no node ${name}`),
      placed: (each: Pod, name: string, assumed: boolean) => told.push(`${each.metadata?.name} on ${name}${assumed ? ' assumed' : ''}`),
      gone: (each: Pod) => told.push(`no ${each.metadata?.name}`),
    } as never;
    cache.addNode(node('n'));
    cache.updateNode(node('n', 'z'));
    cache.assumePod(newPodInfo(pod('p')), 'n');
    cache.forgetPod(pod('p'));
    cache.addPod(pod('q', 'n'));
    cache.removeNode('n');
    cache.removeNode('n');
    cache.removePod(pod('x'));
    expect(told).toEqual(['node n', 'node n', 'p on n assumed', 'no p', 'q on n', 'no node n']);
  });

  it('keeps the rows of the nodes as they are, and says which changed', () => {
    const cache = new Cache();
    for (const name of ['m', 'n']) cache.addNode(node(name));
    const { table } = cache;
    /** What an act changed of each row. */
    const changes = (act: () => void): string[] => {
      const look = (): number[][] =>
        [0, 1].map((slot) =>
          [table.usedCpu, table.pods, table.cpu, table.placeVersion, table.starts, table.version].map((column) => column[slot] as number),
        );
      const before = look();
      act();
      const what = ['used', 'pods', 'room', 'place', 'start', 'row'];
      return look().map((row, slot) => what.filter((_, i) => row[i] !== before[slot]?.[i]).join(' '));
    };
    const running = (each: Pod, startTime?: string): Pod => ({ ...each, status: { phase: 'Running', startTime } }) as unknown as Pod;
    for (const [slot, name] of ['m', 'n'].entries()) {
      const only = (what: string): string[] => (slot === 0 ? [what, ''] : ['', what]);
      const each = pod(`p${name}`, name);
      const larger = { allocatable: { cpu: '8', pods: '10' } };
      expect(changes(() => cache.addPod(each))).toEqual(only('used pods row'));
      expect(changes(() => cache.updatePod(running(each)))).toEqual(only(''));
      expect(changes(() => cache.updatePod(running(each, '2026-01-01T00:00:00Z')))).toEqual(only('start'));
      expect(changes(() => cache.removePod(each))).toEqual(only('used pods row'));
      expect(changes(() => cache.updateNode(node(name, '', { phase: 'x' })))).toEqual(only(''));
      expect(changes(() => cache.updateNode(node(name, '', larger)))).toEqual(only('room row'));
      expect(changes(() => cache.updateNode(node(name, '', { ...larger, images: [] })))).toEqual(only('row'));
      expect(changes(() => cache.updateNode(node(name, 'z', larger)))).toEqual(only('place row'));
      expect(changes(() => cache.removeNode(name))).toEqual(only('place row'));
      expect([table.infos[slot], table.nodeCount]).toEqual([undefined, 1 - slot]);
    }
    expect(changes(() => cache.addPod(pod('stray', 'nowhere')))).toEqual(['', '']);
  });

  it('counts pods that are alike together, until the last of them goes', () => {
    const cache = new Cache();
    cache.addNode(node('n'));
    const totals = (): number[] => [...cache.groups.all()].map(({ total }) => total);
    for (const name of ['a', 'b', 'c']) cache.addPod(pod(name, 'n'));
    expect(totals()).toEqual([3]);
    for (const name of ['a', 'b']) cache.removePod(pod(name, 'n'));
    expect(totals()).toEqual([1]);
    cache.removePod(pod('c', 'n'));
    expect(totals()).toEqual([]);
  });

  it('brings a pod that waited for its node to it once', () => {
    const cache = new Cache();
    cache.addPod(pod('p', 'n'));
    cache.addNode(node('n'));
    cache.addPod(pod('p', 'n'));
    cache.removePod(pod('p', 'n'));
    cache.removeNode('n');
    cache.addNode(node('n'));
    expect([on(cache, 'n'), cache.podCount, cache.assumedCount]).toEqual([[], 0, 0]);
  });

  it('loses no count of images to thousands of other changes between two cycles', () => {
    const cache = new Cache();
    const withImage = (name: string, image: string): Node => node(name, '', { images: [{ names: [image], sizeBytes: 1 }] });
    for (const name of ['a', 'b', 'c']) cache.addNode(withImage(name, 'x'));
    const shown = (name: string): string => {
      void cache.order;
      return [...(cache.get(name)?.images ?? [])].map(([image, { nodes }]) => `${image} on ${nodes}`).join();
    };
    expect(shown('a')).toBe('x on 3');
    cache.updateNode(withImage('a', 'y'));
    cache.removeNode('c');
    for (let i = 0; i < 3_000; i++) {
      cache.addPod(pod('p', 'b'));
      cache.removePod(pod('p', 'b'));
    }
    expect([shown('a'), shown('b')]).toEqual(['y on 1', 'x on 1']);
    cache.updateNode(withImage('b', 'y'));
    expect([shown('b'), shown('a')]).toEqual(['y on 2', 'y on 1']);
  });

  it('bears a node that says nothing of itself', () => {
    const cache = new Cache();
    cache.addNode({ metadata: { name: 'bare' } } as Node);
    cache.updateNode({ metadata: { name: 'bare' } } as Node);
    cache.updateNode(node('bare'));
    cache.updateNode({ metadata: { name: 'bare' } } as Node);
    expect([names(cache), cache.get('bare')?.allowedPods]).toEqual([['bare'], 0]);
  });
});
