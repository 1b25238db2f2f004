/** Revisions of a Deployment and the annotations that its ReplicaSets carry. Mirrors kubernetes v1.34 pkg/controller/deployment/util/deployment_util.go. */

import type { Deployment, PodTemplateSpec, ReplicaSet } from '#api';
import { DESIRED_REPLICAS, desiredOf, HASH_LABEL, MAX_REPLICAS, maxSurge, REVISION, REVISION_HISTORY } from './deployment-rollout.ts';
import { semanticEqual } from './semantic-equal.ts';

export const revisionOf = (set: ReplicaSet): number => Number.parseInt(set.metadata?.annotations?.[REVISION] ?? '0', 10) || 0;

/** Annotations that stay with the object that has them. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);

/** SetNewReplicaSetAnnotations: the Deployment's own, the revision, and for a set that is about to be made its sizes. Returns the present object when nothing changes. */
export function newSetAnnotations(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): Record<string, string> | undefined {
  const present = newSet?.metadata?.annotations;
  let annotations: Record<string, string> | undefined;
  const own = deployment.metadata?.annotations;
  for (const key in own) {
    if (NOT_COPIED.has(key) || present?.[key] === own[key]) continue;
    (annotations ??= { ...present })[key] = own[key] as string;
  }
  const revision = old.reduce((most, set) => Math.max(most, revisionOf(set)), 0) + 1;
  const before = present?.[REVISION];
  if (before === undefined || Number.parseInt(before, 10) < revision) {
    annotations ??= { ...present };
    annotations[REVISION] = String(revision);
    if (before !== undefined) {
      const history = present?.[REVISION_HISTORY];
      annotations[REVISION_HISTORY] = history === undefined || history === '' ? before : `${history},${before}`;
    }
  }
  if (newSet === undefined) {
    annotations ??= {};
    annotations[DESIRED_REPLICAS] = String(desiredOf(deployment));
    annotations[MAX_REPLICAS] = String(desiredOf(deployment) + maxSurge(deployment));
  }
  return annotations ?? present;
}

// The last Deployment template that a ReplicaSet's template was compared with, and what came of it: both are immutable.
const compared = new WeakMap<object, { template: object; isSame: boolean }>();

/** EqualIgnoreHash. */
export function sameTemplate(set: ReplicaSet, deployment: Deployment): boolean {
  const mine = set.spec?.template;
  const theirs = deployment.spec?.template;
  if (mine === undefined || theirs === undefined) return mine === theirs;
  const known = compared.get(mine);
  if (known !== undefined && known.template === theirs) return known.isSame;
  const isSame = semanticEqual(withoutHash(mine), withoutHash(theirs));
  compared.set(mine, { template: theirs, isSame });
  return isSame;
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [HASH_LABEL]: _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}
