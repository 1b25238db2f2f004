import { describe, expect, it } from 'vitest';
import { scenarioText, swarmPlan } from '#experiment';
import { parseSource, scenarioFrom } from '#scenario';

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);
const MARKS = {
  deposed: /"exponential":\{"mean":"(5|10|20)ms"\}\},"afterwards"/,
  behind: /"name":"reader"/,
  shortLived: /"for":"200ms"/,
  meddled: /"kind":"Binding"/,
};

describe('the swarm', () => {
  const plans = SEEDS.map((seed) => swarmPlan(seed, 10));

  it.each(Object.entries(MARKS))(
    'brings in some of its seeds, and in a short run too, what separates those who know from those who do not: %s',
    (name, mark) => {
      const drawn = plans.filter(({ base, faults }) => mark.test(JSON.stringify([base, faults])));
      expect(drawn.length).toBeGreaterThan(5);
      expect(drawn.length).toBeLessThan(50);
      for (const minutes of [5, 10]) {
        const plan = swarmPlan(drawn[0]?.seed ?? 0, minutes);
        const { faults } = scenarioFrom(parseSource(scenarioText(plan, plan.faults), name));
        expect(faults).toHaveLength(plan.faults.length);
      }
    },
  );

  it('cuts one member of etcd off at a time, and all are together again before the storm ends', () => {
    for (const { faults } of plans.filter((plan) => MARKS.deposed.test(JSON.stringify(plan.faults)))) {
      const cuts = faults.slice(faults.findIndex((fault) => MARKS.deposed.test(JSON.stringify(fault))) + 1);
      let free = 0;
      for (const fault of cuts) {
        const cut = fault['partitionEtcdMember'];
        if (cut === undefined) break;
        const [at, lasts] = [Number.parseInt(String(cut['at']), 10), Number.parseInt(String(cut['for']), 10)];
        expect(at).toBeGreaterThan(free);
        free = at + lasts;
        expect(free).toBeLessThanOrEqual(240);
      }
    }
  });

  it('has no Jobs that stay where there is to be none now and then', () => {
    const fleeting = plans.filter(({ base }) => JSON.stringify(base).includes('"fleeting-'));
    expect(fleeting.length).toBeGreaterThan(10);
    for (const { base, faults } of fleeting) {
      expect(JSON.stringify(base)).not.toContain('"crunch"');
      // Somebody watches them from each server, and each is cut off for long enough to be given up.
      expect(JSON.stringify(base)).toContain('"onlookers"');
      const cut = (index: number): boolean =>
        faults.some(({ isolateComponent: one }) => one?.['component'] === 'apiServer' && one['index'] === index && one['for'] === '50s');
      expect([cut(0), cut(1)]).toEqual([true, true]);
    }
  });
});
