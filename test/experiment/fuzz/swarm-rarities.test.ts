import { describe, expect, it } from 'vitest';
import { scenarioText, swarmPlan } from '#experiment';
import { parseSource, scenarioFrom } from '#scenario';

const SEEDS = Array.from({ length: 400 }, (_, seed) => seed);
const RARE = { unready: '"name":"unready"', growing: '"name":"growing"', lossy: '"name":"lossy"', spare: '"name":"spare"' };
const has = (seed: number, mark: string): boolean => JSON.stringify(swarmPlan(seed, 10).base).includes(mark);

describe('the swarm', () => {
  it('brings in few of them each what is never ready, grows unwatched, is lost on the way or is gone', () => {
    for (const [name, mark] of Object.entries(RARE)) {
      const drawn = SEEDS.filter((seed) => has(seed, mark));
      expect(drawn.length, name).toBeGreaterThan(8);
      expect(drawn.length, name).toBeLessThan(40);
      const plan = swarmPlan(drawn[0] ?? 0, 10);
      expect(scenarioFrom(parseSource(scenarioText(plan, plan.faults), name)).duration).toBe(600_000_000);
    }
  });

  it('leaves most of them alone', () => {
    const without = SEEDS.filter((seed) => Object.values(RARE).every((mark) => !has(seed, mark)));
    expect(without.length / SEEDS.length).toBeGreaterThan(0.75);
  });
});
