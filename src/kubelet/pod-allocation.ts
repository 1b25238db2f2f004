/** In-place resize of pods, first half: a changed request or limit is allocated when the node has room; else it is Deferred, or Infeasible when the node is
 *  too small altogether. Mirrors v1.34 pkg/kubelet/allocation/allocation_manager.go (order and retries of pending resizes, canResizePod); KEP-1287.
 *  Allocations outlive the kubelet's process with the disk (former-life.ts). */

import { type Container, deepEqual, type Pod, podQosClass, podRequests } from '#api';
import { type Context, SECOND, type Timer } from '#sim';
import { refusalOf } from './admission.ts';
import type { NodeAgent } from './agent.ts';
import { amountsOf } from './amounts.ts';
import type { PodResize, PodWorker } from './pod-worker.ts';
import { allocatedOf } from './resize-status.ts';

type Resources = NonNullable<Container['resources']>;

/** retryDelay. */
const RETRY = 180 * SECOND;
const NONE: Resources = {};

const wantedOf = (worker: PodWorker, index: number): Resources =>
  (index < worker.initCount ? worker.spec.initContainers?.[index] : worker.spec.containers[index - worker.initCount])?.resources ?? NONE;

export class PodResizes {
  private readonly agent: NodeAgent;
  private pending: PodWorker[] = [];
  private timer: Timer | undefined;
  /** Begins a pass over a pod: set by the sync loop. */
  sync: (worker: PodWorker, ctx: Context) => void = () => {};

  constructor(agent: NodeAgent) {
    this.agent = agent;
  }

  /** The pod's spec has changed. */
  specChanged(worker: PodWorker, ctx: Context): void {
    if (worker.stage === 'terminating' || worker.stage === 'terminated') return;
    if (worker.resize === undefined && !this.isAsked(worker)) return;
    worker.resize ??= { pending: undefined, progress: undefined };
    if (!this.pending.includes(worker)) this.pending.push(worker);
    this.pending.sort((a, b) => this.compare(a, b));
    this.retry(ctx);
  }

  private isAsked(worker: PodWorker): boolean {
    return worker.containers.some((record, index) => record.role !== 'init' && !deepEqual(wantedOf(worker, index), allocatedOf(record)));
  }

  private isIncrease(worker: PodWorker): boolean {
    const wanted = podRequests({ spec: worker.spec } as Pod);
    return ['cpu', 'memory'].some((name) => (wanted[name] ?? 0) > (worker.requests[name] ?? 0));
  }

  /** sortPendingResizes: those that ask for no more, then priority, then quality of service, then who has waited longest. */
  private compare(a: PodWorker, b: PodWorker): number {
    const guaranteed = ({ spec }: PodWorker): number => (podQosClass({ spec } as Pod) === 'Guaranteed' ? 1 : 0);
    const since = ({ resize }: PodWorker): number => resize?.pending?.since ?? Number.POSITIVE_INFINITY;
    const [first, second] = [since(a), since(b)];
    return (
      Number(this.isIncrease(a)) - Number(this.isIncrease(b)) ||
      (b.spec.priority ?? 0) - (a.spec.priority ?? 0) ||
      guaranteed(b) - guaranteed(a) ||
      (first === second ? 0 : first < second ? -1 : 1)
    );
  }

  /** A pod went, one was resized, or some time has passed. */
  retry(ctx: Context): void {
    if (this.pending.length === 0) return;
    const before = this.pending;
    this.pending = [];
    for (const worker of before) {
      if (this.agent.workers.get(worker.slot) !== worker || worker.stage === 'terminating' || worker.stage === 'terminated') continue;
      if (this.decide(worker, ctx)) this.sync(worker, ctx);
      if (worker.resize?.pending?.reason === 'Deferred') this.pending.push(worker);
    }
    if (this.timer !== undefined) ctx.cancel(this.timer);
    this.timer = this.pending.length === 0 ? undefined : this.agent.after(ctx, RETRY, 'resizes');
  }

  due(ctx: Context): void {
    this.timer = undefined;
    this.retry(ctx);
  }

  /** Whether there is something new to tell or to do. */
  private decide(worker: PodWorker, ctx: Context): boolean {
    const resize = worker.resize as PodResize;
    const was = resize.pending;
    const generation = worker.metadata?.generation ?? 0;
    if (!this.isAsked(worker)) {
      resize.pending = undefined;
      return was !== undefined;
    }
    const refusal = this.refusal(worker);
    if (refusal !== undefined) {
      const isSame = was?.reason === refusal.reason;
      resize.pending = { ...refusal, generation, since: isSame ? (was?.since ?? ctx.now) : ctx.now };
      return !deepEqual(was, resize.pending);
    }
    this.agent.uncount(worker);
    worker.requests = podRequests({ spec: worker.spec } as Pod);
    this.agent.count(worker);
    worker.containers.forEach((record, index) => {
      if (record.role === 'init') return;
      const wanted = wantedOf(worker, index);
      record.allocated = deepEqual(wanted, record.spec.resources ?? NONE) ? undefined : wanted;
    });
    resize.pending = undefined;
    resize.progress = { since: ctx.now, generation };
    return true;
  }

  /** canResizePod. */
  private refusal(worker: PodWorker): { readonly reason: string; readonly message: string } | undefined {
    const { agent } = this;
    const allocatable = amountsOf(agent.config.allocatable ?? agent.config.capacity);
    const wanted = podRequests({ spec: worker.spec } as Pod);
    for (const name of ['memory', 'cpu']) {
      const capacity = allocatable[name] ?? 0;
      if ((wanted[name] ?? 0) > capacity)
        return {
          reason: 'Infeasible',
          message: `Node didn't have enough capacity: ${name}, requested: ${wanted[name] ?? 0}, capacity: ${capacity}`,
        };
    }
    agent.uncount(worker);
    const refused = refusalOf(agent, { metadata: worker.metadata, spec: worker.spec } as Pod);
    agent.count(worker);
    return refused === undefined ? undefined : { reason: 'Deferred', message: refused.message };
  }
}
