import { describe, expect, test } from 'vitest';
import type { Pod } from '#api';
import { incident } from '#sim';
import { add, container, pod, runNode } from './one-node.ts';

const behaviour = (spec: object): Record<string, string> => ({ 'wavetank.dev/behaviour': JSON.stringify(spec) });

describe('a node joins', () => {
  test('it registers not ready, becomes ready, and renews its lease every 10 to 10.4 s', () => {
    const run = runNode(60, []);
    const created = run.writes('create', 'nodes');
    expect(created).toHaveLength(1);
    const ready = (body: Record<string, unknown>): string | undefined =>
      (body['status'] as { conditions: { type: string; status: string }[] }).conditions.find((condition) => condition.type === 'Ready')
        ?.status;
    expect(ready(created[0]?.body ?? {})).toBe('False');
    expect(run.writes('patch status', 'nodes').map((write) => ready(write.body))).toEqual(['True']);
    const renewals = run.writes('update', 'leases.coordination.k8s.io').map((write) => write.at / 1e6);
    expect(renewals).toHaveLength(5);
    for (let i = 1; i < renewals.length; i++) {
      const gap = (renewals[i] as number) - (renewals[i - 1] as number);
      expect(gap).toBeGreaterThanOrEqual(10);
      expect(gap).toBeLessThan(10.5);
    }
  });

  test('a node that exists already is taken over; a failed creation is tried again', () => {
    const there = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n0', uid: 'old' } };
    const taken = runNode(30, [[0, (api, ctx) => api.put('nodes/n0', there, 'ADDED', ctx)]]);
    expect(taken.writes('create', 'nodes')).toHaveLength(1);
    expect(taken.writes('patch status', 'nodes')).toHaveLength(1);
    expect(taken.writes('create', 'leases.coordination.k8s.io')[0]?.body).toMatchObject({
      metadata: { ownerReferences: [{ uid: 'old' }] },
    });
    const retried = runNode(30, [], { failures: { 'create nodes': [500, 500] } });
    expect(retried.api.objects.has('nodes/n0')).toBe(true);
  });

  test('the status is reported again after 2.5 to 7.5 min without a change', () => {
    const run = runNode(1_000, []);
    const reports = run.writes('patch status', 'nodes').map((write) => write.at / 1e6);
    expect(reports.length).toBeGreaterThanOrEqual(3);
    for (let i = 1; i < reports.length; i++) {
      expect((reports[i] as number) - (reports[i - 1] as number)).toBeGreaterThanOrEqual(149);
      expect((reports[i] as number) - (reports[i - 1] as number)).toBeLessThanOrEqual(451);
    }
  });
});

