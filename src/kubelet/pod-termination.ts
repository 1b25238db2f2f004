/** How pods end: SIGTERM, grace, SIGKILL; main containers first, then sidecars from the last to the first; then the sandbox. Mirrors v1.34
 *  pkg/kubelet/pod_workers.go (SyncTerminatingPod, SyncTerminatedPod) and kuberuntime_container.go (killContainer, KEP-753's ordering). */

import type { Container } from '#api';
import { type Context, SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import { traceOf } from './container-log.ts';
import { drawDuration, LUCK, occurrence } from './luck.ts';
import { podEvent } from './pod-events.ts';
import { phaseOf } from './pod-phase.ts';
import { stopLiveness, stopProbes } from './pod-probes.ts';
import { type ContainerRecord, type PodPhase, type PodWorker, subjectOf } from './pod-worker.ts';
import { publishStatus } from './status-manager.ts';

/** minimumGracePeriodInSeconds (kuberuntime_container.go). */
const MINIMUM_GRACE = 2 * SECOND;
const SIGKILL = 137;
type LifecycleHandler = NonNullable<NonNullable<Container['lifecycle']>['preStop']>;

/** Ends a pod. `verdict` fixes phase, reason and message (deadline, eviction); without it the containers' exit codes decide. */
export function endPod(
  agent: NodeAgent,
  worker: PodWorker,
  graceSeconds: number,
  verdict: { readonly phase?: PodPhase; readonly reason?: string; readonly message?: string } | undefined,
  ctx: Context,
): void {
  if (worker.stage === 'terminated') return publishStatus(agent, worker, ctx);
  const until = ctx.now + Math.max(MINIMUM_GRACE, graceSeconds * SECOND);
  if (worker.stage === 'terminating') return shorten(agent, worker, until, ctx);
  worker.stage = 'terminating';
  worker.graceUntil = until;
  if (verdict?.phase !== undefined) worker.phase = verdict.phase;
  if (verdict?.reason !== undefined) worker.reason = verdict.reason;
  if (verdict?.message !== undefined) worker.message = verdict.message;
  for (const timer of [worker.stepTimer, worker.resyncTimer, worker.deadlineTimer]) if (timer !== undefined) ctx.cancel(timer);
  worker.stepTimer = undefined;
  worker.resyncTimer = undefined;
  worker.deadlineTimer = undefined;
  worker.toStart = [];
  for (const record of worker.containers) {
    stopLiveness(record, ctx);
    record.stop = undefined;
  }
  stopNext(agent, worker, ctx);
}

/** A later, shorter grace period (kubectl delete --now after a plain one). */
function shorten(agent: NodeAgent, worker: PodWorker, until: number, ctx: Context): void {
  if (until >= worker.graceUntil) return;
  worker.graceUntil = until;
  worker.containers.forEach((record, index) => {
    if (record.stop === undefined || record.stop.at <= until) return;
    if (record.exitTimer !== undefined) ctx.cancel(record.exitTimer);
    record.stop = { signalAt: Math.min(record.stop.signalAt, until), at: until, code: SIGKILL };
    record.exitTimer = agent.after(ctx, until - ctx.now, 'stopped', worker.slot, index);
  });
}

/** Stops what may stop now; when nothing runs any more, the sandbox. */
function stopNext(agent: NodeAgent, worker: PodWorker, ctx: Context): void {
  let busy = false;
  worker.containers.forEach((record, index) => {
    if (record.state !== 'running' || record.role === 'sidecar') return;
    busy = true;
    if (record.stop === undefined)
      stopContainer(agent, worker, record, index, 'stopped', worker.graceUntil, `Stopping container ${record.spec.name}`, ctx);
  });
  if (busy) return;
  for (let index = worker.containers.length - 1; index >= 0; index--) {
    const record = worker.containers[index] as ContainerRecord;
    if (record.state !== 'running') continue;
    if (record.stop === undefined)
      stopContainer(agent, worker, record, index, 'stopped', worker.graceUntil, `Stopping container ${record.spec.name}`, ctx);
    return;
  }
  if (!worker.sandboxReady) return terminated(agent, worker, ctx);
  const delay = drawDuration(ctx.chance, LUCK.sandboxStop, agent.settings.costs.sandboxStopSeconds, worker.luck, worker.ordinal);
  worker.stepTimer = agent.after(ctx, delay, 'sandboxStopped', worker.slot);
}

/** SIGTERM after the preStop hook; the container ends by itself or at `until`. `task` comes back when it has ended. */
export function stopContainer(
  agent: NodeAgent,
  worker: PodWorker,
  record: ContainerRecord,
  index: number,
  task: 'stopped' | 'killed',
  until: number,
  message: string,
  ctx: Context,
): void {
  podEvent(agent, worker, record, 'Normal', 'Killing', message, ctx);
  if (record.exitTimer !== undefined) ctx.cancel(record.exitTimer);
  const { behaviour } = record;
  const hook = record.spec.lifecycle?.preStop;
  const preStop = Math.round(hookSeconds(hook, behaviour.preStopSeconds) * SECOND);
  if (hook !== undefined && behaviour.preStopFails === true)
    podEvent(agent, worker, record, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', ctx);
  const seconds = behaviour.stopSeconds ?? agent.settings.costs.stopSeconds;
  const takes = drawDuration(ctx.chance, LUCK.stop, seconds, worker.luck, worker.ordinal, occurrence(index, record.restarts));
  const signalAt = Math.min(ctx.now + preStop, until);
  // Whatever the hook has left: so long it always has.
  const last = Math.max(until, signalAt + MINIMUM_GRACE);
  const stop = { signalAt, at: Math.min(signalAt + takes, last), code: signalAt + takes <= last ? (behaviour.stopExitCode ?? 0) : SIGKILL };
  record.stop = stop;
  record.exitTimer = agent.after(ctx, stop.at - ctx.now, task, worker.slot, index);
}

/** How long a lifecycle hook takes: a sleep says so itself (KEP-3960), the others by the container's behaviour. */
export function hookSeconds(hook: LifecycleHandler | undefined, otherwise: number | undefined): number {
  if (hook === undefined) return 0;
  return hook.sleep === undefined ? (otherwise ?? 0) : hook.sleep.seconds;
}

/** The process is gone. */
export function containerEnded(agent: NodeAgent, record: ContainerRecord, exitCode: number, reason: string, ctx: Context): void {
  const trace = traceOf(record);
  stopProbes(record, ctx);
  if (record.exitTimer !== undefined) ctx.cancel(record.exitTimer);
  record.state = 'terminated';
  record.stop = undefined;
  record.exitTimer = undefined;
  record.termination = { exitCode, reason, startedAt: record.startedAt, finishedAt: ctx.now, instance: record.instance, trace };
  record.requests = undefined;
  record.awaits = undefined;
  agent.memory.changed(record, -1, ctx);
  agent.storage.changed(record, -1, ctx);
  agent.cpu.stop(record, ctx);
  agent.traffic.forget(record);
  agent.images.touch(record.spec.image ?? '', ctx.now);
}

export const exitReason = (exitCode: number): string => (exitCode === 0 ? 'Completed' : 'Error');

/** A container of a pod that ends has stopped. */
export function containerStopped(agent: NodeAgent, worker: PodWorker, index: number, ctx: Context): void {
  const record = worker.containers[index] as ContainerRecord;
  const code = record.stop?.code ?? SIGKILL;
  containerEnded(agent, record, code, exitReason(code), ctx);
  stopNext(agent, worker, ctx);
}

export function sandboxStopped(agent: NodeAgent, worker: PodWorker, ctx: Context): void {
  worker.stepTimer = undefined;
  worker.sandboxReady = false;
  agent.running?.add(-1);
  if (worker.address !== undefined) agent.addresses.free(worker.address);
  terminated(agent, worker, ctx);
}

function terminated(agent: NodeAgent, worker: PodWorker, ctx: Context): void {
  worker.stage = 'terminated';
  agent.uncount(worker);
  agent.resizes.retry(ctx);
  if (worker.spec.volumes !== undefined) agent.volumes.release(worker, ctx);
  if (worker.phase !== 'Succeeded' && worker.phase !== 'Failed') {
    const phase = phaseOf(worker, true);
    // TerminatePod: what never came to run has failed.
    worker.phase = phase === 'Succeeded' ? 'Succeeded' : 'Failed';
  }
  for (const record of worker.containers) {
    if (record.state === 'waiting' && record.termination === undefined)
      record.reason = record.role === 'main' && !worker.initialized ? 'PodInitializing' : 'ContainerCreating';
  }
  if (worker.orphaned) return agent.forget(worker);
  ctx.record.span(subjectOf(worker), 'ended', ctx.now, 0, worker.phase);
  publishStatus(agent, worker, ctx);
}
