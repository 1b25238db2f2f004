import { describe, expect, it } from 'vitest';
import { scenarioText, swarmPlan } from '#experiment';
import { parseSource, scenarioFrom } from '#scenario';

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);

describe('the swarm', () => {
  it('brings in a tenth of them each what is refused, displaced, guarded or evicted', () => {
    const marks = { squeezed: '"eventTtl"', rivals: '"priorityClassName"', guarded: '"guarded"', hungry: '"memoryUse"' };
    for (const [name, mark] of Object.entries(marks)) {
      const drawn = SEEDS.filter((seed) => JSON.stringify(swarmPlan(seed, 10).base).includes(mark));
      expect(drawn.length, name).toBeGreaterThan(15);
      expect(drawn.length, name).toBeLessThan(50);
      const plan = swarmPlan(drawn[0] ?? 0, 10);
      expect(scenarioFrom(parseSource(scenarioText(plan, plan.faults), name)).duration).toBe(600_000_000);
    }
  });

  it('lets nobody be hungry where large pods may fill the node before a kubelet looks', () => {
    const drawn = [...SEEDS, 759].map((seed) => JSON.stringify(swarmPlan(seed, 10).base));
    expect(drawn.filter((text) => text.includes('"tight"')).length).toBeGreaterThan(15);
    expect(drawn.filter((text) => text.includes('"tight"') && text.includes('"memoryUse"'))).toEqual([]);
  });
});
