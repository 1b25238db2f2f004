/** A scheduler that takes its time: its binds come later by that much, and it may live with the nodes without anything coming out otherwise. */

import { expect, test } from 'vitest';
import { buildWorld, runInThisProcess, runScenario } from '#experiment';
import { parseSource, scenarioFrom } from '#scenario';
import { placeByGroup } from '#sim';

const scenario = (reaction: string) =>
  scenarioFrom(
    parseSource(
      `name: t\nduration: 30s\ncluster:\n  nodes: 4\n  schedulers: [{ ${reaction} }]\nworkload:\n  - pods: { name: p, count: 1, start: 20s, podsPerSecond: 10, cpu: 100m, memory: 64Mi }\n`,
      't.yaml',
    ),
  );

async function bindingTook(reaction: string): Promise<number> {
  const read = scenario(reaction);
  const { run } = await runScenario(read, { seed: 1, shards: 0, runner: runInThisProcess, version: 'test' });
  const span = [...run.recorded.allSpans()].find(({ name }) => name === 'binding');
  if (span === undefined) throw new Error('nothing was bound');
  return span.duration;
}

test('a reaction of 50 ms makes a bind 50 ms later, less what it took anyway', async () => {
  const [took, takes] = [await bindingTook(''), await bindingTook('reaction: 50ms')];
  expect(takes - took).toBeGreaterThan(45_000);
  expect(takes - took).toBeLessThanOrEqual(51_000);
});

test('only schedulers with a reaction, and the observer with them, leave the control plane', () => {
  const away = (reaction: string): string[] => {
    const { world } = buildWorld(scenario(reaction), { seed: 1 });
    const placement = placeByGroup(world, 2, ['node']);
    return world.hosts.filter(({ group }, host) => group !== 'node' && placement[host] === 1).map(({ name }) => name);
  };
  expect(away('')).toEqual([]);
  expect(away('reaction: 10ms')).toEqual(['kube-scheduler', 'observer']);
});
