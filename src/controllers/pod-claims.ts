/** A pod's claims on devices, by name and as they are generated. Mirrors dynamic-resource-allocation v1.34 resourceclaim/claim.go and kubernetes v1.34
 *  pkg/controller/resourceclaim/controller.go (handleClaim, podNeedsClaims, isPodDone). */

import { POD_CLAIM_ANNOTATION, type Pod, type ResourceClaim, type ResourceClaimTemplate } from '#api';

type Entry = NonNullable<NonNullable<Pod['spec']>['resourceClaims']>[number];

/** The claim's name; '' when none is needed, undefined when it was not generated yet. */
export function claimNameOf(pod: Pod, entry: Entry): string | undefined {
  if (entry.resourceClaimName !== undefined) return entry.resourceClaimName;
  for (const { name, resourceClaimName } of pod.status?.resourceClaimStatuses ?? [])
    if (name === entry.name) return resourceClaimName ?? '';
  return undefined;
}

export const ownsClaim = (pod: Pod, claim: ResourceClaim): boolean =>
  (claim.metadata?.ownerReferences ?? []).some((owner) => owner.controller === true && owner.uid === pod.metadata?.uid);

export const isReservedFor = (pod: Pod, claim: ResourceClaim): boolean =>
  (claim.status?.reservedFor ?? []).some(({ uid }) => uid === pod.metadata?.uid);

const hasEnded = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** Deleted before it had a node, or ended: it will not run any more. */
export const isPodDone = (pod: Pod): boolean =>
  hasEnded(pod) || (pod.metadata?.deletionTimestamp !== undefined && (pod.spec?.nodeName ?? '') === '');

export const mayRun = (pod: Pod): boolean => !isPodDone(pod);

/** Room for a hyphen and five random characters within 63. */
const BASE_MAX = 57;

function generateName(pod: string, entry: string): string {
  const whole = `${pod}-${entry}-`;
  if (whole.length <= BASE_MAX) return whole;
  const share = (text: string): string => text.slice(0, Math.trunc((text.length * BASE_MAX) / whole.length));
  return `${share(pod)}-${share(entry)}`;
}

export function newClaim(pod: Pod, entry: string, template: ResourceClaimTemplate): ResourceClaim {
  const { name = '', uid = '' } = pod.metadata ?? {};
  const { metadata, spec } = template.spec;
  return {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: {
      generateName: generateName(name, entry),
      labels: metadata?.labels,
      annotations: { ...metadata?.annotations, [POD_CLAIM_ANNOTATION]: entry },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec,
  };
}
