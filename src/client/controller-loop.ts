/** One controller's loop: its queue, workers, expectations and event recorder; a key is held while the requests of its plan are on their way.
 *  Mirrors the run/worker/processNextWorkItem frame that every upstream controller repeats (kubernetes v1.34 pkg/controller). */

import type { KubeObject, Resource } from '#api';
import type { Context, Duration, Instant, Labels, Message } from '#sim';
import { hashName, purpose as hashPurpose, messageKind } from '#sim';
import type { Client } from './api-client.ts';
import type {
  Controller,
  Informer,
  InformerEvent,
  InformerFactory,
  Lister,
  Outcome,
  Plan,
  RequestSpec,
  Stage,
  View,
  WatchSpec,
} from './contract.ts';
import { RECONCILE_COST, REQUEST_COST } from './costs.ts';
import { EventRecorder } from './event-recorder.ts';
import { Expectations } from './expectations.ts';
import type { Lane } from './lane.ts';
import { WorkQueue } from './work-queue.ts';

/** Wakes a loop: its queue has a key whose time has come, its period is over, or the CPU time of a pass is spent. */
export interface ControllerTimer extends Message {
  readonly kind: 'ControllerTimer';
  readonly controller: number;
  readonly what: 'queue' | 'tick' | 'spent';
}

messageKind<ControllerTimer>({
  kind: 'ControllerTimer',
  digest(m, hasher) {
    hasher.int(m.controller);
    hasher.string(m.what);
  },
});

/** One pass over one key, from the queue to `done`; the continuation of its requests. */
export interface Run {
  readonly loop: ControllerLoop;
  readonly key: string;
  plan: Plan;
  outcomes: Outcome<Run>[];
  waiting: number;
  failure: string | undefined;
  /** When the CPU time of the pass is spent. */
  until: Instant;
}

/** The key of plans that `tick` made. */
export const TICK = '';
const NONE: readonly never[] = [];

export class ControllerLoop implements View {
  readonly controller: Controller;
  readonly queue: WorkQueue;
  readonly #index: number;
  readonly #client: Client<Run>;
  readonly #lane: Lane;
  readonly #events: EventRecorder;
  readonly #expectations = new Expectations();
  readonly #informers = new Map<Resource, Informer>();
  readonly #purposes = new Map<string, number>();
  #busy = 0;
  #wakeAt: Instant = Number.POSITIVE_INFINITY;
  #tickDue: Instant = 0;
  #isTicking = false;
  // Passes that have decided, but whose CPU time is not spent yet.
  readonly #held: Run[] = [];
  #synced = false;
  // Lent for the length of one call.
  #ctx: Context | undefined;
  #key = '';

  constructor(controller: Controller, index: number, client: Client<Run>, lane: Lane, informers: InformerFactory) {
    this.controller = controller;
    this.#index = index;
    this.#client = client;
    this.#lane = lane;
    this.queue = new WorkQueue(controller.queue ?? controller.name, controller.retries);
    this.#events = new EventRecorder(client as Client<unknown>, lane, controller.component ?? `${controller.name}-controller`);
    for (let i = 0; i < controller.watches.length; i++) this.#watch(controller.watches[i] as WatchSpec, i === 0, informers);
  }

