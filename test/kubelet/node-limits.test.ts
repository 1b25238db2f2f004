/** Limits of a node and its pods beside CPU and memory: soft eviction thresholds, ephemeral storage, registry limits, bandwidth, shutdown by priority. */

import { describe, expect, test } from 'vitest';
import type { TrafficAnswer, TrafficBatch } from '#network';
import type { Threshold } from '../../src/kubelet/eviction-signals.ts';
import { EvictionThresholds } from '../../src/kubelet/eviction-threshold.ts';
import { type Action, add, container, pod, runNode } from './one-node.ts';

const MI = 1024 * 1024;
const behaviour = (what: object): Record<string, string> => ({ 'wavetank.dev/behaviour': JSON.stringify(what) });
const small = { capacity: { cpu: '4', memory: '1Gi', pods: '110' } };
const evicted = (run: ReturnType<typeof runNode>, name: string) => run.statuses(name).find(({ status }) => status.reason === 'Evicted');

describe('an eviction threshold', () => {
  const look = (list: readonly Threshold[]) => {
    const thresholds = new EvictionThresholds(list);
    return (available: number, now: number): string => {
      const { crossed, met } = thresholds.look(() => ({ available, capacity: 1000 }), now);
      const text = (some: readonly Threshold[]): string => some.map(({ grace }) => (grace === 0 ? 'hard' : 'soft')).join('+');
      return `${text(crossed)}/${text(met)}`;
    };
  };
  const hard = { signal: 'memory.available', amount: 100, grace: 0, reclaim: 50 } as const;
  const soft = { signal: 'memory.available', amount: { percent: 20 }, grace: 30, reclaim: 50 } as const;

  test('that is soft counts after its grace period, and begins anew when it was free between', () => {
    const at = look([hard, soft]);
    expect(at(150, 0)).toBe('soft/');
    expect(at(150, 29)).toBe('soft/');
    // Not yet met, it asks for nothing beyond it.
    expect(at(210, 29)).toBe('/');
    expect(at(150, 40)).toBe('soft/');
    expect(at(150, 70)).toBe('soft/soft');
    expect(at(240, 71)).toBe('soft/soft');
    expect(at(250, 72)).toBe('/');
    expect(at(90, 80)).toBe('hard+soft/hard');
    expect(at(140, 81)).toBe('hard+soft/hard');
    expect(at(150, 82)).toBe('soft/');
  });
});

describe('soft eviction', () => {
  const leak = pod(
    'leaks',
    { containers: [container('web', { resources: { requests: { memory: '100Mi' } } })], terminationGracePeriodSeconds: 40 },
    behaviour({ memory: { startBytes: 600 * MI }, stopSeconds: 100 }),
  );
  const soft = { evictionSoft: { 'memory.available': 500 * MI }, evictionSoftGraceSeconds: { 'memory.available': 30 } };

  test('comes after the grace period and lets the pod end by itself, up to the longest grace of such evictions', () => {
    const run = runNode(120, [[2, add(leak)]], { config: small, settings: { ...soft, evictionMaxPodGraceSeconds: 20 } });
    const at = evicted(run, 'leaks')?.at ?? 0;
    // Crossed at about 3 s, seen within 10 s, 30 s of grace, 20 s for the pod.
    expect(at).toBeGreaterThan(53);
    expect(at).toBeLessThan(75);
    expect(run.events('leaks').find((text) => text.startsWith('Evicted'))).toContain(`Threshold quantity: 500Mi, `);
  });

  test('of the disk frees as much more as is asked for, and has a grace of its own', () => {
    const writes = behaviour({ disk: { startBytes: 30e9 } });
    const three = ['a', 'b', 'c'].map((name): Action => [2, add(pod(name, {}, writes))]);
    const evictions = (settings: object): number[] => {
      const run = runNode(200, three, { settings: { evictionPressureTransitionSeconds: 30, ...settings } });
      return ['a', 'b', 'c'].flatMap((name) => evicted(run, name)?.at ?? []).sort((a, b) => a - b);
    };
    // 10 % free of 100 GB; one pod less are 40 %.
    expect(evictions({})).toHaveLength(1);
    expect(evictions({ evictionMinimumReclaim: { 'imagefs.available': { percent: 30 } } })).toHaveLength(2);
    const [first] = evictions({
      evictionHard: { 'imagefs.available': { percent: 5 }, 'nodefs.available': { percent: 5 } },
      evictionSoft: { 'imagefs.available': { percent: 15 } },
      evictionSoftGraceSeconds: { 'imagefs.available': 60 },
    });
    expect(first).toBeGreaterThan(62);
    expect(first).toBeLessThan(80);
  });
  test('does not come when nothing is soft', () => {
    expect(evicted(runNode(120, [[2, add(leak)]], { config: small }), 'leaks')).toBeUndefined();
  });
});

