/** The status the kubelet writes: conditions, container statuses, addresses, as one strategic merge patch. Mirrors v1.34 pkg/kubelet/kubelet_pods.go
 *  generateAPIPodStatus and pkg/kubelet/status. Left out: allocatedResources, volumeMounts and user of container statuses, QoS (the API server sets it). */

import { rfc3339 } from '#api';
import type { Instant } from '#sim';
import { formatAddress } from './addresses.ts';
import { CONDITION, conditionsOf, phaseIsHeld } from './pod-phase.ts';
import { type ContainerRecord, containerId, type PodWorker, type Termination } from './pod-worker.ts';
import { resizePart } from './resize-status.ts';

// Integers only, folded as FNV-1a does.
const fold = (hash: number, value: number): number => Math.imul(hash ^ value, 16_777_619);
const text = (value: string | undefined): number => {
  let hash = 0;
  if (value !== undefined) for (let i = 0; i < value.length; i++) hash = Math.imul(hash ^ value.charCodeAt(i), 16_777_619);
  return hash;
};

const HELD = 1;

/** As last published. */
export const isReady = (worker: PodWorker): boolean => (worker.conditionBits & CONDITION.ready) !== 0;

/** A number that changes when the status to write does: spares the building of a status that is already written. */
export function fingerprint(worker: PodWorker): number {
  const held = phaseIsHeld(worker);
  let hash = fold(fold(-2_128_831_035, conditionsOf(worker)), held ? HELD : text(worker.phase));
  hash = fold(fold(hash, held ? 0 : text(worker.reason)), worker.address ?? 0);
  for (const record of worker.containers) {
    hash = fold(hash, record.state === 'running' ? 1 : record.state === 'waiting' ? text(record.reason) : 2);
    hash = fold(hash, record.restarts * 4 + (record.ready ? 1 : 0) + (record.started ? 2 : 0));
    hash = fold(hash, record.termination === undefined ? 0 : record.termination.finishedAt % 2_147_483_647);
  }
  return worker.resize === undefined ? hash : fold(hash, text(JSON.stringify(resizePart(worker, 0))));
}

/** The patch for /status: what the API server does not have yet. `epoch`: the host's clock at instant 0 of the run, so that instants become times. */
export function statusPatch(worker: PodWorker, now: Instant, epoch: number, hostIP: string): object {
  const before = worker.conditionBits;
  stampConditions(worker, now);
  const held = phaseIsHeld(worker);
  if (!held) worker.sentPhase = worker.phase;
  const told = conditions(worker, before, epoch);
  const resized = worker.resize === undefined ? undefined : resizePart(worker, epoch);
  const status: Record<string, unknown> = {
    phase: worker.sentPhase,
    conditions: resized === undefined ? told : [...told, ...resized.conditions],
  };
  if (worker.resize !== undefined && worker.metadata?.generation !== undefined) status.observedGeneration = worker.metadata.generation;
  if (worker.reason !== undefined && !held) status.reason = worker.reason;
  if (worker.message !== undefined && !held) status.message = worker.message;
  const metadata = { uid: worker.mirrorUid ?? worker.uid };
  if (worker.known !== 'written') {
    if (worker.metadata?.generation !== undefined) status.observedGeneration = worker.metadata.generation;
    status.startTime = rfc3339(epoch + worker.seenAt);
    if (worker.rejected) return { metadata, status };
    status.hostIP = hostIP;
    status.hostIPs = hostIPs(hostIP);
  }
  if (worker.address !== undefined && (!worker.addressWritten || worker.known !== 'written')) {
    worker.addressWritten = true;
    const podIP = formatAddress(worker.address);
    status.podIP = podIP;
    // Lists merge by address: what a former life wrote is replaced.
    status.podIPs = worker.known === 'unknown' ? [{ $patch: 'replace' }, { ip: podIP }] : [{ ip: podIP }];
  } else if (worker.address === undefined && worker.known === 'unknown') {
    // Its sandbox went with the node's former life, and the address with it (kuberuntime, GetPodStatus: only a ready sandbox has addresses).
    status.podIP = null;
    status.podIPs = null;
  }
  const init: object[] = [];
  const main: object[] = [];
  for (let index = 0; index < worker.containers.length; index++) {
    const record = worker.containers[index] as ContainerRecord;
    const own = containerStatus(worker, record, index, epoch);
    (record.role === 'main' ? main : init).push(resized === undefined ? own : { ...own, ...resized.containers[index] });
  }
  if (init.length > 0) status.initContainerStatuses = init;
  status.containerStatuses = main;
  return { metadata, status };
}

