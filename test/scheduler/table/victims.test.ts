import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '#api';
import { Cache, LiveHandle, Nominator, newPodInfo, PodScheduler, Profile } from '#scheduler';

const node = {
  metadata: { name: 'n', labels: { 'kubernetes.io/hostname': 'n' } },
  status: { allocatable: { cpu: '2', memory: '8Gi', pods: '10' } },
} as unknown as Node;
const pod = (name: string, priority: number, startTime?: string): Pod =>
  ({
    metadata: { name, namespace: 'default', uid: name, labels: { app: 'x' } },
    spec: { priority, nodeName: priority === 0 ? 'n' : undefined, containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }] },
    status: startTime === undefined ? { phase: 'Pending' } : { phase: 'Running', startTime },
  }) as unknown as Pod;

describe('victims that are remembered', () => {
  const cache = new Cache();
  const nominator = new Nominator();
  const profile = new Profile();
  const scheduler = new PodScheduler(profile, cache, nominator, new LiveHandle(profile, cache, nominator, new Map()), 100);
  cache.addNode(node);
  cache.addPod(pod('a', 0, '2026-01-01T00:00:01Z'));
  cache.addPod(pod('b', 0, '2026-01-01T00:00:02Z'));
  const known = (): Pod => cache.get('n')?.pods.find((info) => info.pod.metadata?.name === 'a')?.pod as Pod;
  const victims = (): (Pod | undefined)[] => [...(scheduler.schedule(pod('high', 10), 0).failure?.postFilter.victims ?? [])];

  it('are those that started last, by the latest word on when', () => {
    expect(victims().map((victim) => victim?.metadata?.name)).toEqual(['b']);
    cache.updatePod({ ...known(), status: { ...known().status, startTime: '2026-01-01T00:00:03Z' } } as Pod);
    expect(victims().map((victim) => victim?.metadata?.name)).toEqual(['a']);
  });
  it('are the newest versions of their pods', () => {
    const newer = { ...known(), status: { ...known().status, message: 'newer' } } as Pod;
    cache.updatePod(newer);
    expect(victims()).toEqual([newer]);
  });
  it('are nobody once there is room', () => {
    cache.removePod(pod('b', 0));
    expect(scheduler.schedule(pod('high', 10), 0).nodeName).toBe('n');
    cache.assumePod(newPodInfo(pod('c', 0)), 'n');
    expect(victims()).toHaveLength(1);
  });
});
