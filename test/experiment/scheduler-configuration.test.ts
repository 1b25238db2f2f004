/** A scheduler engineer's own configuration at work: whole runs of small clusters, each of which comes out otherwise when one field of the file does. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { type FinishedRun, loadPlugins, runInThisProcess, runScenario } from '#experiment';
import { loadScenario, parseSource, scenarioFrom } from '#scenario';

const directory = mkdtempSync(join(tmpdir(), 'wavetank-config-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const HEAD = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';
const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

async function run(scenario: string, plugins: readonly string[] = []): Promise<FinishedRun> {
  const read = scenarioFrom(parseSource(scenario, join(directory, 'scenario.yaml')));
  return runScenario(read, { seed: read.seed, shards: 0, runner: runInThisProcess, version: 'test', world: { plugins } });
}

/** Where pods were bound, by name. */
function placed({ run: { recorded } }: FinishedRun): Map<string, string> {
  const nodes = new Map<string, string>();
  for (const { subject, name, detail } of recorded.allSpans())
    if (name === 'binding') nodes.set(subject.replace('pods/default/', ''), String(detail));
  return nodes;
}

const cluster = (schedulers: string, nodes = '4'): string =>
  `name: t\nduration: 1m\ncluster:\n  nodes: ${nodes}\n  schedulers: ${schedulers}\n`;
const pods = (name: string, count: number, more = ''): string =>
  `  - pods: { name: ${name}, count: ${count}, start: 20s, podsPerSecond: 10, cpu: 100m, memory: 64Mi${more} }\n`;

