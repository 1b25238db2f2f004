import { expect, it } from 'vitest';
import type { ApiRequest } from '#api';
import { runScenario, type Tap, tappedRunner } from '#experiment';
import { parseSource, scenarioFrom } from '#scenario';
import type { CreateHost } from '#sim';

const SCENARIO = `
name: known
duration: 30s
cluster: { nodes: 1, apiServers: { count: 1 }, etcd: { members: 1 } }
workload:
  - apiLoad: { name: load, user: reader, clients: 1, objects: 2, start: 10s, requestsPerSecond: { update: 2, listCached: 1, listKnown: 2 } }
`;

it('lists what is as new as the client was told before', async () => {
  const asked: string[] = [];
  const over =
    (create: CreateHost): CreateHost =>
    (spec, id, previous) => {
      const host = create(spec, id, previous);
      const receive = host.receive.bind(host);
      host.receive = (message, ctx) => {
        const { kind, verb, user, options } = message as ApiRequest;
        if (kind === 'ApiRequest' && verb === 'list' && user === 'reader')
          asked.push(`${options?.resourceVersionMatch ?? 'any'} ${options?.resourceVersion}`);
        receive(message, ctx);
      };
      return host;
    };
  const scenario = scenarioFrom(parseSource(SCENARIO, 'known.yaml'));
  await runScenario(scenario, { seed: 1, shards: 0, runner: tappedRunner({ over } as Tap), version: 'test' });
  const versions = asked.filter((one) => one.startsWith('NotOlderThan')).map((one) => Number(one.split(' ')[1]));
  expect(versions.length).toBeGreaterThan(20);
  expect(versions).toEqual(versions.toSorted((a, b) => a - b));
  expect(new Set(versions).size).toBeGreaterThan(10);
  expect(asked.filter((one) => one === 'any 0').length).toBeGreaterThan(10);
});