describe('a pod runs', () => {
  test('Pending, then Running and Ready, with the Events of an image on the disk', () => {
    const run = runNode(10, [[2, add(pod('a'))]]);
    const statuses = run.statuses('a').map(({ status }) => status);
    expect(statuses.map((status) => status.phase)).toEqual(['Pending', 'Running']);
    expect(statuses[0]?.containerStatuses[0]?.state).toEqual({ waiting: { reason: 'ContainerCreating' } });
    expect(statuses[1]?.podIP).toBe('10.0.0.2');
    expect(Object.fromEntries(statuses[1]?.conditions.map(({ type, status }) => [type, status]) ?? [])).toEqual({
      PodReadyToStartContainers: 'True',
      Initialized: 'True',
      Ready: 'True',
      ContainersReady: 'True',
    });
    expect(run.events('a')).toEqual([
      'Pulled: Container image "web:1" already present on machine',
      'Created: Created container: web',
      'Started: Started container web',
    ]);
    // mount 0.1 + sandbox 0.2 + start 0.1, then the relist within a second.
    const running = run.statuses('a')[1]?.at ?? 0;
    expect(running).toBeGreaterThan(2.4);
    expect(running).toBeLessThan(3.5);
    expect(run.outcome.recorded.histogram('kubelet_pod_start_sli_duration_seconds')?.overall.count).toBe(1);
    expect(run.outcome.recorded.gauge('kubelet_running_pods')?.values.at(-1)).toBe(1);
  });

  test('every message leaves at least 10 ms after its cause', () => {
    const run = runNode(10, [[2, add(pod('a'))]]);
    expect(run.statuses('a')[0]?.at).toBeGreaterThanOrEqual(2.010_5);
  });

  test('init containers run one after the other, a sidecar starts before the next and stays', () => {
    const run = runNode(30, [
      [
        2,
        add(
          pod(
            'a',
            { initContainers: [container('one'), container('mesh', { restartPolicy: 'Always' }), container('two')] },
            behaviour({ containers: { one: { runSeconds: 2 }, two: { runSeconds: 3 } } }),
          ),
        ),
      ],
    ]);
    const started = run.events('a').filter((event) => event.startsWith('Started'));
    expect(started).toEqual([
      'Started: Started container one',
      'Started: Started container mesh',
      'Started: Started container two',
      'Started: Started container web',
    ]);
    const last = run.statuses('a').at(-1)?.status;
    expect(last?.phase).toBe('Running');
    expect(last?.initContainerStatuses?.map(({ name, state }) => [name, Object.keys(state)[0]])).toEqual([
      ['one', 'terminated'],
      ['mesh', 'running'],
      ['two', 'terminated'],
    ]);
  });

  test('a failing init container with restartPolicy Never fails the pod', () => {
    const run = runNode(20, [
      [
        2,
        add(
          pod(
            'a',
            { restartPolicy: 'Never', initContainers: [container('one')] },
            behaviour({ containers: { one: { runSeconds: 1, exitCode: 3 } } }),
          ),
        ),
      ],
    ]);
    expect(run.statuses('a').at(-1)?.status.phase).toBe('Failed');
    expect(run.events('a').some((event) => event.includes('container web'))).toBe(false);
  });

  test('a pod that is over is told so only once its sandbox is stopped; its containers and conditions are told before', () => {
    const run = runNode(60, [[2, add(pod('a', { restartPolicy: 'Never' }, { 'wavetank.dev/run-seconds': '5' }))]]);
    const told = run
      .statuses('a')
      .map(({ status }) => [
        status.phase,
        Object.keys(status.containerStatuses[0]?.state ?? {})[0],
        status.conditions.find(({ type }) => type === 'PodReadyToStartContainers')?.status,
        (status.conditions.find(({ type }) => type === 'Ready') as { readonly reason?: string }).reason,
      ]);
    expect(told.slice(-2)).toEqual([
      ['Running', 'terminated', 'True', 'PodCompleted'],
      ['Succeeded', 'terminated', 'False', 'PodCompleted'],
    ]);
  });

  test('a pod of a Job completes: Succeeded, its address is free again', () => {
    const run = runNode(30, [[2, add(pod('a', { restartPolicy: 'Never' }, { 'wavetank.dev/run-seconds': '5' }))]]);
    const last = run.statuses('a').at(-1)?.status;
    expect(last?.phase).toBe('Succeeded');
    expect(last?.containerStatuses[0]?.state.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
    expect(run.kubelets[0]?.agent.addresses.inUse).toBe(0);
    expect(run.outcome.recorded.gauge('kubelet_running_pods')?.values.at(-1)).toBe(0);
  });

  test('activeDeadlineSeconds ends it as Failed', () => {
    const run = runNode(40, [[2, add(pod('a', { activeDeadlineSeconds: 10 }))]]);
    expect(run.statuses('a').at(-1)?.status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });
});

describe('restarts', () => {
  test('CrashLoopBackOff: at once, then 10, 20, 40 s, each with up to 15 s until the next sync', () => {
    const run = runNode(300, [[2, add(pod('a', {}, behaviour({ runSeconds: 1, exitCode: 1 })))]]);
    const last = run.statuses('a').at(-1)?.status.containerStatuses[0];
    const starts = new Map<number, number>();
    for (const { at, status } of run.statuses('a')) {
      const web = status.containerStatuses[0];
      if (web?.state.running !== undefined && !starts.has(web.restartCount)) starts.set(web.restartCount, at);
    }
    const times = [...starts.values()];
    const gaps = times.slice(1).map((at, i) => at - (times[i] as number));
    expect(gaps[0]).toBeLessThan(4);
    expect(gaps[1]).toBeGreaterThan(10);
    expect(gaps[1]).toBeLessThan(32);
    expect(gaps[2]).toBeGreaterThan(20);
    expect(gaps[2]).toBeLessThan(42);
    expect(gaps[3]).toBeGreaterThan(40);
    expect(last?.restartCount).toBeGreaterThanOrEqual(4);
    expect(last?.lastState.terminated?.exitCode).toBe(1);
    expect(run.statuses('a').some(({ status }) => status.containerStatuses[0]?.state.waiting?.reason === 'CrashLoopBackOff')).toBe(true);
    expect(run.events('a').some((event) => event.startsWith('BackOff: Back-off restarting failed container web in pod a_default('))).toBe(
      true,
    );
  });

  test('OnFailure restarts a failure and accepts a success', () => {
    const run = runNode(60, [[2, add(pod('a', { restartPolicy: 'OnFailure' }, behaviour({ runSeconds: 3 })))]]);
    expect(run.statuses('a').at(-1)?.status.phase).toBe('Succeeded');
    const failing = runNode(60, [[2, add(pod('a', { restartPolicy: 'OnFailure' }, behaviour({ runSeconds: 3, exitCode: 2 })))]]);
    expect(failing.statuses('a').at(-1)?.status.phase).toBe('Running');
    expect(failing.statuses('a').at(-1)?.status.containerStatuses[0]?.restartCount).toBeGreaterThanOrEqual(1);
  });

  test('a run of more than 10 min forgets the back-off', () => {
    // Crashes at 660 s each: the pause never doubles.
    const run = runNode(2_100, [[2, add(pod('a', {}, behaviour({ runSeconds: 660, exitCode: 1 })))]]);
    expect(run.statuses('a').some(({ status }) => status.containerStatuses[0]?.state.waiting?.reason === 'CrashLoopBackOff')).toBe(false);
    expect(run.statuses('a').at(-1)?.status.containerStatuses[0]?.restartCount).toBe(3);
  });
});

describe('deletion', () => {
  test('SIGTERM, then the last status, then DELETE with grace 0 and the uid', () => {
    const run = runNode(20, [
      [2, add(pod('a'))],
      [8, (api, ctx) => api.deletePod('default/a', 30, ctx)],
    ]);
    expect(run.events('a').at(-1)).toBe('Killing: Stopping container web');
    const order = run.api.writes.filter((write) => write.name === 'a' && write.at > 8e6).map((write) => write.verb);
    expect(order).toEqual(['patch status', 'delete']);
    expect(run.api.pod('default/a')).toBeUndefined();
    expect(run.kubelets[0]?.agent.workers.size).toBe(0);
    expect(run.kubelets[0]?.agent.addresses.inUse).toBe(0);
    expect(run.statuses('a').at(-1)?.status).toMatchObject({ phase: 'Succeeded' });
  });

  test('a container that ignores SIGTERM is killed when the grace is over', () => {
    const run = runNode(60, [
      [2, add(pod('a', {}, { 'wavetank.dev/stop-seconds': '1000' }))],
      [8, (api, ctx) => api.deletePod('default/a', 20, ctx)],
    ]);
    const last = run.statuses('a').at(-1);
    expect(last?.status.containerStatuses[0]?.state.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
    expect(last?.at).toBeGreaterThan(28);
    expect(last?.at).toBeLessThan(29);
    expect(last?.status.phase).toBe('Failed');
  });

  test('an object that vanishes takes its containers with it, without further writes', () => {
    const run = runNode(60, [
      [2, add(pod('a'))],
      [8, (api, ctx) => api.removePod('default/a', ctx)],
    ]);
    expect(run.kubelets[0]?.agent.workers.size).toBe(0);
    expect(run.api.writes.filter((write) => write.name === 'a' && write.at > 8e6 && write.resource === 'pods')).toEqual([]);
  });
});

describe('admission', () => {
  test('what does not fit is refused: OutOfcpu, OutOfpods, NodeAffinity', () => {
    const big = container('web', { resources: { requests: { cpu: '3' } } });
    const run = runNode(20, [
      [2, add(pod('a', { containers: [big] }))],
      [3, add(pod('b', { containers: [big] }))],
      [4, add(pod('c', { nodeSelector: { disk: 'ssd' } }))],
    ]);
    expect(run.statuses('b').map(({ status }) => status)).toMatchObject([
      {
        phase: 'Failed',
        reason: 'OutOfcpu',
        message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 3000, used: 3000, capacity: 4000",
      },
    ]);
    expect(run.statuses('c')[0]?.status.reason).toBe('NodeAffinity');
    const full = runNode(
      20,
      [
        [2, add(pod('a'))],
        [3, add(pod('b'))],
      ],
      { config: { capacity: { cpu: '4', memory: '8Gi', pods: '1' } } },
    );
    expect(full.statuses('b')[0]?.status.reason).toBe('OutOfpods');
  });

  test('no address left: FailedCreatePodSandBox, and again after 10 to 15 s', () => {
    const run = runNode(
      60,
      [
        [2, add(pod('a'))],
        [3, add(pod('b'))],
        [20, (api, ctx) => api.deletePod('default/a', 1, ctx)],
      ],
      { config: { podCIDR: '10.0.0.0/30' } },
    );
    expect(run.events('b')[0]).toContain('FailedCreatePodSandBox');
    expect(run.statuses('b').at(-1)?.status.phase).toBe('Running');
    expect(run.statuses('b').at(-1)?.status.podIP).toBe('10.0.0.2');
  });
});

describe('images', () => {
  const pulled = (name: string, image: string): ReturnType<typeof pod> => pod(name, { containers: [container('web', { image })] });

  test('a cold image is pulled once for the node; size and bandwidth give the time', () => {
    const run = runNode(
      60,
      [
        [2, add(pulled('a', 'db:2'))],
        [20, add(pulled('b', 'db:2'))],
      ],
      { settings: { images: { 'db:2': 500_000_000 } } },
    );
    expect(run.events('a').slice(0, 2)).toEqual([
      'Pulling: Pulling image "db:2"',
      // 0.5 s to resolve, 4 s at 125 MB/s, 0.5 s to unpack at 1 GB/s.
      'Pulled: Successfully pulled image "db:2" in 5.001s (5.001s including waiting). Image size: 500000000 bytes.',
    ]);
    expect(run.events('b')[0]).toBe('Pulled: Container image "db:2" already present on machine');
    const withImages = run.writes('patch status', 'nodes').filter((write) => 'images' in (write.body['status'] as object));
    expect(withImages).toHaveLength(1);
  });

  test('serial pulls wait for each other, parallel ones share the bandwidth', () => {
    const settings = { images: { 'x:1': 250_000_000, 'y:1': 250_000_000 } };
    const both = [[2, add(pulled('a', 'x:1'))] as const, [2, add(pulled('b', 'y:1'))] as const];
    const serial = runNode(60, both, { settings });
    const parallel = runNode(60, both, { settings: { ...settings, serializeImagePulls: false } });
    expect(serial.events('a')[1]).toContain('in 2.751s (2.751s including waiting)');
    expect(serial.events('b')[1]).toContain('in 2.751s (5.502s including waiting)');
    expect(parallel.events('a')[1]).toContain('in 4.751s');
    expect(parallel.events('b')[1]).toContain('in 4.751s');
  });

  test('an image that never comes: ErrImagePull, then ImagePullBackOff with growing pauses', () => {
    const run = runNode(200, [[2, add(pod('a', { containers: [container('web', { image: 'no:1' })] }, behaviour({ pullFails: true })))]]);
    const reasons = run.statuses('a').map(({ status }) => status.containerStatuses[0]?.state.waiting?.reason);
    expect(reasons).toContain('ErrImagePull');
    expect(reasons).toContain('ImagePullBackOff');
    expect(run.statuses('a').every(({ status }) => status.phase === 'Pending')).toBe(true);
  });

  test('pull policy Never without the image', () => {
    const run = runNode(20, [[2, add(pod('a', { containers: [container('web', { image: 'no:1', imagePullPolicy: 'Never' })] }))]]);
    expect(run.events('a')).toContain('ErrImageNeverPull: Container image "no:1" is not present with pull policy of Never');
  });
});

describe('probes', () => {
  const probed = (probes: Parameters<typeof container>[1], spec: object): ReturnType<typeof pod> =>
    pod('a', { containers: [container('web', probes)] }, behaviour(spec));

  test('readiness: not ready until the container answers', () => {
    const run = runNode(60, [
      [12, add(probed({ readinessProbe: { periodSeconds: 5, failureThreshold: 3, successThreshold: 1 } }, { readyAfterSeconds: 12 }))],
    ]);
    const ready = run.statuses('a').map(({ status }) => status.containerStatuses[0]?.ready);
    expect(ready).toEqual([false, false, true]);
    const [, running, last] = run.statuses('a');
    expect((last?.at ?? 0) - (running?.at ?? 0)).toBeCloseTo(15, 1);
    expect(run.events('a').filter((event) => event.startsWith('Unhealthy: Readiness probe failed'))).toHaveLength(1);
  });

  test('liveness: three failures restart the container', () => {
    const run = runNode(60, [
      [
        12,
        add(
          probed(
            { livenessProbe: { periodSeconds: 5, failureThreshold: 3, successThreshold: 1 } },
            { probes: { liveness: { failAfterSeconds: 10 } } },
          ),
        ),
      ],
    ]);
    expect(run.events('a')).toContain('Killing: Container web failed liveness probe, will be restarted');
    expect(run.statuses('a').at(-1)?.status.containerStatuses[0]?.restartCount).toBeGreaterThanOrEqual(1);
  });

  test('startup holds the others back', () => {
    const run = runNode(60, [
      [
        12,
        add(
          probed(
            {
              startupProbe: { periodSeconds: 1, failureThreshold: 30 },
              livenessProbe: { periodSeconds: 1, failureThreshold: 1 },
              readinessProbe: { periodSeconds: 60 },
            },
            { readyAfterSeconds: 8 },
          ),
        ),
      ],
    ]);
    const last = run.statuses('a').at(-1)?.status.containerStatuses[0];
    expect(last).toMatchObject({ restartCount: 0, started: true, ready: true });
    const readyAt = run.statuses('a').at(-1)?.at ?? 0;
    expect(readyAt).toBeGreaterThan(20);
    expect(readyAt).toBeLessThan(23);
  });

  test('each probe as an event gives the same writes as probes worked out ahead', () => {
    const scenario = [
      [
        12,
        add(
          probed(
            { readinessProbe: { periodSeconds: 3 }, livenessProbe: { periodSeconds: 4 } },
            { probes: { readiness: { flap: { upSeconds: 40, downSeconds: 20 } }, liveness: { failAfterSeconds: 150 } } },
          ),
        ),
      ] as const,
    ];
    const ahead = runNode(400, scenario);
    const each = runNode(400, scenario, { settings: { probes: 'each' } });
    expect(each.api.writes).toEqual(ahead.api.writes);
    expect(each.outcome.events).toBeGreaterThan(ahead.outcome.events);
  });
});

describe('the status manager', () => {
  test('a failed write is tried again after 10 s', () => {
    const run = runNode(40, [[2, add(pod('a'))]], { failures: { 'patch pods': [500] } });
    expect(run.api.pod('default/a')?.status?.phase).toBe('Running');
  });
});

describe('an end that something older was written over', () => {
  test('is said again at the next sync', () => {
    const run = runNode(90, [
      [2, add(pod('a', { restartPolicy: 'Never' }, { 'wavetank.dev/run-seconds': '10' }))],
      [
        40,
        (api, ctx) => {
          const ended = api.pod('default/a') as Pod;
          expect(ended.status?.phase).toBe('Succeeded');
          api.put('pods/default/a', { ...ended, status: { ...ended.status, phase: 'Running' } } as Pod, 'MODIFIED', ctx);
        },
      ],
    ]);
    expect(run.api.pod('default/a')?.status?.phase).toBe('Succeeded');
    expect(run.statuses('a').at(-1)?.at).toBeLessThan(52);
  });
});

describe('a node that goes', () => {
  const n0 = { hosts: [1] };

  test('its pods run again, with one restart more', () => {
    const run = runNode(120, [[2, add(pod('a'))]], {
      changes: [
        { at: 20e6, change: 'crash', hosts: n0 },
        { at: 60e6, change: 'restart', hosts: n0 },
      ],
    });
    const last = run.statuses('a').at(-1);
    expect(last?.at).toBeGreaterThan(60);
    expect(last?.status.phase).toBe('Running');
    expect(last?.status.containerStatuses[0]).toMatchObject({ ready: true, restartCount: 1 });
    // Its address went with the node; the new one replaces it, in a list that merges by address.
    const after = run.statuses('a').filter(({ at }) => at > 60);
    expect(after[0]?.status).toMatchObject({ phase: 'Running', podIP: null, podIPs: null });
    expect(after[0]?.status.containerStatuses[0]?.state.terminated).toMatchObject({ exitCode: 255, reason: 'Unknown' });
    expect(after.find(({ status }) => typeof status.podIP === 'string')?.status.podIPs).toEqual([{ ip: expect.any(String) }]);
    expect(run.writes('update', 'leases.coordination.k8s.io').at(-1)?.at).toBeGreaterThan(100e6);
  });

  test.each([
    ['kept', [], 1],
    ['lost', [{ at: 19e6, change: 'tell', hosts: { hosts: [0] }, to: n0, message: incident('disk-lost') }], 2],
  ] as const)('with its disk %s, images are there or pulled again', (disk, before, pulls) => {
    const never = pod(
      'once',
      { restartPolicy: 'Never', containers: [container('web', { image: 'big:1' })] },
      { 'wavetank.dev/run-seconds': '50' },
    );
    const run = runNode(150, [[2, add(never)]], {
      settings: { images: { 'big:1': 1000 } },
      changes: [...before, { at: 20e6, change: 'crash', hosts: n0 }, { at: 60e6, change: 'restart', hosts: n0 }],
    });
    expect(run.events('once').filter((event) => event.startsWith('Pulled: Successfully'))).toHaveLength(disk === 'kept' ? 1 : pulls);
    // What the disk still knows to have run is not run again; of what it has lost nobody knows.
    expect(run.statuses('once').at(-1)?.status.phase).toBe(disk === 'kept' ? 'Failed' : 'Succeeded');
  });

  test('cut off, it goes on running its pods and reports when the network is back', () => {
    const run = runNode(400, [[2, add(pod('a', { restartPolicy: 'Never' }, { 'wavetank.dev/run-seconds': '100' }))]], {
      changes: [
        { at: 50e6, change: 'partition', id: 'p', a: n0, b: { hosts: [0] } },
        { at: 200e6, change: 'heal', id: 'p' },
      ],
    });
    const last = run.statuses('a').at(-1);
    expect(last?.status.phase).toBe('Succeeded');
    expect(last?.at).toBeGreaterThan(200);
    expect(last?.at).toBeLessThan(270);
  });
});

test('the same seed gives the same run, another seed another', () => {
  const scenario = [[2, add(pod('a'))] as const];
  const digest = (seed: number): string => runNode(20, scenario, { seed, settings: { startupJitterSeconds: 3 } }).outcome.digest;
  expect(digest(1)).toBe(digest(1));
  expect(digest(1)).not.toBe(digest(2));
});

describe('what a status patch says', () => {
  const types = (status: { readonly conditions: readonly { readonly type: string }[] } | undefined): string[] | undefined =>
    status?.conditions.map(({ type }) => type);

  test('everything at first, then what changed; reasons that no longer hold are cleared', () => {
    const run = runNode(10, [[2, add(pod('a'))]]);
    const [first, second] = run.statuses('a').map(({ status }) => status);
    expect(types(first)).toEqual(['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady']);
    expect(first).toHaveProperty('startTime');
    expect(second).not.toHaveProperty('startTime');
    const stored = run.api.pod('default/a')?.status;
    expect(stored).toMatchObject({ phase: 'Running', hostIP: '172.26.0.0', podIP: '10.0.0.2' });
    expect(stored?.conditions?.find(({ type }) => type === 'Ready')).toEqual({
      type: 'Ready',
      status: 'True',
      lastTransitionTime: '2026-01-01T00:00:03Z',
    });
  });

  test('after a write that failed, everything again', () => {
    const run = runNode(40, [[2, add(pod('a'))]], { failures: { 'patch pods': [500] } });
    expect(types(run.statuses('a').at(-1)?.status)).toEqual(['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady']);
    expect(run.statuses('a').at(-1)?.status).toHaveProperty('startTime');
  });
});

test('an Event that repeats is counted up by patch, and no more than 25 come at once', () => {
  const run = runNode(400, [[2, add(pod('a', { containers: [container('web', { image: 'no:1', imagePullPolicy: 'Never' })] }))]]);
  const created = run.writes('create', 'events').filter((write) => write.body['reason'] === 'ErrImageNeverPull');
  const counted = run.writes('patch', 'events').map((write) => write.body['count'] as number);
  expect(created).toHaveLength(1);
  expect(Math.max(...counted)).toBeGreaterThan(5);
  // Two Events each 10 to 15 s would be 64; 25 and one each 5 min remain.
  expect(run.writes('create', 'events').length + counted.length).toBeLessThanOrEqual(27);
});

describe('counted probes', () => {
  const probed = (annotations?: Record<string, string>) =>
    pod(
      'a',
      {
        containers: [
          container('web', {
            readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 5 },
            livenessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 10, failureThreshold: 100 },
          }),
        ],
      },
      annotations,
    );
  const totals = (probes: 'analytic' | 'each', annotations?: Record<string, string>) => {
    const run = runNode(
      600,
      [
        [2, add(probed(annotations))],
        [400, (api, ctx) => api.removePod('default/a', ctx)],
      ],
      { settings: { probes, events: 'none' } },
    );
    return run.outcome.recorded.counters
      .filter(({ name }) => name === 'prober_probe_total')
      .map(({ labels, total }) => `${labels['probe_type']} ${labels['result']} ${total}`)
      .sort();
  };

  test('are as many as are made one by one', () => {
    // From 3 s to 400 s, every 5 s and every 10 s.
    expect(totals('analytic')).toEqual(['Liveness successful 40', 'Readiness successful 80']);
    expect(totals('each')).toEqual(totals('analytic'));
    const flapping = { 'wavetank.dev/behaviour': '{"probes":{"readiness":{"flap":{"upSeconds":60,"downSeconds":40}}}}' };
    expect(totals('each', flapping)).toEqual(totals('analytic', flapping));
    expect(totals('analytic', flapping).join()).toMatch(/Readiness failed \d\d,/);
  });
});

test("a node takes as many pods as its capacity says, also more than a kubelet's default", () => {
  const many = Array.from({ length: 130 }, (_, index) => [2, add(pod(`p${index}`))] as const);
  const run = runNode(60, many, { config: { capacity: { cpu: '4', memory: '8Gi', pods: '120' } } });
  const refused = many.filter((_, index) => run.statuses(`p${index}`).at(-1)?.status.reason === 'OutOfpods');
  expect(refused).toHaveLength(10);
});

describe('lifecycle hooks that fail', () => {
  const hooks = (what: object, rest: object = {}) =>
    pod(
      'a',
      {
        containers: [container('web', { lifecycle: { postStart: { exec: { command: ['x'] } }, preStop: { exec: { command: ['y'] } } } })],
        ...rest,
      },
      { 'wavetank.dev/behaviour': JSON.stringify(what) },
    );

  test('postStart: the container is stopped and started again after the pass has failed, later and later', () => {
    const run = runNode(120, [[2, add(hooks({ postStartSeconds: 1, postStartFails: true, stopExitCode: 143 }))]]);
    expect(run.events('a')).toContain('FailedPostStartHook: PostStartHook failed');
    expect(run.events('a')).toContain('Killing: FailedPostStartHook');
    const states = run.statuses('a').map(({ status }) => status.containerStatuses[0]);
    const failed = states.find((one) => one?.state.waiting?.reason === 'PostStartHookError');
    expect(failed?.lastState.terminated?.exitCode).toBe(143);
    expect(states.some((one) => one?.state.waiting?.reason === 'CrashLoopBackOff')).toBe(true);
    expect(states.at(-1)?.restartCount).toBeGreaterThan(1);
  });

  test('preStop: it is told of, and the container has two seconds whatever the hook took', () => {
    const run = runNode(60, [
      [2, add(hooks({ preStopSeconds: 20, preStopFails: true, stopSeconds: 1, stopExitCode: 7 }, { terminationGracePeriodSeconds: 5 }))],
      [10, (api, ctx) => api.deletePod('default/a', 5, ctx)],
    ]);
    expect(run.events('a')).toContain('FailedPreStopHook: PreStopHook failed');
    const last = run.statuses('a').at(-1)?.status.containerStatuses[0]?.state.terminated;
    expect(last?.exitCode).toBe(7);
  });
});

describe('admission of what only the node knows', () => {
  const onPort = (name: string, port: object) =>
    pod(name, { containers: [container('web', { ports: [{ containerPort: 80, ...port }] } as never)] });
  test('a host port that another pod has, until that has gone; another operating system', () => {
    const run = runNode(40, [
      [2, add(onPort('first', { hostPort: 80 }))],
      [3, add(onPort('second', { hostPort: 80, hostIP: '10.1.1.1' }))],
      [3, add(onPort('udp', { hostPort: 80, protocol: 'UDP' }))],
      [4, add(pod('windows', { os: { name: 'windows' } }))],
      [10, (api, ctx) => api.deletePod('default/first', 1, ctx)],
      [20, add(onPort('third', { hostPort: 80 }))],
    ]);
    expect(run.statuses('second').at(-1)?.status).toMatchObject({
      reason: 'NodePorts',
      message: "Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    });
    expect(run.statuses('udp').at(-1)?.status.phase).toBe('Running');
    expect(run.statuses('third').at(-1)?.status.phase).toBe('Running');
    expect(run.statuses('windows').at(-1)?.status.reason).toBe('PodOSNotSupported');
  });
});
