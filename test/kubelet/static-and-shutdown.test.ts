import { describe, expect, test } from 'vitest';
import type { Pod } from '#api';
import { add, container, pod, runNode } from './one-node.ts';

const manifest: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'proxy', namespace: 'kube-system' },
  spec: { containers: [container('proxy')] },
};

describe('static pods', () => {
  test('run without the API server; a mirror shows them and takes their status', () => {
    const run = runNode(30, [], { config: { staticPods: [manifest] }, failures: { 'create nodes': [500, 500] } });
    const mirror = run.api.pod('kube-system/proxy-n0');
    expect(mirror?.metadata?.annotations?.['kubernetes.io/config.source']).toBe('file');
    expect(mirror?.metadata?.annotations?.['kubernetes.io/config.mirror']).toBe(
      mirror?.metadata?.annotations?.['kubernetes.io/config.hash'],
    );
    expect(mirror?.status?.phase).toBe('Running');
    const started = run.kubelets[0]?.agent.workers.values().next().value?.containers[0]?.startedAt ?? 0;
    expect(started).toBeLessThan(2e6);
    expect(run.outcome.recorded.gauge('kubelet_running_pods')?.values.at(-1)).toBe(1);
  });

  test('a mirror that somebody deletes comes back; the pod runs on', () => {
    const run = runNode(60, [[20, (api, ctx) => api.deletePod('kube-system/proxy-n0', 30, ctx)]], { config: { staticPods: [manifest] } });
    expect(run.writes('create', 'pods')).toHaveLength(2);
    expect(run.api.pod('kube-system/proxy-n0')?.metadata?.deletionTimestamp).toBeUndefined();
    expect(run.api.pod('kube-system/proxy-n0')?.status?.phase).toBe('Running');
    expect(run.outcome.recorded.counter('kubelet_started_containers_total')?.total).toBe(1);
  });

  test('after a crash of the node the mirror is taken up again', () => {
    const run = runNode(90, [], {
      config: { staticPods: [manifest] },
      changes: [
        { at: 20e6, change: 'crash', hosts: { hosts: [1] } },
        { at: 40e6, change: 'restart', hosts: { hosts: [1] } },
      ],
    });
    expect(run.statuses('proxy-n0').at(-1)?.at).toBeGreaterThan(40);
    expect(run.api.pod('kube-system/proxy-n0')?.status?.phase).toBe('Running');
  });
});

describe('graceful node shutdown', () => {
  const annotate: ReturnType<typeof add> = (api, ctx) => {
    const node = api.objects.get('nodes/n0') ?? {};
    api.put('nodes/n0', { ...node, metadata: { ...node.metadata, annotations: { 'wavetank.dev/shutdown': 'true' } } }, 'MODIFIED', ctx);
  };

  test('regular pods end first, critical ones after them; new ones are refused; then silence', () => {
    const slow = { 'wavetank.dev/stop-seconds': '5' };
    const run = runNode(
      120,
      [
        [5, add(pod('plain', {}, slow))],
        [5, add(pod('critical', { priority: 2_000_000_000 }, slow))],
        [20, annotate],
        [22, add(pod('late'))],
      ],
      { settings: { shutdownGracePeriodSeconds: 30, shutdownGracePeriodCriticalPodsSeconds: 10 } },
    );
    const end = (name: string): { at: number; status: object } | undefined =>
      run.statuses(name).find(({ status }) => status.phase === 'Failed');
    expect(end('plain')?.status).toMatchObject({
      reason: 'Terminated',
      message: 'Pod was terminated in response to imminent node shutdown.',
    });
    expect(end('plain')?.at).toBeLessThan(27);
    expect(end('critical')?.at).toBeGreaterThan((end('plain')?.at ?? 0) + 4);
    expect(end('late')?.status).toMatchObject({ reason: 'NodeShutdown' });
    const ready = run.writes('patch status', 'nodes').at(-1)?.body['status'] as {
      conditions: { type: string; status: string; message: string }[];
    };
    expect(ready.conditions.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'False', message: 'node is shutting down' });
    expect(Math.max(...run.api.writes.map(({ at }) => at))).toBeLessThan(40e6);
  });

  test('without a grace period the machine just goes', () => {
    const run = runNode(60, [
      [5, add(pod('plain'))],
      [20, annotate],
    ]);
    expect(run.statuses('plain').at(-1)?.status.phase).toBe('Running');
    expect(Math.max(...run.api.writes.map(({ at }) => at))).toBeLessThan(20.1e6);
  });
});
