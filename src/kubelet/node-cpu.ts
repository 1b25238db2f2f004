/** CPU on the node: containers that say what they would use get it, up to their limit (CFS quota), and share by their requests (cpu.shares) when the node has
 *  too little. A run time in a behaviour is at full speed: it stretches as the container gets less. Containers that say nothing cost nothing here.
 *  Departure: the scheduler of Linux is taken as perfectly fair, and quota as smooth instead of per 100 ms period. */

import { quantityMilliValue } from '#api';
import { type Context, type Counter, type Gauge, type Instant, SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import { amountsOf } from './amounts.ts';
import type { ContainerBehaviour, CpuWave } from './behaviour.ts';
import type { ContainerRecord, PodWorker } from './pod-worker.ts';

/** A running container that uses CPU. */
interface Share {
  readonly worker: PodWorker;
  readonly record: ContainerRecord;
  readonly index: number;
  wanted: number;
  limit: number;
  weight: number;
  granted: number;
  /** Core-microseconds so far. */
  used: number;
  /** Microseconds of work left at full speed; Infinity for a server. */
  remaining: number;
  since: Instant;
}

/** MinShares: what a container without a request weighs, in milli-cores (pkg/kubelet/cm/helpers_linux.go). */
const MIN_WEIGHT = 2;
/** A wave is walked in so many steps. */
const WAVE_STEPS = 96;

/** What requests to a container find: its own ceiling, and how busy it and the node are. Milli-cores and shares. */
export interface CpuState {
  readonly ceiling: number;
  readonly nodeUse: number;
  readonly cores: number;
}

export class NodeCpu {
  private readonly agent: NodeAgent;
  private shares: Share[] = [];
  private throttled: Counter | undefined;
  private used: Gauge | undefined;
  private waves = false;

  constructor(agent: NodeAgent) {
    this.agent = agent;
  }

  private get cores(): number {
    return amountsOf(this.agent.config.capacity)['cpu'] ?? Number.POSITIVE_INFINITY;
  }

  /** Whether `record` was taken in and its exit is this model's to time. `remaining`: its run time at full speed. */
  start(worker: PodWorker, record: ContainerRecord, index: number, remaining: number, ctx: Context): boolean {
    const { behaviour } = record;
    const wanted = wantedAt(behaviour, ctx.now);
    if (wanted === undefined) return false;
    const { limit, weight } = boundsOf(record);
    // Only a constant load is work that can be done sooner or later; requests and hours of the day come when they come.
    const timed = typeof behaviour.cpuMilli === 'number' && behaviour.cpuMilli > 0;
    this.advance(ctx.now);
    const left = timed ? remaining : Number.POSITIVE_INFINITY;
    this.shares = [...this.shares, { worker, record, index, wanted, limit, weight, granted: 0, used: 0, remaining: left, since: ctx.now }];
    this.divide(ctx);
    if (typeof behaviour.cpuMilli === 'object') this.armWaves(ctx);
    return timed;
  }

  /** Its limit or request is another now. */
  resized(record: ContainerRecord, ctx: Context): void {
    const share = this.shares.find((one) => one.record === record);
    if (share === undefined) return;
    this.advance(ctx.now);
    Object.assign(share, boundsOf(record));
    this.divide(ctx);
  }

  stop(record: ContainerRecord, ctx: Context): void {
    if (this.shares.length === 0 || wantedAt(record.behaviour, ctx.now) === undefined) return;
    this.advance(ctx.now);
    this.shares = this.shares.filter((share) => share.record !== record);
    this.divide(ctx);
  }

  /** A container's requests ask for this much on top of what it uses anyway. Returns what it can have. */
  demand(record: ContainerRecord, milli: number, ctx: Context): CpuState {
    const share = this.shares.find((one) => one.record === record);
    if (share === undefined) return { ceiling: Number.POSITIVE_INFINITY, nodeUse: 0, cores: 1 };
    const wanted = (wantedAt(record.behaviour, ctx.now) ?? 0) + milli;
    // Small changes of a random load are not worth a new division.
    if (Math.abs(wanted - share.wanted) > 0.02 * share.wanted + 1) {
      this.advance(ctx.now);
      share.wanted = wanted;
      this.divide(ctx);
    }
    return this.stateOf(share);
  }

  private stateOf(share: Share): CpuState {
    const { cores } = this;
    let granted = 0;
    let weights = 0;
    for (const one of this.shares) {
      granted += one.granted;
      weights += one.weight;
    }
    const fair = (cores * share.weight) / weights;
    return {
      ceiling: Math.min(share.limit, Math.max(fair, cores - (granted - share.granted))),
      nodeUse: granted / cores,
      cores: cores / 1000,
    };
  }

  /** Milli-cores that a container uses now; undefined when it does not say. */
  usage(record: ContainerRecord): number | undefined {
    return this.shares.find((share) => share.record === record)?.granted;
  }

  /** Core-microseconds that a container has used since its start; undefined when it does not say what it uses. */
  usedSoFar(record: ContainerRecord, now: Instant): number | undefined {
    const share = this.shares.find((one) => one.record === record);
    return share === undefined ? undefined : share.used + ((now - share.since) * share.granted) / 1000;
  }

  /** The hour has moved on. */
  waveDue(ctx: Context): void {
    this.waves = false;
    this.advance(ctx.now);
    for (const share of this.shares)
      if (typeof share.record.behaviour.cpuMilli === 'object') share.wanted = wantedAt(share.record.behaviour, ctx.now) ?? 0;
    this.divide(ctx);
    this.armWaves(ctx);
  }

  private armWaves(ctx: Context): void {
    if (this.waves) return;
    let period = Number.POSITIVE_INFINITY;
    for (const { record } of this.shares) {
      const { cpuMilli } = record.behaviour;
      if (typeof cpuMilli === 'object') period = Math.min(period, cpuMilli.periodSeconds);
    }
    if (period === Number.POSITIVE_INFINITY) return;
    this.waves = true;
    this.agent.after(ctx, Math.max(SECOND, Math.round((period * SECOND) / WAVE_STEPS)), 'wave');
  }

  private advance(now: Instant): void {
    for (const share of this.shares) {
      const span = now - share.since;
      share.since = now;
      share.used += (span * share.granted) / 1000;
      if (share.wanted <= 0) continue;
      share.remaining -= (span * share.granted) / share.wanted;
      if (share.granted < share.wanted) this.throttled?.add(((1 - share.granted / share.wanted) * span) / SECOND);
    }
  }

  /** Gives each what it wants, up to its limit; when that is too much, by weight, and what some leave goes to the others. */
  private divide(ctx: Context): void {
    this.throttled ??= ctx.record.counter('container_cpu_cfs_throttled_seconds_total');
    this.used ??= ctx.record.gauge('wavetank_cpu_used_millicores');
    let left = this.cores;
    let open = this.shares;
    while (open.length > 0) {
      let weights = 0;
      for (const share of open) weights += share.weight;
      const capped = open.filter((share) => Math.min(share.wanted, share.limit) <= (left * share.weight) / weights);
      if (capped.length === 0) {
        for (const share of open) share.granted = (left * share.weight) / weights;
        break;
      }
      for (const share of capped) {
        share.granted = Math.min(share.wanted, share.limit);
        left -= share.granted;
      }
      open = open.filter((share) => !capped.includes(share));
    }
    let sum = 0;
    for (const share of this.shares) {
      sum += share.granted;
      this.arm(share, ctx);
    }
    this.used.set(sum);
  }

  private arm({ worker, record, index, remaining, granted, wanted }: Share, ctx: Context): void {
    if (remaining === Number.POSITIVE_INFINITY || record.stop !== undefined) return;
    if (record.exitTimer !== undefined) ctx.cancel(record.exitTimer);
    record.exitTimer = this.agent.after(ctx, Math.max(1, Math.ceil((remaining * wanted) / granted)), 'exit', worker.slot, index);
  }
}

/** Quota and shares, in milli-cores. */
function boundsOf({ spec }: ContainerRecord): { readonly limit: number; readonly weight: number } {
  const { requests, limits } = spec.resources ?? {};
  return {
    limit: limits?.['cpu'] === undefined ? Number.POSITIVE_INFINITY : quantityMilliValue(limits['cpu']),
    weight: Math.max(MIN_WEIGHT, requests?.['cpu'] === undefined ? 0 : quantityMilliValue(requests['cpu'])),
  };
}

/** What a container would use without any request; undefined when it says nothing of CPU. */
function wantedAt({ cpuMilli, perRequest }: ContainerBehaviour, now: Instant): number | undefined {
  if (typeof cpuMilli === 'object') return waveAt(cpuMilli, now);
  if (cpuMilli !== undefined && cpuMilli > 0) return cpuMilli;
  return perRequest === undefined ? undefined : 0;
}

/** A cosine between low and high, with its peak at the named time of each period. */
function waveAt({ lowMilli, highMilli, periodSeconds, peakSeconds }: CpuWave, now: Instant): number {
  const turn = (now / SECOND - peakSeconds) / periodSeconds;
  return lowMilli + ((highMilli - lowMilli) * (1 + Math.cos(2 * Math.PI * turn))) / 2;
}
