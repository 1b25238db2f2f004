/** Rolls a Deployment's pod template out over ReplicaSets. Mirrors kubernetes v1.34 pkg/controller/deployment/deployment_controller.go and sync.go.
 *  Departures: revision annotation, conditions and counts go into one status write (upstream makes up to two, of which the second conflicts and is retried);
 *  two changes of one ReplicaSet's size in one pass are one write. */

import type { Deployment, Pod, ReplicaSet } from '#api';
import { matchesLabelSelector } from '#api';
import type { Controller, InformerEvent, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import { claim } from './claim.ts';
import { findCondition, setCondition } from './conditions.ts';
import { newSetAnnotations, revisionOf, sameTemplate } from './deployment-revision.ts';
import type { Sizes } from './deployment-rollout.ts';
import {
  byCreation,
  DESIRED_REPLICAS,
  desiredOf,
  HASH_LABEL,
  isRollingUpdate,
  isScalingEvent,
  MAX_REPLICAS,
  maxSurge,
  nameOf,
  newSetReplicas,
  REVISION,
  replicasOf,
  scaleNewSet,
  scaleOldSets,
  scaleProportionally,
} from './deployment-rollout.ts';
import type { DeploymentStatus } from './deployment-status.ts';
import { calculateStatus, condition, hasProgressDeadline, isComplete, progressCheckAfter, rolloutStatus } from './deployment-status.ts';
import { BY_CONTROLLER, byController, controllerOf, controllerReference, ORPHANS, orphansByLabel, siblingKey } from './owner-references.ts';
import { isNamespaceTerminating, isPodTerminal } from './pod-state.ts';
import { semanticEqual } from './semantic-equal.ts';
import { templateHash } from './template-hash.ts';

const DEPLOYMENTS = 'deployments.apps';
const REPLICASETS = 'replicasets.apps';
const NONE: readonly never[] = [];

/** What a pass has decided, kept while its writes to ReplicaSets are answered. */
interface Pass {
  readonly deployment: Deployment;
  readonly sets: readonly ReplicaSet[];
  /** Rollout passes set the Progressing condition; scaling and paused ones only count. */
  readonly isRollout: boolean;
}

export class DeploymentController implements Controller {
  readonly name = 'deployment';
  readonly workers: number;
  readonly watches: readonly WatchSpec[] = [
    { resource: DEPLOYMENTS, keys: (event) => [event.key] },
    { resource: REPLICASETS, keys: replicaSetKeys, indexes: { [BY_CONTROLLER]: byController, [ORPHANS]: orphansByLabel } },
    { resource: 'pods', keys: podKeys, indexes: { [BY_CONTROLLER]: byController } },
  ];

  /** maxRetries. */
  readonly retries = { attempts: 15 };

  constructor(workers = 5) {
    this.workers = workers;
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    if (stage?.name === 'sized') return sized(stage.data as Pass, stage.outcomes ?? NONE, view);
    const deployment = view.lister<Deployment>(DEPLOYMENTS).get(key);
    if (deployment === undefined) return {};
    const { claimed, requests } = claim(
      REPLICASETS,
      view.lister<ReplicaSet>(REPLICASETS),
      deployment,
      deployment.spec?.selector,
      () => controllerReference('apps/v1', 'Deployment', deployment),
      () => true,
    );
    if (requests.length > 0) return { requests };
    const sets = [...claimed].sort(byCreation);
    if (deployment.metadata?.deletionTimestamp !== undefined) return statusPlan({ deployment, sets, isRollout: false }, view);
    if (deployment.spec?.paused === true || isScalingEvent(deployment, sets)) return scalePass(deployment, sets, view);
    return isRollingUpdate(deployment) ? rollingPass(deployment, sets, view) : recreatePass(deployment, sets, view);
  }
}

// ---- which keys an event wakes ----

function replicaSetKeys(event: InformerEvent, view: View): readonly string[] {
  const set = event.object as ReplicaSet;
  const reference = controllerOf(set);
  if (reference !== undefined) {
    const key = siblingKey(set.metadata, reference.name);
    return reference.kind === 'Deployment' && view.lister<Deployment>(DEPLOYMENTS).get(key)?.metadata?.uid === reference.uid ? [key] : NONE;
  }
  if (event.type === 'delete') return NONE;
  const keys: string[] = [];
  for (const deployment of view.lister<Deployment>(DEPLOYMENTS).list()) {
    if (deployment.metadata?.namespace !== set.metadata?.namespace) continue;
    if (matchesLabelSelector(deployment.spec?.selector, set.metadata?.labels))
      keys.push(siblingKey(deployment.metadata, deployment.metadata?.name ?? ''));
  }
  return keys;
}

/** Only a Recreate Deployment whose last pod went cares. */
function podKeys(event: InformerEvent, view: View): readonly string[] {
  if (event.type !== 'delete') return NONE;
  const ofPod = controllerOf(event.object);
  if (ofPod?.kind !== 'ReplicaSet') return NONE;
  const sets = view.lister<ReplicaSet>(REPLICASETS);
  const ofSet = controllerOf(sets.get(siblingKey(event.object.metadata, ofPod.name)) ?? {});
  if (ofSet?.kind !== 'Deployment') return NONE;
  const key = siblingKey(event.object.metadata, ofSet.name);
  const deployment = view.lister<Deployment>(DEPLOYMENTS).get(key);
  if (deployment === undefined || deployment.metadata?.uid !== ofSet.uid || isRollingUpdate(deployment)) return NONE;
  const pods = view.lister<Pod>('pods');
  for (const set of sets.byIndex(BY_CONTROLLER, ofSet.uid)) if (pods.countByIndex(BY_CONTROLLER, set.metadata?.uid ?? '') > 0) return NONE;
  return [key];
}

// ---- passes ----

/** FindNewReplicaSet: the oldest whose template is the Deployment's. */
function findNewSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  for (const set of sets) if (sameTemplate(set, deployment)) return set;
  return undefined;
}