let lastHostIP = '';
let lastHostIPs: readonly { readonly ip: string }[] = [];
function hostIPs(hostIP: string): readonly { readonly ip: string }[] {
  if (hostIP !== lastHostIP) {
    lastHostIP = hostIP;
    lastHostIPs = [{ ip: hostIP }];
  }
  return lastHostIPs;
}

/** lastTransitionTime is when the kubelet first says so. */
function stampConditions(worker: PodWorker, now: Instant): void {
  const bits = conditionsOf(worker);
  const changed = bits ^ worker.conditionBits;
  const times = worker.conditionTimes;
  if ((changed & CONDITION.sandbox) !== 0) times.sandbox = now;
  if ((changed & CONDITION.initialized) !== 0) times.initialized = now;
  if ((changed & CONDITION.ready) !== 0) times.ready = now;
  if ((changed & CONDITION.containersReady) !== 0) times.containersReady = now;
  worker.conditionBits = bits;
}

/** Those that changed, as upstream's two-way merge sends them; all of them until the API server has them. */
function conditions(worker: PodWorker, before: number, epoch: number): readonly object[] {
  const bits = worker.conditionBits;
  const times = worker.conditionTimes;
  const over = worker.phase === 'Succeeded' || worker.phase === 'Failed';
  const all = worker.known !== 'written' || over;
  const changed = bits ^ before;
  // A patch must clear what an earlier status said.
  const clear = (bit: number): boolean => worker.known === 'unknown' || (worker.known === 'written' && (changed & bit) !== 0);
  const list: object[] = [];
  if (all || (changed & CONDITION.sandbox) !== 0) {
    list.push(condition('PodReadyToStartContainers', (bits & CONDITION.sandbox) !== 0, times.sandbox, epoch, false));
  }
  if (all || (changed & CONDITION.initialized) !== 0 || (bits & CONDITION.initialized) === 0)
    list.push(initialized(worker, clear(CONDITION.initialized), epoch));
  const reason = over ? (worker.phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed') : 'ContainersNotReady';
  const message = over ? undefined : notReady(worker);
  const containersReady = (bits & CONDITION.containersReady) !== 0;
  if ((bits & CONDITION.ready) !== 0) {
    if (all || (changed & CONDITION.ready) !== 0) list.push(condition('Ready', true, times.ready, epoch, clear(CONDITION.ready)));
  } else if (containersReady) list.push(condition('Ready', false, times.ready, epoch, false, 'ReadinessGatesNotReady', gates(worker)));
  else list.push(condition('Ready', false, times.ready, epoch, over, reason, message));
  if (!containersReady) list.push(condition('ContainersReady', false, times.containersReady, epoch, over, reason, message));
  else if (all || (changed & CONDITION.containersReady) !== 0) {
    list.push(condition('ContainersReady', true, times.containersReady, epoch, clear(CONDITION.containersReady)));
  }
  if (worker.disrupted && !phaseIsHeld(worker))
    list.push(condition('DisruptionTarget', true, times.containersReady, epoch, false, 'TerminationByKubelet', worker.message));
  return list;
}

function initialized(worker: PodWorker, clear: boolean, epoch: number): object {
  const at = worker.conditionTimes.initialized;
  if ((worker.conditionBits & CONDITION.initialized) !== 0) {
    return condition('Initialized', true, at, epoch, clear, worker.phase === 'Succeeded' ? 'PodCompleted' : undefined);
  }
  const reason = worker.phase === 'Failed' ? 'PodFailed' : 'ContainersNotInitialized';
  return condition('Initialized', false, at, epoch, clear, reason, incomplete(worker));
}

/** `clear`: null removes the reason and message that an earlier status had, when merging by type. */
function condition(type: string, isTrue: boolean, at: number, epoch: number, clear: boolean, reason?: string, message?: string): object {
  const status = isTrue ? 'True' : 'False';
  const lastTransitionTime = rfc3339(epoch + at);
  if (reason === undefined)
    return clear ? { type, status, lastTransitionTime, reason: null, message: null } : { type, status, lastTransitionTime };
  if (message === undefined)
    return clear ? { type, status, lastTransitionTime, reason, message: null } : { type, status, lastTransitionTime, reason };
  return { type, status, lastTransitionTime, reason, message };
}

const notReady = (worker: PodWorker): string => {
  const names: string[] = [];
  for (const record of worker.containers) if (record.role !== 'init' && !record.ready) names.push(record.spec.name);
  return `containers with unready status: [${names.join(' ')}]`;
};
const incomplete = (worker: PodWorker): string => {
  const names: string[] = [];
  for (const record of worker.containers) {
    if (record.role === 'init' && !(record.termination?.exitCode === 0)) names.push(record.spec.name);
    else if (record.role === 'sidecar' && !record.started) names.push(record.spec.name);
  }
  return `containers with incomplete status: [${names.join(' ')}]`;
};
const gates = (worker: PodWorker): string =>
  (worker.spec.readinessGates ?? [])
    .map((gate) => `corresponding condition of pod readiness gate "${gate.conditionType}" does not exist.`)
    .join(', ');

function terminated(worker: PodWorker, index: number, end: Termination, epoch: number): object {
  const { exitCode, reason, startedAt, finishedAt, instance } = end;
  return {
    terminated: {
      exitCode,
      reason,
      startedAt: rfc3339(epoch + startedAt),
      finishedAt: rfc3339(epoch + finishedAt),
      containerID: containerId(worker, index, instance),
    },
  };
}

const NO_STATE = {};
const WAITING = new Map<string, object>();

/** Waiting states repeat: one object a reason. */
function waiting(reason: string, message: string | undefined): object {
  if (message !== undefined) return { waiting: { reason, message } };
  let state = WAITING.get(reason);
  if (state === undefined) WAITING.set(reason, (state = { waiting: { reason } }));
  return state;
}

/** TerminatePod: what never ran is no success. */
const LOST = {
  terminated: {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    startedAt: null,
    finishedAt: null,
  },
};
/** Main containers once init containers are done (hasPodInitialized); of init containers, those before one that ran. */
function isOwed(worker: PodWorker, { role }: ContainerRecord): boolean {
  return role === 'main' && worker.containers.every((one) => one.role !== 'init' || one.termination?.exitCode === 0);
}

function containerStatus(worker: PodWorker, record: ContainerRecord, index: number, epoch: number): object {
  const { spec, termination } = record;
  const previous = record.trouble?.previous;
  let state: object;
  let last: object = NO_STATE;
  if (record.state === 'running') {
    state = { running: { startedAt: rfc3339(epoch + record.startedAt) } };
    if (previous !== undefined) last = terminated(worker, index, previous, epoch);
  } else if (
    record.state === 'waiting' &&
    worker.stage === 'terminated' &&
    termination === undefined &&
    !worker.rejected &&
    isOwed(worker, record)
  ) {
    state = LOST;
  } else if (record.state === 'waiting') {
    state = waiting(record.reason, record.message);
    if (termination !== undefined) last = terminated(worker, index, termination, epoch);
  } else {
    state = terminated(worker, index, termination as Termination, epoch);
    if (previous !== undefined) last = terminated(worker, index, previous, epoch);
  }
  const image = spec.image ?? '';
  return {
    name: spec.name,
    state,
    lastState: last,
    // An init container is ready when it has done its work (prober_manager.go, UpdatePodStatus).
    ready: record.role === 'init' ? record.state === 'terminated' && termination?.exitCode === 0 : record.ready,
    restartCount: record.restarts,
    image,
    imageID: record.instance < 0 ? '' : imageId(image),
    containerID: record.instance < 0 ? '' : containerId(worker, index, record.instance),
    started: record.started,
  };
}

const imageIds = new Map<string, string>();
/** A stand-in for the image's digest, the same for all who name the image. */
function imageId(image: string): string {
  let id = imageIds.get(image);
  if (id === undefined) {
    const part = (salt: string): string => (text(image + salt) >>> 0).toString(16).padStart(8, '0');
    id = `${image.split('@')[0]}@sha256:${part('a')}${part('b')}${part('c')}${part('d')}${part('e')}${part('f')}${part('g')}${part('h')}`;
    imageIds.set(image, id);
  }
  return id;
}
