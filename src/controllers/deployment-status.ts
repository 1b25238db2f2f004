/** A Deployment's status and its Progressing condition. Mirrors kubernetes v1.34 pkg/controller/deployment/{progress,sync}.go. */

import type { Deployment, ReplicaSet } from '#api';
import { parseTime, rfc3339 } from '#api';
import type { Duration } from '#sim';
import { SECOND } from '#sim';
import { findCondition, removeCondition, setCondition } from './conditions.ts';
import { availableOf, desiredOf, maxUnavailable, nameOf, sumReplicas } from './deployment-rollout.ts';

export type DeploymentStatus = NonNullable<Deployment['status']>;
export type DeploymentCondition = NonNullable<DeploymentStatus['conditions']>[number];

const NONE: readonly DeploymentCondition[] = [];
/** A deadline of MaxInt32 means none. */
const NO_DEADLINE = 2147483647;

export const hasProgressDeadline = ({ spec }: Deployment): boolean =>
  spec?.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_DEADLINE;

export function condition(type: string, status: string, reason: string, message: string, clock: number): DeploymentCondition {
  const now = rfc3339(clock);
  return { type, status, reason, message, lastUpdateTime: now, lastTransitionTime: now } as DeploymentCondition;
}

const withConditions = (status: DeploymentStatus, conditions: readonly DeploymentCondition[]): DeploymentStatus => ({
  ...status,
  conditions: conditions as DeploymentCondition[],
});

/** DeploymentComplete. */
export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const desired = desiredOf(deployment);
  return (
    (status?.updatedReplicas ?? 0) === desired &&
    (status?.replicas ?? 0) === desired &&
    (status?.availableReplicas ?? 0) === desired &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata?.generation ?? 0)
  );
}

/** calculateStatus. */
export function calculateStatus(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  clock: number,
): DeploymentStatus {
  let replicas = 0;
  let ready = 0;
  let available = 0;
  for (const set of all) {
    replicas += set.status?.replicas ?? 0;
    ready += set.status?.readyReplicas ?? 0;
    available += availableOf(set);
  }
  const isAvailable = available >= desiredOf(deployment) - maxUnavailable(deployment);
  const availability = isAvailable
    ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', clock)
    : condition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.', clock);
  // Every count of DeploymentStatus is omitempty.
  return {
    observedGeneration: deployment.metadata?.generation,
    replicas: replicas || undefined,
    updatedReplicas: newSet?.status?.replicas || undefined,
    readyReplicas: ready || undefined,
    availableReplicas: available || undefined,
    unavailableReplicas: Math.max(0, sumReplicas(all) - available) || undefined,
    collisionCount: deployment.status?.collisionCount,
    conditions: setCondition(deployment.status?.conditions ?? NONE, availability) as DeploymentCondition[],
  };
}

/** DeploymentProgressing: something moved towards the goal. */
function isProgressing(old: DeploymentStatus | undefined, status: DeploymentStatus): boolean {
  const oldOf = (s: DeploymentStatus | undefined): number => (s?.replicas ?? 0) - (s?.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (old?.updatedReplicas ?? 0) ||
    oldOf(status) < oldOf(old) ||
    (status.readyReplicas ?? 0) > (old?.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (old?.availableReplicas ?? 0)
  );
}

const deadlineOf = (deployment: Deployment): Duration => (deployment.spec?.progressDeadlineSeconds ?? 600) * SECOND;

/** DeploymentTimedOut. */
function hasTimedOut(deployment: Deployment, status: DeploymentStatus, clock: number): boolean {
  const current = findCondition(status.conditions ?? NONE, 'Progressing');
  if (current === undefined || current.reason === 'NewReplicaSetAvailable') return false;
  if (current.reason === 'ProgressDeadlineExceeded') return true;
  const since = parseTime(current.lastUpdateTime ?? '') ?? clock;
  return since + deadlineOf(deployment) < clock;
}

/** syncRolloutStatus's conditions. */
export function rolloutStatus(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  clock: number,
): DeploymentStatus {
  let status = calculateStatus(deployment, all, newSet, clock);
  const conditions = (): readonly DeploymentCondition[] => status.conditions ?? NONE;
  if (!hasProgressDeadline(deployment)) status = withConditions(status, removeCondition(conditions(), 'Progressing'));
  const current = findCondition(deployment.status?.conditions ?? NONE, 'Progressing');
  const wasComplete = status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable';
  if (hasProgressDeadline(deployment) && !wasComplete) {
    const subject = newSet === undefined ? `Deployment "${deployment.metadata?.name}"` : `ReplicaSet "${nameOf(newSet)}"`;
    status = withConditions(status, progressConditions(deployment, status, current, subject, clock));
  }
  const failure = replicaFailure(all, newSet);
  return withConditions(
    status,
    failure === undefined ? removeCondition(conditions(), 'ReplicaFailure') : setCondition(conditions(), failure),
  );
}

function progressConditions(
  deployment: Deployment,
  status: DeploymentStatus,
  current: DeploymentCondition | undefined,
  subject: string,
  clock: number,
): readonly DeploymentCondition[] {
  const conditions = status.conditions ?? NONE;
  if (isComplete(deployment, status)) {
    return setCondition(
      conditions,
      condition('Progressing', 'True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`, clock),
    );
  }
  if (isProgressing(deployment.status, status)) {
    const progressing = condition('Progressing', 'True', 'ReplicaSetUpdated', `${subject} is progressing.`, clock);
    // lastUpdateTime must move even when status and reason stay: the deadline counts from it.
    if (current?.status !== 'True') return setCondition(conditions, progressing);
    return [...removeCondition(conditions, 'Progressing'), { ...progressing, lastTransitionTime: current.lastTransitionTime }];
  }
  if (hasTimedOut(deployment, status, clock)) {
    return setCondition(
      conditions,
      condition('Progressing', 'False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`, clock),
    );
  }
  return conditions;
}

/** getReplicaFailures: the new ReplicaSet's failure, else any other's. */
function replicaFailure(all: readonly ReplicaSet[], newSet: ReplicaSet | undefined): DeploymentCondition | undefined {
  const own = findCondition(newSet?.status?.conditions, 'ReplicaFailure');
  let found = own;
  if (found === undefined) {
    for (const set of all) {
      found = findCondition(set.status?.conditions, 'ReplicaFailure');
      if (found !== undefined) break;
    }
  }
  if (found === undefined) return undefined;
  const { type, status, reason, message, lastTransitionTime } = found;
  return { type, status, reason, message, lastTransitionTime, lastUpdateTime: lastTransitionTime } as DeploymentCondition;
}

/** requeueStuckDeployment: when to look whether the deadline has passed; undefined when there is nothing to wait for. */
export function progressCheckAfter(deployment: Deployment, status: DeploymentStatus, clock: number): Duration | undefined {
  const current = findCondition(deployment.status?.conditions ?? NONE, 'Progressing');
  if (!hasProgressDeadline(deployment) || current === undefined) return undefined;
  if (isComplete(deployment, status) || current.reason === 'ProgressDeadlineExceeded') return undefined;
  const since = parseTime(current.lastUpdateTime ?? '') ?? clock;
  // A second more, so that clocks of whole seconds agree that it has passed.
  return Math.max(0, since + deadlineOf(deployment) - clock) + SECOND;
}
