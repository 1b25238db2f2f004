/** Users who are sent away by servers that are busy or gone: as kubectl they give up, in the fuzz they ask until they are heard. */

import { expect, test } from 'vitest';
import { runInThisProcess, runScenario } from '#experiment';
import { parseSource, scenarioFrom } from '#scenario';

const TEXT = `name: sent-away
duration: 4m
cluster: { nodes: 2, apiServers: { count: 1 } }
workload:
  - apply:
      at: 12s
      objects:
        - { apiVersion: v1, kind: ConfigMap, metadata: { name: wanted } }
  - pods: { name: p, count: 1, start: 5s, podsPerSecond: 1, cpu: 100m, memory: 64Mi }
faults:
  - crashApiServer: { at: 10s, for: 2m, index: 0 }
`;

async function refusals(patientUsers: boolean): Promise<{ refused: number; asked: number }> {
  const { run } = await runScenario(scenarioFrom(parseSource(TEXT, 'sent-away.yaml')), {
    seed: 1,
    shards: 0,
    runner: runInThisProcess,
    version: 'test',
    world: { patientUsers },
  });
  const made = run.recorded.marks.filter(({ name, detail }) => name === 'request refused' && detail?.includes('wanted') === true);
  const creates = run.recorded.counter('apiserver_request_total', { code: '201' })?.total ?? 0;
  return { refused: made.length, asked: creates };
}

test('what is refused once is refused for good by who gives up, and made in the end for who does not', async () => {
  const [short, long] = [await refusals(false), await refusals(true)];
  expect(short.refused).toBe(1);
  expect(long.refused).toBeGreaterThanOrEqual(1);
  expect(long.asked).toBe(short.asked + 1);
});