const without = (sets: readonly ReplicaSet[], newSet: ReplicaSet | undefined): readonly ReplicaSet[] =>
  newSet === undefined ? sets : sets.filter((set) => set !== newSet);

/** sync: scaling and paused Deployments; no rollout happens. */
function scalePass(deployment: Deployment, sets: readonly ReplicaSet[], view: View): Plan {
  const newSet = findNewSet(deployment, sets);
  const old = without(sets, newSet);
  const pass: Pass = { deployment, sets, isRollout: false };
  const requests = sizeRequests(pass, scaleProportionally(deployment, newSet, old), newSet);
  if (requests.length > 0) return { requests, next: { name: 'sized', data: pass } };
  return statusPlan(pass, view, deployment.spec?.paused === true ? cleanup(deployment, old) : NONE);
}

/** rolloutRolling. */
function rollingPass(deployment: Deployment, sets: readonly ReplicaSet[], view: View): Plan {
  const pass: Pass = { deployment, sets, isRollout: true };
  const newSet = findNewSet(deployment, sets);
  if (newSet === undefined) return createPass(pass);
  const old = without(sets, newSet);
  let sizes = scaleNewSet(deployment, newSet, sets);
  if (sizes.size === 0) sizes = scaleOldSets(deployment, newSet, old);
  const requests = sizeRequests(pass, sizes, newSet);
  if (requests.length > 0) return { requests, next: { name: 'sized', data: pass } };
  return statusPlan(pass, view, isComplete(deployment, deployment.status) ? cleanup(deployment, old) : NONE);
}

/** rolloutRecreate: old pods go, all of them, before new ones come. */
function recreatePass(deployment: Deployment, sets: readonly ReplicaSet[], view: View): Plan {
  const pass: Pass = { deployment, sets, isRollout: true };
  const newSet = findNewSet(deployment, sets);
  const old = without(sets, newSet);
  let sizes: Sizes = new Map();
  for (const set of old) if (replicasOf(set) > 0) sizes.set(nameOf(set), 0);
  if (sizes.size === 0 && !hasRunningPods(old, view)) {
    if (newSet === undefined) return createPass(pass);
    sizes = scaleNewSet(deployment, newSet, sets);
  }
  const requests = sizeRequests(pass, sizes, newSet);
  if (requests.length > 0) return { requests, next: { name: 'sized', data: pass } };
  return statusPlan(pass, view, isComplete(deployment, deployment.status) ? cleanup(deployment, old) : NONE);
}

function hasRunningPods(old: readonly ReplicaSet[], view: View): boolean {
  const pods = view.lister<Pod>('pods');
  for (const set of old) for (const pod of pods.byIndex(BY_CONTROLLER, set.metadata?.uid ?? '')) if (!isPodTerminal(pod)) return true;
  return false;
}

/** getNewReplicaSet, when there is none yet. */
function createPass(pass: Pass): Plan {
  const { deployment, sets } = pass;
  const template = deployment.spec?.template ?? {};
  const hash = templateHash(template, deployment.status?.collisionCount);
  const { name = '', namespace } = deployment.metadata ?? {};
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  const selector = deployment.spec?.selector ?? {};
  const body: ReplicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: newSetAnnotations(deployment, undefined, sets),
      ownerReferences: [controllerReference('apps/v1', 'Deployment', deployment)],
    },
    spec: {
      replicas: newSetReplicas(deployment, sets, 0),
      minReadySeconds: deployment.spec?.minReadySeconds,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
  return { requests: [{ verb: 'create', resource: REPLICASETS, namespace, body }], next: { name: 'sized', data: pass } };
}

