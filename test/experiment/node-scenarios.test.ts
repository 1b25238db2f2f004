/** The scenarios of scenarios/nodes hold what they expect; and what each is about goes wrong when its remedy is taken away. */

import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Result, runInThisProcess, runScenario } from '#experiment';
import { loadScenario } from '#scenario';

const FOLDER = 'scenarios/nodes';

async function run(name: string, ...set: string[]): Promise<Result> {
  const scenario = loadScenario(`${FOLDER}/${name}.yaml`, set);
  const { result } = await runScenario(scenario, { seed: 1, shards: 0, runner: runInThisProcess, version: 'test' });
  return result;
}
const failing = ({ verdicts }: Result): string[] =>
  verdicts.filter(({ pass }) => !pass).map(({ metric, measured }) => `${metric}: ${measured}`);
const measured = ({ verdicts }: Result, metric: string): number =>
  verdicts.find((verdict) => verdict.metric === metric)?.measured ?? Number.NaN;

const SMALLER: Readonly<Record<string, readonly string[]>> = {
  'probes-150k': [
    'duration=8m',
    'cluster.nodes=50',
    'workload[0].deployments.count=4',
    'workload[1].deployments.count=1',
    'workload[1].deployments.flap={up: 1m, down: 30s}',
    'expect.probes="> 100000"',
  ],
  'failure-detection-tuned': [
    'cluster.nodes=200',
    'faults[0].crashNodes.count=5',
    'expect.nodesReady=195',
    'expect.apiWritesPerSecond="> 100"',
  ],
};

describe('the scenarios about nodes', { timeout: 300_000 }, () => {
  const names = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.replace('.yaml', ''));

  test.each(names)('%s', async (name) => {
    const result = await run(name, ...(SMALLER[name] ?? []));
    expect(result.verdicts.length).toBeGreaterThan(0);
    expect(failing(result)).toEqual([]);
  });

  test('a rolling update without preStop hooks refuses requests: proxies hear too late', async () => {
    const result = await run('rolling-update-under-traffic', 'workload[0].deployments.preStop=0s');
    expect(measured(result, 'failedRequests')).toBeGreaterThan(50);
  });

  test('limits hold noisy neighbours back', async () => {
    const result = await run('noisy-neighbours', 'workload[3].pods.limits={cpu: 700m}');
    expect(measured(result, 'requestLatencyP95 (noisy)')).toBeLessThan(45);
  });
});
