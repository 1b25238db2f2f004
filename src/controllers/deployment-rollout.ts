/** The arithmetic of a rollout: how many replicas each ReplicaSet of a Deployment should have. Mirrors kubernetes v1.34
 *  pkg/controller/deployment/{rolling,sync,recreate}.go and util/deployment_util.go. */

import type { Deployment, ReplicaSet } from '#api';
import { parseTime } from '#api';

export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
export const HASH_LABEL = 'pod-template-hash';

/** New sizes by ReplicaSet name; absent: untouched. A size equal to the present one means that only the annotations are renewed. */
export type Sizes = Map<string, number>;

export const replicasOf = (set: ReplicaSet): number => set.spec?.replicas ?? 1;
export const desiredOf = (deployment: Deployment): number => deployment.spec?.replicas ?? 1;
export const availableOf = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0;
export const isRollingUpdate = (deployment: Deployment): boolean =>
  (deployment.spec?.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate';

export const sumReplicas = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + replicasOf(set), 0);
const sumAvailable = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + availableOf(set), 0);

/** intstr.GetScaledValueFromIntOrPercent. */
function scaled(value: number | string | undefined, total: number, roundUp: boolean): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const share = (Number.parseInt(value, 10) * total) / 100;
  return roundUp ? Math.ceil(share) : Math.floor(share);
}

/** ResolveFenceposts: surge rounds up, unavailable down, and both cannot be 0. Defaults are those of apps/v1 (25 %). */
function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const rolling = deployment.spec?.strategy?.rollingUpdate;
  const surge = scaled(rolling?.maxSurge ?? '25%', desiredOf(deployment), true);
  const unavailable = scaled(rolling?.maxUnavailable ?? '25%', desiredOf(deployment), false);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

export const maxSurge = (deployment: Deployment): number => (isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0);

export function maxUnavailable(deployment: Deployment): number {
  const desired = desiredOf(deployment);
  if (!isRollingUpdate(deployment) || desired === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, desired);
}

const createdAt = (set: ReplicaSet): number =>
  set.metadata?.creationTimestamp === undefined ? 0 : (parseTime(set.metadata.creationTimestamp) ?? 0);

/** ReplicaSetsByCreationTimestamp. */
export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const difference = createdAt(a) - createdAt(b);
  if (difference !== 0) return difference;
  const [aName, bName] = [a.metadata?.name ?? '', b.metadata?.name ?? ''];
  return aName < bName ? -1 : aName > bName ? 1 : 0;
}

export const nameOf = (set: ReplicaSet): string => set.metadata?.name ?? '';

/** NewRSNewReplicas. `all` includes the new one when it exists. */
export function newSetReplicas(deployment: Deployment, all: readonly ReplicaSet[], present: number): number {
  const desired = desiredOf(deployment);
  if (!isRollingUpdate(deployment)) return desired;
  const room = desired + maxSurge(deployment) - sumReplicas(all);
  if (room <= 0) return present;
  return present + Math.min(room, desired - present);
}

/** reconcileNewReplicaSet. */
export function scaleNewSet(deployment: Deployment, newSet: ReplicaSet, all: readonly ReplicaSet[]): Sizes {
  const sizes: Sizes = new Map();
  const desired = desiredOf(deployment);
  const present = replicasOf(newSet);
  if (present === desired) return sizes;
  const size = present > desired ? desired : newSetReplicas(deployment, all, present);
  if (size !== present) sizes.set(nameOf(newSet), size);
  return sizes;
}

/** reconcileOldReplicaSets: first what is unhealthy, then as far as availability allows. */
export function scaleOldSets(deployment: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[]): Sizes {
  const sizes: Sizes = new Map();
  if (sumReplicas(old) === 0) return sizes;
  const all = [...old, newSet];
  const minAvailable = desiredOf(deployment) - maxUnavailable(deployment);
  const maxScaledDown = sumReplicas(all) - minAvailable - (replicasOf(newSet) - availableOf(newSet));
  if (maxScaledDown <= 0) return sizes;
  const sorted = [...old].sort(byCreation);
  const sizeOf = (set: ReplicaSet): number => sizes.get(nameOf(set)) ?? replicasOf(set);

  let removed = 0;
  for (const set of sorted) {
    if (removed >= maxScaledDown) break;
    const unhealthy = replicasOf(set) - availableOf(set);
    if (replicasOf(set) === 0 || unhealthy === 0) continue;
    // Its status is older than its size: what is available is not known, and upstream's pass ends here ("got invalid request to scale down").
    if (unhealthy < 0) return sizes;
    const count = Math.min(maxScaledDown - removed, unhealthy);
    removed += count;
    sizes.set(nameOf(set), replicasOf(set) - count);
  }

  const surplus = sumAvailable(all) - minAvailable;
  let scaledDown = 0;
  for (const set of sorted) {
    if (scaledDown >= surplus) break;
    const size = sizeOf(set);
    if (size === 0) continue;
    const count = Math.min(size, surplus - scaledDown);
    scaledDown += count;
    sizes.set(nameOf(set), size - count);
  }
  return sizes;
}

