/** What follows a decision: reserve, permit, PreBind and binding for a pod with a node; condition, event, preemption and the way back into the queue for
 *  one without. Mirrors pkg/scheduler/schedule_one.go v1.34 (bindingCycle, handleSchedulingFailure) and framework/preemption (prepareCandidate). */

import type { Pod, PodCondition } from '#api';
import { rfc3339 } from '#api';
import type { ApiClient, EventRecorder, Outcome, RequestSpec } from '#client';
import type { Context, Instant } from '#sim';
import type { Cache } from './cache.ts';
import { ASSIGNED_POD_DELETE } from './cluster-events.ts';
import { BINDING_COST } from './costs.ts';
import type { ExplainJournal } from './explain-journal.ts';
import type { CycleState, PreBindRequest } from './framework.ts';
import type { LiveHandle } from './live-handle.ts';
import type { Nominator } from './nominator.ts';
import type { DefaultPreemption } from './plugins/default-preemption.ts';
import { podKey, podName, podNamespace, podPriority, podUid } from './pod-fields.ts';
import { newPodInfo } from './pod-info.ts';
import type { Profile } from './profile.ts';
import type { QueuedPodInfo } from './queue/queued-pod-info.ts';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';
import type { Failure } from './schedule-pod.ts';
import type { SchedulerMetrics } from './scheduler-metrics.ts';
import { isRejected, messageOf, type Status } from './status.ts';

/** What an answer is for. */
export type Step =
  | { readonly step: 'bind'; readonly uid: string }
  | { readonly step: 'preBind'; readonly uid: string; readonly index: number }
  | { readonly step: 'evict'; readonly preemptor: string; readonly victim: string }
  | { readonly step: 'ignore' };

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
  readonly preBinds: readonly PreBindRequest[];
  bindingAt: Instant;
}

const NO_PLUGINS: ReadonlySet<string> = new Set();
const IGNORE: Step = { step: 'ignore' };

export class BindingCycle {
  metrics: SchedulerMetrics | undefined;
  journal: ExplainJournal | undefined;
  readonly #client: ApiClient<Step>;
  readonly #recorder: EventRecorder;
  readonly #cache: Cache;
  readonly #queue: SchedulingQueue;
  readonly #nominator: Nominator;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #bindings = new Map<string, Binding>();
  /** Victims still to be deleted, by preemptor. */
  readonly #evictions = new Map<string, Set<string>>();

  constructor(
    client: ApiClient<Step>,
    recorder: EventRecorder,
    cache: Cache,
    queue: SchedulingQueue,
    nominator: Nominator,
    profiles: ReadonlyMap<string, Profile>,
  ) {
    this.#client = client;
    this.#recorder = recorder;
    this.#cache = cache;
    this.#queue = queue;
    this.#nominator = nominator;
    this.#profiles = profiles;
  }

  /** Assume, reserve, permit; then on to the binding once the decision's `cost` is over. */
  begin(attempt: Attempt, cost: number, ctx: Context): void {
    const { info, nodeName, profile, state, handle } = attempt;
    const pod = info.pod;
    const assumed: Pod = { ...pod, spec: { ...pod.spec, nodeName } } as Pod;
    this.#cache.assumePod(newPodInfo(assumed), nodeName);
    this.#nominator.remove(pod);
    for (const plugin of profile.reserve) {
      const status = plugin.reserve(state, assumed, nodeName, handle);
      if (status === undefined) continue;
      this.#undo({ ...attempt, assumed, preBinds: [], bindingAt: ctx.now }, status, ctx);
      return;
    }
    const preBinds = profile.preBind.flatMap((plugin) => [...plugin.preBind(state, assumed, nodeName, handle)]);
    const binding: Binding = { ...attempt, assumed, preBinds, bindingAt: ctx.now + cost };
    this.#bindings.set(info.uid, binding);
    this.#next(binding, 0, ctx, cost);
  }

