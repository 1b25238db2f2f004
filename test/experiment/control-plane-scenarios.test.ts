/** The scenarios of scenarios/control-plane, made small: each is read, runs, and shows the effect it is about. */

import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Result, runInThisProcess, runScenario } from '#experiment';
import { loadScenario } from '#scenario';

const FOLDER = 'scenarios/control-plane';

async function run(name: string, ...set: string[]): Promise<Result> {
  const scenario = loadScenario(`${FOLDER}/${name}.yaml`, set);
  const { result } = await runScenario(scenario, { seed: 1, shards: 0, runner: runInThisProcess, version: 'test' });
  return result;
}

const p95 = ({ distributions }: Result, key: string): number => distributions[`loadRequest/${key}`]?.p95 ?? Number.NaN;
const failing = ({ verdicts }: Result): string[] =>
  verdicts.filter(({ pass }) => !pass).map(({ metric, measured }) => `${metric}: ${measured}`);

const RATES = { get: 200, getCached: 798, listCached: 2, list: 1, update: 70, patch: 20, create: 5, delete: 5 };
const LOAD = 'workload[0].apiLoad';
const TENTH = Object.entries(RATES).map(([kind, rate]) => `${LOAD}.requestsPerSecond.${kind}=${rate}`);

describe('the control plane scenarios', { timeout: 300_000 }, () => {
  test('are all read without a mistake, and each expects something', () => {
    const files = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'));
    expect(files.length).toBeGreaterThanOrEqual(13);
    for (const file of files) expect(loadScenario(`${FOLDER}/${file}`).expect.length, file).toBeGreaterThan(0);
  });

  test('leader lost: another one is elected, writes under way fail, and all is as before', async () => {
    expect(failing(await run('leader-lost'))).toEqual([]);
  });

  test('one API server of three lost: nobody but those connected to it notices', async () => {
    expect(failing(await run('api-server-lost', 'cluster.nodes=5', 'expect.nodesReady=5'))).toEqual([]);
  });

  test("quota reached: writes are refused with etcd's text until an operator compacts, defragments and disarms", async () => {
    const result = await run('quota-reached');
    expect(failing(result)).toEqual([]);
    const refused = result.marks.find(({ name }) => name === 'load refused');
    expect(refused?.detail).toContain('500 etcdserver: mvcc: database space exceeded');
  });

  test('slow watchers are ended, and nobody else notices', async () => {
    expect(failing(await run('slow-watchers', 'duration=25s', 'expect.watchersEnded.above=50'))).toEqual([]);
  });

  test('compaction off: the database grows with every write; with it on, it stops growing', async () => {
    const size = (result: Result): number => result.verdicts.find(({ metric }) => metric === 'etcdBytes')?.measured ?? Number.NaN;
    const [off, on] = [await run('compaction-off', 'duration=50s'), await run('compaction-on', 'duration=50s')];
    expect(size(off)).toBeGreaterThan(1.8 * size(on));
  });

  test('list storm: priority and fairness keeps it from the others', async () => {
    const small = ['duration=32s', 'workload[1].apiLoad.for=6s'];
    const [with_, without] = [await run('list-storm-with', ...small), await run('list-storm-without', ...small)];
    expect(p95(with_, 'during')).toBeLessThan(50);
    expect(p95(without, 'during')).toBeGreaterThan(1000);
  });

  test('slow fsync: submission to binding takes longer with each step, and no pod is lost', async () => {
    const small = ['duration=25s', 'workload[0].pods.for=4s', 'workload[0].pods.podsPerSecond=100', 'cluster.nodes=20'];
    const took = [];
    for (const fsync of ['1ms', '10ms', '100ms']) {
      const result = await run(`slow-fsync-${fsync}`, ...small);
      expect(result.podsBound).toBe(result.podsCreated);
      took.push(result.distributions['submissionToBinding']?.p95 ?? Number.NaN);
    }
    expect(took[0]).toBeLessThan(20);
    expect(took[1]).toBeGreaterThan(2 * (took[0] as number));
    expect(took[2]).toBeGreaterThan(4 * (took[1] as number));
  });

  test('events of their own etcd: a flood of them does not reach the others', async () => {
    const small = ['duration=29s', 'workload[1].apiLoad.for=8s'];
    const [shared, separate] = [await run('events-shared', ...small), await run('events-separate', ...small)];
    expect(p95(separate, 'flood')).toBeLessThan(100);
    expect(p95(shared, 'flood')).toBeGreaterThan(4 * p95(separate, 'flood'));
  });

  test('many tenants: a noisy one waits for itself', async () => {
    const result = await run('many-tenants', 'duration=36s', 'workload[6].apiLoad.for=8s');
    expect(p95(result, 'gold storm')).toBeLessThan(250);
    expect(p95(result, 'noisy')).toBeGreaterThan(4 * p95(result, 'gold storm'));
  });

  test('the target: a tenth of it is answered well within its bound', async () => {
    const tenth = ['workload[0].apiLoad.watchers=1000', 'workload[0].apiLoad.objects=200', 'duration=20s'];
    const result = await run('target-load', ...tenth, ...TENTH);
    expect(p95(result, 'target')).toBeLessThan(100);
    expect(result.distributions['loadWatch/target']?.count).toBeGreaterThan(1000);
  });

  test.each<[string, string, ...string[]]>([
    ['quota-reached', 'etcdAlarms', 'cluster.etcd.quota=2GiB', `${LOAD}.requestsPerSecond.update=50`, `${LOAD}.phases[0].for=1s`],
    ['slow-watchers', 'watchersEnded', `${LOAD}.slowWatchers.eventsPerSecond=1000`, `${LOAD}.watchers=200`],
    ['leader-lost', 'etcdElections', 'faults=[]', 'cluster.nodes=1', `${LOAD}.requestsPerSecond.update=20`],
    ['target-load', 'loadAnswered (target)', `${LOAD}.watchers=10`, ...TENTH],
  ])('%s: %s is not met by a cluster to which it does not happen', async (name, metric, ...set) => {
    const verdict = (await run(name, ...set, 'duration=14s')).verdicts.find((one) => one.metric === metric);
    expect(verdict).toMatchObject({ pass: false, measured: expect.any(Number) });
  });
});
