/** CPU on the node: containers that say what they would use get it, up to their limit (CFS quota), and share by their requests (cpu.shares) when the node has
 *  too little. A run time in a behaviour is at full speed: it stretches as the container gets less. Containers that say nothing cost nothing here.
 *  Departure: the scheduler of Linux is taken as perfectly fair, and quota as smooth instead of per 100 ms period. */

import { quantityMilliValue } from '#api';
import { type Context, type Counter, type Instant, SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import { amountsOf } from './amounts.ts';
import type { ContainerRecord, PodWorker } from './pod-worker.ts';

/** A running container that uses CPU. */
interface Share {
  readonly worker: PodWorker;
  readonly record: ContainerRecord;
  readonly index: number;
  readonly wanted: number;
  readonly limit: number;
  readonly weight: number;
  granted: number;
  /** Microseconds of work left at full speed; Infinity for a server. */
  remaining: number;
  since: Instant;
}

/** MinShares: what a container without a request weighs, in milli-cores (pkg/kubelet/cm/helpers_linux.go). */
const MIN_WEIGHT = 2;

export class NodeCpu {
  private readonly agent: NodeAgent;
  private shares: Share[] = [];
  private throttled: Counter | undefined;

  constructor(agent: NodeAgent) {
    this.agent = agent;
  }

  /** Whether `record` was taken in: its exit is then this model's to time. `remaining`: its run time at full speed. */
  start(worker: PodWorker, record: ContainerRecord, index: number, remaining: number, ctx: Context): boolean {
    const wanted = record.behaviour.cpuMilli;
    if (wanted === undefined || wanted <= 0) return false;
    const { requests, limits } = record.spec.resources ?? {};
    const limit = limits?.['cpu'] === undefined ? Number.POSITIVE_INFINITY : quantityMilliValue(limits['cpu']);
    const weight = Math.max(MIN_WEIGHT, requests?.['cpu'] === undefined ? 0 : quantityMilliValue(requests['cpu']));
    this.advance(ctx.now);
    this.shares = [...this.shares, { worker, record, index, wanted, limit, weight, granted: 0, remaining, since: ctx.now }];
    this.divide(ctx);
    return true;
  }

  stop(record: ContainerRecord, ctx: Context): void {
    if (this.shares.length === 0 || record.behaviour.cpuMilli === undefined) return;
    this.advance(ctx.now);
    this.shares = this.shares.filter((share) => share.record !== record);
    this.divide(ctx);
  }

  private advance(now: Instant): void {
    for (const share of this.shares) {
      const span = now - share.since;
      share.remaining -= (span * share.granted) / share.wanted;
      share.since = now;
      if (share.granted < share.wanted) this.throttled?.add(((1 - share.granted / share.wanted) * span) / SECOND);
    }
  }

  /** Gives each what it wants, up to its limit; when that is too much, by weight, and what some leave goes to the others. */
  private divide(ctx: Context): void {
    this.throttled ??= ctx.record.counter('container_cpu_cfs_throttled_seconds_total');
    let left = amountsOf(this.agent.config.capacity)['cpu'] ?? Number.POSITIVE_INFINITY;
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
    for (const share of this.shares) this.arm(share, ctx);
  }

  private arm({ worker, record, index, remaining, granted, wanted }: Share, ctx: Context): void {
    if (remaining === Number.POSITIVE_INFINITY || record.stop !== undefined) return;
    if (record.exitTimer !== undefined) ctx.cancel(record.exitTimer);
    record.exitTimer = this.agent.after(ctx, Math.max(1, Math.ceil((remaining * wanted) / granted)), 'exit', worker.slot, index);
  }
}
