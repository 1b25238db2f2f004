/** Memory on the node: containers that outgrow their limit, a node that runs out, and what the eviction manager is told, which acts before that. Mirrors
 *  v1.34 pkg/kubelet/qos/policy.go (oom_score_adj) and the kernel's choice of a victim.
 *
 *  A container's working set is a line in time (start, growth, ceiling), so the instants at which a limit or a threshold is crossed are computed, not
 *  polled for. Nodes on which no container says how it uses memory keep no timer. Others are taken to use `memoryUseOfRequest` of what they ask for. */

import { podQosClass, quantityValue } from '#api';
import { type Context, type Instant, SECOND, type Timer } from '#sim';
import type { NodeAgent } from './agent.ts';
import { amountsOf } from './amounts.ts';
import { amountIn, thresholdsFor } from './eviction-signals.ts';
import type { Observation } from './eviction-threshold.ts';
import type { ContainerRecord, PodWorker } from './pod-worker.ts';

export const requestOf = (record: ContainerRecord, resource: string): number => {
  const quantity = record.spec.resources?.requests?.[resource];
  return quantity === undefined ? 0 : quantityValue(quantity);
};
export const limitOf = (record: ContainerRecord): number => {
  const quantity = record.spec.resources?.limits?.['memory'];
  return quantity === undefined ? Number.POSITIVE_INFINITY : quantityValue(quantity);
};

interface Line {
  readonly now: number;
  /** Bytes per second. */
  readonly growth: number;
  /** When it stops growing. */
  readonly until: Instant;
}

/** The working set of a running container. */
export function workingSet(agent: NodeAgent, record: ContainerRecord, at: Instant): Line {
  if (record.state !== 'running') return NOTHING;
  const { memory } = record.behaviour;
  if (memory === undefined)
    return { now: requestOf(record, 'memory') * agent.settings.memoryUseOfRequest, growth: 0, until: Number.POSITIVE_INFINITY };
  const start = memory.startBytes ?? requestOf(record, 'memory') * agent.settings.memoryUseOfRequest;
  const growth = memory.growthBytesPerSecond ?? 0;
  const max = memory.maxBytes ?? Number.POSITIVE_INFINITY;
  if (growth <= 0) return { now: Math.min(start, max), growth: 0, until: Number.POSITIVE_INFINITY };
  const until = record.startedAt + ((max - start) / growth) * SECOND;
  if (at >= until) return { now: max, growth: 0, until: Number.POSITIVE_INFINITY };
  return { now: start + (growth * (at - record.startedAt)) / SECOND, growth, until };
}
const NOTHING: Line = { now: 0, growth: 0, until: Number.POSITIVE_INFINITY };

