/** Memory on the node: containers that outgrow their limit, a node that runs out, and the eviction manager that acts before that. Mirrors v1.34
 *  pkg/kubelet/eviction (eviction_manager.go, helpers.go), pkg/kubelet/qos/policy.go (oom_score_adj) and the kernel's choice of a victim.
 *
 *  A container's working set is a line in time (start, growth, ceiling), so the instants at which a limit or a threshold is crossed are computed, not
 *  polled for. Nodes on which no container says how it uses memory keep no timer. Others are taken to use `memoryUseOfRequest` of what they ask for. */

import { podQosClass, quantityValue } from '#api';
import { type Context, type Instant, SECOND, type Timer } from '#sim';
import type { NodeAgent } from './agent.ts';
import { amountsOf } from './amounts.ts';
import { EvictionThreshold } from './eviction-threshold.ts';
import type { ContainerRecord, PodWorker } from './pod-worker.ts';

/** What the eviction manager found. */
export interface Victim {
  readonly worker: PodWorker;
  readonly message: string;
  /** A soft threshold's: the pod keeps its grace period. */
  readonly soft?: boolean;
}

const requestOf = (record: ContainerRecord): number => {
  const quantity = record.spec.resources?.requests?.['memory'];
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
    return { now: requestOf(record) * agent.settings.memoryUseOfRequest, growth: 0, until: Number.POSITIVE_INFINITY };
  const start = memory.startBytes ?? requestOf(record) * agent.settings.memoryUseOfRequest;
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
  /** MemoryPressure, and when the threshold was last seen crossed. */
  pressure = false;
  private seenAt: Instant = 0;
  private readonly threshold: EvictionThreshold;

  constructor(agent: NodeAgent) {
    this.agent = agent;
    const { evictionHardMemoryBytes, evictionSoftMemoryBytes, evictionSoftGraceSeconds, evictionMinimumReclaimBytes } = agent.settings;
    const grace = evictionSoftGraceSeconds * SECOND;
    this.threshold = new EvictionThreshold(evictionHardMemoryBytes, evictionSoftMemoryBytes, grace, evictionMinimumReclaimBytes);
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
    const threshold = this.threshold.watermark;
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
    const adjusted = 1000 - Math.floor((1000 * requestOf(record)) / this.capacity);
    return Math.min(999, Math.max(3, adjusted));
  }

  /** One look of the eviction manager: at most one pod goes. */
  look(ctx: Context): Victim | undefined {
    const { settings } = this.agent;
    const available = this.available(ctx.now);
    const met = this.threshold.look(available, ctx.now);
    if (!this.threshold.crossed) {
      // The condition stays for evictionPressureTransitionPeriod.
      if (!this.pressure) return undefined;
      if (ctx.now - this.seenAt >= settings.evictionPressureTransitionSeconds * SECOND) this.pressure = false;
      else this.agent.armEvict(ctx);
      return undefined;
    }
    this.pressure = true;
    this.seenAt = ctx.now;
    this.agent.armEvict(ctx);
    const worker = met === undefined ? undefined : this.rank(ctx.now)[0];
    if (met === undefined || worker === undefined) return undefined;
    return { worker, message: this.message(worker, met.threshold, available, ctx.now), soft: met.soft };
  }

  /** rankMemoryPressure: over its request first, then lower priority, then most above its request. */
  private rank(now: Instant): PodWorker[] {
    const candidates: { readonly worker: PodWorker; readonly over: number; readonly priority: number }[] = [];
    for (const worker of this.agent.workers.values()) {
      if (worker.stage === 'terminated' || worker.stage === 'terminating' || isCritical(worker)) continue;
      let used = 0;
      let asked = 0;
      for (const record of worker.containers) {
        used += workingSet(this.agent, record, now).now;
        asked += requestOf(record);
      }
      candidates.push({ worker, over: used - asked, priority: worker.spec.priority ?? 0 });
    }
    candidates.sort((a, b) => {
      const exceeds = Number(b.over > 0) - Number(a.over > 0);
      return exceeds !== 0 ? exceeds : a.priority - b.priority || b.over - a.over || a.worker.slot - b.worker.slot;
    });
    return candidates.map(({ worker }) => worker);
  }

  private message(worker: PodWorker, threshold: number, available: number, now: Instant): string {
    let message = `The node was low on resource: memory. Threshold quantity: ${kibi(threshold)}, available: ${kibi(available)}. `;
    for (const record of worker.containers) {
      const used = workingSet(this.agent, record, now).now;
      const asked = requestOf(record);
      if (used > asked)
        message += `Container ${record.spec.name} was using ${kibi(used)}, request is ${asked === 0 ? '0' : kibi(asked)}, has larger consumption of memory. `;
    }
    return message;
  }
}

const kibi = (bytes: number): string => `${Math.max(0, Math.floor(bytes / 1024))}Ki`;

/** kubelettypes.IsCriticalPod: static pods and priorities of system-cluster-critical or above. */
export const isCritical = (worker: PodWorker): boolean => worker.isStatic || (worker.spec.priority ?? 0) >= 2_000_000_000;
