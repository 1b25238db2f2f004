/** What becomes of an attempt that found no node, or lost it: condition, event, preemption and the way back into the queue.
 *  Mirrors pkg/scheduler/schedule_one.go v1.34 (handleSchedulingFailure) and framework/preemption (prepareCandidate). */

import type { Pod, PodCondition } from '#api';
import { rfc3339 } from '#api';
import type { ApiClient, EventRecorder, RequestSpec } from '#client';
import type { Context, Instant } from '#sim';
import type { Attempt, Step } from './binding-cycle.ts';
import type { Nominator } from './nominator.ts';
import type { DefaultPreemption } from './plugins/default-preemption.ts';
import { podKey, podName, podNamespace, podPriority, podUid } from './pod-fields.ts';
import type { Profile } from './profile.ts';
import type { QueuedPodInfo } from './queue/queued-pod-info.ts';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';
import type { Failure } from './schedule-pod.ts';
import type { SchedulerMetrics } from './scheduler-metrics.ts';
import type { WaitingPods } from './waiting-pods.ts';

const IGNORE: Step = { step: 'ignore' };
const TOLD: Step = { step: 'told' };

/** The eviction of one pod's victims. */
interface Preemption {
  readonly info: QueuedPodInfo;
  readonly profile: Profile;
  readonly nodeName: string;
  /** Victims that are being evicted. */
  readonly waiting: Set<string>;
  /** The one that has to wait for the others. */
  last: Pod | undefined;
  readonly byUid: ReadonlyMap<string, Pod>;
  readonly startedAt: Instant;
  result: 'success' | 'error';
}

/** NoteLengthLimit: an event's text is cut there. */
const MOST_NOTE = 1024;

export class FailureHandler {
  metrics: SchedulerMetrics | undefined;
  readonly #client: ApiClient<Step>;
  readonly #recorder: EventRecorder;
  readonly #queue: SchedulingQueue;
  readonly #nominator: Nominator;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #waiting: WaitingPods;
  /** The pod as the watch shows it now; undefined when it is gone. */
  readonly #live: (key: string) => Pod | undefined;
  /** Under way, by preemptor. */
  readonly #preemptions = new Map<string, Preemption>();
  /** SchedulerAsyncPreemption. */
  readonly #isAsync: boolean;
  /** SchedulerAsyncAPICalls, off in 1.34: statuses are patched by the scheduling thread itself. */
  readonly #patchesAside: boolean;
  /** The scheduling thread waits until the API server has answered a patch of its own. */
  #isTelling = false;
  /** What is left of an attempt whose victims the scheduling thread waits for. */
  #goOn: ((result: Preemption['result'], ctx: Context) => void) | undefined;
  /** The scheduling thread has waited, for victims or for an answer, and may go on. */
  onFree: ((ctx: Context) => void) | undefined;

  constructor(
    client: ApiClient<Step>,
    recorder: EventRecorder,
    queue: SchedulingQueue,
    nominator: Nominator,
    profiles: ReadonlyMap<string, Profile>,
    waiting: WaitingPods,
    live: (key: string) => Pod | undefined,
    gates: Readonly<Record<string, boolean>> = {},
  ) {
    this.#client = client;
    this.#recorder = recorder;
    this.#queue = queue;
    this.#nominator = nominator;
    this.#profiles = profiles;
    this.#waiting = waiting;
    this.#live = live;
    this.#isAsync = gates['SchedulerAsyncPreemption'] !== false;
    this.#patchesAside = gates['SchedulerAsyncAPICalls'] === true;
  }

  /** The scheduling thread waits until victims are evicted, or until the API server knows of the failure. */
  get isWaiting(): boolean {
    return this.#goOn !== undefined || this.#isTelling;
  }

  /** The API server has answered, or will not. */
  told(ctx: Context): void {
    this.#isTelling = false;
    this.onFree?.(ctx);
  }