/** The writes that bring ReplicaSets to their sizes and annotations up to date (scaleReplicaSet and the tail of getNewReplicaSet). */
function sizeRequests({ deployment, sets }: Pass, sizes: Sizes, newSet: ReplicaSet | undefined): RequestSpec[] {
  const requests: RequestSpec[] = [];
  const desired = String(desiredOf(deployment));
  const most = String(desiredOf(deployment) + maxSurge(deployment));
  for (const set of sets) {
    const size = sizes.get(nameOf(set));
    let annotations = set.metadata?.annotations;
    let { minReadySeconds } = set.spec ?? {};
    if (set === newSet) {
      annotations = newSetAnnotations(deployment, set, without(sets, newSet));
      ({ minReadySeconds } = deployment.spec ?? {});
    }
    if (size !== undefined && (annotations?.[DESIRED_REPLICAS] !== desired || annotations?.[MAX_REPLICAS] !== most)) {
      annotations = { ...annotations, [DESIRED_REPLICAS]: desired, [MAX_REPLICAS]: most };
    }
    const replicas = size ?? replicasOf(set);
    if (
      replicas === replicasOf(set) &&
      annotations === set.metadata?.annotations &&
      (minReadySeconds ?? 0) === (set.spec?.minReadySeconds ?? 0)
    )
      continue;
    const { namespace, name } = set.metadata ?? {};
    const body = { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas, minReadySeconds } } as ReplicaSet;
    requests.push({ verb: 'update', resource: REPLICASETS, namespace, name, body });
  }
  return requests;
}

const scalingText = (set: ReplicaSet, replicas: number): string =>
  `Scaled ${replicas > replicasOf(set) ? 'up' : 'down'} replica set ${nameOf(set)} from ${replicasOf(set)} to ${replicas}`;

/** cleanupDeployment: old ReplicaSets beyond the history limit, oldest revision first. */
function cleanup(deployment: Deployment, old: readonly ReplicaSet[]): readonly RequestSpec[] {
  const limit = deployment.spec?.revisionHistoryLimit;
  if (limit === undefined || limit === NO_LIMIT) return NONE;
  const alive = old.filter((set) => set.metadata?.deletionTimestamp === undefined);
  const surplus = alive.length - limit;
  if (surplus <= 0) return NONE;
  const requests: RequestSpec[] = [];
  for (const set of [...alive].sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, surplus)) {
    const isStale = (set.metadata?.generation ?? 0) > (set.status?.observedGeneration ?? 0);
    if ((set.status?.replicas ?? 0) !== 0 || replicasOf(set) !== 0 || isStale) continue;
    requests.push({ verb: 'delete', resource: REPLICASETS, namespace: set.metadata?.namespace, name: nameOf(set), discardBody: true });
  }
  return requests;
}

const NO_LIMIT = 2147483647;

// ---- after the writes ----