describe('a configuration in a scenario', () => {
  test('is found beside the scenario, and its profiles answer to their schedulerNames', async () => {
    const strategy = (type: string): string =>
      `    pluginConfig: [{ name: NodeResourcesFit, args: { scoringStrategy: { type: ${type}, resources: [{ name: cpu, weight: 1 }] } } }]\n` +
      '    plugins: { score: { disabled: [{ name: "*" }], enabled: [{ name: NodeResourcesFit }] } }\n';
    file(
      'two.yaml',
      `${HEAD}profiles:\n  - schedulerName: spread\n${strategy('LeastAllocated')}  - schedulerName: pack\n${strategy('MostAllocated')}`,
    );
    const workload = `workload:\n${pods('s', 8, ', schedulerName: spread')}${pods('p', 8, ', schedulerName: pack')}${pods('d', 2)}`;
    const bound = placed(await run(`${cluster('[{ config: two.yaml }, {}]')}${workload}`));
    const used = (prefix: string): number => new Set([...bound].filter(([name]) => name.startsWith(prefix)).map(([, node]) => node)).size;
    expect([used('s-'), used('p-')]).toEqual([4, 1]);
    // The second instance, without a file, is kube-scheduler as it comes.
    expect([...bound.keys()].filter((name) => name.startsWith('d-'))).toHaveLength(2);
  });

  test('may stand in the scenario itself; its addedAffinity and its weights decide', async () => {
    const config = (weight: number): string => `
    - config:
        apiVersion: kubescheduler.config.k8s.io/v1
        kind: KubeSchedulerConfiguration
        profiles:
          - plugins: { score: { disabled: [{ name: '*' }], enabled: [{ name: NodeAffinity, weight: ${weight} }, { name: ImageLocality, weight: 0 }] } }
            pluginConfig:
              - name: NodeAffinity
                args:
                  addedAffinity:
                    requiredDuringSchedulingIgnoredDuringExecution:
                      nodeSelectorTerms: [{ matchExpressions: [{ key: tier, operator: In, values: [gold, silver] }] }]
                    preferredDuringSchedulingIgnoredDuringExecution:
                      - { weight: 1, preference: { matchExpressions: [{ key: tier, operator: In, values: [silver] }] } }`;
    const nodes =
      '[{ name: plain, count: 2 }, { name: gold, count: 1, labels: { tier: gold } }, { name: silver, count: 1, labels: { tier: silver } }]';
    const bound = placed(await run(`${cluster(config(2), nodes)}\nworkload:\n${pods('w', 3)}`));
    expect([...new Set(bound.values())]).toEqual(['silver-0']);
  });

  test('says how many nodes are scored: for all profiles, for one, and the scenario goes before', async () => {
    file(
      'tenth.yaml',
      `${HEAD}percentageOfNodesToScore: 100\nprofiles:\n  - schedulerName: all\n  - schedulerName: few\n    percentageOfNodesToScore: 30\n`,
    );
    const workload = (scheduler: string): string => `workload:\n${pods('w', 20, `, schedulerName: ${scheduler}`)}`;
    const mean = async (schedulers: string, scheduler: string): Promise<number> =>
      (await run(`${cluster(schedulers, '400')}${workload(scheduler)}`)).run.recorded.histogram(
        'scheduler_scheduling_algorithm_duration_seconds',
      )?.overall.mean ?? 0;
    const all = await mean('[{ config: tenth.yaml }]', 'all');
    // 120 of 400 nodes are filtered and scored: 4.09 us a node less.
    expect((all - (await mean('[{ config: tenth.yaml }]', 'few'))) * 1e6).toBeCloseTo(280 * 4.09, -2);
    expect(await mean('[{ config: tenth.yaml, percentageOfNodesToScore: 30 }]', 'all')).toBeLessThan(all * 0.5);
  });

  test('says how long a pod backs off after an error', async () => {
    const plugin = file(
      'fails-thrice.ts',
      `const tries = new Map<string, number>();
       export default () => ({
         name: 'FailsThrice',
         reserve(_state: unknown, pod: { metadata: { name: string } }) {
           const before = tries.get(pod.metadata.name) ?? 0;
           tries.set(pod.metadata.name, before + 1);
           return before < 3 ? { code: 'Error', reasons: ['not yet'] } : undefined;
         },
       });`,
    );
    const { names } = await loadPlugins([plugin]);
    const waited = async (pod: string, initial: number, most: number): Promise<number> => {
      const profiles = 'profiles: [{ plugins: { multiPoint: { enabled: [{ name: FailsThrice }] } } }]';
      file('backoff.yaml', `${HEAD}podInitialBackoffSeconds: ${initial}\npodMaxBackoffSeconds: ${most}\n${profiles}\n`);
      const { run: finished } = await run(`${cluster('[{ config: backoff.yaml }]')}workload:\n${pods(pod, 1)}`, names);
      return finished.recorded.histogram('scheduler_pod_scheduling_sli_duration_seconds')?.overall.max ?? 0;
    };
    // 1 + 2 + 4 s, and 1 + 2 + 2 s; each back-off ends with the second in which it is over.
    const [doubling, capped, long] = [await waited('a', 1, 10), await waited('b', 1, 2), await waited('c', 5, 5)];
    expect(doubling).toBeGreaterThan(7);
    expect(doubling).toBeLessThan(10.5);
    expect(capped).toBeGreaterThan(5);
    expect(capped).toBeLessThan(doubling);
    expect(long).toBeGreaterThan(15);
  });

  test('limits the client, unless the scenario does', async () => {
    file('slow.yaml', `${HEAD}clientConnection: { qps: 1, burst: 1 }\nleaderElection: { leaderElect: false }\n`);
    const bound = async (schedulers: string): Promise<number> =>
      (await run(`${cluster(schedulers).replace('1m', '30s')}workload:\n${pods('w', 40)}`)).result.podsBound;
    expect(await bound('[{ config: slow.yaml }]')).toBeLessThan(12);
    expect(await bound('[{ config: slow.yaml, qps: 50, burst: 100 }]')).toBe(40);
  });
});

