/** Proposals for numbers of replicas, on situations of kubernetes v1.34 pkg/controller/podautoscaler/replica_calculator_test.go: the same inputs, the numbers that are
 *  demanded there. */

import { describe, expect, it } from 'vitest';
import type { Pod } from '#api';
import { rfc3339 } from '#api';
import { MINUTE, SECOND } from '#sim';
import { byAverageValue, byUtilization, byValue, byValuePerPod, type Measurement, type Scene } from '../../src/controllers/hpa-replicas.ts';

const NOW = 1_767_225_600_000_000;

interface Situation {
  readonly current: number;
  /** Milli-cores that pods used; a pod beyond the list was not measured. */
  readonly levels: readonly number[];
  readonly target: number;
  readonly ready?: readonly boolean[];
  readonly phases?: readonly string[];
  /** Seconds since each pod's start; default an hour. */
  readonly ages?: readonly number[];
  readonly dying?: readonly number[];
  readonly tolerances?: Scene['tolerances'];
}

function podOf(n: number, { ready, phases, ages, dying }: Situation): Pod {
  const started = NOW - (ages?.[n] ?? 3600) * SECOND;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${n}`, namespace: 'default', ...(dying?.includes(n) ? { deletionTimestamp: rfc3339(NOW) } : {}) },
    spec: {
      containers: [
        { name: 'main', image: 'a', resources: { requests: { cpu: '500m' } } },
        { name: 'side', image: 'b', resources: { requests: { cpu: '500m' } } },
      ],
    },
    status: {
      phase: (phases?.[n] ?? 'Running') as 'Running',
      startTime: rfc3339(started),
      conditions: [{ type: 'Ready', status: (ready?.[n] ?? true) ? 'True' : 'False', lastTransitionTime: rfc3339(started) }],
    },
  };
}

function sceneOf(situation: Situation): { scene: Scene; measured: Map<string, Measurement> } {
  const { current, levels, tolerances = { up: 0.1, down: 0.1 } } = situation;
  const pods = Array.from({ length: current }, (_, n) => podOf(n, situation));
  const measured = new Map(levels.map((value, n) => [`pod-${n}`, { value, timestamp: NOW - 10 * SECOND, window: 30 * SECOND }]));
  return {
    scene: { currentReplicas: current, pods, tolerances, clock: NOW, initializationPeriod: 2 * MINUTE, initialReadinessDelay: 10 * SECOND },
    measured,
  };
}

function utilization(situation: Situation, container?: string): readonly [replicas: number, utilization: number | undefined] {
  const { scene, measured } = sceneOf(situation);
  const { replicas, utilization: percent } = byUtilization(scene, measured, situation.target, 'cpu', container);
  return [replicas, percent];
}

const cases: readonly (readonly [name: string, situation: Situation, replicas: number, percent: number])[] = [
  ['grows', { current: 3, levels: [300, 500, 700], target: 30 }, 5, 50],
  ['grows less with a pod that is not ready', { current: 3, levels: [300, 500, 700], target: 30, ready: [false, true, true] }, 4, 60],
  ['stays with two that are not ready', { current: 3, levels: [400, 500, 700], target: 30, ready: [true, false, false] }, 3, 40],
  [
    'does not count what Pending pods used',
    { current: 3, levels: [300, 500, 700], target: 30, phases: ['Pending', 'Running', 'Running'] },
    4,
    60,
  ],
  [
    'leaves failed pods out',
    { current: 4, levels: [100, 500, 700, 0], target: 50, phases: ['Running', 'Running', 'Running', 'Failed'] },
    3,
    43,
  ],
  ['leaves dying pods out', { current: 5, levels: [400, 500, 700, 0, 0], target: 30, dying: [3, 4] }, 6, 53],
  ['takes pods that were never measured for idle on the way up', { current: 4, levels: [300, 500, 700], target: 40 }, 4, 50],
  ['takes pods that were never measured for busy on the way down', { current: 5, levels: [100, 100, 100, 100], target: 50 }, 3, 10],
  ['shrinks', { current: 5, levels: [100, 300, 500, 250, 250], target: 50 }, 3, 28],
  ['stays within the tolerance', { current: 3, levels: [1010, 1030, 1020], target: 100 }, 3, 102],
  [
    'shrinks past a tolerance of its own',
    { current: 10, levels: Array(10).fill(950), target: 100, tolerances: { up: 0.1, down: 0.01 } },
    10,
    95,
  ],
  [
    'does not trust a pod that is still starting up',
    { current: 3, levels: [300, 500, 700], target: 30, ages: [60, 3600, 3600], ready: [false, true, true] },
    4,
    60,
  ],
];

describe('a percentage of what pods request', () => {
  it.each(cases)('%s', (_name, situation, replicas, percent) => {
    expect(utilization(situation)).toEqual([replicas, percent]);
  });

  it('of one container of each alone', () => {
    expect(utilization({ current: 3, levels: [300, 500, 700], target: 60 }, 'main')).toEqual([5, 100]);
  });

  it('says what is missing', () => {
    const none = sceneOf({ current: 2, levels: [], target: 50 });
    expect(() => byUtilization(none.scene, none.measured, 50, 'cpu', undefined)).toThrow(
      'did not receive metrics for targeted pods (pods might be unready)',
    );
    const { scene, measured } = sceneOf({ current: 1, levels: [100], target: 50 });
    expect(() => byUtilization(scene, measured, 50, 'memory', undefined)).toThrow(
      'missing request for memory in container main of Pod pod-0',
    );
    expect(() => byUtilization({ ...scene, pods: [] }, measured, 50, 'cpu', undefined)).toThrow(
      'no pods returned by selector while calculating replica count',
    );
  });
});

describe('a mean value a pod', () => {
  const plain = (situation: Situation): number => {
    const { scene, measured } = sceneOf(situation);
    return byAverageValue(scene, measured, situation.target, '').replicas;
  };

  it('grows and shrinks without a look at readiness', () => {
    expect(plain({ current: 3, levels: [20_000, 10_000, 30_000], target: 15_000, ready: [false, true, true] })).toBe(4);
    expect(plain({ current: 5, levels: Array(5).fill(12_000), target: 20_000 })).toBe(3);
  });

  it('takes unmeasured pods for idle when the rest is exactly on target', () => {
    expect(plain({ current: 4, levels: [15_000, 15_000], target: 15_000 })).toBe(2);
  });
});

describe('one value for all pods', () => {
  it('is shared by those that are ready', () => {
    const { scene } = sceneOf({ current: 4, levels: [], target: 0, ready: [true, true, true, false] });
    expect(byValue(scene, 20_000, 10_000).replicas).toBe(6);
    expect(byValue(scene, 10_900, 10_000).replicas).toBe(4);
  });

  it('brings a workload back from zero', () => {
    const { scene } = sceneOf({ current: 0, levels: [], target: 0 });
    expect(byValue(scene, 25_000, 10_000).replicas).toBe(3);
    expect(byValuePerPod(25_000, 10_000, 0, { up: 0.1, down: 0.1 }).replicas).toBe(3);
  });

  it('is divided by what one pod may have', () => {
    expect(byValuePerPod(8_600, 2_867, 3, { up: 0.1, down: 0.1 })).toEqual({ replicas: 3, usage: 2_867 });
    expect(byValuePerPod(8_600, 2_000, 3, { up: 0.1, down: 0.1 }).replicas).toBe(5);
  });
});
