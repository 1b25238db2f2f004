/** One scenario and one seed give one history: whatever the number of shards, and however often it is run. */

import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { HOST_BUILDER, type Runner, runInThisProcess, runScenario } from '#experiment';
import { loadScenario } from '#scenario';
import { runSharded } from '#workers';

const FIRST_LIGHT = fileURLToPath(new URL('../../scenarios/first-light.yaml', import.meta.url));

/** 120 nodes in two zones, a rollout, nodes lost and found again: enough that shards have something to disagree about. */
const MIDDLE = [
  'cluster.nodes[0].count=120',
  'cluster.apiServers.count=2',
  'workload[0].deployments.count=20',
  'workload[1].jobs.count=20',
  'faults[0].crashNodes.count=6',
  'duration=4m',
  'faults[0].crashNodes.for=70s',
];

const onThreads: Runner = (world, options) => runSharded(world, { ...options, builder: HOST_BUILDER });

async function digestOf(set: readonly string[], shards: number, seed?: number): Promise<string> {
  const scenario = loadScenario(FIRST_LIGHT, set);
  const { result } = await runScenario(scenario, {
    seed: seed ?? scenario.seed,
    shards,
    runner: shards === 0 ? runInThisProcess : onThreads,
    version: 'test',
  });
  expect(result.podsBound).toBeGreaterThan(50);
  return result.digest;
}

describe.each([
  ['first-light', []],
  ['a middling cluster', MIDDLE],
] as const)('%s', (_name, set) => {
  test('has one digest on 0, 1, 2 and 4 shards, and run twice', { timeout: 120_000 }, async () => {
    const digests = [];
    for (const shards of [0, 0, 1, 2, 4]) digests.push(await digestOf(set, shards));
    expect(new Set(digests).size, digests.join(' ')).toBe(1);
  });
  test('has another digest with another seed', { timeout: 60_000 }, async () => {
    expect(await digestOf(set, 0, 99)).not.toBe(await digestOf(set, 0));
  });
});
