/** What follows a decision: assume, reserve and permit within the scheduling cycle; then, beside it, the wait for permission, PreBind and the binding.
 *  Mirrors pkg/scheduler/schedule_one.go v1.34 (schedulingCycle from assume on, bindingCycle, handleBindingCycleError). */

import type { Pod } from '#api';
import type { ApiClient, EventRecorder, Outcome, RequestSpec } from '#client';
import type { Context, Duration, Instant, Message } from '#sim';
import { messageKind } from '#sim';
import type { AttemptMetrics } from './attempt-metrics.ts';
import type { Cache } from './cache.ts';
import { ASSIGNED_POD_DELETE } from './cluster-events.ts';
import { BINDING_COST } from './costs.ts';
import type { ExplainJournal } from './explain-journal.ts';
import type { ExtenderClient } from './extender-client.ts';
import { bindingArgs, readBindingResult } from './extender-wire.ts';
import type { CycleState, PreBindRequest, PreBindWait } from './framework.ts';
import type { LiveHandle } from './live-handle.ts';
import type { Nominator } from './nominator.ts';
import { podName, podNamespace, podUid } from './pod-fields.ts';
import { newPodInfo } from './pod-info.ts';
import type { Profile } from './profile.ts';
import type { QueuedPodInfo } from './queue/queued-pod-info.ts';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';
import { failureAfterDecision, pluginFailure, runPermit, runReserve, runUnreserve } from './reserve-permit.ts';
import type { Failure } from './schedule-pod.ts';
import type { SchedulerMetrics } from './scheduler-metrics.ts';
import type { FailureHandler } from './scheduling-failure.ts';
import { isRejected, messageOf, type Status } from './status.ts';
import type { WaitingPods } from './waiting-pods.ts';

/** What an answer is for. */
export type Step =
  | { readonly step: 'bind'; readonly uid: string }
  | { readonly step: 'preBind'; readonly uid: string }
  | { readonly step: 'mark' | 'evict'; readonly preemptor: string; readonly victim: string }
  /** What a failed attempt came to was written to its pod. */
  | { readonly step: 'told' }
  | { readonly step: 'ignore' };

/** A pod waits for permission, for the end of its attempt, or for what its PreBind plugin waits for. */
export interface BindingTimer extends Message {
  readonly kind: 'SchedulerBindingTimer';
  readonly what: 'permit' | 'request' | 'preBind';
  readonly uid: string;
  readonly serial: number;
  readonly plugin: string;
}
messageKind<BindingTimer>({
  kind: 'SchedulerBindingTimer',
  digest(m, hasher) {
    hasher.string(m.what);
    hasher.string(m.uid);
    hasher.int(m.serial);
    hasher.string(m.plugin);
  },
});

export interface Attempt {
  readonly info: QueuedPodInfo;
  readonly profile: Profile;
  readonly handle: LiveHandle;
  readonly state: CycleState;
  readonly nodeName: string;
  readonly startedAt: Instant;
}

interface Binding extends Attempt {
  readonly assumed: Pod;
  readonly serial: number;
  readonly bindingAt: Instant;
  /** When the binding itself was sent, after PreBind. */
  sentAt: Instant;
  /** Which PreBind plugin is at work, and which of its requests. */
  plugin: number;
  requests: readonly PreBindRequest[];
  index: number;
  wait: PreBindWait | undefined;
  waitEnds: Instant;
  /** Binding extenders asked so far that were ignored when they failed. */
  extender: number;
}

const NO_REQUESTS: readonly PreBindRequest[] = [];

export class BindingCycle {
  metrics: SchedulerMetrics | undefined;
  attempts: AttemptMetrics | undefined;
  journal: ExplainJournal | undefined;
  readonly waiting: WaitingPods;
  readonly #client: ApiClient<Step>;
  readonly #recorder: EventRecorder;
  readonly #cache: Cache;
  readonly #queue: SchedulingQueue;
  readonly #nominator: Nominator;
  readonly #failures: FailureHandler;
  readonly #extenders: ExtenderClient | undefined;
  readonly #bindings = new Map<string, Binding>();
  /** While a scheduling cycle waits for an extender, what it looked at must not change: pods are forgotten afterwards. */
  #toForget: Pod[] | undefined;
  #serials = 0;

