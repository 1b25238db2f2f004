/** The last two points of every container and endpoint, and the rates between them. Mirrors kubernetes-sigs/metrics-server v0.8 pkg/storage/pod.go: a pod
 *  has metrics once each of its containers has two points, or one and a start that lies at least 10 s and less than a period before it. */

import type { ContainerUse, EndpointRequests } from '#api';
import type { Duration } from '#sim';
import { SECOND } from '#sim';

/** freshContainerMinMetricsResolution. */
const FRESH_LEAST: Duration = 10 * SECOND;

interface Point {
  readonly at: number;
  readonly startedAt: number;
  readonly cpu: number;
  readonly memory: number;
}

export interface ContainerRate {
  readonly name: string;
  /** Core-microseconds a second, that is micro-cores. */
  readonly cpu: number;
  readonly memory: number;
}

export interface PodRates {
  /** Microseconds since the Unix epoch. */
  readonly at: number;
  readonly window: Duration;
  readonly containers: readonly ContainerRate[];
}

export interface RequestRates {
  readonly perSecond: number;
  readonly failedPerSecond: number;
  /** Mean seconds of the answered ones; 0 without any. */
  readonly seconds: number;
  readonly window: Duration;
  readonly at: number;
}

interface Pair<T> {
  readonly last: T;
  readonly before: T | undefined;
}

type Requests = EndpointRequests & { readonly at: number };

export class MetricsStorage {
  readonly #resolution: Duration;
  readonly #pods = new Map<string, Map<string, Pair<Point>>>();
  /** Pods that a node told of last. */
  readonly #byNode = new Map<string, ReadonlySet<string>>();
  readonly #nodeTimes = new Map<string, number>();
  readonly #requests = new Map<string, Pair<Requests>>();

  constructor(resolution: Duration) {
    this.#resolution = resolution;
  }

  /** What a node told: pods that it does not name any more are gone from it. */
  storeUse(node: string, at: number, use: readonly ContainerUse[]): void {
    const told = new Set<string>();
    for (const { pod, container, startedAt, cpu, memory } of use) {
      let containers = this.#pods.get(pod);
      if (containers === undefined) this.#pods.set(pod, (containers = new Map()));
      const before = containers.get(container)?.last;
      const last = { at, startedAt, cpu, memory };
      told.add(pod);
      if (before !== undefined && before.at >= at) continue;
      // One that was restarted begins anew.
      const isSame = before !== undefined && before.startedAt === startedAt && before.cpu <= cpu;
      containers.set(container, { last, before: isSame ? before : freshStart(last, this.#resolution) });
    }
    for (const pod of this.#byNode.get(node) ?? []) if (!told.has(pod)) this.#pods.delete(pod);
    this.#byNode.set(node, told);
    this.#nodeTimes.set(node, at);
  }

  forgetNode(node: string): void {
    for (const pod of this.#byNode.get(node) ?? []) this.#pods.delete(pod);
    this.#byNode.delete(node);
    this.#nodeTimes.delete(node);
  }

  storeRequests(at: number, all: readonly EndpointRequests[]): void {
    const told = new Set<string>();
    for (const one of all) {
      const key = `${one.namespace}/${one.service}/${one.address}`;
      told.add(key);
      const before = this.#requests.get(key)?.last;
      if (before !== undefined && before.at >= at) continue;
      this.#requests.set(key, { last: { ...one, at }, before });
    }
    for (const key of this.#requests.keys()) if (!told.has(key)) this.#requests.delete(key);
  }

  /** Undefined while it is not known. */
  pod(key: string): PodRates | undefined {
    const containers = this.#pods.get(key);
    if (containers === undefined || containers.size === 0) return undefined;
    const rates: ContainerRate[] = [];
    let at = Number.POSITIVE_INFINITY;
    let window = 0;
    for (const [name, { last, before }] of containers) {
      if (before === undefined) return undefined;
      const span = last.at - before.at;
      rates.push({ name, cpu: ((last.cpu - before.cpu) * SECOND) / span, memory: last.memory });
      if (last.at < at) [at, window] = [last.at, span];
    }
    return { at, window, containers: rates };
  }

  /** The sum of its pods; undefined while nothing is known. */
  node(name: string): PodRates | undefined {
    const at = this.#nodeTimes.get(name);
    if (at === undefined) return undefined;
    let cpu = 0;
    let memory = 0;
    for (const key of this.#byNode.get(name) ?? []) {
      for (const container of this.pod(key)?.containers ?? []) {
        cpu += container.cpu;
        memory += container.memory;
      }
    }
    return { at, window: this.#resolution, containers: [{ name, cpu, memory }] };
  }

  /** Requests of a Service (any with undefined) to these addresses, or to all of it. */
  requests(namespace: string, service: string | undefined, addresses: ReadonlySet<string> | undefined): RequestRates | undefined {
    let sent = 0;
    let failed = 0;
    let seconds = 0;
    let window = 0;
    let at = 0;
    for (const { last, before } of this.#requests.values()) {
      if (last.namespace !== namespace || (service !== undefined && last.service !== service)) continue;
      if (addresses !== undefined && !addresses.has(last.address)) continue;
      at = Math.max(at, last.at);
      if (before === undefined) continue;
      sent += last.sent - before.sent;
      failed += last.failed - before.failed;
      seconds += last.seconds - before.seconds;
      window = Math.max(window, last.at - before.at);
    }
    if (window === 0) return undefined;
    const answered = sent - failed;
    return {
      perSecond: (sent * SECOND) / window,
      failedPerSecond: (failed * SECOND) / window,
      seconds: answered > 0 ? seconds / answered : 0,
      window,
      at,
    };
  }
}

/** A young container's first point goes with its start. */
function freshStart(last: Point, resolution: Duration): Point | undefined {
  const age = last.at - last.startedAt;
  return age >= FRESH_LEAST && age < resolution ? { at: last.startedAt, startedAt: last.startedAt, cpu: 0, memory: 0 } : undefined;
}