  /** PreBind requests one after another, then the binding. */
  #next(binding: Binding, index: number, ctx: Context, delay: number): void {
    const request = binding.preBinds[index];
    if (request !== undefined) {
      const spec: RequestSpec = { ...request, discardBody: true };
      this.#client.request(ctx, spec, { step: 'preBind', uid: binding.info.uid, index }, delay + ctx.charge(BINDING_COST));
      return;
    }
    const { assumed, nodeName, info } = binding;
    const name = podName(assumed);
    const namespace = podNamespace(assumed);
    const body = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid: podUid(assumed) },
      target: { kind: 'Node', name: nodeName },
    };
    const spec: RequestSpec = { verb: 'create', resource: 'pods', subresource: 'binding', namespace, name, body, discardBody: true };
    this.#client.request(ctx, spec, { step: 'bind', uid: info.uid }, Math.max(delay, ctx.charge(BINDING_COST)));
  }

  finished(outcome: Outcome<Step>, ctx: Context): void {
    const { continuation: step } = outcome;
    if (step.step === 'ignore') return;
    if (step.step === 'evict') {
      this.#evicted(step.preemptor, step.victim, ctx);
      return;
    }
    const binding = this.#bindings.get(step.uid);
    if (binding === undefined) return;
    const isDone = outcome.code >= 200 && outcome.code < 300;
    if (isDone && step.step === 'preBind') {
      this.#next(binding, step.index + 1, ctx, 0);
      return;
    }
    this.#bindings.delete(step.uid);
    if (isDone) this.#bound(binding, ctx);
    else {
      const text = outcome.error?.message ?? `the server answered ${outcome.code}`;
      this.#undo(binding, { code: 'Error', reasons: [`running Bind plugin "DefaultBinder": ${text}`] }, ctx);
    }
  }

  #bound(binding: Binding, ctx: Context): void {
    const { info, assumed, nodeName, startedAt, profile } = binding;
    this.#queue.done(info.uid);
    this.journal?.bound(info.pod, ctx.now);
    this.metrics?.attempt('scheduled', profile.schedulerName, ctx.now - startedAt);
    this.metrics?.sli(info.attempts, ctx.now - (info.initialAttemptTimestamp ?? info.timestamp));
    ctx.record.span(`pods/${info.key}`, 'binding', binding.bindingAt, ctx.now - binding.bindingAt, nodeName);
    this.#recorder.event(assumed, 'Normal', 'Scheduled', `Successfully assigned ${info.key} to ${nodeName}`, ctx);
  }

  /** handleBindingCycleError: the pod gives its place back and is tried again. */
  #undo(binding: Binding, status: Status, ctx: Context): void {
    const { profile, state, assumed, nodeName, handle, info } = binding;
    this.#bindings.delete(info.uid);
    this.journal?.undone(info.pod, messageOf(status), ctx.now);
    for (const plugin of [...profile.reserve].reverse()) plugin.unreserve(state, assumed, nodeName, handle);
    this.#cache.forgetPod(assumed);
    this.#queue.move(ASSIGNED_POD_DELETE, assumed, undefined, ctx.now);
    const plugins = isRejected(status) && status.plugin !== undefined ? new Set([status.plugin]) : NO_PLUGINS;
    this.failed(binding, { message: messageOf(status), plugins, postFilter: {} }, ctx);
  }

  /** handleSchedulingFailure. */
  failed(attempt: Attempt, failure: Failure, ctx: Context): void {
    const { info, profile, startedAt } = attempt;
    const isUnschedulable = failure.plugins.size > 0;
    this.metrics?.attempt(isUnschedulable ? 'unschedulable' : 'error', profile.schedulerName, ctx.now - startedAt);
    const pod = info.pod;
    const { victims, nominatedNodeName } = failure.postFilter;
    if (victims !== undefined && victims.length > 0) this.#preempt(attempt, victims, nominatedNodeName ?? '', ctx);
    if (nominatedNodeName !== undefined) this.#nominator.add(pod, nominatedNodeName);
    this.#queue.putBack(info, failure.plugins, ctx.now);
    this.#recorder.event(pod, 'Warning', 'FailedScheduling', failure.message, ctx);
    this.#patchStatus(pod, failure.message, isUnschedulable ? 'Unschedulable' : 'SchedulerError', nominatedNodeName, ctx);
  }

  /** updatePod: only when condition or nomination say something new. */
  #patchStatus(pod: Pod, message: string, reason: string, nominatedNodeName: string | undefined, ctx: Context): void {
    const condition = (pod.status?.conditions ?? []).find((c) => c.type === 'PodScheduled') as PodCondition | undefined;
    const isNew = condition?.status !== 'False' || condition.reason !== reason || condition.message !== message;
    const current = (pod.status?.nominatedNodeName as string | undefined) ?? '';
    const isNominated = nominatedNodeName !== undefined && nominatedNodeName !== current;
    if (!isNew && !isNominated) return;
    const now = rfc3339(ctx.clock());
    const isFlipped = condition?.status !== 'False';
    const fresh = {
      type: 'PodScheduled',
      status: 'False',
      reason,
      message,
      lastProbeTime: null,
      lastTransitionTime: isFlipped ? now : condition?.lastTransitionTime,
    };
    const status = {
      ...(isNew ? { conditions: [fresh] } : {}),
      ...(isNominated ? { nominatedNodeName: nominatedNodeName === '' ? null : nominatedNodeName } : {}),
    };
    this.#patch(pod, status, ctx);
  }

  #patch(pod: Pod, status: object, ctx: Context): void {
    const spec: RequestSpec = {
      verb: 'patch',
      resource: 'pods',
      subresource: 'status',
      namespace: podNamespace(pod),
      name: podName(pod),
      patchType: 'strategic',
      body: { metadata: { uid: podUid(pod) }, status },
      discardBody: true,
    };
    this.#client.request(ctx, spec, IGNORE);
  }

  /** prepareCandidate: victims are marked and deleted; nominees of lower priority lose their promise. */
  #preempt({ info, profile }: Attempt, victims: readonly Pod[], nodeName: string, ctx: Context): void {
    this.metrics?.preemptionAttempts.add();
    this.metrics?.preemptionVictims.observe(victims.length);
    const pod = info.pod;
    const waiting = new Set<string>();
    this.#evictions.set(info.uid, waiting);
    this.#preemptionOf(profile)?.preempting.add(info.uid);
    for (const victim of victims) {
      const uid = podUid(victim);
      const message = `${profile.schedulerName}: preempting to accommodate a higher priority pod`;
      const time = rfc3339(ctx.clock());
      const condition = { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message, lastTransitionTime: time };
      this.#patch(victim, { conditions: [condition] }, ctx);
      const options = { preconditions: { uid } };
      const spec: RequestSpec = {
        verb: 'delete',
        resource: 'pods',
        namespace: podNamespace(victim),
        name: podName(victim),
        options,
        discardBody: true,
      };
      waiting.add(uid);
      this.#client.request(ctx, spec, { step: 'evict', preemptor: info.uid, victim: uid });
      this.#recorder.event(victim, 'Normal', 'Preempted', `Preempted by pod ${info.uid} on node ${nodeName}`, ctx);
    }
    for (const { pod: other } of [...this.#nominator.on(nodeName)]) {
      if (podPriority(other) >= podPriority(pod) || podKey(other) === podKey(pod)) continue;
      this.#nominator.remove(other);
      this.#patch(other, { nominatedNodeName: null }, ctx);
    }
  }

  #preemptionOf(profile: Profile): DefaultPreemption | undefined {
    return profile.plugins.get('DefaultPreemption') as unknown as DefaultPreemption | undefined;
  }

  /** Once all victims are being deleted the preemptor may be tried again; their deletions will wake it. */
  #evicted(preemptor: string, victim: string, ctx: Context): void {
    const waiting = this.#evictions.get(preemptor);
    waiting?.delete(victim);
    if (waiting === undefined || waiting.size > 0) return;
    this.#evictions.delete(preemptor);
    for (const profile of this.#profiles.values()) this.#preemptionOf(profile)?.preempting.delete(preemptor);
    this.#queue.activate(preemptor, ctx.now);
  }
}
