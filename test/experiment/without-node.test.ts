/** A run says of pods that never had a node how many they are, what became of them, and what they waited for. */

import { expect, test } from 'vitest';
import { runInThisProcess, runScenario } from '../../src/experiment/index.ts';
import { parseSource, scenarioFrom } from '../../src/scenario/index.ts';

async function notesOf(pods: string): Promise<readonly string[]> {
  const text = `name: tight
duration: 60s
bucket: 2s
cluster: { nodes: [{ count: 2, capacity: { cpu: 2, memory: 4Gi, pods: 20 } }] }
workload:
  - deployments: { name: web, count: 1, replicas: 5, start: 5s, podsPerSecond: 20, ${pods} }
`;
  const scenario = scenarioFrom(parseSource(text, 'tight.yaml'), []);
  const { result } = await runScenario(scenario, { seed: 1, shards: 0, runner: runInThisProcess, version: 'test' });
  return result.notes.filter((note) => note.includes('never had a node'));
}

test('those that wait at the end, and for what', async () => {
  expect(await notesOf('cpu: 1500m')).toEqual([
    '3 of 5 pods never had a node: 3 wait at the end, pods waited for: Insufficient cpu (up to 3 at a time)',
  ]);
});

test('nothing where all have one', async () => {
  expect(await notesOf('cpu: 100m')).toEqual([]);
});
