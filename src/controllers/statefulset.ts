/** Keeps a StatefulSet's pods: one an ordinal, made in order and removed in reverse, updated from the highest ordinal down to the partition. Mirrors kubernetes
 *  v1.34 pkg/controller/statefulset/stateful_set_control.go. maxUnavailable works as with the gate MaxUnavailableStatefulSet (alpha). */

import type { KubeObject, OwnerReference, Pod, PodTemplateSpec, StatefulSet } from '#api';
import type { Controller, InformerEvent, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import { type Duration, SECOND } from '#sim';
import { claim } from './claim.ts';
import type { ControllerRevision } from './controller-revisions.ts';
import { currentRevision, hasTemplate, inOrder, isCollision, lookAt, REVISIONS, surplusRevisions } from './controller-revisions.ts';
import { BY_CONTROLLER, byController, controllerOf, controllerReference, ORPHANS, orphansByLabel, siblingKey } from './owner-references.ts';
import { isPodTerminal, untilAvailable } from './pod-state.ts';
import { semanticEqual } from './semantic-equal.ts';
import { type Lot, slowStart } from './slow-start.ts';
import { CLAIMS, claimOwnerWrites, hasStaleClaim, missingClaims } from './statefulset-claims.ts';
import {
  firstOrdinal,
  identityRepair,
  isHealthy,
  isRunningAndAvailable,
  isRunningAndReady,
  isTerminating,
  ordinalOf,
  revisionLabel,
  statefulPod,
} from './statefulset-pod.ts';
import { deletion, removalsOf } from './statefulset-removals.ts';

const STATEFULSETS = 'statefulsets.apps';
const NONE: readonly never[] = [];
/** Until a claim that goes with an earlier pod is looked for again. assumed: upstream waits for the next event of the set. */
const STALE_CLAIM_WAIT: Duration = SECOND;

/** history.ControllerRevisionHashLabel. */
const HASH = 'controller.kubernetes.io/hash';

type Status = NonNullable<StatefulSet['status']>;

/** One pass over a set. */
interface Pass {
  readonly set: StatefulSet;
  readonly pods: readonly Pod[];
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  readonly revisions: readonly ControllerRevision[];
  /** The ordinals from the first on; undefined where a pod is missing. */
  readonly replicas: readonly (Pod | undefined)[];
  /** Pods beyond the ordinals, highest first. */
  readonly condemned: readonly Pod[];
  /** Writes that are still to be sent, one lot after the other. */
  lots: readonly Lot[];
  /** A pod waits for a claim to go. */
  isStale: boolean;
  /** Why some pod could not be made. */
  failed: string | undefined;
}

export class StatefulSetController implements Controller {
  readonly name = 'statefulset';
  readonly workers: number;
  readonly watches: readonly WatchSpec[] = [
    { resource: STATEFULSETS, keys: (event) => [event.key] },
    { resource: 'pods', keys: ownerKeys, indexes: { [BY_CONTROLLER]: byController, [ORPHANS]: orphansByLabel } },
    { resource: REVISIONS, keys: ownerKeys, indexes: { [BY_CONTROLLER]: byController, [ORPHANS]: orphansByLabel } },
    { resource: CLAIMS, keys: () => NONE },
  ];

  constructor(workers = 5) {
    this.workers = workers;
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    if (stage?.name === 'revised') return revised(stage.data as StatefulSet, stage.outcomes?.[0]);
    if (stage?.name === 'looked') return looked(stage.data as StatefulSet, stage.outcomes?.[0]);
    if (stage?.name === 'claimed') return claimed(stage.data as Claiming, stage.outcomes ?? NONE, view);
    if (stage?.name === 'acted') return acted(stage.data as Pass, stage.outcomes ?? NONE, view);
    const set = view.lister<StatefulSet>(STATEFULSETS).get(key);
    if (set === undefined) return {};
    const reference = controllerReference('apps/v1', 'StatefulSet', set);
    const isMember = (pod: Pod): boolean => pod.metadata?.name?.slice(0, pod.metadata.name.lastIndexOf('-')) === set.metadata?.name;
    const pods = claim('pods', view.lister<Pod>('pods'), set, set.spec?.selector, () => reference, isMember);
    const kept = claim(REVISIONS, view.lister<ControllerRevision>(REVISIONS), set, set.spec?.selector, () => reference, always);
    if (pods.requests.length + kept.requests.length > 0) return { requests: [...kept.requests, ...pods.requests] };
    const revisions = inOrder(kept.claimed);
    const { name = '', namespace, annotations } = set.metadata ?? {};
    const { collisionCount } = set.status ?? {};
    const owner = { name, namespace, annotations, hashLabel: HASH, template: set.spec?.template ?? {}, collisionCount, reference };
    const latest = currentRevision(revisions, owner);
    if ('write' in latest) return { requests: [latest.write], next: { name: 'revised', data: set } };
    const current = revisions.find((revision) => revision.metadata?.name === set.status?.currentRevision) ?? latest.revision;
    const pass = survey(set, pods.claimed, current, latest.revision, revisions);
    if (set.metadata?.deletionTimestamp !== undefined) return statusPlan(pass, view);
    pass.lots = decide(pass, view, reference).filter(({ length }) => length > 0);
    if (pass.lots.length > 0) return act(pass);
    const plan = statusPlan(pass, view);
    return pass.isStale ? { ...plan, requeueAfter: Math.min(plan.requeueAfter ?? STALE_CLAIM_WAIT, STALE_CLAIM_WAIT) } : plan;
  }
}

function ownerKeys(event: InformerEvent, view: View): readonly string[] {
  const reference = controllerOf(event.object);
  if (reference?.kind !== 'StatefulSet') return NONE;
  const key = siblingKey(event.object.metadata, reference.name);
  return view.lister<StatefulSet>(STATEFULSETS).get(key)?.metadata?.uid === reference.uid ? [key] : NONE;
}

function revised(set: StatefulSet, outcome: Outcome<unknown> | undefined): Plan {
  if (outcome?.code === 200 || outcome?.code === 201) return {};
  if (outcome !== undefined && isCollision(outcome)) return { requests: [lookAt(outcome)], next: { name: 'looked', data: set } };
  return { failed: outcome?.error?.message ?? 'connection lost' };
}

/** The revision that stood in the way is this template's own, and its event is under way; or another template has the same hash. */
function looked(set: StatefulSet, outcome: Outcome<unknown> | undefined): Plan {
  const failed = outcome?.error?.message ?? 'the revision is not seen yet';
  if (outcome?.code !== 200 || hasTemplate(outcome.object as ControllerRevision, set.spec?.template ?? {})) return { failed };
  return {
    requests: [
      statusWrite(set, { ...set.status, replicas: set.status?.replicas ?? 0, collisionCount: (set.status?.collisionCount ?? 0) + 1 }),
    ],
    failed,
  };
}

function survey(
  set: StatefulSet,
  pods: readonly Pod[],
  current: ControllerRevision,
  update: ControllerRevision,
  revisions: readonly ControllerRevision[],
): Pass {
  const first = firstOrdinal(set);
  const count = set.spec?.replicas ?? 1;
  const replicas = new Array<Pod | undefined>(count).fill(undefined);
  const condemned: Pod[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(pod);
    if (ordinal >= first && ordinal < first + count) replicas[ordinal - first] = pod;
    else if (ordinal >= 0) condemned.push(pod);
  }
  condemned.sort((a, b) => ordinalOf(b) - ordinalOf(a));
  return { set, pods, current, update, revisions, replicas, condemned, lots: NONE, isStale: false, failed: undefined };
}

const always = (): boolean => true;
const isParallel = ({ spec }: StatefulSet): boolean => spec?.podManagementPolicy === 'Parallel';
const minReady = ({ spec }: StatefulSet): number => spec?.minReadySeconds ?? 0;
const partitionOf = ({ spec }: StatefulSet): number => spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
const nameOf = (object: KubeObject): string => object.metadata?.name ?? '';

/** updateStatefulSet: the writes that may happen now. In order: at most one pod's; in parallel: all, from a slow start. */
function decide(pass: Pass, view: View, reference: OwnerReference): readonly Lot[] {
  const { set, replicas, condemned } = pass;
  const isOrdered = !isParallel(set);
  const lots: Lot[] = [];
  const batches = (byPod: readonly Lot[]): void => void lots.push(...(isOrdered ? byPod : slowStart(byPod)));
  const byPod: Lot[] = [];
  for (let i = 0; i < replicas.length; i++) {
    const { requests, isWaiting } = replicaWrites(pass, i, isOrdered, view, reference);
    byPod.push(requests);
    if (isOrdered && isWaiting) return [byPod.flat()];
  }
  batches(byPod);
  const hasClaims = (set.spec?.volumeClaimTemplates?.length ?? 0) > 0;
  if (hasClaims) batches(condemned.map((pod) => claimOwnerWrites(set, pod, view.lister(CLAIMS))));
  const removals = removalsOf(condemned, replicas, isOrdered, minReady(set), view);
  batches(removals.requests.map((request) => [request]));
  const isOver = removals.isWaiting || (isOrdered && removals.requests.length > 0);
  if (!isOver && (set.spec?.updateStrategy?.type ?? 'RollingUpdate') !== 'OnDelete') lots.push(outdated(pass, view).map(deletion));
  return isOrdered ? [lots.flat()] : lots;
}

/** processReplica: what one ordinal needs, and whether those behind it wait for it where there is an order. */
function replicaWrites(
  pass: Pass,
  i: number,
  isOrdered: boolean,
  view: View,
  reference: OwnerReference,
): { readonly requests: Lot; readonly isWaiting: boolean } {
  const { set, replicas } = pass;
  const hasClaims = (set.spec?.volumeClaimTemplates?.length ?? 0) > 0;
  const pod = replicas[i];
  const ordinal = firstOrdinal(set) + i;
  if (pod === undefined) {
    if (hasClaims && hasStaleClaim(set, ordinal, view.lister(CLAIMS))) {
      pass.isStale = true;
      return { requests: NONE, isWaiting: true };
    }
    return { requests: [...missingClaims(set, ordinal, view.lister(CLAIMS)), creation(pass, ordinal, reference)], isWaiting: true };
  }
  const requests: RequestSpec[] = [];
  if (hasClaims) {
    requests.push(...claimOwnerWrites(set, pod, view.lister(CLAIMS)));
    if (pod.status?.phase === 'Pending') requests.push(...missingClaims(set, ordinal, view.lister(CLAIMS)));
  }
  if (isPodTerminal(pod) && !isTerminating(pod)) {
    // A finished pod is made anew once it is gone.
    requests.push(deletion(pod));
    return { requests, isWaiting: true };
  }
  const isWaiting = isOrdered && (isTerminating(pod) || !isRunningAndAvailable(pod, minReady(set), view.clock));
  if (!isWaiting && !isTerminating(pod)) requests.push(...identityRepair(pod, ordinal));
  return { requests, isWaiting };
}

/** The rolling update's next victims: the highest outdated ordinal, if all above it are well; with maxUnavailable as many of the highest as that leaves room for. */
function outdated(pass: Pass, view: View): readonly Pod[] {
  const { set, replicas, update } = pass;
  const value = set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable;
  if (value === undefined) {
    const next = nextOutdated(pass);
    return next === undefined ? NONE : [next];
  }
  const most = typeof value === 'number' ? value : Math.max(1, Math.floor((Number.parseInt(value, 10) * replicas.length) / 100));
  const isAway = (pod: Pod | undefined): boolean =>
    pod === undefined || isTerminating(pod) || !isRunningAndAvailable(pod, minReady(set), view.clock);
  const room = most - replicas.filter(isAway).length;
  const victims: Pod[] = [];
  for (let i = replicas.length - 1; i >= partitionOf(set) && victims.length < room; i--) {
    const pod = replicas[i];
    if (pod !== undefined && revisionLabel(pod) !== nameOf(update) && !isTerminating(pod)) victims.push(pod);
  }
  return victims;
}

/** The highest outdated ordinal, if all above it are well. */
function nextOutdated({ set, replicas, update }: Pass): Pod | undefined {
  // Counted from the first ordinal on, as isCurrentNeeded counts.
  for (let i = replicas.length - 1; i >= partitionOf(set); i--) {
    const pod = replicas[i];
    if (pod === undefined) return undefined;
    if (revisionLabel(pod) !== nameOf(update) && !isTerminating(pod)) return pod;
    if (!isHealthy(pod)) return undefined;
  }
  return undefined;
}

function creation({ set, current, update, replicas }: Pass, ordinal: number, reference: OwnerReference): RequestSpec {
  const isCurrent = isCurrentNeeded(set, ordinal, replicas, current, update);
  const revision = isCurrent ? current : update;
  const template: PodTemplateSpec = isCurrent ? (current.data?.spec.template ?? {}) : (set.spec?.template ?? {});
  const body = statefulPod(set, template, nameOf(revision), ordinal, reference);
  return { verb: 'create', resource: 'pods', namespace: set.metadata?.namespace, body, discardBody: true };
}

/** isCurrentRevisionNeeded: ordinals below the partition, or, without one, those that the update has not reached. */
function isCurrentNeeded(
  set: StatefulSet,
  ordinal: number,
  replicas: readonly (Pod | undefined)[],
  current: ControllerRevision,
  update: ControllerRevision,
): boolean {
  if (nameOf(current) === nameOf(update)) return false;
  if ((set.spec?.updateStrategy?.type ?? 'RollingUpdate') !== 'RollingUpdate') return false;
  if (set.spec?.updateStrategy?.rollingUpdate === undefined) {
    const currents = replicas.filter((pod) => pod !== undefined && revisionLabel(pod) === nameOf(current)).length;
    return ordinal < firstOrdinal(set) + currents;
  }
  return ordinal < firstOrdinal(set) + partitionOf(set);
}

interface Claiming {
  readonly pass: Pass;
  readonly rest: readonly RequestSpec[];
}

const isClaimCreation = ({ verb, resource }: RequestSpec): boolean => verb === 'create' && resource === CLAIMS;
const bodyName = ({ body }: RequestSpec): string => nameOf(body as KubeObject);

/** Sends the next lot, claims first: a pod is made when all of its claims are there. */
function act(pass: Pass): Plan {
  const [lot = NONE, ...lots] = pass.lots;
  pass.lots = lots;
  const requests = lot.filter(isClaimCreation);
  if (requests.length === 0) return { requests: lot, next: { name: 'acted', data: pass } };
  const claiming: Claiming = { pass, rest: lot.filter((action) => !isClaimCreation(action)) };
  return { requests, next: { name: 'claimed', data: claiming } };
}

function claimed({ pass, rest }: Claiming, outcomes: readonly Outcome<unknown>[], view: View): Plan {
  const { set } = pass;
  let failed: string | undefined;
  const without = new Set<string>();
  for (const { request, code, error } of outcomes) {
    const claim = bodyName(request);
    const pod = claim.slice(claim.indexOf(`-${nameOf(set)}-`) + 1);
    if (code === 201)
      view.event(set, 'Normal', 'SuccessfulCreate', `create Claim ${claim} Pod ${pod} in StatefulSet ${nameOf(set)} success`);
    else if (error?.reason !== 'AlreadyExists') {
      const message = error?.message ?? 'connection lost';
      view.event(
        set,
        'Warning',
        'FailedCreate',
        `create Claim ${claim} for Pod ${pod} in StatefulSet ${nameOf(set)} failed error: ${message}`,
      );
      const whole = `failed to create PVC ${claim}: ${message}`;
      view.event(set, 'Warning', 'FailedCreate', `create Pod ${pod} in StatefulSet ${nameOf(set)} failed error: ${whole}`);
      failed ??= whole;
      without.add(pod);
    }
  }
  const requests = rest.filter((request) => !(request.verb === 'create' && without.has(bodyName(request))));
  if (failed !== undefined) pass.failed = failed;
  return requests.length > 0 ? { requests, next: { name: 'acted', data: pass } } : acted(pass, NONE, view);
}

const DONE: Readonly<Record<string, string>> = { create: 'Create', delete: 'Delete', patch: 'Update' };

function acted(pass: Pass, outcomes: readonly Outcome<unknown>[], view: View): Plan {
  const { set } = pass;
  let { failed } = pass;
  for (const { request, code, error } of outcomes) {
    const isDone = code >= 200 && code < 300;
    if (request.resource !== 'pods') {
      if (!isDone) failed ??= error?.message ?? 'connection lost';
      continue;
    }
    const verb = request.verb === 'patch' ? 'update' : request.verb;
    const subject = `${verb} Pod ${request.name ?? bodyName(request)} in StatefulSet ${nameOf(set)}`;
    const reason = DONE[request.verb];
    if (isDone) view.event(set, 'Normal', `Successful${reason}`, `${subject} successful`);
    else if (code !== 404 || request.verb !== 'delete') {
      failed ??= error?.message ?? 'connection lost';
      // Somebody was quicker: upstream says nothing then.
      if (error?.reason !== 'AlreadyExists') view.event(set, 'Warning', `Failed${reason}`, `${subject} failed error: ${failed}`);
    }
  }
  if (failed === undefined && pass.lots.length > 0) return act(pass);
  // The pods' events bring the key back with what came of it.
  if (failed === undefined) return statusPlan(pass, view);
  return { ...statusPlan(pass, view), failed };
}

function statusWrite(set: StatefulSet, status: Status): RequestSpec {
  const { namespace, name } = set.metadata ?? {};
  return { verb: 'update', resource: STATEFULSETS, subresource: 'status', namespace, name, body: { ...set, status }, discardBody: true };
}

function statusPlan(pass: Pass, view: View): Plan {
  const { set, pods, current, update, revisions } = pass;
  const { status, nextCheck } = statusOf(pass, view);
  const live = new Set([nameOf(current), nameOf(update), ...pods.map((pod) => revisionLabel(pod) ?? '')]);
  const surplus = surplusRevisions(revisions, live, set.spec?.revisionHistoryLimit ?? 10);
  const requests = semanticEqual(set.status, status) ? surplus : [...surplus, statusWrite(set, status)];
  return { requests, requeueAfter: nextCheck };
}

function statusOf({ set, pods, current, update }: Pass, view: View): { status: Status; nextCheck: Duration | undefined } {
  let [ready, available, currents, updated] = [0, 0, 0, 0];
  let nextCheck: Duration | undefined;
  for (const pod of pods) {
    if (isRunningAndReady(pod)) {
      ready++;
      const wait = untilAvailable(pod, minReady(set), view.clock) ?? 0;
      if (wait === 0) available++;
      else nextCheck = Math.min(nextCheck ?? wait, wait);
    }
    if (isTerminating(pod)) continue;
    if (revisionLabel(pod) === nameOf(current)) currents++;
    if (revisionLabel(pod) === nameOf(update)) updated++;
  }
  const wanted = set.spec?.replicas ?? 1;
  // completeRollingUpdate.
  const isDone =
    (set.spec?.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate' &&
    updated === wanted &&
    ready === wanted &&
    pods.length === wanted;
  const status: Status = {
    observedGeneration: set.metadata?.generation,
    replicas: pods.length,
    // replicas and availableReplicas alone are written when they are 0.
    readyReplicas: ready || undefined,
    availableReplicas: available,
    currentReplicas: (isDone ? updated : currents) || undefined,
    updatedReplicas: updated || undefined,
    currentRevision: isDone ? nameOf(update) : nameOf(current),
    updateRevision: nameOf(update),
    collisionCount: set.status?.collisionCount ?? 0,
    ...(set.status?.conditions === undefined ? {} : { conditions: set.status.conditions }),
  };
  return { status, nextCheck };
}