/** When a container that starts now reaches its limit; Infinity when it never does. */
export function limitReachedAt(agent: NodeAgent, record: ContainerRecord): Instant {
  const limit = limitOf(record);
  if (record.behaviour.memory === undefined || limit === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  const { now, growth, until } = workingSet(agent, record, record.startedAt);
  if (now > limit) return record.startedAt;
  if (growth <= 0) return Number.POSITIVE_INFINITY;
  const at = record.startedAt + ((limit - now) / growth) * SECOND;
  return at < until ? Math.ceil(at) + 1 : Number.POSITIVE_INFINITY;
}

export class NodeMemory {
  private readonly agent: NodeAgent;
  private timer: Timer | undefined;
  /** Containers that say how they use memory. */
  private modelled = 0;

  constructor(agent: NodeAgent) {
    this.agent = agent;
  }

  /** A container started or ended. */
  changed(record: ContainerRecord, delta: 1 | -1, ctx: Context): void {
    if (record.behaviour.memory !== undefined) this.modelled += delta;
    if (this.modelled > 0 || this.timer !== undefined) this.plan(ctx);
  }

  /** A container's request is another now. */
  resized(ctx: Context): void {
    if (this.modelled > 0 || this.timer !== undefined) this.plan(ctx);
  }

  private get capacity(): number {
    return amountsOf(this.agent.config.capacity)['memory'] ?? Number.POSITIVE_INFINITY;
  }

  available(at: Instant): number {
    let used = 0;
    for (const worker of this.agent.workers.values())
      for (const record of worker.containers) used += workingSet(this.agent, record, at).now;
    return this.capacity - used;
  }

  /** memory.available: pods are all that uses memory here. */
  observed(at: Instant): Observation | undefined {
    return this.capacity === Number.POSITIVE_INFINITY ? undefined : { available: this.available(at), capacity: this.capacity };
  }

  /** allocatableMemory.available: what their cgroup leaves pods together; nothing of its own on a node that offers all it has. */
  observedOfPods(at: Instant): Observation | undefined {
    const { capacity, ofPods } = this;
    return ofPods >= capacity ? undefined : { available: ofPods - (capacity - this.available(at)), capacity: ofPods };
  }

  /** The limit of the pods' cgroup: the capacity without reservations, of which the node says its hard threshold less. */
  private get ofPods(): number {
    const { allocatable } = this.agent.config;
    const offered = allocatable === undefined ? undefined : amountsOf(allocatable)['memory'];
    if (offered === undefined) return this.capacity;
    const hard = thresholdsFor(this.agent.settings).find(({ signal, grace }) => signal === 'memory.available' && grace === 0);
    return Math.min(this.capacity, offered + (hard === undefined ? 0 : amountIn(hard.amount, this.capacity)));
  }

  /** The highest amount of free memory at which a threshold is crossed. */
  private get watermark(): number {
    const { capacity, ofPods } = this;
    let highest = 0;
    for (const { signal, amount } of thresholdsFor(this.agent.settings)) {
      if (signal === 'memory.available') highest = Math.max(highest, amountIn(amount, capacity));
      else if (signal === 'allocatableMemory.available') highest = Math.max(highest, capacity - ofPods + amountIn(amount, ofPods));
    }
    return highest;
  }

  /** Sets the timer to the next instant at which a threshold is crossed or a line bends. */
  plan(ctx: Context): void {
    if (this.timer !== undefined) ctx.cancel(this.timer);
    this.timer = undefined;
    let used = 0;
    let growth = 0;
    let bend = Number.POSITIVE_INFINITY;
    for (const worker of this.agent.workers.values()) {
      for (const record of worker.containers) {
        const line = workingSet(this.agent, record, ctx.now);
        used += line.now;
        growth += line.growth;
        bend = Math.min(bend, line.until);
      }
    }
    const available = this.capacity - used;
    const threshold = this.watermark;
    if (available < threshold) this.agent.armEvict(ctx);
    const target = available >= threshold ? available - threshold : available;
    const cross = target < 0 ? ctx.now : growth > 0 ? ctx.now + (target / growth) * SECOND : Number.POSITIVE_INFINITY;
    const at = Math.min(cross, bend);
    if (at !== Number.POSITIVE_INFINITY) this.timer = this.agent.after(ctx, Math.max(0, Math.ceil(at) + 1 - ctx.now), 'memory');
  }

  /** The instant that `plan` named. Returns the container that the kernel kills, if the node has run out. */
  due(ctx: Context): { readonly worker: PodWorker; readonly index: number } | undefined {
    this.timer = undefined;
    const victim = this.available(ctx.now) < 0 ? this.kernelVictim(ctx) : undefined;
    if (victim === undefined) this.plan(ctx);
    return victim;
  }

  /** The highest oom_score: share of the memory in use plus oom_score_adj. Ties: the first in the order of admission. */
  private kernelVictim(ctx: Context): { readonly worker: PodWorker; readonly index: number } | undefined {
    let best: { readonly worker: PodWorker; readonly index: number } | undefined;
    let highest = Number.NEGATIVE_INFINITY;
    for (const worker of this.agent.workers.values()) {
      worker.containers.forEach((record, index) => {
        if (record.state !== 'running') return;
        const score = (1000 * workingSet(this.agent, record, ctx.now).now) / this.capacity + this.adjustment(worker, record);
        if (score <= highest) return;
        highest = score;
        best = { worker, index };
      });
    }
    return best;
  }

  /** oom_score_adj (qos/policy.go): -997 guaranteed, 1000 best effort, between them by the share of memory asked for. */
  private adjustment(worker: PodWorker, record: ContainerRecord): number {
    const qos = podQosClass({ spec: worker.spec } as never);
    if (qos === 'Guaranteed') return -997;
    if (qos === 'BestEffort') return 1000;
    const adjusted = 1000 - Math.floor((1000 * requestOf(record, 'memory')) / this.capacity);
    return Math.min(999, Math.max(3, adjusted));
  }
}

/** What a pod uses beyond what it asks for. */
export function memoryAbove(agent: NodeAgent, worker: PodWorker, now: Instant): number {
  let above = -(worker.requests['memory'] ?? 0);
  for (const record of worker.containers) above += workingSet(agent, record, now).now;
  return above;
}

/** kubelettypes.IsCriticalPod: static pods and priorities of system-cluster-critical or above. */
export const isCritical = (worker: PodWorker): boolean => worker.isStatic || (worker.spec.priority ?? 0) >= 2_000_000_000;
