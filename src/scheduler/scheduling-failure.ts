/** What becomes of an attempt that found no node, or lost it: condition, event, preemption and the way back into the queue.
 *  Mirrors pkg/scheduler/schedule_one.go v1.34 (handleSchedulingFailure) and framework/preemption (prepareCandidate). */

import type { Pod, PodCondition } from '#api';
import { rfc3339 } from '#api';
import type { ApiClient, EventRecorder, RequestSpec } from '#client';
import type { Context } from '#sim';
import type { Attempt, Step } from './binding-cycle.ts';
import type { Nominator } from './nominator.ts';
import type { DefaultPreemption } from './plugins/default-preemption.ts';
import { podKey, podName, podNamespace, podPriority, podUid } from './pod-fields.ts';
import type { Profile } from './profile.ts';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';
import type { Failure } from './schedule-pod.ts';
import type { SchedulerMetrics } from './scheduler-metrics.ts';
import type { WaitingPods } from './waiting-pods.ts';

const IGNORE: Step = { step: 'ignore' };

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
  /** Victims still to be deleted, by preemptor. */
  readonly #evictions = new Map<string, Set<string>>();

  constructor(
    client: ApiClient<Step>,
    recorder: EventRecorder,
    queue: SchedulingQueue,
    nominator: Nominator,
    profiles: ReadonlyMap<string, Profile>,
    waiting: WaitingPods,
    live: (key: string) => Pod | undefined,
  ) {
    this.#client = client;
    this.#recorder = recorder;
    this.#queue = queue;
    this.#nominator = nominator;
    this.#profiles = profiles;
    this.#waiting = waiting;
    this.#live = live;
  }

  /** handleSchedulingFailure. */
  failed(attempt: Attempt, failure: Failure, ctx: Context): void {
    const { info, profile, startedAt } = attempt;
    const isUnschedulable = failure.isError === undefined ? failure.plugins.size > 0 : !failure.isError;
    this.metrics?.attempt(isUnschedulable ? 'unschedulable' : 'error', profile.schedulerName, ctx.now - startedAt);
    const pod = info.pod;
    const { victims, nominatedNodeName } = failure.postFilter;
    if (victims !== undefined && victims.length > 0) this.#preempt(attempt, victims, nominatedNodeName ?? '', ctx);
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
      const waitingPod = this.#waiting.get(uid);
      if (waitingPod !== undefined) {
        waitingPod.reject('DefaultPreemption', 'preempted');
        this.#recorder.event(victim, 'Normal', 'Preempted', `Preempted by pod ${info.uid} on node ${nodeName}`, ctx);
        continue;
      }
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
    if (waiting.size === 0) this.#preempted(info.uid);
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
  evicted(preemptor: string, victim: string, ctx: Context): void {
    const waiting = this.#evictions.get(preemptor);
    waiting?.delete(victim);
    if (waiting === undefined || waiting.size > 0) return;
    this.#preempted(preemptor);
    this.#queue.activate(preemptor, ctx.now);
  }

  #preempted(preemptor: string): void {
    this.#evictions.delete(preemptor);
    for (const profile of this.#profiles.values()) this.#preemptionOf(profile)?.preempting.delete(preemptor);
  }
}

/** truncateMessage. */
const shortened = (message: string): string => (message.length <= MOST_NOTE ? message : `${message.slice(0, MOST_NOTE - 4)} ...`);