  /** handleSchedulingFailure, by the scheduling thread or by that of a binding (`isAside`). */
  failed(attempt: Attempt, failure: Failure, ctx: Context, isAside = false): void {
    const { profile, startedAt } = attempt;
    const isUnschedulable = failure.isError === undefined ? failure.plugins.size > 0 : !failure.isError;
    this.metrics?.attempt(isUnschedulable ? 'unschedulable' : 'error', profile.schedulerName, ctx.now - startedAt);
    const { victims, nominatedNodeName } = failure.postFilter;
    if (victims === undefined || victims.length === 0) {
      this.#putBack(attempt, failure, nominatedNodeName, isUnschedulable, ctx, isAside);
      return;
    }
    if (this.#isAsync) {
      this.#preempt(attempt, victims, nominatedNodeName ?? '', ctx);
      this.#putBack(attempt, failure, nominatedNodeName, isUnschedulable, ctx);
      return;
    }
    this.#goOn = (result, later) => {
      this.#putBack(attempt, failure, result === 'success' ? nominatedNodeName : undefined, isUnschedulable, later);
      this.onFree?.(later);
    };
    this.#preempt(attempt, victims, nominatedNodeName ?? '', ctx);
  }

  /** Back into the queue with the promise of a node, and the news to the API server. */
  #putBack(
    attempt: Attempt,
    failure: Failure,
    nominatedNodeName: string | undefined,
    isUnschedulable: boolean,
    ctx: Context,
    isAside = false,
  ): void {
    const { info } = attempt;
    const pod = info.pod;
    const live = this.#live(info.key);
    // Gone, replaced, or bound meanwhile (an extender may have bound it and answered too late).
    const isOver = live === undefined || podUid(live) !== info.uid || (live.spec?.nodeName ?? '') !== '';
    if (isOver) this.#queue.done(info.uid);
    else {
      info.pod = live;
      this.#queue.putBack(info, failure.plugins, ctx.now);
      if (nominatedNodeName !== undefined) this.#nominator.add(live, nominatedNodeName);
    }
    this.#recorder.event(pod, 'Warning', 'FailedScheduling', shortened(failure.message), ctx);
    const status = statusAfter(pod, failure.message, isUnschedulable ? 'Unschedulable' : 'SchedulerError', nominatedNodeName, ctx);
    if (status === undefined) return;
    const waits = !isAside && !this.#patchesAside;
    if (waits) this.#isTelling = true;
    this.#patch(pod, status, ctx, waits ? TOLD : IGNORE);
  }

  #patch(pod: Pod, status: object, ctx: Context, step = IGNORE): void {
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
    this.#client.request(ctx, spec, step);
  }

  #preemptionOf(profile: Profile): DefaultPreemption | undefined {
    return profile.plugins.get('DefaultPreemption') as unknown as DefaultPreemption | undefined;
  }

  /** prepareCandidateAsync: nominees of lower priority lose their promise; all victims but the last are evicted side by side, and meanwhile the pod may not be tried again;
   *  then it may, and the last one is evicted. prepareCandidate (SchedulerAsyncPreemption off): all side by side, then the nominees; the scheduling thread waits. */
  #preempt({ info, profile }: Attempt, victims: readonly Pod[], nodeName: string, ctx: Context): void {
    this.metrics?.preemptionVictims.observe(victims.length);
    const first = this.#isAsync ? victims.slice(0, -1) : victims;
    const preemption: Preemption = {
      info,
      profile,
      nodeName,
      waiting: new Set(first.map(podUid)),
      last: this.#isAsync ? victims.at(-1) : undefined,
      byUid: new Map(victims.map((victim) => [podUid(victim), victim])),
      startedAt: ctx.now,
      result: 'success',
    };
    this.#preemptions.set(info.uid, preemption);
    if (this.#isAsync) {
      this.#preemptionOf(profile)?.preempting.add(info.uid);
      this.#clearNominees(preemption, ctx);
    }
    for (const victim of first) this.#evict(preemption, victim, ctx);
    this.#proceed(preemption, ctx);
  }

  /** PreemptPod: a pod that waits for permission is refused it; any other is marked, then deleted. */
  #evict(preemption: Preemption, victim: Pod, ctx: Context): void {
    const uid = podUid(victim);
    const waitingPod = this.#waiting.get(uid);
    if (waitingPod !== undefined) {
      waitingPod.reject('DefaultPreemption', 'preempted');
      this.#evictedOne(preemption, victim, ctx);
      return;
    }
    const message = `${preemption.profile.schedulerName}: preempting to accommodate a higher priority pod`;
    const time = rfc3339(ctx.clock());
    const condition = { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message, lastTransitionTime: time };
    this.#patch(victim, { conditions: [condition] }, ctx, { step: 'mark', preemptor: preemption.info.uid, victim: uid });
  }

  /** The answer to a request that evicts. */
  answered(step: 'mark' | 'evict', preemptor: string, victimUid: string, code: number, ctx: Context): void {
    const preemption = this.#preemptions.get(preemptor);
    const victim = preemption?.byUid.get(victimUid);
    if (preemption === undefined || victim === undefined) return;
    const isDone = code >= 200 && code < 300;
    if (isDone && step === 'mark') {
      const spec: RequestSpec = {
        verb: 'delete',
        resource: 'pods',
        namespace: podNamespace(victim),
        name: podName(victim),
        options: { preconditions: { uid: victimUid } },
        discardBody: true,
      };
      this.#client.request(ctx, spec, { step: 'evict', preemptor, victim: victimUid });
      return;
    }
    if (isDone) this.#evictedOne(preemption, victim, ctx);
    else {
      // Already gone is as good; anything else lets the pod be tried again at once.
      if (step === 'mark' || code !== 404) preemption.result = 'error';
      preemption.waiting.delete(victimUid);
    }
    this.#proceed(preemption, ctx);
  }

  #evictedOne({ waiting, info, nodeName }: Preemption, victim: Pod, ctx: Context): void {
    waiting.delete(podUid(victim));
    this.#recorder.event(victim, 'Normal', 'Preempted', `Preempted by pod ${info.uid} on node ${nodeName}`, ctx);
  }

  /** On to the last victim, or to the end: from here on the victims' deletions wake the pod. */
  #proceed(preemption: Preemption, ctx: Context): void {
    const { waiting, last, info, startedAt } = preemption;
    if (waiting.size > 0) return;
    for (const profile of this.#profiles.values()) this.#preemptionOf(profile)?.preempting.delete(info.uid);
    if (last !== undefined) {
      preemption.last = undefined;
      waiting.add(podUid(last));
      this.#evict(preemption, last, ctx);
      if (waiting.size > 0) return;
    }
    this.#preemptions.delete(info.uid);
    if (this.#isAsync) {
      this.metrics?.preempted(preemption.result, ctx.now - startedAt);
      if (preemption.result === 'error') this.#queue.activate(info.uid, ctx.now);
      return;
    }
    this.#clearNominees(preemption, ctx);
    const goOn = this.#goOn;
    this.#goOn = undefined;
    goOn?.(preemption.result, ctx);
  }

  #clearNominees({ info: { pod }, nodeName }: Preemption, ctx: Context): void {
    for (const { pod: other } of [...this.#nominator.on(nodeName)]) {
      if (podPriority(other) >= podPriority(pod) || podKey(other) === podKey(pod)) continue;
      this.#nominator.remove(other);
      this.#patch(other, { nominatedNodeName: null }, ctx);
    }
  }
}

/** truncateMessage. */
const shortened = (message: string): string => (message.length <= MOST_NOTE ? message : `${message.slice(0, MOST_NOTE - 4)} ...`);

/** updatePod: what is new about the pod; undefined when condition and nomination are as they were. */
function statusAfter(pod: Pod, message: string, reason: string, nominatedNodeName: string | undefined, ctx: Context): object | undefined {
  const condition = (pod.status?.conditions ?? []).find((c) => c.type === 'PodScheduled') as PodCondition | undefined;
  const isNew = condition?.status !== 'False' || condition.reason !== reason || condition.message !== message;
  const current = (pod.status?.nominatedNodeName as string | undefined) ?? '';
  const isNominated = nominatedNodeName !== undefined && nominatedNodeName !== current;
  if (!isNew && !isNominated) return undefined;
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
  return {
    ...(isNew ? { conditions: [fresh] } : {}),
    ...(isNominated ? { nominatedNodeName: nominatedNodeName === '' ? null : nominatedNodeName } : {}),
  };
}
