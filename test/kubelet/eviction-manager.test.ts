/** Node-pressure eviction by signals other than memory: inodes, PIDs, a disk of its own for the kubelet; who goes, in which words, and what the node says. */

import { describe, expect, test } from 'vitest';
import { type Action, add, container, pod, runNode } from './one-node.ts';

const MI = 1024 * 1024;
const behaviour = (what: object): Record<string, string> => ({ 'wavetank.dev/behaviour': JSON.stringify(what) });
type Run = ReturnType<typeof runNode>;
const evicted = (run: Run, name: string) => run.statuses(name).find(({ status }) => status.reason === 'Evicted');
const evictions = (run: Run, signal: string): number =>
  run.outcome.recorded.counter('kubelet_evictions', { eviction_signal: signal })?.total ?? 0;
const conditions = (run: Run): string[] =>
  run
    .writes('patch status', 'nodes')
    .flatMap(({ body }) => (body['status'] as { conditions: { type: string; status: string; reason: string }[] }).conditions)
    .filter(({ type, status }) => type !== 'Ready' && status === 'True')
    .map(({ type, reason }) => `${type} ${reason}`);

describe('pid.available', () => {
  const forks = (name: string, priority: number, start: number): Action => [
    2,
    add(pod(name, { priority }, behaviour({ processes: { start, growthPerSecond: 10, max: start + 1 } }))),
  ];
  const settings = { evictionHard: { 'pid.available': { percent: 10 } }, maxPids: 1000 };

  test('takes the lowest priority, and of those the one with most processes; the node has PIDPressure and refuses pods', () => {
    const run = runNode(
      100,
      [
        forks('few', 0, 200),
        forks('many', 0, 300),
        forks('worthy', 10, 400),
        [60, add(pod('late', { containers: [container('web', {})] }))],
      ],
      { settings },
    );
    expect(evicted(run, 'many')?.status.message).toBe('The node was low on resource: pids. Threshold quantity: 100, available: -53. ');
    expect(evicted(run, 'few')).toBeUndefined();
    expect(evicted(run, 'worthy')).toBeUndefined();
    expect(evictions(run, 'pid.available')).toBe(1);
    expect(conditions(run)).toContain('PIDPressure KubeletHasInsufficientPID');
    expect(run.events('n0')).toContain('EvictionThresholdMet: Attempting to reclaim pids');
    expect(run.events('n0')).toContain('NodeHasInsufficientPID: Node n0 status is now: NodeHasInsufficientPID');
    expect(run.statuses('late').at(-1)?.status.message).toBe('Pod was rejected: The node had condition: [PIDPressure]. ');
  });

  test('is not looked at without a threshold; podPidsLimit keeps a pod from it', () => {
    expect(evictions(runNode(60, [forks('many', 0, 990)], { settings: { maxPids: 1000 } }), 'pid.available')).toBe(0);
    expect(evictions(runNode(60, [forks('many', 0, 990)], { settings: { ...settings, podPidsLimit: 500 } }), 'pid.available')).toBe(0);
    expect(evictions(runNode(60, [forks('many', 0, 990)], { settings }), 'pid.available')).toBe(1);
  });
});

describe('the disk', () => {
  // 16 KiB an inode: 10,000 of them.
  const small = { imageFsBytes: 163_840_000, evictionHard: { 'imagefs.available': 0, 'nodefs.available': 0 }, imageBytes: 1e6 };

  test('that runs out of inodes evicts who has any, the lowest priority first', () => {
    const files = behaviour({ inodes: { start: 4900 } });
    const run = runNode(
      60,
      [
        [2, add(pod('files', { priority: 5 }, files))],
        [2, add(pod('more', { priority: 1 }, files))],
        [2, add(pod('none', { priority: 0 }))],
      ],
      { settings: small },
    );
    expect(evicted(run, 'more')?.status.message).toBe('The node was low on resource: inodes. Threshold quantity: 500, available: 200. ');
    expect(evicted(run, 'files')).toBeUndefined();
    expect(evicted(run, 'none')).toBeUndefined();
    expect(evictions(run, 'imagefs.inodesFree')).toBe(1);
    expect(conditions(run)).toContain('DiskPressure KubeletHasDiskPressure');
  });

  test('of the kubelet alone runs full by emptyDirs, not by writable layers, and images stay', () => {
    const volumes = [{ name: 'data', emptyDir: {} }];
    const settings = { nodeFsBytes: 1000 * MI, imageFsBytes: 100_000 * MI, preloadedImages: ['web:1', 'unused:1'], imageBytes: 1e6 };
    const run = runNode(
      60,
      [
        [2, add(pod('layer', {}, behaviour({ disk: { startBytes: 5000 * MI } })))],
        [2, add(pod('dir', { volumes, priority: 1 }, behaviour({ disk: { startBytes: 950 * MI, volume: 'data' } })))],
      ],
      { settings },
    );
    expect(evicted(run, 'dir')?.status.message).toContain(
      'The node was low on resource: ephemeral-storage. Threshold quantity: 104857601, available: 50Mi. ',
    );
    expect(evicted(run, 'layer')).toBeUndefined();
    expect(evictions(run, 'nodefs.available')).toBe(1);
    expect(run.kubelets[0]?.agent.images.used).toBe(2e6);
  });

  test('is looked at again as soon as the evicted pod is gone, not ten seconds later', () => {
    const writes = behaviour({ disk: { startBytes: 45e9 } });
    const run = runNode(
      60,
      ['a', 'b', 'c'].map((name): Action => [2, add(pod(name, {}, writes))]),
    );
    const at = ['a', 'b', 'c'].flatMap((name) => evicted(run, name)?.at ?? []).sort((a, b) => a - b);
    expect(at).toHaveLength(2);
    expect((at[1] as number) - (at[0] as number)).toBeLessThan(4);
  });

  test('limits of a pod are no disruption by the node; those of one container hold for all of it', () => {
    const containers = [container('web', { resources: { limits: { 'ephemeral-storage': '100Mi' } } }), container('free', {})];
    const both = pod('both', { containers }, behaviour({ containers: { free: { disk: { startBytes: 120 * MI } } } }));
    const run = runNode(60, [[2, add(both)]]);
    expect(evicted(run, 'both')?.status.message).toBe('Pod ephemeral local storage usage exceeds the total limit of containers 100Mi. ');
    expect(evicted(run, 'both')?.status.conditions.some(({ type }) => type === 'DisruptionTarget')).toBe(false);
    const one = pod(
      'one',
      { containers: containers.slice(0, 1) },
      behaviour({ log: { linesPerSecond: 1000, lines: ['x'.repeat(100_000)] } }),
    );
    expect(evictions(runNode(60, [[2, add(one)]]), 'ephemeralpodfs.limit')).toBe(0);
  });
});

describe('memory that is reserved', () => {
  test('is not for pods: they are evicted when they use what the node offers them, though the machine has more', () => {
    const config = { capacity: { cpu: '4', memory: '2Gi', pods: '110' }, allocatable: { cpu: '4', memory: '1Gi', pods: '110' } };
    const hungry = pod('hungry', {}, behaviour({ memory: { startBytes: 1100 * MI } }));
    const run = runNode(60, [[2, add(hungry)]], { config });
    expect(evicted(run, 'hungry')?.status.message).toContain('Threshold quantity: 100Mi, available: 24Mi. ');
    expect(evictions(run, 'allocatableMemory.available')).toBe(1);
  });
});
