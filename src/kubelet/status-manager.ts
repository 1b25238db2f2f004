/** Writes pods' statuses: one patch under way a pod, the latest state wins. Mirrors v1.34 pkg/kubelet/status/status_manager.go (syncPod, canBeDeleted).
 *  When a deleted pod has stopped and its last status is written, the kubelet deletes the object with gracePeriodSeconds 0 and its uid as precondition. */

import type { Pod } from '#api';
import type { Outcome } from '#client';
import { type Context, SECOND } from '#sim';
import type { Continuation, NodeAgent } from './agent.ts';
import { fingerprint, isReady, statusPatch } from './pod-status.ts';
import type { PodWorker } from './pod-worker.ts';

/** The status manager's sync period: failed writes wait for it. */
const RETRY = 10 * SECOND;

/** Sends the status if it says something new. */
export function publishStatus(agent: NodeAgent, worker: PodWorker, ctx: Context): void {
  worker.print = fingerprint(worker);
  if (worker.orphaned || worker.statusInFlight) return;
  // A static pod is written to its mirror, once there is one.
  if (worker.isStatic && worker.mirrorUid === undefined) return;
  if (worker.print === worker.sentPrint) return finishDeletion(agent, worker, ctx);
  send(agent, worker, ctx);
}

function send(agent: NodeAgent, worker: PodWorker, ctx: Context): void {
  worker.sentPrint = worker.print;
  worker.statusInFlight = true;
  const body = statusPatch(worker, ctx.now, agent.epoch(ctx), agent.hostIP);
  agent.client.request(
    ctx,
    {
      verb: 'patch',
      resource: 'pods',
      subresource: 'status',
      namespace: worker.namespace,
      name: worker.name,
      body,
      patchType: 'strategic',
      discardBody: true,
    },
    { of: 'status', slot: worker.slot },
    agent.egress,
  );
}

/** An answer to a status patch. */
export function statusWritten(agent: NodeAgent, worker: PodWorker, outcome: Outcome<Continuation>, ctx: Context): void {
  worker.statusInFlight = false;
  if (outcome.code === 404 && worker.isStatic) return;
  if (outcome.code === 404 || worker.orphaned) return gone(agent, worker);
  if (outcome.code === 0 || outcome.code >= 400) {
    worker.sentPrint = 0;
    worker.known = 'unknown';
    worker.statusRetry ??= agent.after(ctx, RETRY, 'statusRetry', worker.slot);
    return;
  }
  worker.known = 'written';
  publishStatus(agent, worker, ctx);
}

/** needsReconcile: somebody else (the node controller, while nothing was heard of this node) wrote that the pod is not ready, or a write of this kubelet's
 *  that was given up came after the one that says how the pod ended, or that a container was restarted. The next sync of the status manager says it again,
 *  unless the server has been told meanwhile. */
export function reconcileStatus(agent: NodeAgent, worker: PodWorker, { status }: Pod, ctx: Context): void {
  if (worker.known !== 'written' || worker.statusInFlight) return;
  const isOver = worker.sentPhase === 'Succeeded' || worker.sentPhase === 'Failed';
  if (!isOver && !isReady(worker)) return;
  worker.contradicted = isOver
    ? status?.phase !== worker.sentPhase
    : status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'False') === true || forgetsRestarts(worker, status);
  if (worker.contradicted) worker.statusRetry ??= agent.after(ctx, RETRY, 'statusRetry', worker.slot);
}

/** An older status came after the one that counts the last restart. */
function forgetsRestarts({ containers }: PodWorker, status: Pod['status']): boolean {
  for (const { spec, restarts } of containers) {
    if (restarts === 0) continue;
    const told = status?.containerStatuses?.find((one) => one.name === spec.name)?.restartCount;
    if (told !== undefined && told < restarts) return true;
  }
  return false;
}

export function retryStatus(agent: NodeAgent, worker: PodWorker, ctx: Context): void {
  worker.statusRetry = undefined;
  if (worker.contradicted) {
    worker.contradicted = false;
    worker.sentPrint = 0;
    worker.known = 'unknown';
  }
  if (worker.deleteSent) {
    worker.deleteSent = false;
    finishDeletion(agent, worker, ctx);
  } else publishStatus(agent, worker, ctx);
}

function finishDeletion(agent: NodeAgent, worker: PodWorker, ctx: Context): void {
  if (!worker.deleting || worker.stage !== 'terminated' || worker.deleteSent || worker.orphaned) return;
  worker.deleteSent = true;
  agent.client.request(
    ctx,
    {
      verb: 'delete',
      resource: 'pods',
      namespace: worker.namespace,
      name: worker.name,
      options: { gracePeriodSeconds: 0, preconditions: { uid: worker.uid } },
      discardBody: true,
    },
    { of: 'delete', slot: worker.slot },
    agent.egress,
  );
}

/** An answer to the final deletion. The worker goes when the watch shows the object gone. */
export function podDeleted(agent: NodeAgent, worker: PodWorker, outcome: Outcome<Continuation>, ctx: Context): void {
  if (outcome.code === 404 || outcome.code === 409) return gone(agent, worker);
  if (outcome.code === 0 || outcome.code >= 400) worker.statusRetry ??= agent.after(ctx, RETRY, 'statusRetry', worker.slot);
}

/** The object is gone: a stopped pod's worker goes with it, a running one is stopped when the watch says so. */
function gone(agent: NodeAgent, worker: PodWorker): void {
  if (worker.stage === 'terminated') agent.forget(worker);
}