  constructor(
    client: ApiClient<Step>,
    recorder: EventRecorder,
    cache: Cache,
    queue: SchedulingQueue,
    nominator: Nominator,
    failures: FailureHandler,
    waiting: WaitingPods,
    extenders: ExtenderClient | undefined,
  ) {
    this.#client = client;
    this.#recorder = recorder;
    this.#cache = cache;
    this.#queue = queue;
    this.#nominator = nominator;
    this.#failures = failures;
    this.waiting = waiting;
    this.#extenders = extenders;
  }

  /** Assume, reserve, permit; then on to the binding once what is left of the decision's `cost` is over. A failure is for the caller to handle then. */
  begin(attempt: Attempt, cost: Duration, ctx: Context): Failure | undefined {
    const { info, nodeName, profile, state, handle } = attempt;
    const pod = info.pod;
    const assumed: Pod = { ...pod, spec: { ...pod.spec, nodeName } } as Pod;
    this.#cache.assumePod(newPodInfo(assumed), nodeName);
    this.#nominator.remove(pod);
    let refusal = profile.reserve.length === 0 ? undefined : runReserve(profile, state, assumed, nodeName, handle);
    const permit = refusal === undefined ? runPermit(profile, state, assumed, nodeName, handle) : undefined;
    const refusedBy = refusal !== undefined ? 'Reserve' : permit?.status !== undefined ? 'Permit' : undefined;
    refusal ??= permit?.status;
    this.attempts?.reserved(profile, refusedBy, refusal?.code ?? (permit !== undefined && permit.waits.size > 0 ? 'Wait' : 'Success'));
    if (refusal !== undefined) {
      runUnreserve(profile, state, assumed, nodeName, handle);
      this.#cache.forgetPod(assumed);
      this.journal?.undone(pod, messageOf(refusal), ctx.now);
      return failureAfterDecision(refusal);
    }
    for (const uid of handle.takeActivations()) this.#queue.activate(uid, ctx.now);
    const binding: Binding = {
      ...attempt,
      assumed,
      serial: ++this.#serials,
      bindingAt: ctx.now + cost,
      sentAt: ctx.now + cost,
      plugin: -1,
      requests: NO_REQUESTS,
      index: 0,
      wait: undefined,
      waitEnds: 0,
      extender: 0,
    };
    this.#bindings.set(info.uid, binding);
    this.metrics?.bindings.add(1);
    if (permit === undefined || permit.waits.size === 0) this.#permitted(binding, ctx, cost);
    else {
      const serial = this.waiting.add(assumed, permit.waits);
      this.journal?.note(pod, `waits at Permit for ${[...permit.waits.keys()].join(', ')}`, ctx.now);
      for (const [plugin, timeout] of permit.waits)
        ctx.after(cost + timeout, { kind: 'SchedulerBindingTimer', what: 'permit', uid: info.uid, serial, plugin } as BindingTimer);
    }
    return undefined;
  }

