/** One pass over a pod: bring what runs to what its spec asks. Mirrors v1.34 pkg/kubelet/kubelet.go SyncPod and kuberuntime_manager.go (computePodActions,
 *  SyncPod): sandbox, init containers one at a time, then the containers, each pulled, created and started after the one before. A pass ends when
 *  the runtime has done what it was asked; changes of containers are seen at the next relist (PLEG), which starts the next pass. */

import { parseTime } from '#api';
import { type Context, MICROSECOND, SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import { exitCodeOf } from './behaviour.ts';
import { crashLooping } from './crash-loop.ts';
import { drawDuration, LUCK, occurrence } from './luck.ts';
import { limitOf, limitReachedAt, workingSet } from './node-memory.ts';
import { podEvent } from './pod-events.ts';
import { ensureImage } from './pod-images.ts';
import { phaseOf, shouldRestart } from './pod-phase.ts';
import { answersChanged, containerObserved } from './pod-probes.ts';
import { actuateResize, resizeSettled, takeAllocation } from './pod-resize.ts';
import { containerEnded, containerStopped, endPod, exitReason, hookSeconds, stopContainer } from './pod-termination.ts';
import { type ContainerRecord, type PodWorker, subjectOf, troubleOf } from './pod-worker.ts';
import { publishStatus } from './status-manager.ts';

const DEFAULT_GRACE_SECONDS = 30;

export function syncPod(agent: NodeAgent, worker: PodWorker, ctx: Context): void {
  if (worker.stage === 'busy') {
    worker.syncAgain = true;
    return;
  }
  if (worker.stage !== 'idle') return publishStatus(agent, worker, ctx);
  if (worker.resyncTimer !== undefined) {
    ctx.cancel(worker.resyncTimer);
    worker.resyncTimer = undefined;
  }
  observe(agent, worker, ctx);
  if (worker.resize !== undefined) resizeSettled(agent, worker, ctx);
  worker.phase = phaseOf(worker, false);
  if (worker.phase === 'Succeeded' || worker.phase === 'Failed') {
    publishStatus(agent, worker, ctx);
    return endPod(agent, worker, worker.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS, undefined, ctx);
  }
  publishStatus(agent, worker, ctx);
  worker.syncFailed = false;
  if (!worker.sandboxReady) return createSandbox(agent, worker, ctx);
  if (killFailed(agent, worker, ctx)) return;
  if (worker.resize !== undefined && actuateResize(agent, worker, ctx)) return;
  startContainers(agent, worker, ctx);
}

/** What the relist shows: containers that run, init containers that are done. */
function observe(agent: NodeAgent, worker: PodWorker, ctx: Context): void {
  const { containers } = worker;
  for (let index = 0; index < containers.length; index++) {
    const record = containers[index] as ContainerRecord;
    if (record.state === 'running' && !record.observed) containerObserved(agent, worker, record, index, ctx);
  }
  if (!worker.initialized && worker.sandboxReady) {
    worker.initialized = true;
    for (let index = 0; index < worker.initCount; index++) {
      const record = containers[index] as ContainerRecord;
      if (record.role === 'init' ? record.termination?.exitCode !== 0 || record.state === 'running' : !record.started)
        worker.initialized = false;
    }
    if (worker.initialized && worker.initCount > 0) {
      ctx.record.span(subjectOf(worker), 'init', worker.stepAt, ctx.now - worker.stepAt);
      // Their pulls count as pulls.
      worker.initTime = Math.max(0, ctx.now - worker.stepAt - worker.pullTime);
    }
  }
  if (!worker.observedRunning) observeStart(agent, worker, ctx);
}

/** All containers run for the first time: the start SLI (pkg/kubelet/util/pod_startup_latency_tracker.go), without pulls and init containers. */
function observeStart(agent: NodeAgent, worker: PodWorker, ctx: Context): void {
  for (const record of worker.containers) if (record.role === 'main' && record.state !== 'running') return;
  worker.observedRunning = true;
  agent.startParts?.pull.observe(worker.pullTime / SECOND);
  if (worker.initCount > 0) agent.startParts?.init.observe(worker.initTime / SECOND);
  agent.startParts?.start.observe(worker.startTime / SECOND);
  const created = parseTime(worker.metadata?.creationTimestamp ?? '');
  if (created === undefined) return;
  const total = ctx.now - (created - agent.epoch(ctx));
  agent.startTotal?.observe((ctx.now - worker.seenAt) / SECOND);
  agent.startSli?.observe(Math.max(0, total - worker.pullTime - worker.initTime) / SECOND);
}

function createSandbox(agent: NodeAgent, worker: PodWorker, ctx: Context): void {
  const { costs } = agent.settings;
  if (worker.sandboxes === 0 && worker.spec.volumes !== undefined && !volumesReady(agent, worker, ctx)) return;
  worker.stage = 'busy';
  if (worker.sandboxLost) {
    worker.sandboxLost = false;
    podEvent(agent, worker, undefined, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.', ctx);
  }
  // Volumes are mounted once, before the first sandbox.
  const mount = worker.sandboxes === 0 ? drawDuration(ctx.chance, LUCK.mount, costs.mountSeconds, worker.luck, worker.ordinal) : 0;
  const create = drawDuration(ctx.chance, LUCK.sandbox, costs.sandboxSeconds, worker.luck, worker.ordinal, worker.sandboxes);
  worker.sandboxes += 1;
  if (mount > 0) {
    ctx.record.span(subjectOf(worker), 'volumes', ctx.now, mount);
    agent.startParts?.volumes.observe(mount / SECOND);
  }
  worker.stepAt = ctx.now + mount;
  worker.stepTimer = agent.after(ctx, mount + create, 'sandbox', worker.slot);
}

/** WaitForAttachAndMount: claims attached and staged, ConfigMaps and Secrets there. */
function volumesReady(agent: NodeAgent, worker: PodWorker, ctx: Context): boolean {
  const configured = agent.podConfig.mounted(worker, ctx);
  return agent.volumes.ready(worker, ctx) && configured;
}

/** RunPodSandbox has answered. */
export function sandboxCreated(agent: NodeAgent, worker: PodWorker, ctx: Context): void {
  worker.stepTimer = undefined;
  ctx.record.span(subjectOf(worker), 'sandbox', worker.stepAt, ctx.now - worker.stepAt);
  if (worker.sandboxes === 1) agent.startParts?.sandbox.observe((ctx.now - worker.stepAt) / SECOND);
  if (worker.spec.hostNetwork !== true) {
    const address = agent.addresses.take();
    if (address === undefined) {
      const message = `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: plugin type="host-local" failed (add): failed to allocate for range 0: no IP addresses available in range set: ${agent.config.podCIDR}`;
      podEvent(agent, worker, undefined, 'Warning', 'FailedCreatePodSandBox', message, ctx);
      worker.syncFailed = true;
      return finishSync(agent, worker, ctx);
    }
    worker.address = address;
  }
  worker.sandboxReady = true;
  worker.sandboxTold = false;
  worker.stepAt = ctx.now;
  agent.running?.add(1);
  if (worker.initCount === 0) worker.initialized = true;
  startContainers(agent, worker, ctx);
}

/** Containers whose liveness or startup probe failed are stopped first; true when some are. */
function killFailed(agent: NodeAgent, worker: PodWorker, ctx: Context): boolean {
  let killing = false;
  worker.containers.forEach((record, index) => {
    const failed = record.trouble?.failedProbe;
    if (failed === undefined || record.state !== 'running') return;
    killing = true;
    const probe = failed === 'liveness' ? record.spec.livenessProbe : record.spec.startupProbe;
    const grace = probe?.terminationGracePeriodSeconds ?? worker.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    const message = `Container ${record.spec.name} failed ${failed} probe, will be restarted`;
    troubleOf(record).failedProbe = undefined;
    stopContainer(agent, worker, record, index, 'killed', ctx.now + Math.max(2, grace) * SECOND, message, ctx);
  });
  if (killing) worker.stage = 'busy';
  return killing;
}

/** A container stopped for its probe has ended. */
export function containerKilled(agent: NodeAgent, worker: PodWorker, index: number, ctx: Context): void {
  const record = worker.containers[index] as ContainerRecord;
  const trouble = troubleOf(record);
  const code = record.stop?.code ?? 0;
  if (trouble.hookFailed) {
    containerEnded(agent, record, code, exitReason(code), ctx);
    return hookFailed(agent, worker, record, ctx);
  }
  trouble.lastCrashAt = trouble.previous?.finishedAt ?? -1;
  trouble.killed = true;
  containerEnded(agent, record, code, exitReason(code), ctx);
  for (const other of worker.containers) if (other.stop !== undefined) return;
  startContainers(agent, worker, ctx);
}

/** Picks what this pass starts, and begins. */
function startContainers(agent: NodeAgent, worker: PodWorker, ctx: Context): void {
  const chosen: number[] = [];
  const consider = (index: number): void => {
    const record = worker.containers[index] as ContainerRecord;
    if (!shouldRestart(worker, record)) return;
    if (crashLooping(agent, worker, record, ctx)) worker.syncFailed = true;
    else chosen.push(index);
  };
  if (worker.initialized) {
    worker.containers.forEach((record, index) => {
      if (record.state !== 'running' && record.role !== 'init') consider(index);
    });
  } else {
    // One init container at a time; a sidecar must have started before the next.
    for (let index = 0; index < worker.initCount; index++) {
      const record = worker.containers[index] as ContainerRecord;
      if (record.role === 'init' && record.state !== 'running' && record.termination?.exitCode === 0) continue;
      if (record.role === 'sidecar' && record.state === 'running' && record.started) continue;
      if (record.state !== 'running') consider(index);
      break;
    }
  }
  worker.toStart = chosen;
  worker.startIndex = 0;
  worker.stage = 'busy';
  startNext(agent, worker, ctx);
}

/** The next container of this pass: its image, then its start. */
export function startNext(agent: NodeAgent, worker: PodWorker, ctx: Context): void {
  while (worker.startIndex < worker.toStart.length) {
    const index = worker.toStart[worker.startIndex] as number;
    const image = ensureImage(agent, worker, worker.containers[index] as ContainerRecord, index, ctx);
    if (image === 'pulling') return;
    if (image === 'ready') return createContainer(agent, worker, index, ctx);
    worker.syncFailed = true;
    worker.startIndex += 1;
  }
  finishSync(agent, worker, ctx);
}

/** CreateContainer and StartContainer. */
export function createContainer(agent: NodeAgent, worker: PodWorker, index: number, ctx: Context): void {
  const record = worker.containers[index] as ContainerRecord;
  takeAllocation(record);
  const failure = agent.podConfig.environment(worker, record, index, ctx);
  if (failure !== undefined) return failure === 'reading' ? undefined : configFailed(agent, worker, record, failure, ctx);
  const restart = record.termination === undefined ? record.restarts : record.restarts + 1;
  worker.createAt = ctx.now;
  const seconds = record.behaviour.startSeconds ?? agent.settings.costs.startSeconds;
  const delay = drawDuration(ctx.chance, LUCK.start, seconds, worker.luck, worker.ordinal, occurrence(index, restart));
  worker.stepTimer = agent.after(ctx, delay, 'started', worker.slot, index);
}

/** generateContainerConfig failed: the pass goes on without this container. */
function configFailed(agent: NodeAgent, worker: PodWorker, record: ContainerRecord, message: string, ctx: Context): void {
  podEvent(agent, worker, record, 'Warning', 'Failed', `Error: ${message}`, ctx);
  record.state = 'waiting';
  record.reason = 'CreateContainerConfigError';
  record.message = message;
  worker.syncFailed = true;
  nextContainer(agent, worker, ctx);
}

/** The process runs. */
export function containerStarted(agent: NodeAgent, worker: PodWorker, index: number, ctx: Context): void {
  const record = worker.containers[index] as ContainerRecord;
  worker.stepTimer = undefined;
  if (record.termination !== undefined) {
    troubleOf(record).previous = record.termination;
    record.termination = undefined;
    record.restarts += 1;
    ctx.record.counter('kubelet_restarted_containers_total').add();
  }
  record.state = 'running';
  record.message = undefined;
  record.startedAt = ctx.now;
  agent.startedContainers?.add();
  agent.images.touch(record.spec.image ?? '', ctx.now);
  ctx.record.span(subjectOf(worker), 'start', worker.createAt, ctx.now - worker.createAt, record.spec.name);
  if (record.role !== 'init') worker.startTime += ctx.now - worker.createAt;
  record.instance = record.restarts;
  const names = startedTexts(record.spec.name);
  podEvent(agent, worker, record, 'Normal', 'Created', names.created, ctx);
  podEvent(agent, worker, record, 'Normal', 'Started', names.started, ctx);
  if (record.behaviour.dependsOn === undefined || !agent.dependence.holds(worker, record, index, ctx))
    begin(agent, worker, record, index, ctx);
  armMemory(agent, worker, record, index, ctx);
  agent.markPleg(worker, ctx);
  const postStart = record.spec.lifecycle?.postStart;
  const hook = hookSeconds(postStart, record.behaviour.postStartSeconds);
  if (hook > 0) worker.stepTimer = agent.after(ctx, Math.round(hook * SECOND), 'postStart', worker.slot, index);
  else if (postStart === undefined) nextContainer(agent, worker, ctx);
  else postStartDone(agent, worker, index, ctx);
}

/** The postStart hook has returned: a container whose hook failed is stopped, and the pass goes on without it. */
export function postStartDone(agent: NodeAgent, worker: PodWorker, index: number, ctx: Context): void {
  const record = worker.containers[index] as ContainerRecord;
  worker.stepTimer = undefined;
  // One that has ended meanwhile failed by itself.
  if (record.behaviour.postStartFails !== true || record.state !== 'running') return nextContainer(agent, worker, ctx);
  podEvent(agent, worker, record, 'Warning', 'FailedPostStartHook', 'PostStartHook failed', ctx);
  troubleOf(record).hookFailed = true;
  const grace = worker.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  stopContainer(agent, worker, record, index, 'killed', ctx.now + Math.max(2, grace) * SECOND, 'FailedPostStartHook', ctx);
}

/** It has ended for it. */
function hookFailed(agent: NodeAgent, worker: PodWorker, record: ContainerRecord, ctx: Context): void {
  troubleOf(record).hookFailed = false;
  if (shouldRestart(worker, record)) {
    record.state = 'waiting';
    record.reason = 'PostStartHookError';
    record.message = `lifecycle hook for Container "${record.spec.name}" in Pod "${worker.name}_${worker.namespace}(${worker.uid})" failed`;
  }
  worker.syncFailed = true;
  agent.markPleg(worker, ctx);
  nextContainer(agent, worker, ctx);
}

/** The process has what it needs: it warms up, and its run time begins. */
function begin(agent: NodeAgent, worker: PodWorker, record: ContainerRecord, index: number, ctx: Context): void {
  const key = occurrence(index, record.restarts);
  const warmUp = record.behaviour.readyAfterSeconds;
  record.readyAt = ctx.now + (warmUp === undefined ? 0 : drawDuration(ctx.chance, LUCK.ready, warmUp, worker.luck, worker.ordinal, key));
  armExit(agent, worker, record, index, ctx);
}

/** The Services that the process waited for are there. */
export function dependenceMet(agent: NodeAgent, worker: PodWorker, index: number, ctx: Context): void {
  const record = worker.containers[index] as ContainerRecord;
  begin(agent, worker, record, index, ctx);
  answersChanged(agent, worker, record, index, ctx);
}

/** The container in hand is done with: the next one, or the end of the pass. */
export function nextContainer(agent: NodeAgent, worker: PodWorker, ctx: Context): void {
  worker.stepTimer = undefined;
  worker.startIndex += 1;
  startNext(agent, worker, ctx);
}

const startTexts = new Map<string, { readonly created: string; readonly started: string }>();
function startedTexts(name: string): { readonly created: string; readonly started: string } {
  let texts = startTexts.get(name);
  if (texts === undefined) startTexts.set(name, (texts = { created: `Created container: ${name}`, started: `Started container ${name}` }));
  return texts;
}

function armExit(agent: NodeAgent, worker: PodWorker, record: ContainerRecord, index: number, ctx: Context): void {
  const { settings } = agent;
  const endless = record.role === 'sidecar' || (record.role === 'main' && (worker.spec.restartPolicy ?? 'Always') === 'Always');
  const run =
    record.behaviour.runSeconds ?? (record.role === 'init' ? settings.initRunSeconds : endless ? 'forever' : settings.jobRunSeconds);
  const endlessly = run === 'forever';
  const span = endlessly
    ? Number.POSITIVE_INFINITY
    : drawDuration(ctx.chance, LUCK.run, run, worker.luck, worker.ordinal, occurrence(index, record.restarts));
  if (agent.cpu.start(worker, record, index, span, ctx) || endlessly) return;
  record.exitTimer = agent.after(ctx, Math.max(MICROSECOND, span), 'exit', worker.slot, index);
}

/** Growth up to the limit is known in advance. */
function armMemory(agent: NodeAgent, worker: PodWorker, record: ContainerRecord, index: number, ctx: Context): void {
  agent.memory.changed(record, 1, ctx);
  agent.storage.changed(record, 1, ctx);
  const at = limitReachedAt(agent, record);
  if (at !== Number.POSITIVE_INFINITY) agent.after(ctx, Math.max(MICROSECOND, at - ctx.now), 'oom', worker.slot, index);
}

/** Its limit is reached, unless that was an instance gone by. */
export function limitReached(agent: NodeAgent, worker: PodWorker, index: number, ctx: Context): void {
  const record = worker.containers[index] as ContainerRecord;
  if (record.state === 'running' && workingSet(agent, record, ctx.now).now >= limitOf(record)) oomKill(agent, worker, index, ctx);
}

/** The kernel kills the container's first process. */
export function oomKill(agent: NodeAgent, worker: PodWorker, index: number, ctx: Context): void {
  const record = worker.containers[index] as ContainerRecord;
  ctx.record.counter('container_oom_events_total').add();
  if (worker.stage === 'terminating') return containerStopped(agent, worker, index, ctx);
  const killing = record.stop !== undefined;
  containerEnded(agent, record, 137, 'OOMKilled', ctx);
  agent.markPleg(worker, ctx);
  // It was being stopped for a failed probe: that pass goes on.
  if (killing) startContainers(agent, worker, ctx);
}

/** A container ended by itself. */
export function containerExited(agent: NodeAgent, worker: PodWorker, index: number, ctx: Context): void {
  const record = worker.containers[index] as ContainerRecord;
  const draw = ctx.chance.uniform(LUCK.exit, worker.luck, worker.ordinal, occurrence(index, record.restarts));
  // A process that gave up waiting for a Service failed.
  const exitCode = record.awaits === undefined ? exitCodeOf(record.behaviour.exitCode, draw) : 1;
  record.exitTimer = undefined;
  containerEnded(agent, record, exitCode, exitReason(exitCode), ctx);
  agent.markPleg(worker, ctx);
}

/** The pass is over: after a failure another follows in 10 to 15 s (pod_workers.go completeWork, backOffPeriod with a jitter of 0.5). */
function finishSync(agent: NodeAgent, worker: PodWorker, ctx: Context): void {
  worker.stage = 'idle';
  worker.toStart = NONE;
  worker.syncs += 1;
  if (worker.syncFailed) {
    const jitter = 1 + 0.5 * ctx.chance.uniform(LUCK.resync, worker.luck, worker.ordinal, worker.syncs);
    // The relist tells of the new sandbox too, though no container came to run in it.
    if (worker.sandboxReady && !worker.sandboxTold) agent.markPleg(worker, ctx);
    worker.resyncTimer = agent.after(ctx, Math.round(agent.settings.syncBackOffSeconds * SECOND * jitter), 'resync', worker.slot);
  }
  worker.sandboxTold = true;
  if (worker.syncAgain) {
    worker.syncAgain = false;
    syncPod(agent, worker, ctx);
  }
}

const NONE: readonly number[] = [];
