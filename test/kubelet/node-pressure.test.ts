import { describe, expect, test } from 'vitest';
import { add, container, pod, runNode } from './one-node.ts';

const behaviour = (spec: object): Record<string, string> => ({ 'wavetank.dev/behaviour': JSON.stringify(spec) });
const MI = 1024 * 1024;
const memory = (request: string | undefined, limit?: string): Parameters<typeof container>[1] => ({
  resources: { requests: request === undefined ? {} : { memory: request }, limits: limit === undefined ? {} : { memory: limit } },
});
const small = { config: { capacity: { cpu: '4', memory: '1Gi', pods: '110' } } };

describe('memory', () => {
  test('a container that grows beyond its limit is killed by the kernel: OOMKilled, 137, restarted', () => {
    // 100 MiB + 10 MiB/s reaches 200 MiB after 10 s.
    const grows = { memory: { startBytes: 100 * MI, growthBytesPerSecond: 10 * MI } };
    const run = runNode(60, [[2, add(pod('a', { containers: [container('web', memory('100Mi', '200Mi'))] }, behaviour(grows)))]]);
    const killed = run.statuses('a').find(({ status }) => status.containerStatuses[0]?.lastState.terminated !== undefined);
    expect(killed?.status.containerStatuses[0]?.lastState.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
    expect(killed?.at).toBeGreaterThan(12.4);
    expect(run.outcome.recorded.counter('container_oom_events_total')?.total).toBeGreaterThanOrEqual(2);
  });

  test('one that stays below its limit is left alone', () => {
    const grows = { memory: { startBytes: 100 * MI, growthBytesPerSecond: 10 * MI, maxBytes: 190 * MI } };
    const run = runNode(200, [[2, add(pod('a', { containers: [container('web', memory('100Mi', '200Mi'))] }, behaviour(grows)))]]);
    expect(run.statuses('a').at(-1)?.status.containerStatuses[0]?.restartCount).toBe(0);
  });

  test('low on memory, the node evicts: over its request first, then the lowest priority', () => {
    const steady = { memory: { startBytes: 300 * MI } };
    const leak = { memory: { startBytes: 200 * MI, growthBytesPerSecond: 2 * MI } };
    const run = runNode(
      120,
      [
        [2, add(pod('within', { priority: 0, containers: [container('web', memory('400Mi'))] }, behaviour(steady)))],
        [3, add(pod('leaks', { priority: 100, containers: [container('web', memory('100Mi'))] }, behaviour(leak)))],
      ],
      small,
    );
    // 1024 - 300 - 100 leaves 624 MiB to the leak, reached 212 s after its start.
    expect(run.statuses('leaks').at(-1)?.status.phase).toBe('Running');
    const long = runNode(
      420,
      [
        [2, add(pod('within', { priority: 0, containers: [container('web', memory('400Mi'))] }, behaviour(steady)))],
        [3, add(pod('leaks', { priority: 100, containers: [container('web', memory('100Mi'))] }, behaviour(leak)))],
        [250, add(pod('late'))],
        [251, add(pod('asks', { containers: [container('web', memory('50Mi'))] }))],
      ],
      small,
    );
    const last = long.statuses('leaks').at(-1);
    expect(last?.status).toMatchObject({ phase: 'Failed', reason: 'Evicted' });
    expect(last?.status.message).toContain('The node was low on resource: memory. Threshold quantity: 100Mi, available: ');
    expect(last?.status.message).toContain('Container web was using');
    expect(last?.at).toBeGreaterThan(215);
    expect(last?.at).toBeLessThan(228);
    expect(last?.status.conditions.some(({ type, status }) => type === 'DisruptionTarget' && status === 'True')).toBe(true);
    expect(long.statuses('within').at(-1)?.status.phase).toBe('Running');
    // Under pressure (for 5 min after) best-effort pods are refused, others are not.
    expect(long.statuses('late').at(-1)?.status).toMatchObject({ phase: 'Failed', reason: 'Evicted' });
    expect(long.statuses('asks').at(-1)?.status.phase).toBe('Running');
    const conditions = long
      .writes('patch status', 'nodes')
      .map((write) => (write.body['status'] as { conditions: { type: string; status: string }[] }).conditions);
    expect(conditions.some((list) => list.some(({ type, status }) => type === 'MemoryPressure' && status === 'True'))).toBe(true);
  });

  test('a node that runs out between two looks: the kernel takes the highest score', () => {
    const jump = { memory: { startBytes: 600 * MI, growthBytesPerSecond: 500 * MI } };
    const run = runNode(
      20,
      [
        [
          2,
          add(
            pod(
              'guaranteed',
              {
                containers: [
                  container('web', { resources: { requests: { cpu: '1', memory: '300Mi' }, limits: { cpu: '1', memory: '300Mi' } } }),
                ],
              },
              behaviour({ memory: { startBytes: 290 * MI } }),
            ),
          ),
        ],
        [5, add(pod('jumps', {}, behaviour(jump)))],
      ],
      small,
    );
    expect(run.statuses('guaranteed').at(-1)?.status.containerStatuses[0]?.restartCount).toBe(0);
    expect(run.outcome.recorded.counter('container_oom_events_total')?.total).toBeGreaterThanOrEqual(1);
  });
});

describe('cpu', () => {
  const work = (cpu: { requests?: object; limits?: object }, name: string): ReturnType<typeof pod> =>
    pod(
      name,
      { restartPolicy: 'Never', containers: [container('web', { resources: cpu as never })] },
      behaviour({ runSeconds: 10, cpuMilli: 2000 }),
    );
  const took = (run: ReturnType<typeof runNode>, name: string): number => {
    const done = run.statuses(name).find(({ status }) => status.phase === 'Succeeded')?.status.containerStatuses[0]?.state
      .terminated as unknown as {
      startedAt: string;
      finishedAt: string;
    };
    return (Date.parse(done.finishedAt) - Date.parse(done.startedAt)) / 1000;
  };

  test('a limit of half of what it wants doubles its run time', () => {
    const run = runNode(60, [[2, add(work({ limits: { cpu: '1' } }, 'a'))]]);
    expect(took(run, 'a')).toBeCloseTo(20, 0);
    expect(run.outcome.recorded.counter('container_cpu_cfs_throttled_seconds_total')?.total).toBeCloseTo(10, 1);
  });

  test('neighbours share by their requests, and speed up when one is done', () => {
    const one = { config: { capacity: { cpu: '2', memory: '8Gi', pods: '110' } } };
    const run = runNode(
      100,
      [
        [2, add(work({ requests: { cpu: '1500m' } }, 'big'))],
        [2, add(work({ requests: { cpu: '500m' } }, 'low'))],
      ],
      one,
    );
    // 20 CPU seconds each on 2 cores: big has 1.5 until it is done after 13.3 s, low has 0.5 and then all: 20 s together.
    expect(took(run, 'big')).toBeGreaterThanOrEqual(13);
    expect(took(run, 'big')).toBeLessThanOrEqual(14);
    expect(took(run, 'low')).toBeCloseTo(20, -0.5);
  });
});
