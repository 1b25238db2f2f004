import { describe, expect, it } from 'vitest';
import { SWARM_FAULTS, scenarioText, swarmPlan } from '#experiment';
import { parseDuration, parseSource, scenarioFrom } from '#scenario';

describe('the swarm', () => {
  it('draws the same for the same seed and another for another', () => {
    expect(swarmPlan(7, 10)).toEqual(swarmPlan(7, 10));
    expect(swarmPlan(7, 10).faults).not.toEqual(swarmPlan(8, 10).faults);
  });

  it('writes valid scenarios, uses every kind of fault, and heals all before the second phase', () => {
    const used = new Set<string>();
    for (let seed = 0; seed < 300; seed++) {
      const plan = swarmPlan(seed, 10);
      const scenario = scenarioFrom(parseSource(scenarioText(plan, plan.faults), `seed ${seed}`));
      for (const { kind, spec } of scenario.faults) {
        used.add(kind);
        const { at, for: lasts, by } = spec as { at: string; for?: string; by?: string };
        const lag = kind === 'staleServer' ? (parseDuration(by) ?? 0) : 0;
        expect((parseDuration(at) ?? 0) + (parseDuration(lasts) ?? 0) + lag, `seed ${seed}: ${kind}`).toBeLessThanOrEqual(240_000_000);
      }
    }
    expect([...used].sort()).toEqual([...SWARM_FAULTS].sort());
  });
});
