/** The FGD study's experiment: pods arrive one by one, never leave, and are dropped when they fit nowhere; allocation and fragmentation against arrived load. */

import type { Stream } from '#sim';
import type { GpuNode, GpuPod } from './cards.ts';
import { typicalPods } from './fragmentation.ts';
import { GpuPlacer } from './placement.ts';
import { GPU_POLICIES } from './policies/registry.ts';
import type { GpuPolicy } from './policy.ts';

/** A point of the curve: averages over the arrivals that fall into one whole percent of arrived load. */
export interface CurvePoint {
  /** Cards asked for by all arrivals so far, dropped ones too, in percent of the cluster's cards. */
  readonly arrived: number;
  /** Percent of the cluster's cards in use. */
  readonly allocation: number;
  /** Fragmented card capacity in percent of all cards (the paper's figure 7a). */
  readonly fragmentationAmount: number;
  /** Fragmented card capacity in percent of idle cards. */
  readonly fragmentationRatio: number;
}

export interface GpuStudy {
  readonly policy: string;
  /** The last bucket at or below 130 % of arrived load, as the study's tables have it. */
  readonly allocation: number;
  readonly fragmentation: number;
  readonly arrived: number;
  readonly placed: number;
  readonly dropped: number;
  /** Not all of the order arrived: it was stopped. */
  readonly partial?: true;
  readonly curve: readonly CurvePoint[];
}

/** The study tunes its workload to this much of the cluster's cards. */
export const ARRIVED_LOAD = 1.3;

export const availableGpuPolicies = (): string[] => GPU_POLICIES.map((policy) => policy.name);

/** By the study's name, in any case; undefined when there is none. */
export const gpuPolicy = (name: string): GpuPolicy | undefined =>
  GPU_POLICIES.find((policy) => policy.name.toLowerCase() === name.toLowerCase());

/** An arrival order of our own: rows shuffled, then clones of drawn rows appended (or drawn rows removed) until the load is 130 % of the cards.
 *  The study's own orders come from Go's math/rand and are read from files. Returns row indexes. */
export function drawArrivals(pods: readonly GpuPod[], capacityMilli: number, luck: Stream): number[] {
  const limit = ARRIVED_LOAD * capacityMilli;
  const order = pods.map((_, row) => row);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(luck.next() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  const demand = (row: number): number => (pods[row] as GpuPod).cards * (pods[row] as GpuPod).cardMilli;
  let load = 0;
  for (const row of order) load += demand(row);
  if (load === 0) return order;
  while (load > limit) load -= demand(order.splice(Math.floor(luck.next() * order.length), 1)[0] as number);
  for (;;) {
    const row = Math.floor(luck.next() * pods.length);
    if (load + (pods[row] as GpuPod).cardMilli > limit) return order;
    order.push(row);
    load += demand(row);
  }
}

class Bucket {
  count = 0;
  allocation = 0;
  amount = 0;
  ratio = 0;
}

const hundredths = (value: number): number => Math.round(value * 100) / 100;

/** Runs one policy over one order of arrivals. `rank[i]` is the tie rank of node i. */
export function runGpuStudy(...input: Parameters<typeof gpuStudySteps>): GpuStudy {
  const steps = gpuStudySteps(...input);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** A few milliseconds of arrivals. */
const STEP = 32;

/** The same, a step of arrivals at a time: says how many pods have arrived, and ends early when told to stop. */
export function* gpuStudySteps(
  nodes: readonly GpuNode[],
  pods: readonly GpuPod[],
  order: readonly number[],
  rank: readonly number[],
  policy: GpuPolicy,
  luck: Stream,
): Generator<number, GpuStudy, 'stop' | undefined> {
  const placer = new GpuPlacer(nodes, typicalPods(pods), policy, rank, luck);
  const { cluster, fragmentation } = placer;
  const fragmented = Float64Array.from(nodes, (_, node) => fragmentation.ofNode(cluster, node));
  let fragmentedMilli = fragmented.reduce((sum, amount) => sum + amount, 0);
  const capacity = cluster.capacityMilli;
  const buckets = new Map<number, Bucket>();
  let arrivedMilli = 0;
  let placed = 0;
  let seen = 0;
  for (const row of order) {
    if (seen > 0 && seen % STEP === 0 && (yield seen) === 'stop') break;
    seen++;
    const pod = pods[row] as GpuPod;
    arrivedMilli += pod.cards * pod.cardMilli;
    const placement = placer.place(pod);
    if (placement !== undefined) {
      placed++;
      const amount = fragmentation.ofNode(cluster, placement.node);
      fragmentedMilli += amount - (fragmented[placement.node] as number);
      fragmented[placement.node] = amount;
    }
    const percent = Math.round((100 * arrivedMilli) / capacity);
    let bucket = buckets.get(percent);
    if (bucket === undefined) buckets.set(percent, (bucket = new Bucket()));
    bucket.count++;
    bucket.allocation += hundredths((100 * cluster.usedMilli) / capacity);
    bucket.amount += (100 * fragmentedMilli) / capacity;
    const idle = capacity - cluster.usedMilli;
    bucket.ratio += idle === 0 ? 0 : (100 * fragmentedMilli) / idle;
  }
  const curve = [...buckets].map(([arrived, { count, allocation, amount, ratio }]) => ({
    arrived,
    allocation: allocation / count,
    fragmentationAmount: amount / count,
    fragmentationRatio: ratio / count,
  }));
  const last = curve.findLast((point) => point.arrived <= 100 * ARRIVED_LOAD) ?? { arrived: 0, allocation: 0, fragmentationRatio: 0 };
  return {
    policy: policy.name,
    allocation: hundredths(last.allocation),
    fragmentation: hundredths(last.fragmentationRatio),
    arrived: last.arrived,
    placed,
    dropped: seen - placed,
    ...(seen < order.length ? { partial: true } : {}),
    curve,
  };
}