function sized(pass: Pass, outcomes: readonly Outcome<unknown>[], view: View): Plan {
  const { deployment } = pass;
  const sets = [...pass.sets];
  let failed: string | undefined;
  let created: ReplicaSet | undefined;
  for (const outcome of outcomes) {
    const { request, code, object, error } = outcome;
    if (code === 200 || code === 201) {
      const set = object as ReplicaSet;
      const at = sets.findIndex((other) => nameOf(other) === nameOf(set));
      const before = sets[at];
      if (before !== undefined && replicasOf(before) !== replicasOf(set))
        view.event(deployment, 'Normal', 'ScalingReplicaSet', scalingText(before, replicasOf(set)));
      if (at >= 0) sets[at] = set;
      else sets.push(set);
      if (request.verb === 'create') created = set;
      if (request.verb === 'create' && replicasOf(set) > 0) {
        view.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${nameOf(set)} from 0 to ${replicasOf(set)}`);
      }
      continue;
    }
    if (request.verb === 'create') return createFailed(pass, request.body as ReplicaSet, outcome, view);
    failed ??= error?.message ?? 'connection lost';
  }
  if (failed !== undefined) return { failed };
  return statusPlan({ ...pass, sets, deployment: created === undefined ? deployment : begun(deployment, created, view.clock) }, view);
}

/** With a new ReplicaSet the progress begins anew, whatever the last rollout came to. */
function begun(deployment: Deployment, created: ReplicaSet, clock: number): Deployment {
  if (!hasProgressDeadline(deployment)) return deployment;
  const progressing = condition('Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${nameOf(created)}"`, clock);
  return {
    ...deployment,
    status: { ...deployment.status, conditions: [...setCondition(deployment.status?.conditions ?? NONE, progressing)] },
  };
}

function createFailed(pass: Pass, body: ReplicaSet, outcome: Outcome<unknown>, view: View): Plan {
  const message = outcome.error?.message ?? 'connection lost';
  const { deployment } = pass;
  const status = deployment.status ?? {};
  if (outcome.error?.reason === 'AlreadyExists') {
    const existing = view.lister<ReplicaSet>(REPLICASETS).get(siblingKey(body.metadata, nameOf(body)));
    if (existing === undefined) return { failed: message };
    if (controllerOf(existing)?.uid === deployment.metadata?.uid && sameTemplate(existing, deployment)) return { failed: message };
    // Another template has this hash: the next attempt hashes with a higher count.
    return { requests: [statusWrite(deployment, { ...status, collisionCount: (status.collisionCount ?? 0) + 1 })], failed: message };
  }
  if (isNamespaceTerminating(outcome)) return { failed: message };
  view.event(deployment, 'Warning', 'ReplicaSetCreateError', `Failed to create new replica set "${nameOf(body)}": ${message}`);
  if (!hasProgressDeadline(deployment)) return { failed: message };
  const text = `Failed to create new replica set "${nameOf(body)}": ${message}`;
  const conditions = setCondition(status.conditions ?? NONE, condition('Progressing', 'False', 'ReplicaSetCreateError', text, view.clock));
  if (conditions === status.conditions) return { failed: message };
  return { requests: [statusWrite(deployment, { ...status, conditions: [...conditions] })], failed: message };
}

function statusWrite(deployment: Deployment, status: DeploymentStatus, revision?: string): RequestSpec {
  const { namespace, name } = deployment.metadata ?? {};
  const metadata =
    revision === undefined
      ? deployment.metadata
      : { ...deployment.metadata, annotations: { ...deployment.metadata?.annotations, [REVISION]: revision } };
  return {
    verb: 'update',
    resource: DEPLOYMENTS,
    subresource: 'status',
    namespace,
    name,
    body: { ...deployment, metadata, status },
    discardBody: true,
  };
}

/** syncRolloutStatus or syncDeploymentStatus, with the revision annotation and the conditions of getNewReplicaSet and checkPausedConditions. */
function statusPlan({ deployment, sets, isRollout }: Pass, view: View, also: readonly RequestSpec[] = NONE): Plan {
  const newSet = findNewSet(deployment, sets);
  const counted = isRollout ? rolloutStatus(deployment, sets, newSet, view.clock) : calculateStatus(deployment, sets, newSet, view.clock);
  const status = firstConditions(deployment, counted, newSet, view.clock);
  const revision = newSet?.metadata?.annotations?.[REVISION];
  const isRevised = revision !== undefined && deployment.metadata?.annotations?.[REVISION] !== revision;
  if (!isRevised && semanticEqual(deployment.status, status)) {
    return { requests: also, requeueAfter: isRollout ? progressCheckAfter(deployment, status, view.clock) : undefined };
  }
  return { requests: [...also, statusWrite(deployment, status, isRevised ? revision : undefined)] };
}

/** Conditions that upstream writes on its way: Paused, Resumed, and the first sight of a ReplicaSet. */
function firstConditions(
  deployment: Deployment,
  status: DeploymentStatus,
  newSet: ReplicaSet | undefined,
  clock: number,
): DeploymentStatus {
  if (!hasProgressDeadline(deployment)) return status;
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  const set = (state: string, reason: string, message: string): DeploymentStatus => ({
    ...status,
    conditions: [...setCondition(status.conditions ?? NONE, condition('Progressing', state, reason, message, clock))],
  });
  const isPaused = deployment.spec?.paused === true;
  if (current?.reason !== 'ProgressDeadlineExceeded') {
    if (isPaused && current?.reason !== 'DeploymentPaused') return set('Unknown', 'DeploymentPaused', 'Deployment is paused');
    if (!isPaused && current?.reason === 'DeploymentPaused') return set('Unknown', 'DeploymentResumed', 'Deployment is resumed');
  }
  if (newSet !== undefined && findCondition(status.conditions, 'Progressing') === undefined) {
    return set('True', 'FoundNewReplicaSet', `Found new replica set "${nameOf(newSet)}"`);
  }
  return status;
}