/** scale: a change of spec.replicas in the middle of a rollout is spread over the ReplicaSets in proportion. */
export function scaleProportionally(deployment: Deployment, newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): Sizes {
  const sizes: Sizes = new Map();
  const desired = desiredOf(deployment);
  const active = [...old, ...(newSet === undefined ? [] : [newSet])].filter((set) => replicasOf(set) > 0);
  const single = activeOrLatest(newSet, old, active);
  if (single !== undefined) {
    if (replicasOf(single) !== desired) sizes.set(nameOf(single), desired);
    return sizes;
  }
  if (newSet !== undefined && isSaturated(deployment, newSet)) {
    for (const set of old) if (replicasOf(set) > 0) sizes.set(nameOf(set), 0);
    return sizes;
  }
  if (!isRollingUpdate(deployment)) return sizes;
  const allowed = desired > 0 ? desired + maxSurge(deployment) : 0;
  const toAdd = allowed - sumReplicas(active);
  // Largest first; among equals the newer grows first and the older shrinks first.
  active.sort((a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? byCreation(b, a) : byCreation(a, b)));
  let added = 0;
  for (const set of active) {
    const share = toAdd === 0 ? 0 : proportion(deployment, set, toAdd, added);
    sizes.set(nameOf(set), replicasOf(set) + share);
    added += share;
  }
  const first = active[0];
  if (first !== undefined && toAdd !== 0) sizes.set(nameOf(first), Math.max(0, (sizes.get(nameOf(first)) ?? 0) + toAdd - added));
  return sizes;
}

/** FindActiveOrLatest: undefined when more than one is active. */
function activeOrLatest(newSet: ReplicaSet | undefined, old: readonly ReplicaSet[], active: readonly ReplicaSet[]): ReplicaSet | undefined {
  if (active.length > 1) return undefined;
  if (active.length === 1) return active[0];
  return newSet ?? [...old].sort(byCreation).at(-1);
}

function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const desired = desiredOf(deployment);
  return (
    replicasOf(set) === desired &&
    Number(set.metadata?.annotations?.[DESIRED_REPLICAS] ?? Number.NaN) === desired &&
    availableOf(set) === desired
  );
}

/** GetReplicaSetProportion. */
function proportion(deployment: Deployment, set: ReplicaSet, toAdd: number, added: number): number {
  if (replicasOf(set) === 0 || toAdd === added) return 0;
  const fraction = setFraction(deployment, set);
  const allowed = toAdd - added;
  return toAdd > 0 ? Math.min(fraction, allowed) : Math.max(fraction, allowed);
}

/** getReplicaSetFraction, against the size for which the set was last scaled. */
function setFraction(deployment: Deployment, set: ReplicaSet): number {
  const replicas = replicasOf(set);
  const desired = desiredOf(deployment);
  if (desired === 0) return -replicas;
  const annotated = Number(set.metadata?.annotations?.[MAX_REPLICAS] ?? Number.NaN);
  const before = Number.isNaN(annotated) ? (deployment.status?.replicas ?? 0) : annotated;
  if (before === 0) return 0;
  return roundHalfAway((replicas * (desired + maxSurge(deployment))) / before) - replicas;
}

const roundHalfAway = (value: number): number => (value < 0 ? -Math.floor(0.5 - value) : Math.floor(value + 0.5));

/** isScalingEvent: some active ReplicaSet was last scaled for another number of replicas. */
export function isScalingEvent(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  for (const set of sets) {
    const annotated = set.metadata?.annotations?.[DESIRED_REPLICAS];
    if (replicasOf(set) > 0 && annotated !== undefined && Number(annotated) !== desiredOf(deployment)) return true;
  }
  return false;
}
