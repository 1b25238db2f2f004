/** Executes scheduler_perf's operations one after another against the simulated cluster, as its test process does with a client of QPS 5,000.
 *  Mirrors kubernetes v1.36 test/integration/scheduler_perf/executor.go. Wall-clock marks are recorded beside the run and change nothing in it. */

import { performance } from 'node:perf_hooks';
import { type KubeObject, type Pod, resourceForKind } from '#api';
import { type ApiClient, type ClientConfig, createApiClient, createInformerFactory, type Informer, type InformerFactory } from '#client';
import { type PerfOperation, render } from '#scenario';
import type { Context, Host, Message } from '#sim';
import { messageKind, SECOND } from '#sim';
import { BackgroundChurn, type BenchTick } from './background-churn.ts';
import { SchedulingCollector, type Spent } from './collector.ts';
import { DeviceSetup } from './device-setup.ts';
import { csiNodeOf, nodeOf, pacedBy, podsOf } from './objects.ts';
import type { Pending } from './pending.ts';
import type { PerfPosition } from './perf-progress.ts';
import { PodWaits } from './pod-waits.ts';
import { SteadyPods } from './steady-pods.ts';

export interface BenchDriverConfig {
  readonly client: ClientConfig;
  readonly operations: readonly PerfOperation[];
  /** Where to note how far it is, for a progress line. */
  readonly position?: PerfPosition;
}

/** Limit of one wait, as upstream: 10 minutes for pods to be scheduled. */
const WAIT_LIMIT = 600 * SECOND;
const POLL = SECOND;

messageKind<BenchTick>({
  kind: 'BenchTick',
  digest(m, hasher) {
    hasher.string(m.what);
    hasher.int(m.index);
  },
});

export class BenchDriver implements Host {
  readonly client: ApiClient<Pending>;
  readonly #operations: readonly PerfOperation[];
  readonly #position: PerfPosition | undefined;
  readonly #informers: InformerFactory;
  readonly #pods: Informer<Pod>;
  readonly #collector = new SchedulingCollector();
  readonly #churns: BackgroundChurn[] = [];
  readonly #waits = new PodWaits();
  readonly #devices: DeviceSetup;
  readonly #steady: SteadyPods;
  #at = -1;
  /** Answers that the operation in hand still waits for. */
  #open = 0;
  #waitingSince = 0;
  /** Paced requests still to be sent, by background job. */
  readonly #paced: { readonly job: Iterator<() => void>; readonly gap: number; readonly blocking: boolean }[] = [];