describe('ephemeral storage', () => {
  const writes = (name: string, rest: object, disk: object) =>
    pod(
      name,
      { containers: [container('web', { resources: { limits: { 'ephemeral-storage': '100Mi' } } })], ...rest } as never,
      behaviour({ disk }),
    );

  test('a container above its limit takes its pod with it; one below stays', () => {
    const run = runNode(90, [
      [2, add(writes('a', {}, { startBytes: 10 * MI, growthBytesPerSecond: 5 * MI }))],
      [2, add(writes('b', {}, { startBytes: 10 * MI, growthBytesPerSecond: 5 * MI, maxBytes: 90 * MI }))],
    ]);
    expect(evicted(run, 'a')?.status.message).toBe('Pod ephemeral local storage usage exceeds the total limit of containers 100Mi. ');
    expect(evicted(run, 'a')?.at).toBeGreaterThan(20);
    expect(evicted(run, 'b')).toBeUndefined();
    expect(run.outcome.recorded.counter('kubelet_evictions', { eviction_signal: 'ephemeralpodfs.limit' })?.total).toBe(1);
  });

  test('an emptyDir above its size', () => {
    const volumes = [{ name: 'cache', emptyDir: { sizeLimit: '50Mi' } }];
    const run = runNode(60, [[2, add(writes('a', { volumes }, { startBytes: 60 * MI, volume: 'cache' }))]]);
    expect(evicted(run, 'a')?.status.message).toBe('Usage of EmptyDir volume "cache" exceeds the limit "50Mi". ');
  });
});

describe('pulls that come too often', () => {
  const app = (index: number): Action => [
    2 + index / 100,
    add(pod(`p${index}`, { containers: [container('web', { image: `app-${index}:1` })] })),
  ];

  test("beyond the registry's limit get 429 and wait in ImagePullBackOff", () => {
    const run = runNode(120, [0, 1, 2].map(app), { settings: { registryLimitPulls: 2, registryLimitSeconds: 3600, imageBytes: 1e6 } });
    const failed = run.events('p2').find((text) => text.includes('Failed to pull image'));
    expect(failed).toContain('429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.');
    expect(run.statuses('p2').some(({ status }) => status.containerStatuses[0]?.state.waiting?.reason === 'ImagePullBackOff')).toBe(true);
    expect(run.statuses('p1').at(-1)?.status.phase).toBe('Running');
  });

  test("beyond the kubelet's own fail at once and succeed later", () => {
    const settings = { serializeImagePulls: false, registryPullQps: 1, registryBurst: 2, imageBytes: 1e6 };
    const run = runNode(60, [0, 1, 2, 3].map(app), { settings });
    expect(run.events('p3').some((text) => text === 'Failed: Failed to pull image "app-3:1": pull QPS exceeded')).toBe(true);
    expect(run.statuses('p3').at(-1)?.status.phase).toBe('Running');
  });
});

describe('bandwidth', () => {
  test('of a pod holds its answers up: the more wait, the longer', () => {
    const latencies: number[] = [];
    const ask = (second: number): Action => [
      second,
      (api, ctx) => {
        ctx.send(1, { kind: 'TrafficBatch', id: second, span: 1_000_000, calls: [{ address: '10.0.0.2', count: 10 }] } as TrafficBatch);
        api.other = (message) => {
          const { outcomes } = message as TrafficAnswer;
          latencies.push(Math.max(...(outcomes[0]?.answered ?? []).map(([duration]) => duration)) / 1e6);
        };
      },
    ];
    const annotations = { ...behaviour({ perRequest: { seconds: 0, responseBytes: 250_000 } }), 'kubernetes.io/egress-bandwidth': '10M' };
    // 2.5 MB a second through 1.25 MB a second.
    runNode(15, [[2, add(pod('a', {}, annotations))], ...[6, 7, 8, 9].map(ask)]);
    expect(latencies.map((one) => Math.round(one))).toEqual([2, 3, 4, 5]);
  });
});

describe('graceful node shutdown by priority', () => {
  test('ends one group after another, the lowest first', () => {
    const slow = { 'wavetank.dev/stop-seconds': '4' };
    const groups = [
      { priority: 1000, seconds: 20 },
      { priority: 0, seconds: 20 },
      { priority: 500, seconds: 2 },
    ];
    const run = runNode(
      120,
      [
        [5, add(pod('low', { priority: 10 }, slow))],
        [5, add(pod('middle', { priority: 700 }, slow))],
        [5, add(pod('high', { priority: 5000 }, slow))],
        [
          20,
          (api, ctx) => {
            const node = api.objects.get('nodes/n0') ?? {};
            api.put(
              'nodes/n0',
              { ...node, metadata: { ...node.metadata, annotations: { 'wavetank.dev/shutdown': 'true' } } },
              'MODIFIED',
              ctx,
            );
          },
        ],
      ],
      { settings: { shutdownGracePeriodByPodPriority: groups } },
    );
    const ended = (name: string): number => run.statuses(name).find(({ status }) => status.reason === 'Terminated')?.at ?? 0;
    expect(ended('low')).toBeGreaterThan(24);
    // Two seconds are not enough: it is killed.
    expect(ended('middle') - ended('low')).toBeGreaterThan(1.5);
    expect(ended('middle') - ended('low')).toBeLessThan(3.6);
    expect(ended('high') - ended('middle')).toBeGreaterThan(3.5);
  });
});
