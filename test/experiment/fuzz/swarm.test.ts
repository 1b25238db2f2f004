import { describe, expect, it } from 'vitest';
import { EXTRA_FAULTS, SWARM_FAULTS, scenarioText, swarmPlan } from '#experiment';
import { parseDuration, parseSource, scenarioFrom } from '#scenario';

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);
/** Reading one takes 40 ms. */
const READ = 25;

describe('the swarm', () => {
  it('draws the same for the same seed and another for another', () => {
    expect(swarmPlan(7, 10)).toEqual(swarmPlan(7, 10));
    expect(swarmPlan(7, 10).faults).not.toEqual(swarmPlan(8, 10).faults);
  });

  it('writes valid scenarios, with every kind of fault', () => {
    const unread = new Set([...SWARM_FAULTS, ...EXTRA_FAULTS]);
    let read = 0;
    for (const seed of SEEDS) {
      const plan = swarmPlan(seed, 10);
      const kinds = plan.faults.flatMap((fault) => Object.keys(fault));
      // The first ones whatever they hold, and then those that hold a kind which none before them held.
      if (seed >= READ && !kinds.some((kind) => unread.has(kind))) continue;
      const scenario = scenarioFrom(parseSource(scenarioText(plan, plan.faults), `seed ${seed}`));
      expect(scenario.faults.map(({ kind }) => kind)).toEqual(kinds);
      for (const kind of kinds) unread.delete(kind);
      read++;
    }
    expect([...unread]).toEqual([]);
    expect(read).toBeGreaterThanOrEqual(READ);
  });

  it('has it in for etcd alone in some seeds', () => {
    const storms = SEEDS.filter((seed) => {
      const kinds = new Set(swarmPlan(seed, 10).faults.flatMap((fault) => Object.keys(fault)));
      for (const extra of EXTRA_FAULTS) kinds.delete(extra);
      const components = swarmPlan(seed, 10).faults.flatMap((fault) => Object.values(fault).flatMap(({ component }) => component ?? []));
      return (
        kinds.size > 0 && [...kinds].every((kind) => /etcd|tornWrite|Component/i.test(kind)) && components.every((one) => one === 'etcd')
      );
    });
    expect(storms.length).toBeGreaterThan(30);
    expect(storms.length).toBeLessThan(90);
  });

  it('fills the nodes in some seeds, and lets Jobs come and go in others', () => {
    for (const name of ['"name":"tight"', '"name":"fleeting-0"']) {
      const drawn = SEEDS.filter((seed) => JSON.stringify(swarmPlan(seed, 10).base).includes(name));
      expect(drawn.length).toBeGreaterThan(15);
      expect(drawn.length).toBeLessThan(60);
    }
  });

  it('heals all before the second phase', () => {
    for (const seed of SEEDS)
      for (const fault of swarmPlan(seed, 10).faults) {
        const [kind = '', spec] = Object.entries(fault)[0] ?? [];
        const { at, for: lasts, by } = spec as { at: string; for?: string; by?: string };
        const lag = kind === 'staleServer' ? (parseDuration(by) ?? 0) : 0;
        expect((parseDuration(at) ?? 0) + (parseDuration(lasts) ?? 0) + lag, `seed ${seed}: ${kind}`).toBeLessThanOrEqual(240_000_000);
      }
  });
});