  constructor(config: BenchDriverConfig) {
    this.#operations = config.operations;
    this.#position = config.position;
    this.client = createApiClient<Pending>(config.client);
    this.#devices = new DeviceSetup(this.client);
    this.#steady = new SteadyPods(this.client);
    this.#informers = createInformerFactory(this.client);
    this.#pods = this.#informers.informer<Pod>('pods');
    this.#pods.onEvent((event, ctx) => {
      this.#collector.see(event, ctx.now);
      this.#steady.see(event, ctx);
    });
  }

  start(ctx: Context): void {
    this.#informers.start(ctx);
    // The cluster's first second: API servers list, the scheduler's caches sync.
    ctx.after(2 * SECOND, tick('next', 0));
  }

  receive(message: Message, ctx: Context): void {
    const { handled, outcome } = this.client.receive(message, ctx);
    if (outcome !== undefined) this.#answered(outcome.continuation, outcome.code, outcome.error?.message, outcome.object, ctx);
    if (handled || message.kind !== 'BenchTick') return;
    const { what, index } = message as BenchTick;
    if (what === 'next') this.#next(ctx);
    else if (what === 'poll') this.#poll(ctx);
    else if (what === 'sample') this.#sample(ctx);
    else if (what === 'churn') this.#churns[index]?.tick(ctx, this);
    else this.#pace(index, ctx);
  }

  #answered(pending: Pending, code: number, error: string | undefined, object: KubeObject | undefined, ctx: Context): void {
    if (pending.of === 'churn') {
      this.#churns[pending.index]?.made(pending, object);
      return;
    }
    if (pending.of === 'background') return;
    if (pending.of === 'steady') return this.#steady.nextBatch(ctx);
    // What is there already, or gone already, is as it should be.
    const isFine = (code > 0 && code < 400) || code === (pending.of === 'operation' && pending.deletes === true ? 404 : 409);
    if (!isFine) return ctx.stop(`operation ${this.#at + 1} (${this.#operations[this.#at]?.op}): ${code} ${error ?? ''}`);
    if (pending.of === 'devices') {
      const over = this.#devices.answered(pending, object, ctx);
      if (typeof over === 'string') ctx.stop(`operation ${this.#at + 1} (${this.#operations[this.#at]?.op}): ${over}`);
      else if (over) this.#next(ctx);
      return;
    }
    this.#open--;
    if (this.#open === 0 && pending.then === 'next') this.#next(ctx);
    else if (this.#open === 0 && pending.then === 'pods') this.#createPods(ctx);
    else if (this.#open === 0 && pending.then === 'objects') this.#createAny(ctx);
    else if (this.#open === 0 && pending.then === 'poll') ctx.after(POLL, tick('poll', 0));
  }

  #next(ctx: Context): void {
    const operation = this.#operations[++this.#at];
    this.#note(0);
    if (operation === undefined) return this.#finish(ctx);
    this.#open = 0;
    switch (operation.op) {
      case 'createNodes':
        return this.#createNodes(operation, ctx);
      case 'createNamespaces':
        for (let index = 0; index < operation.count; index++) {
          const body = (
            operation.template === undefined ? { apiVersion: 'v1', kind: 'Namespace' } : render(operation.template, index, operation.count)
          ) as KubeObject;
          this.#create({ ...body, metadata: { ...body.metadata, name: `${operation.prefix}-${index}` } }, '', 'next', ctx);
        }
        break;
      case 'createPods':
        this.#create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: operation.namespace } }, '', 'pods', ctx);
        break;
      case 'createAny':
        if (operation.namespace === '') return this.#createAny(ctx);
        this.#create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: operation.namespace } }, '', 'objects', ctx);
        break;
      case 'churn':
        this.#churns.push(new BackgroundChurn(operation, this.#churns.length));
        this.#create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: operation.namespace } }, '', 'next', ctx);
        ctx.after(operation.interval, tick('churn', this.#churns.length - 1));
        return;
      case 'deletePods':
        return this.#deletePods(operation, ctx);
      case 'updateAny':
        return this.#updateAny(operation, ctx);
      case 'createResourceDriver':
      case 'allocResourceClaims':
        return this.#devices.begin(operation, ctx);
      case 'sleep':
        ctx.after(operation.duration, tick('next', 0));
        return;
      case 'barrier':
        this.#waitingSince = ctx.now;
        ctx.after(0, tick('poll', 0));
        return;
      case 'startCollectingMetrics':
        this.#collect(operation.namespaces, operation.labels, ctx);
        break;
      case 'stopCollectingMetrics':
        this.#collector.stop(ctx, spent());
        break;
    }
    if (this.#open === 0) ctx.after(0, tick('next', 0));
  }

  #createNodes(operation: PerfOperation & { readonly op: 'createNodes' }, ctx: Context): void {
    for (let index = 0; index < operation.count; index++) {
      const node = nodeOf(operation, index);
      this.#create(node, '', 'next', ctx);
      if (operation.csi !== undefined) this.#create(csiNodeOf(node, operation.csi), '', 'next', ctx);
    }
    if (operation.count === 0) ctx.after(0, tick('next', 0));
  }

  /** The namespace is there, if one is needed. */
  #createAny(ctx: Context): void {
    const { template, count, namespace } = this.#operations[this.#at] as PerfOperation & { readonly op: 'createAny' };
    for (let index = 0; index < count; index++) this.#create(render(template, index, count) as KubeObject, namespace, 'next', ctx);
    if (count === 0) ctx.after(0, tick('next', 0));
  }

  /** The namespace is there: the pods. */
  #createPods(ctx: Context): void {
    const operation = this.#operations[this.#at] as PerfOperation & { readonly op: 'createPods' };
    if (operation.collect) this.#collect([operation.namespace], {}, ctx);
    this.#waitingSince = ctx.now;
    this.#waits.begin(operation);
    if (operation.steady) {
      this.#steady.begin(operation, ctx);
      ctx.after(operation.duration, tick('poll', 0));
    } else this.#createBatch(operation, ctx);
  }

  #createBatch(operation: PerfOperation & { readonly op: 'createPods' }, ctx: Context): void {
    for (let index = 0; index < operation.count; index++)
      for (const object of podsOf(operation, index)) this.#create(object, operation.namespace, operation.skipWait ? 'next' : 'poll', ctx);
    if (operation.count === 0) ctx.after(0, tick('next', 0));
  }

  /** Whether the pods of createPods are scheduled, or a barrier is met: looked at once a second, as upstream polls. */
  #poll(ctx: Context): void {
    const operation = this.#operations[this.#at];
    if (operation?.op === 'createPods') {
      const { scheduled, all } = this.#waits.count(this.#pods, operation.namespace);
      this.#note(scheduled);
      // A steady state is over when its time is.
      if (operation.steady || (all >= operation.count && scheduled >= all)) {
        if (operation.collect) this.#collector.stop(ctx, spent());
        return this.#next(ctx);
      }
    } else if (operation?.op === 'barrier' && this.#waits.barrierMet(this.#pods, operation)) return this.#next(ctx);
    if (ctx.now - this.#waitingSince > WAIT_LIMIT)
      return ctx.stop(`operation ${this.#at + 1} (${operation?.op}): not done after 10 minutes of simulated time`);
    ctx.after(POLL, tick('poll', 0));
  }

  #deletePods(operation: PerfOperation & { readonly op: 'deletePods' }, ctx: Context): void {
    const struck = this.#waits.matching(this.#pods, operation.namespace, operation.labels);
    const then = operation.skipWait ? 'background' : 'operation';
    const remove = (pod: Pod) => (): void => {
      if (then === 'operation') this.#open++;
      const pending: Pending = then === 'operation' ? { of: 'operation', then: 'next', deletes: true } : { of: 'background' };
      this.client.request(
        ctx,
        { verb: 'delete', resource: 'pods', namespace: operation.namespace, name: pod.metadata?.name ?? '', discardBody: true },
        pending,
      );
    };
    this.#run(struck.map(remove), operation.perSecond, operation.skipWait, ctx);
  }

  #updateAny(operation: PerfOperation & { readonly op: 'updateAny' }, ctx: Context): void {
    const jobs = Array.from({ length: operation.count }, (_, index) => () => {
      const object = render(operation.template, index, operation.count) as KubeObject;
      const info = resourceForKind(object.apiVersion ?? '', object.kind ?? '');
      // The object or its subresource, then its status: two requests, as update_any.go sends.
      for (const subresource of [operation.subresources.join('/'), 'status']) {
        this.#open++;
        const place = {
          ...(info?.namespaced === true ? { namespace: operation.namespace } : {}),
          name: object.metadata?.name ?? '',
          ...(subresource === '' ? {} : { subresource }),
        };
        this.client.request(
          ctx,
          { verb: 'update', resource: info?.resource ?? '', ...place, body: object, discardBody: true },
          { of: 'operation', then: 'next' },
        );
      }
    });
    this.#run(jobs, operation.perSecond, false, ctx);
  }

  /** All at once, or paced; in the background the next operation goes on meanwhile. */
  #run(jobs: readonly (() => void)[], perSecond: number, background: boolean, ctx: Context): void {
    if (perSecond > 0) {
      // One answer stays open until the last job has been sent, so that the operation does not end between two.
      if (!background) this.#open++;
      this.#paced.push({ job: jobs[Symbol.iterator](), gap: pacedBy(perSecond), blocking: !background });
      ctx.after(0, tick('pace', this.#paced.length - 1));
    } else for (const job of jobs) job();
    if (background || (jobs.length === 0 && perSecond === 0)) ctx.after(0, tick('next', 0));
  }

  #pace(index: number, ctx: Context): void {
    const paced = this.#paced[index];
    const step = paced?.job.next();
    if (paced === undefined || step === undefined) return;
    if (step.done === true) {
      if (paced.blocking && --this.#open === 0) this.#next(ctx);
      return;
    }
    step.value();
    ctx.after(paced.gap, tick('pace', index));
  }

  #collect(namespaces: readonly string[], labels: Readonly<Record<string, string>>, ctx: Context): void {
    this.#collector.start(namespaces, labels, ctx, spent());
    ctx.after(SECOND, tick('sample', 0));
  }

  #sample(ctx: Context): void {
    if (this.#collector.sample(ctx)) ctx.after(SECOND, tick('sample', 0));
  }

  #create(object: KubeObject, namespace: string, then: 'next' | 'pods' | 'objects' | 'poll', ctx: Context): void {
    const info = resourceForKind(object.apiVersion ?? '', object.kind ?? '');
    if (info === undefined) return ctx.stop(`operation ${this.#at + 1}: no resource is served for ${object.apiVersion} ${object.kind}`);
    this.#open++;
    const place = info.namespaced ? { namespace: object.metadata?.namespace ?? namespace } : {};
    this.client.request(
      ctx,
      { verb: 'create', resource: info.resource, ...place, body: object, discardBody: true },
      { of: 'operation', then },
    );
  }

  #note(scheduled: number): void {
    if (this.#position === undefined) return;
    this.#position.operation = this.#at;
    this.#position.scheduled = scheduled;
  }

  #finish(ctx: Context): void {
    ctx.record.mark('operations done');
    ctx.stop('done');
  }
}

/** Our own time, read beside the run. */
function spent(): Spent {
  const { user, system } = process.cpuUsage();
  return { wallMs: performance.now(), cpuMs: (user + system) / 1e3 };
}

const tick = (what: BenchTick['what'], index: number): BenchTick => ({ kind: 'BenchTick', what, index });
