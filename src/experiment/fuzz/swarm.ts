/** A seed's configuration (swarm testing: each draws its own cluster, work, and random subset of faults). Three etcd members, two API servers, ten nodes, two
 *  schedulers and controller managers. Users say what they want before the faults begin, change their minds among them, and say it once more when all is
 *  healed, as declarative users do; so the end must be that of a run without faults. */

import { Luck, type Stream } from '#sim';
import { swarmExtras } from './swarm-extras.ts';
import { etcdStorm, swarmFaults } from './swarm-faults.ts';
import { swarmWork } from './swarm-work.ts';

export type FaultValue = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface SwarmPlan {
  readonly seed: number;
  readonly minutes: number;
  /** The scenario without its faults, as it would be written. */
  readonly base: Readonly<Record<string, unknown>>;
  readonly faults: readonly FaultValue[];
}

export interface Span {
  /** Whole seconds. */
  readonly from: number;
  readonly until: number;
}

export class Dice {
  readonly #stream: Stream;
  constructor(stream: Stream) {
    this.#stream = stream;
  }
  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.#stream.next() * (most - least + 1));
  }
  chance(probability: number): boolean {
    return this.#stream.next() < probability;
  }
  one<T>(values: readonly T[]): T {
    return values[this.between(0, values.length - 1)] as T;
  }
}

export const LEAST_MINUTES = 5;
const ETCD_STORMS = 0.15;

export function swarmPlan(seed: number, minutes: number): SwarmPlan {
  const luck = new Luck(seed);
  const dice = (what: string): Dice => new Dice(luck.scenario(`fuzz/${what}`));
  const seconds = Math.round(minutes * 60);
  // The first two fifths are for faults, the rest for getting over them.
  const storm: Span = { from: 30, until: Math.round(seconds * 0.4) };
  const cluster = dice('cluster');
  const extras = swarmExtras((what) => dice(`extras/${what}`), storm);
  const isWanted = (entry: Readonly<Record<string, unknown>>): boolean => !extras.without?.some((kind) => kind in entry);
  const base = {
    name: `fuzz-${seed}`,
    seed,
    duration: `${seconds}s`,
    cluster: {
      nodes: [
        { count: 10, zones: ['a', 'b', 'c'], capacity: { cpu: cluster.one([2, 4, 8]), memory: '16Gi', pods: 110 }, labels: { rack: 'r1' } },
      ],
      apiServers: { count: 2 },
      etcd: { members: 3 },
      schedulers: [{ replicas: 2 }],
      controllers: { replicas: 2, nodeMonitorGracePeriod: cluster.one(['40s', '50s']) },
      ...(cluster.chance(0.3) ? { network: { jitter: { exponential: { mean: cluster.one(['1ms', '5ms', '20ms']) } } } } : {}),
      ...extras.cluster,
    },
    workload: [...swarmWork(dice('work'), storm).filter(isWanted), ...extras.workload],
  };
  // Some seeds have it in for etcd alone.
  const profile = dice('profile');
  const faults = profile.chance(ETCD_STORMS) ? etcdStorm(profile, storm) : swarmFaults(dice('faults'), storm);
  return { seed, minutes, base, faults: [...faults, ...extras.faults] };
}

/** As a file: JSON, which is YAML. */
export const scenarioText = ({ base }: SwarmPlan, faults: readonly FaultValue[]): string =>
  `${JSON.stringify({ ...base, faults }, null, 2)}\n`;
