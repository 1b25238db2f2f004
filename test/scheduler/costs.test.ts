import { describe, expect, it } from 'vitest';
// The cost table is an inner matter of the scheduler's.
import { attemptCost } from '../../src/scheduler/costs.ts';

/** CPU time a pod of kube-scheduler v1.34.3's algorithm, one worker, quiet machine: milliseconds. */
const MEASURED: readonly [name: string, evaluated: number, scored: number, spread: boolean, interPod: boolean, ms: number][] = [
  ['plain, sampled', 500, 500, false, false, 2.6],
  ['plain, all scored', 5000, 5000, false, false, 21],
  ['zone and host spread, sampled', 567, 500, true, false, 4.9],
  ['zone and host spread, all feasible scored', 5000, 4408, true, false, 24],
  ['pod affinity, sampled', 1498, 500, false, true, 8.2],
  ['pod affinity, all feasible scored', 5000, 1683, false, true, 20],
  ['pod anti-affinity, sampled', 557, 500, false, true, 5.0],
];

describe('attemptCost', () => {
  it.each(MEASURED)('%s: within 4 %% of what the real scheduler spent', (_name, evaluated, scored, usesSpread, usesInterPod, ms) => {
    const cost = attemptCost({ nodes: 5000, evaluated, scored, usesSpread, usesInterPod, dryRuns: 0 });
    expect(Math.abs(cost / 1000 / ms - 1)).toBeLessThan(0.04);
  });
  it('is small on small clusters', () => {
    const cost = attemptCost({ nodes: 100, evaluated: 98, scored: 98, usesSpread: false, usesInterPod: false, dryRuns: 0 });
    expect(Math.abs(cost / 490 - 1)).toBeLessThan(0.04);
  });
  it('charges a node without a free device a good half of the device work of one that has some', () => {
    const work = { nodes: 500, evaluated: 500, scored: 0, usesSpread: false, usesInterPod: false, dryRuns: 0 };
    const plain = attemptCost(work);
    const [full, free] = [0, 500].map((found) => attemptCost({ ...work, devices: { slices: 500, searched: 500, found } }) - plain) as [
      number,
      number,
    ];
    expect(full / free).toBeGreaterThan(0.53);
    expect(full / free).toBeLessThan(0.61);
  });
  it('grows with every node that preemption tries', () => {
    const work = { nodes: 100, evaluated: 100, scored: 0, usesSpread: false, usesInterPod: false };
    const [none, some] = [0, 10].map((dryRuns) => attemptCost({ ...work, dryRuns })) as [number, number];
    expect(some - none).toBe(300);
  });
});
