/** How pods come to the node and leave it: the watch of the pods bound here fills the pod workers; there is no other store. Mirrors v1.34
 *  pkg/kubelet/kubelet.go HandlePodAdditions, HandlePodUpdates, HandlePodRemoves. */

import { type KubeObject, type Pod, parseTime, podRequests } from '#api';
import type { Sink } from '#client';
import { type Context, SECOND } from '#sim';
import { refusalOf } from './admission.ts';
import type { NodeAgent } from './agent.ts';
import { annotatedBehaviour, containerBehaviour } from './behaviour.ts';
import { asAllocated, recall } from './former-life.ts';
import { podLuck } from './luck.ts';
import { podEvent } from './pod-events.ts';
import { probesOf } from './pod-probes.ts';
import { syncPod } from './pod-sync.ts';
import { endPod } from './pod-termination.ts';
import { ContainerRecord, type ContainerRole, PodWorker, subjectOf } from './pod-worker.ts';
import { stagedBehaviour } from './stage-behaviour.ts';
import type { StaticPods } from './static-pods.ts';
import { publishStatus, reconcileStatus } from './status-manager.ts';

/** Least grace of a pod whose object is gone already (pod_workers.go, calculateEffectiveGracePeriod). */
const GONE_GRACE_SECONDS = 1;
const DEFAULT_GRACE_SECONDS = 30;

export class PodIntake implements Sink {
  private readonly agent: NodeAgent;
  private readonly statics: StaticPods;

  constructor(agent: NodeAgent, statics: StaticPods) {
    this.agent = agent;
    this.statics = statics;
  }

  /** The watch shows a pod: new, or changed. */
  upsert(object: KubeObject, ctx: Context): void {
    const pod = object as Pod;
    if (this.statics.mirrorSeen(pod, ctx)) return;
    const worker = this.agent.byUid.get(pod.metadata?.uid ?? '') ?? addPod(this.agent, pod, false, ctx);
    const isSameSpec = worker.metadata?.generation === pod.metadata?.generation;
    worker.metadata = pod.metadata;
    if (pod.spec !== undefined) worker.spec = pod.spec;
    if (!isSameSpec) this.agent.resizes.specChanged(worker, ctx);
    reconcileStatus(this.agent, worker, pod, ctx);
    if (pod.metadata?.deletionTimestamp === undefined) return;
    // A pod that is told to end already listens to a shorter grace period only.
    if (worker.deleting && worker.stage !== 'terminating') return;
    worker.deleting = true;
    endPod(this.agent, worker, pod.metadata.deletionGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS, undefined, ctx);
  }

  /** The object is gone. What still runs of it is stopped. */
  remove(object: KubeObject, ctx: Context): void {
    if (!this.statics.mirrorGone(object.metadata?.uid ?? '', ctx)) this.gone(object.metadata?.uid ?? '', ctx);
  }

  private gone(uid: string, ctx: Context): void {
    const worker = this.agent.byUid.get(uid);
    if (worker === undefined) return;
    if (worker.stage === 'terminated') return this.agent.forget(worker);
    worker.orphaned = true;
    endPod(this.agent, worker, worker.metadata?.deletionGracePeriodSeconds ?? GONE_GRACE_SECONDS, undefined, ctx);
  }

  replace(objects: readonly KubeObject[], ctx: Context): void {
    const listed = new Set<string>();
    for (const object of objects) listed.add(object.metadata?.uid ?? '');
    for (const worker of [...this.agent.workers.values()]) if (!worker.isStatic && !listed.has(worker.uid)) this.gone(worker.uid, ctx);
    this.statics.listed(listed, ctx);
    for (const object of objects) this.upsert(object, ctx);
    this.agent.former = undefined;
  }
}

/** Takes a pod in: admission, then the first sync. */
export function addPod(agent: NodeAgent, pod: Pod, isStatic: boolean, ctx: Context): PodWorker {
  const phase = pod.status?.phase;
  const over = phase === 'Succeeded' || phase === 'Failed';
  const leaving = pod.metadata?.deletionTimestamp !== undefined;
  const former = over ? undefined : agent.former?.get(pod.metadata?.uid ?? '');
  const allocated = former === undefined ? pod : asAllocated(pod, former);
  const refusal = over || leaving ? undefined : refusalOf(agent, allocated);
  const { workload, ordinal } = podLuck(pod.metadata);
  const containers = over ? [] : records(agent, allocated, workload, ordinal, ctx);
  const started = pod.status?.startTime === undefined ? undefined : parseTime(pod.status.startTime);
  const seenAt = started === undefined ? ctx.now : started - agent.epoch(ctx);
  const worker = new PodWorker(agent.newSlot(), pod, podRequests(allocated), workload, ordinal, containers, seenAt);
  if (former !== undefined && refusal === undefined) recall(worker, former, ctx);
  if (phase === 'Running') worker.sentPhase = phase;
  worker.isStatic = isStatic;
  if (started !== undefined) worker.known = 'unknown';
  if (!over && refusal === undefined) agent.count(worker);
  agent.workers.set(worker.slot, worker);
  agent.byUid.set(worker.uid, worker);
  if (over || refusal !== undefined) {
    worker.stage = 'terminated';
    worker.phase = over ? phase : 'Failed';
  }
  if (refusal !== undefined) {
    worker.rejected = true;
    worker.reason = refusal.reason;
    worker.message = `Pod was rejected: ${refusal.message}`;
    podEvent(agent, worker, undefined, 'Warning', refusal.reason, refusal.message, ctx);
    ctx.record.span(subjectOf(worker), 'rejected', ctx.now, 0, refusal.reason);
    publishStatus(agent, worker, ctx);
  } else if (!over && !leaving) {
    agent.podConfig.register(worker, ctx);
    const deadline = pod.spec?.activeDeadlineSeconds;
    if (deadline !== undefined) {
      const left = Math.max(0, seenAt + deadline * SECOND - ctx.now);
      worker.deadlineTimer = agent.after(ctx, left, 'deadline', worker.slot);
    }
    syncPod(agent, worker, ctx);
    // What was asked for while the kubelet was away.
    if (former !== undefined) agent.resizes.specChanged(worker, ctx);
  }
  return worker;
}

function records(agent: NodeAgent, pod: Pod, luck: number, ordinal: number, ctx: Context): ContainerRecord[] {
  const annotated = annotatedBehaviour(pod.metadata?.annotations);
  const { stages } = agent.settings;
  const behaviour = stages.length === 0 ? agent.settings.behaviour : stagedBehaviour(stages, pod, agent.settings.behaviour);
  const list: ContainerRecord[] = [];
  const init = pod.spec?.initContainers ?? [];
  const reason = init.length > 0 ? 'PodInitializing' : 'ContainerCreating';
  const previous = pod.status?.containerStatuses ?? [];
  for (const spec of [...init, ...(pod.spec?.containers ?? [])]) {
    const role: ContainerRole = list.length >= init.length ? 'main' : spec.restartPolicy === 'Always' ? 'sidecar' : 'init';
    const probes = role === 'init' ? [] : probesOf(agent, spec, luck, ordinal, list.length, ctx);
    const record = new ContainerRecord(spec, role, containerBehaviour(annotated, behaviour, spec.name), reason, probes);
    // The node came back: what ran before it went counts as a restart.
    const before = previous.find((status) => status.name === spec.name);
    // One that had not run again when the node went once more keeps its count.
    if (before !== undefined)
      record.restarts = before.restartCount + (before.containerID === undefined || before.containerID === '' ? 0 : 1);
    list.push(record);
  }
  return list;
}
