/** A pod's phase and conditions from its containers. Mirrors v1.34 pkg/kubelet/kubelet_pods.go getPhase and pkg/kubelet/status/generate.go. */

import type { ContainerRecord, PodPhase, PodWorker } from './pod-worker.ts';

/** `terminal`: nothing will be restarted (deleted, evicted, past its deadline). */
export function phaseOf(worker: PodWorker, terminal: boolean): PodPhase {
  let pendingInit = 0;
  let failedInit = 0;
  let waiting = 0;
  let running = 0;
  let stopped = 0;
  let succeeded = 0;
  for (const record of worker.containers) {
    if (record.role === 'init') {
      if (worker.initialized) continue;
      if (record.termination !== undefined && record.state !== 'running') {
        if (record.termination.exitCode !== 0) failedInit += 1;
        if (record.termination.exitCode !== 0 || record.state === 'waiting') pendingInit += 1;
      } else pendingInit += 1;
    } else if (record.role === 'sidecar') {
      if (!worker.initialized && (record.state !== 'running' || !record.started)) pendingInit += 1;
    } else if (record.state === 'running') running += 1;
    else if (record.termination !== undefined) {
      stopped += 1;
      if (record.termination.exitCode === 0) succeeded += 1;
    } else waiting += 1;
  }
  const policy = worker.spec.restartPolicy ?? 'Always';
  if (failedInit > 0 && policy === 'Never') return 'Failed';
  if (terminal && running === 0 && stopped > 0 && waiting === 0) return stopped === succeeded ? 'Succeeded' : 'Failed';
  if (pendingInit > 0 || waiting > 0) return 'Pending';
  if (running > 0) return 'Running';
  if (stopped > 0) {
    if (policy === 'Always') return 'Running';
    if (stopped === succeeded) return 'Succeeded';
    return policy === 'Never' ? 'Failed' : 'Running';
  }
  return 'Pending';
}

/** Whether restartPolicy asks for another try (kubecontainer.ShouldContainerBeRestarted). */
export function shouldRestart(worker: PodWorker, record: ContainerRecord): boolean {
  if (record.role === 'sidecar') return true;
  const termination = record.termination;
  if (termination === undefined) return true;
  const policy = worker.spec.restartPolicy ?? 'Always';
  if (policy === 'Never') return false;
  if (record.role === 'init') return termination.exitCode !== 0;
  return policy === 'Always' || termination.exitCode !== 0;
}

/** A pod is told to be over only when nothing of it can run any more (status_manager.go mergePodStatus, PodCouldHaveRunningContainers): until its sandbox
 *  is stopped, its phase, reason and message stay what they were, so that nobody is sent to resources that the kubelet still counts. */
export const phaseIsHeld = (worker: PodWorker): boolean =>
  worker.stage !== 'terminated' && (worker.phase === 'Succeeded' || worker.phase === 'Failed');

export const CONDITION = { sandbox: 1, initialized: 2, ready: 4, containersReady: 8 } as const;

/** The conditions as bits. */
export function conditionsOf(worker: PodWorker): number {
  let bits = worker.sandboxReady ? CONDITION.sandbox : 0;
  const over = worker.phase === 'Succeeded' || worker.phase === 'Failed';
  if (worker.initialized || worker.phase === 'Succeeded') bits |= CONDITION.initialized;
  if (over) return bits;
  let all = worker.initialized;
  for (const record of worker.containers) if (record.role !== 'init' && !record.ready) all = false;
  if (!all) return bits;
  bits |= CONDITION.containersReady;
  // A readiness gate is another party's condition; the kubelet here does not read them back, so a pod with gates is never Ready by itself.
  if ((worker.spec.readinessGates ?? []).length === 0) bits |= CONDITION.ready;
  return bits;
}
