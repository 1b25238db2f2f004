/** Operators who drain: what `kubectl drain` takes for its own to empty, and when it begins. */

import { expect, test } from 'vitest';
import { runInThisProcess, runScenario } from '../../src/experiment/index.ts';
import { parseSource, scenarioFrom } from '../../src/scenario/index.ts';

test('evicts what was on a node when it was looked at, not what comes back to it without end', async () => {
  // One operator has his node take pods again while another, who wants both empty, is at the other node.
  const text = `name: two-operators
duration: 90s
cluster: { nodes: [{ count: 2, capacity: { cpu: 2, memory: 4Gi, pods: 20 } }] }
workload:
  - deployments: { name: web, count: 1, replicas: 6, start: 5s, cpu: 100m, memory: 64Mi, preStop: 5s }
  - drain: { at: 20s, nodes: [node-0, node-1], nodesAtOnce: 1 }
  - drain: { at: 10s, nodes: [node-1], uncordonAfter: 8s }
`;
  const scenario = scenarioFrom(parseSource(text, 'two-operators.yaml'), []);
  const { run } = await runScenario(scenario, { seed: 1, shards: 0, runner: runInThisProcess, version: 'test' });
  expect(run.recorded.marks.flatMap(({ name }) => (name === 'drained' ? [name] : []))).toHaveLength(2);
  const evictions = run.recorded.counter('wavetank_drain_evictions_total', {})?.total ?? 0;
  expect(evictions).toBeGreaterThanOrEqual(6);
  expect(evictions).toBeLessThan(24);
});
