import { describe, expect, it } from 'vitest';
import { runInThisProcess, runScenario } from '#experiment';
import { faultKind, parseSource, scenarioFrom, type Topology, UserError } from '#scenario';

async function ran(faults: readonly object[], more: Readonly<Record<string, unknown>>) {
  const cluster = { nodes: [{ count: 2, zones: ['a'], capacity: { cpu: 4, memory: '16Gi', pods: 20 } }], ...(more['cluster'] ?? {}) };
  const text = JSON.stringify({ name: 'faults', seed: 3, duration: '90s', ...more, cluster, faults });
  return await runScenario(scenarioFrom(parseSource(text, 'faults.yaml')), {
    seed: 3,
    shards: 0,
    version: 'test',
    runner: runInThisProcess,
  });
}
type Ran = Awaited<ReturnType<typeof ran>>;
const total = ({ run }: Ran, name: string, labels: Readonly<Record<string, string>> = {}) => run.recorded.counter(name, labels)?.total ?? 0;
const marks = ({ result }: Ran): readonly string[] =>
  JSON.stringify(result).match(/DNS \w+|cloud API[^"]*|requests (repeated|once again)/g) ?? [];

const traffic = {
  workload: [
    { deployments: { name: 'web', replicas: 2, start: '5s', image: 'web:1', cpu: '50m', memory: '64Mi', service: true } },
    { traffic: { of: 'web', start: '30s', phases: [{ name: 'all', for: '50s', requestsPerSecond: 100 }] } },
  ],
};
const failed = (one: Ran) => total(one, 'wavetank_requests_failed_total', { reason: 'name not resolved' });

describe('DNS errors', () => {
  it('fail their share of the requests of clients of Services while they last', async () => {
    const struck = await ran([{ dnsErrors: { at: '40s', for: '20s', share: '50 %' } }], traffic);
    // 100 a second for 20 s, half of them: 1,000.
    expect(failed(struck)).toBeGreaterThan(850);
    expect(failed(struck)).toBeLessThan(1150);
    expect(failed(await ran([], traffic))).toBe(0);
    expect(marks(struck)).toEqual(expect.arrayContaining(['DNS fails', 'DNS well']));
  });
});

const storage = {
  cluster: {
    storage: {
      drivers: [{ name: 'disk.example.com', provision: '1s', attach: '1s' }],
      classes: [{ name: 'zonal', default: true, volumeBindingMode: 'WaitForFirstConsumer' }],
    },
  },
  workload: [
    {
      apply: {
        at: '10s',
        objects: [
          {
            apiVersion: 'v1',
            kind: 'PersistentVolumeClaim',
            metadata: { name: 'orders' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '20Gi' } } },
          },
          {
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name: 'orders' },
            spec: {
              containers: [{ name: 'db', image: 'db:1' }],
              volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'orders' } }],
            },
          },
        ],
      },
    },
  ],
};

describe('errors of the cloud API', () => {
  it('keep a pod from its disk while they last', async () => {
    const calm = await ran([], storage);
    const healed = await ran([{ cloudErrors: { at: '5s', for: '20s', call: 'attach' } }], storage);
    const ill = await ran([{ cloudErrors: { at: '5s' } }], storage);
    expect([calm, healed, ill].map(({ result }) => result.podsRunning)).toEqual([1, 1, 0]);
    expect(marks(healed)).toEqual(expect.arrayContaining(['cloud API, attach: errors', 'cloud API, attach: well']));
  });
});

describe('repeated requests', () => {
  it('are done twice: who asked is told of a conflict with itself', async () => {
    const pods = { workload: [{ pods: { count: 100, start: '10s', cpu: '10m', memory: '1Mi' } }] };
    const conflicts = (one: Ran) => total(one, 'apiserver_request_total', { code: '409' });
    const calm = await ran([], pods);
    const struck = await ran([{ repeatRequests: { at: '9s', for: '30s', share: '50 %', of: 'users' } }], pods);
    expect(conflicts(struck)).toBeGreaterThan(conflicts(calm) + 20);
    expect(struck.result.podsCreated).toBe(100);
    expect(marks(struck)).toEqual(expect.arrayContaining(['requests repeated', 'requests once again']));
  });
});

describe('faults that find nobody', () => {
  const nobody: Topology = { nodes: [], apiServers: [1], etcd: [0], etcdMembers: [], schedulers: [], controllerManagers: [], users: [] };
  it.each([
    ['dnsErrors', {}, 'nobody who looks names up'],
    ['cloudErrors', {}, 'nobody who calls the provider'],
    ['repeatRequests', { of: 'nodes' }, 'finds no nodes'],
  ])('%s', (kind, spec, says) => {
    expect(faultKind(kind)?.mistake?.({ at: '1s', ...spec } as never, nobody)).toContain(says);
  });
  it('is told in one line, with its place', async () => {
    await expect(ran([{ cloudErrors: { at: '1s' } }], { workload: [{ pods: { count: 1 } }] })).rejects.toThrow(UserError);
  });
});