  /** From here on the pod counts as schedulable: failures are errors, and events need not be kept for it (SchedulingQueue.Done). */
  #permitted(binding: Binding, ctx: Context, delay: Duration): void {
    this.#queue.done(binding.info.uid);
    this.#nextPlugin(binding, ctx, delay);
  }

  /** Pods whose wait at Permit is over. */
  settle(ctx: Context): void {
    while (this.waiting.hasSettled) {
      for (const { uid, status } of this.waiting.takeSettled()) {
        const binding = this.#bindings.get(uid);
        if (binding === undefined) continue;
        this.metrics?.permitWait(status?.code ?? 'Success', Math.max(ctx.now - binding.bindingAt, 0));
        if (status === undefined) this.#permitted(binding, ctx, 0);
        else this.#undo(binding, status, failureAfterDecision(status), ctx);
      }
    }
  }

  timer({ what, uid, serial, plugin }: BindingTimer, ctx: Context): void {
    if (what === 'permit') {
      this.waiting.timeOut(uid, serial, plugin);
      return;
    }
    const binding = this.#bindings.get(uid);
    if (binding?.serial !== serial) return;
    if (what === 'request') this.#nextRequest(binding, ctx, 0);
    if (what === 'request' || binding.wait === undefined) return;
    const answer = ctx.now >= binding.waitEnds ? 'late' : binding.wait.check();
    if (answer === 'waiting') {
      this.#poll(binding, binding.wait, ctx);
      return;
    }
    const { timeoutMessage } = binding.wait;
    binding.wait = undefined;
    if (answer === 'done') this.#nextPlugin(binding, ctx, 0);
    else this.#preBindFailed(binding, answer === 'late' ? { code: 'Error', reasons: [timeoutMessage] } : answer, ctx);
  }

  #poll(binding: Binding, { every }: PreBindWait, ctx: Context): void {
    const { serial, info } = binding;
    const at = Math.min(ctx.now + every, binding.waitEnds);
    ctx.after(at - ctx.now, { kind: 'SchedulerBindingTimer', what: 'preBind', uid: info.uid, serial, plugin: '' } as BindingTimer);
  }

  /** PreBind plugins one after another, each with its requests and then with what it waits for; at last the binding. */
  #nextPlugin(binding: Binding, ctx: Context, delay: Duration): void {
    const { profile, state, assumed, nodeName, handle } = binding;
    const plugin = profile.preBind[++binding.plugin];
    if (plugin === undefined) {
      this.#bind(binding, ctx, delay);
      return;
    }
    binding.requests = plugin.preBind(state, assumed, nodeName, handle);
    binding.index = 0;
    this.#nextRequest(binding, ctx, delay);
  }

  #nextRequest(binding: Binding, ctx: Context, delay: Duration): void {
    const { profile, state, assumed, nodeName, handle, info } = binding;
    const request = binding.requests[binding.index];
    if (request !== undefined && delay > 0) {
      // Not sent ahead of its time: on one connection, what other bindings send until then would wait behind it.
      ctx.after(delay, {
        kind: 'SchedulerBindingTimer',
        what: 'request',
        uid: info.uid,
        serial: binding.serial,
        plugin: '',
      } as BindingTimer);
      return;
    }
    if (request !== undefined) {
      binding.index++;
      const spec: RequestSpec = { ...request, discardBody: true };
      this.#client.request(ctx, spec, { step: 'preBind', uid: info.uid }, ctx.charge(BINDING_COST));
      return;
    }
    binding.wait = profile.preBind[binding.plugin]?.waitsFor?.(state, assumed, nodeName, handle);
    if (binding.wait === undefined) this.#nextPlugin(binding, ctx, delay);
    else {
      binding.waitEnds = ctx.now + delay + binding.wait.timeout;
      this.#poll(binding, binding.wait, ctx);
    }
  }

  /** Extenders that bind come first. */
  #bind(binding: Binding, ctx: Context, delay: Duration): void {
    const { assumed, nodeName, info } = binding;
    const name = podName(assumed);
    const namespace = podNamespace(assumed);
    binding.sentAt = ctx.now + delay;
    const extender = this.#extenders?.binderFor(assumed, binding.extender);
    if (extender !== undefined) {
      binding.extender = extender.index + 1;
      const body = bindingArgs(name, namespace, podUid(assumed), nodeName);
      const processing = Math.max(delay, ctx.charge(BINDING_COST));
      this.#extenders?.call(extender, 'bind', body, assumed, info.attempts, { for: 'bind', uid: info.uid }, ctx, processing);
      return;
    }
    const body = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid: podUid(assumed) },
      target: { kind: 'Node', name: nodeName },
    };
    const spec: RequestSpec = { verb: 'create', resource: 'pods', subresource: 'binding', namespace, name, body, discardBody: true };
    this.#client.request(ctx, spec, { step: 'bind', uid: info.uid }, Math.max(delay, ctx.charge(BINDING_COST)));
  }

  /** What an extender said to its binding. */
  extenderAnswered(uid: string, answer: unknown, error: string | undefined, ctx: Context): void {
    const binding = this.#bindings.get(uid);
    if (binding === undefined) return;
    const failure = error ?? readBindingResult(answer);
    if (failure === undefined) {
      this.#bound(binding, ctx);
      return;
    }
    if (this.#extenders?.all[binding.extender - 1]?.isIgnorable === true) this.#bind(binding, ctx, 0);
    else this.#failed(binding, { code: 'Error', reasons: [failure] }, ctx);
  }

  finished(outcome: Outcome<Step>, ctx: Context): void {
    const { continuation: step } = outcome;
    if (step.step === 'ignore') return;
    if (step.step === 'told') {
      this.#failures.told(ctx);
      return;
    }
    if (step.step === 'mark' || step.step === 'evict') {
      this.#failures.answered(step.step, step.preemptor, step.victim, outcome.code, ctx);
      return;
    }
    if (!('uid' in step)) return;
    const binding = this.#bindings.get(step.uid);
    if (binding === undefined) return;
    const isDone = outcome.code >= 200 && outcome.code < 300;
    if (isDone && step.step === 'preBind') this.#nextRequest(binding, ctx, 0);
    else if (isDone) this.#bound(binding, ctx);
    else {
      const text = outcome.error?.message ?? `the server answered ${outcome.code}`;
      if (step.step === 'preBind') this.#preBindFailed(binding, { code: 'Error', reasons: [text] }, ctx);
      else this.#failed(binding, pluginFailure('Bind', 'DefaultBinder', text), ctx);
    }
  }

  #bound(binding: Binding, ctx: Context): void {
    const { info, assumed, nodeName, startedAt, profile, bindingAt, sentAt } = binding;
    this.#bindings.delete(info.uid);
    this.metrics?.bindings.add(-1);
    this.attempts?.bound(profile, sentAt - bindingAt, ctx.now - sentAt, ctx.now);
    this.journal?.bound(info.pod, ctx.now);
    this.metrics?.attempt('scheduled', profile.schedulerName, ctx.now - startedAt);
    this.metrics?.start(startedAt - (info.initialAttemptTimestamp ?? info.timestamp), ctx.now - startedAt);
    this.metrics?.sli(info.attempts, ctx.now - (info.initialAttemptTimestamp ?? info.timestamp));
    ctx.record.span(`pods/${info.key}`, 'binding', binding.bindingAt, ctx.now - binding.bindingAt, nodeName);
    this.#recorder.event(assumed, 'Normal', 'Scheduled', `Successfully assigned ${info.key} to ${nodeName}`, ctx);
  }

  #preBindFailed(binding: Binding, status: Status, ctx: Context): void {
    const plugin = binding.profile.preBind[binding.plugin]?.name ?? '';
    this.#failed(binding, isRejected(status) ? status : pluginFailure('PreBind', plugin, messageOf(status)), ctx);
  }

  /** After the wait at Permit no plugin waits for an event: the pod backs off. */
  #failed(binding: Binding, status: Status, ctx: Context): void {
    const failure: Failure = {
      message: messageOf(status),
      plugins: new Set(),
      postFilter: { nominatedNodeName: '' },
      isError: !isRejected(status),
    };
    this.#undo(binding, status, failure, ctx);
  }

  /** handleBindingCycleError: the pod gives its place back and is tried again; to others that is as good as the deletion of a pod. */
  #undo(binding: Binding, status: Status, failure: Failure, ctx: Context): void {
    const { profile, state, assumed, nodeName, handle, info } = binding;
    this.#bindings.delete(info.uid);
    this.metrics?.bindings.add(-1);
    this.journal?.undone(info.pod, messageOf(status), ctx.now);
    runUnreserve(profile, state, assumed, nodeName, handle);
    if (this.#toForget === undefined) this.#cache.forgetPod(assumed);
    else this.#toForget.push(assumed);
    // A rejected pod must not be moved by its own departure.
    if (!isRejected(status)) this.#queue.move(ASSIGNED_POD_DELETE, assumed, undefined, ctx.now);
    this.#failures.failed(binding, failure, ctx, true);
    if (isRejected(status)) this.#queue.move(ASSIGNED_POD_DELETE, assumed, undefined, ctx.now, info.uid);
  }

  /** A scheduling cycle goes on while time passes. */
  hold(): void {
    this.#toForget = [];
  }

  release(): void {
    for (const pod of this.#toForget ?? []) this.#cache.forgetPod(pod);
    this.#toForget = undefined;
  }
}