  #watch(spec: WatchSpec, isPrimary: boolean, informers: InformerFactory): void {
    const informer = informers.informer(spec.resource);
    this.#informers.set(spec.resource, informer);
    for (const [name, valuesOf] of Object.entries(spec.indexes ?? {})) informer.addIndex(name, valuesOf);
    informer.onEvent((event, ctx) => {
      this.#ctx = ctx;
      const keys = spec.keys(event, this);
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i] as string;
        if (spec.dependents === true) this.#observe(key, event);
        if (spec.delay === undefined) this.queue.add(key, ctx.now);
        else this.queue.addAfter(key, spec.delay, ctx.now);
      }
      if (isPrimary && event.type === 'delete') this.#expectations.forget(event.key);
    });
  }

  /** A dependent that begins to die counts as deleted: its replacement may be made at once. */
  #observe(key: string, event: InformerEvent): void {
    if (event.type === 'add') this.#expectations.creationObserved(key);
    if (event.type === 'delete' || event.object.metadata?.deletionTimestamp !== undefined)
      this.#expectations.deletionObserved(key, event.key);
  }

  // ---- View ----

  get #context(): Context {
    if (this.#ctx === undefined) throw new Error(`controller ${this.controller.name} used its view outside a call`);
    return this.#ctx;
  }

  get now(): Instant {
    return this.#context.now;
  }

  get clock(): number {
    return this.#context.clock();
  }

  get satisfied(): boolean {
    return this.#expectations.satisfied(this.#key, this.#context.now);
  }

  enqueue(key: string, after: Duration = 0): void {
    if (after <= 0) this.queue.add(key, this.#context.now);
    else this.queue.addAfter(key, after, this.#context.now);
  }

  lister<T extends KubeObject>(resource: Resource): Lister<T> {
    const informer = this.#informers.get(resource);
    if (informer === undefined) throw new Error(`controller ${this.controller.name} reads ${resource} without watching it`);
    return informer as unknown as Lister<T>;
  }

  uniform(purpose: string, key: string, n = 0): number {
    let hash = this.#purposes.get(purpose);
    if (hash === undefined) this.#purposes.set(purpose, (hash = hashPurpose(`controllers/${this.controller.name}/${purpose}`)));
    return this.#context.chance.uniform(hash, hashName(key), n);
  }

  event(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#events.event(object, type, reason, message, this.#context);
  }

  count(metric: string, labels?: Labels, by = 1): void {
    this.#context.record.counter(metric, labels).add(by);
  }

  observe(metric: string, value: number, labels?: Labels): void {
    this.#context.record.histogram(metric, labels).observe(value);
  }

  gauge(metric: string, value: number, labels?: Labels): void {
    this.#context.record.gauge(metric, labels).set(value);
  }

  // ---- the loop ----

  start(ctx: Context): void {
    this.queue.instrument(ctx.record);
  }

  #isSynced(ctx: Context): boolean {
    if (this.#synced) return true;
    for (const informer of this.#informers.values()) if (!informer.synced) return false;
    this.#synced = true;
    if (this.controller.tick !== undefined) this.#tick(ctx);
    return true;
  }

  /** Gives ready keys to free workers; to be called whenever the queue may have changed. */
  pump(ctx: Context): void {
    if (!this.#isSynced(ctx)) return;
    while (this.#busy < this.controller.workers) {
      const key = this.queue.get(ctx.now);
      if (key === undefined) break;
      this.#busy++;
      const run: Run = {
        loop: this,
        key,
        plan: EMPTY,
        outcomes: [],
        waiting: 0,
        failure: undefined,
        until: ctx.now + ctx.charge(RECONCILE_COST),
      };
      this.#apply(run, this.#reconcile(run, undefined, ctx), ctx);
    }
    this.#arm(ctx);
  }

  #arm(ctx: Context): void {
    const next = this.queue.nextWakeup;
    if (next === undefined || next >= this.#wakeAt) return;
    this.#wakeAt = next;
    // A wait may be over that nobody slept for: events of one informer put keys there before all have listed.
    ctx.after(Math.max(0, next - ctx.now), { kind: 'ControllerTimer', controller: this.#index, what: 'queue' } as ControllerTimer);
  }

  timer(message: ControllerTimer, ctx: Context): void {
    if (message.what === 'tick') {
      if (ctx.now >= this.#tickDue) this.#tick(ctx);
    } else if (message.what === 'spent') {
      this.#release(ctx);
    } else if (ctx.now >= this.#wakeAt) {
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.queue.advance(ctx.now);
    }
    this.pump(ctx);
  }

  #tick(ctx: Context): void {
    const { controller } = this;
    if (controller.tick === undefined || controller.period === undefined) return;
    this.#tickDue = ctx.now + controller.period;
    ctx.after(controller.period, { kind: 'ControllerTimer', controller: this.#index, what: 'tick' } as ControllerTimer);
    if (this.#isTicking) return;
    this.#isTicking = true;
    this.#ctx = ctx;
    this.#key = TICK;
    const run: Run = { loop: this, key: TICK, plan: EMPTY, outcomes: [], waiting: 0, failure: undefined, until: ctx.now };
    this.#apply(run, controller.tick(this), ctx);
  }

  #reconcile(run: Run, stage: Stage | undefined, ctx: Context): Plan {
    this.#ctx = ctx;
    this.#key = run.key;
    return this.controller.reconcile(run.key, this, stage);
  }

  /** Sends a plan's requests, or, when there are none, goes on at once. */
  #apply(run: Run, first: Plan, ctx: Context): void {
    for (let plan = first; ; ) {
      run.plan = plan;
      run.outcomes = [];
      const { requests = NONE, expect, cost } = plan;
      if (cost !== undefined) run.until = ctx.now + ctx.charge(cost);
      if (expect !== undefined) this.#expectations.expect(run.key, expect.creations ?? 0, expect.deletions ?? NONE, ctx.now);
      if (requests.length > 0) {
        run.waiting = requests.length;
        for (const request of requests) this.#client.request(ctx, request, run, ctx.charge(REQUEST_COST), this.#lane);
        return;
      }
      if (plan.next === undefined) return this.#finish(run, ctx);
      plan = this.#reconcile(run, { ...plan.next, outcomes: NONE }, ctx);
    }
  }

  outcome(outcome: Outcome<Run>, ctx: Context): void {
    const run = outcome.continuation;
    run.outcomes.push(outcome);
    run.waiting--;
    if (hasFailed(outcome)) {
      if (run.plan.next === undefined) run.failure = outcome.error?.message ?? `code ${outcome.code}`;
      this.#unexpect(run, outcome.request);
    }
    if (run.waiting > 0) return;
    const { next, requests = NONE } = run.plan;
    if (next === undefined) this.#finish(run, ctx);
    else this.#apply(run, this.#reconcile(run, { ...next, outcomes: inOrder(run.outcomes, requests) }, ctx), ctx);
    this.pump(ctx);
  }

  #unexpect(run: Run, request: RequestSpec): void {
    if (request.subresource !== undefined) return;
    if (request.verb === 'create') this.#expectations.creationObserved(run.key);
    else if (request.verb === 'delete') this.#expectations.deletionObserved(run.key, `${request.namespace}/${request.name}`);
  }

  #release(ctx: Context): void {
    const held = this.#held.splice(0);
    for (const run of held) {
      if (run.until > ctx.now) this.#held.push(run);
      else this.#finish(run, ctx);
    }
  }

  #finish(run: Run, ctx: Context): void {
    if (run.key === TICK) {
      this.#isTicking = false;
      return;
    }
    if (run.until > ctx.now) {
      this.#held.push(run);
      ctx.after(run.until - ctx.now, { kind: 'ControllerTimer', controller: this.#index, what: 'spent' } as ControllerTimer);
      return;
    }
    const { failed, requeueAfter } = run.plan;
    const { key } = run;
    if (failed !== undefined || run.failure !== undefined) {
      this.queue.addRateLimited(key, ctx.now);
    } else {
      this.queue.forget(key);
      if (requeueAfter !== undefined) this.queue.addAfter(key, requeueAfter, ctx.now);
    }
    this.queue.done(key, ctx.now);
    this.#busy--;
  }
}

const EMPTY: Plan = Object.freeze({});

/** Deleting what is gone already is what was wanted. */
function hasFailed({ code, request }: Outcome<unknown>): boolean {
  return (code === 0 || code >= 400) && !(code === 404 && request.verb === 'delete');
}

function inOrder(outcomes: readonly Outcome<Run>[], requests: readonly RequestSpec[]): readonly Outcome<Run>[] {
  if (outcomes.length < 2) return outcomes;
  let isSorted = true;
  for (let i = 0; i < outcomes.length && isSorted; i++) isSorted = outcomes[i]?.request === requests[i];
  if (isSorted) return outcomes;
  const byRequest = new Map<RequestSpec, Outcome<Run>>();
  for (const outcome of outcomes) byRequest.set(outcome.request, outcome);
  return requests.map((request) => byRequest.get(request) as Outcome<Run>);
}
