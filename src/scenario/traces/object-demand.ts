/** What objects of a trace ask for as they come, change and go: so many pods of so much each. */

import { type KubeObject, quantityMilliValue, quantityValue } from '#api';
import { isQuantity } from '../units.ts';
import { podSpecOf } from './portable-pod.ts';
import { type Demand, GPU, type TraceItem } from './trace-item.ts';

export interface Asked {
  readonly pods: number;
  /** Of each pod. */
  readonly demand: Demand;
}

const FIELDS = ['cpuMilli', 'memoryMib', 'gpus'] as const;
const NOTHING: Asked = { pods: 0, demand: { cpuMilli: 0, memoryMib: 0, gpus: 0 } };

function amount(read: (text: string) => number, value: unknown): number {
  return isQuantity(value) ? read(String(value)) : 0;
}

/** The requests of all containers (init containers come and go before). */
export function podDemand(spec: Readonly<Record<string, unknown>>): Demand {
  const total = { cpuMilli: 0, memoryMib: 0, gpus: 0 };
  for (const container of (spec['containers'] ?? []) as readonly { resources?: Record<string, Record<string, unknown> | undefined> }[]) {
    const { requests, limits } = container.resources ?? {};
    const asks = { ...limits, ...requests };
    total.cpuMilli += amount(quantityMilliValue, asks['cpu']);
    total.memoryMib += amount(quantityValue, asks['memory']) / 1_048_576;
    total.gpus += amount(quantityValue, asks[GPU]);
  }
  return total;
}

/** Pods that will come of an object. */
export function podsOf(object: KubeObject): number {
  const spec = (object as { spec?: { replicas?: number; completions?: number; parallelism?: number } }).spec;
  switch (object.kind) {
    case 'Pod':
      return 1;
    case 'Deployment':
    case 'StatefulSet':
    case 'ReplicaSet':
    case 'ReplicationController':
      return spec?.replicas ?? 1;
    case 'Job':
      return spec?.completions ?? spec?.parallelism ?? 1;
    default:
      return 0;
  }
}

/** What stands at one time: a Job's pods no more than its parallelism. */
export function askedBy(object: KubeObject): Asked {
  const spec = podSpecOf(object as unknown as Readonly<Record<string, unknown>>);
  if (spec === undefined) return NOTHING;
  const parallelism = (object as { spec?: { parallelism?: number } }).spec?.parallelism ?? 1;
  const pods = podsOf(object);
  return { pods: object.kind === 'Job' ? Math.min(pods, Math.max(1, parallelism)) : pods, demand: podDemand(spec) };
}

/** The most of each resource at one time, and the largest single pod. */
export interface ObjectPeak extends Demand {
  readonly pods: number;
  readonly largest: Demand;
}

type Sums = { cpuMilli: number; memoryMib: number; gpus: number; pods: number };

class Peaks {
  readonly now: Sums = { cpuMilli: 0, memoryMib: 0, gpus: 0, pods: 0 };
  readonly most: Sums = { cpuMilli: 0, memoryMib: 0, gpus: 0, pods: 0 };
  readonly largest = { cpuMilli: 0, memoryMib: 0, gpus: 0 };

  count({ pods, demand }: Asked, sign: 1 | -1): void {
    this.now.pods += sign * pods;
    for (const field of FIELDS) {
      this.now[field] += sign * pods * demand[field];
      if (pods > 0) this.largest[field] = Math.max(this.largest[field], demand[field]);
    }
    for (const field of [...FIELDS, 'pods'] as const) this.most[field] = Math.max(this.most[field], this.now[field]);
  }
}

/** Adds up what the objects seen so far ask for, and remembers the most of it. Rows come in the trace's order. */
export class ObjectDemand {
  readonly #asked = new Map<string, Asked>();
  /** Pods without cards, pods with cards. */
  readonly #peaks = [new Peaks(), new Peaks()] as const;

  add(item: TraceItem): void {
    if (item.what === 'pod') return;
    const { kind, metadata } = item.object;
    const key = `${kind}/${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
    const before = this.#asked.get(key) ?? NOTHING;
    const after = item.what === 'delete' ? NOTHING : (item.asks ?? before);
    this.#asked.set(key, after);
    this.#peaks[before.demand.gpus > 0 ? 1 : 0].count(before, -1);
    this.#peaks[after.demand.gpus > 0 ? 1 : 0].count(after, 1);
  }

  peak(withCards: boolean): ObjectPeak {
    const { most, largest } = this.#peaks[withCards ? 1 : 0];
    return { ...most, largest };
  }
}