describe('replicas of a scheduler', () => {
  const scenario = (schedulers: string, faults: string): string =>
    `${cluster(schedulers).replace('1m', '2m')}workload:\n${pods('early', 5)}${pods('late', 5).replace('20s', '70s')}faults: ${faults}\n`;
  const leads = ({ run: { recorded } }: FinishedRun): [string, number][] =>
    recorded.marks.filter(({ name }) => name.endsWith(' leads')).map(({ name, at }) => [name, at / 1e6]);

  test('one leads; when it crashes another takes over within the lease', async () => {
    const finished = await run(scenario('[{ replicas: 2 }]', '[{ crashScheduler: { at: 60s } }]'));
    expect(finished.result.podsBound).toBe(10);
    const [[first], [second, at]] = leads(finished) as [[string, number], [string, number]];
    expect([first, second]).toEqual(['kube-scheduler: kube-scheduler-0 leads', 'kube-scheduler: kube-scheduler-1 leads']);
    // 15 s after the last renewal, found at the next try of a candidate: 2 s and 1.2 times as much of jitter.
    expect(at).toBeGreaterThan(60 + 15 - 2);
    expect(at).toBeLessThan(60 + 15 + 4.5);
  });

  test('with short durations of their own, and by a lease of their own', async () => {
    const election = '{ leaseDuration: 3s, renewDeadline: 2s, retryPeriod: 500ms, resourceName: mine }';
    const finished = await run(scenario(`[{ replicas: 3, leaderElection: ${election} }]`, '[{ crashScheduler: { at: 60s } }]'));
    expect(finished.result.podsBound).toBe(10);
    expect(leads(finished)[1]?.[0]).toMatch(/^mine: kube-scheduler-[12] leads$/);
    expect(leads(finished)[1]?.[1]).toBeLessThan(65);
  });

  test('the loss of one that only stood by changes nothing for pods', async () => {
    const finished = await run(scenario('[{ replicas: 2 }]', '[{ crashScheduler: { at: 60s, index: 1 } }]'));
    expect(finished.result.podsBound).toBe(10);
    expect(leads(finished)).toHaveLength(1);
    expect(finished.run.recorded.gauge('scheduler_pending_pods', { queue: 'active' })?.values.at(-1)).toBe(0);
  });

  test('none leaves the work to a scheduler from outside, and there is none to lose', async () => {
    const finished = await run(`${cluster('[{ replicas: 0 }]').replace('1m', '30s')}workload:\n${pods('w', 3)}`);
    expect([finished.result.podsCreated, finished.result.podsBound]).toEqual([3, 0]);
    await expect(run(scenario('[{ replicas: 0 }]', '[{ crashScheduler: { at: 60s } }]'))).rejects.toThrow(
      'finds no scheduler in this cluster',
    );
  });

  test('a leader that cannot renew exits, comes back and leads again', async () => {
    const faults = '[{ crashApiServer: { at: 30s, for: 20s } }]';
    file('elect.yaml', `${HEAD}leaderElection: { leaderElect: true, resourceName: alone }\n`);
    const patient = scenario('[{ config: elect.yaml }]', faults).replace('2m', '5m').replace('70s', '4m');
    const finished = await run(patient);
    const marks = finished.run.recorded.marks.map(({ name }) => name).filter((name) => name.startsWith('alone'));
    expect(marks).toEqual(['alone: kube-scheduler leads', 'alone: kube-scheduler lost the lease', 'alone: kube-scheduler leads']);
    expect(finished.result.podsBound).toBe(10);
  });
});

test('the teaching profile scores by its four weights alone', { timeout: 60_000 }, async () => {
  const scenario = loadScenario(fileURLToPath(new URL('../../scenarios/teaching-scheduler.yaml', import.meta.url)));
  const { result, built } = await runScenario(scenario, { seed: 1, shards: 0, runner: runInThisProcess, version: 'test' });
  expect(result.verdicts.filter(({ pass }) => !pass)).toEqual([]);
  const host = built.world.hosts.find(({ program }) => program === 'scheduler');
  const config = host?.config as { configuration: { profiles: { plugins: { score: unknown } }[] } } | undefined;
  expect(config?.configuration.profiles[0]?.plugins.score).toEqual([
    { name: 'NodeResourcesBalancedAllocation', weight: 30 },
    { name: 'ImageLocality', weight: 20 },
    { name: 'InterPodAffinity', weight: 25 },
    { name: 'NodeAffinity', weight: 25 },
  ]);
});
