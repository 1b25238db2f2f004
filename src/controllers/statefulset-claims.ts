/** The claims of a StatefulSet's pods: made before the pod, and owned by what their retention policy lets them go with. Mirrors kubernetes v1.34
 *  pkg/controller/statefulset/stateful_pod_control.go and stateful_set_utils.go, updateClaimOwnerRefForSetAndPod; KEP-1847.
 *  Departure: owners are set in the pass after the pod's creation, not in the same. */

import type { KubeObject, OwnerReference, Pod, StatefulSet } from '#api';
import type { Lister, RequestSpec } from '#client';
import { controllerOf, controllerReference, siblingKey } from './owner-references.ts';
import { semanticEqual } from './semantic-equal.ts';
import { claimName, firstOrdinal, ordinalOf } from './statefulset-pod.ts';

export const CLAIMS = 'persistentvolumeclaims';
const NONE: readonly never[] = [];

/** createPersistentVolumeClaims: those of the ordinal that do not exist. */
export function missingClaims(set: StatefulSet, ordinal: number, lister: Lister<KubeObject>): readonly RequestSpec[] {
  const templates = set.spec?.volumeClaimTemplates;
  if (templates === undefined || templates.length === 0) return NONE;
  const requests: RequestSpec[] = [];
  const { namespace } = set.metadata ?? {};
  for (const claim of templates) {
    const name = claimName(claim, set, ordinal);
    if (lister.get(siblingKey(set.metadata, name)) !== undefined) continue;
    const body = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { ...claim.metadata, name, namespace, labels: { ...claim.metadata?.labels, ...set.spec?.selector.matchLabels } },
      spec: claim.spec,
    };
    requests.push({ verb: 'create', resource: CLAIMS, namespace, body, discardBody: true });
  }
  return requests;
}

function* claimsOf(set: StatefulSet, ordinal: number, lister: Lister<KubeObject>): Iterable<KubeObject> {
  for (const template of set.spec?.volumeClaimTemplates ?? NONE) {
    const claim = lister.get(siblingKey(set.metadata, claimName(template, set, ordinal)));
    if (claim !== undefined) yield claim;
  }
}

/** PodClaimIsStale: a claim that goes with an earlier pod of that name; a new pod must wait until it is gone. */
export function hasStaleClaim(set: StatefulSet, ordinal: number, lister: Lister<KubeObject>): boolean {
  const pod = `${set.metadata?.name}-${ordinal}`;
  for (const { metadata } of claimsOf(set, ordinal, lister))
    if (metadata?.ownerReferences?.some(({ kind, name }) => kind === 'Pod' && name === pod) === true) return true;
  return false;
}

/** Updates of claims whose owners are not what the retention policy says. */
export function claimOwnerWrites(set: StatefulSet, pod: Pod, lister: Lister<KubeObject>): readonly RequestSpec[] {
  const requests: RequestSpec[] = [];
  for (const claim of claimsOf(set, ordinalOf(pod), lister)) {
    const { namespace, name, ownerReferences: before = [] } = claim.metadata ?? {};
    const ownerReferences = ownersOf(claim, set, pod);
    if (semanticEqual(before, ownerReferences)) continue;
    const body = { ...claim, metadata: { ...claim.metadata, ownerReferences } };
    requests.push({ verb: 'update', resource: CLAIMS, namespace, name, body, discardBody: true });
  }
  return requests;
}

function ownersOf(claim: KubeObject, set: StatefulSet, pod: Pod): readonly OwnerReference[] {
  const isOurs = ({ kind, name }: OwnerReference): boolean =>
    (kind === 'StatefulSet' && name === set.metadata?.name) || (kind === 'Pod' && name === pod.metadata?.name);
  const others = (claim.metadata?.ownerReferences ?? []).filter((reference) => !isOurs(reference));
  const controller = controllerOf(claim);
  if (controller !== undefined && !isOurs(controller)) return others;
  const { whenScaled = 'Retain', whenDeleted = 'Retain' } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {};
  const first = firstOrdinal(set);
  const ordinal = ordinalOf(pod);
  const isScaledDown = ordinal < first || ordinal >= first + (set.spec?.replicas ?? 1);
  if (whenScaled === 'Delete' && isScaledDown) return [...others, controllerReference('v1', 'Pod', pod)];
  if (whenDeleted !== 'Delete' || (whenScaled === 'Delete' && isScaledDown)) return others;
  return [...others, controllerReference('apps/v1', 'StatefulSet', set)];
}
