/** Which claims a pod uses, and whose they are. Mirrors dynamic-resource-allocation v1.34 resourceclaim/claim.go and foreachPodResourceClaim of
 *  pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go. */

import { type Pod, RESERVED_FOR_MAX, type ResourceClaim } from '#api';
import type { ObjectLister } from '../../framework.ts';
import { podName, podNamespace, podUid } from '../../pod-fields.ts';

type PodClaim = NonNullable<NonNullable<Pod['spec']>['resourceClaims']>[number];

/** The name of the claim behind an entry of a pod: given, or generated. '' when none was needed; a text instead of a name says why there is none. */
function claimNameOf(pod: Pod, entry: PodClaim): { readonly name: string; readonly isGenerated: boolean } | string {
  if (entry.resourceClaimName !== undefined) return { name: entry.resourceClaimName, isGenerated: false };
  const where = `pod "${podNamespace(pod)}/${podName(pod)}"`;
  if (entry.resourceClaimTemplateName === undefined)
    return `${where}, spec.resourceClaim "${entry.name}": none of the supported fields are set`;
  for (const { name, resourceClaimName } of pod.status?.resourceClaimStatuses ?? [])
    if (name === entry.name) return { name: resourceClaimName ?? '', isGenerated: true };
  return `${where}: ResourceClaim not created yet`;
}

export const isOwnedBy = (pod: Pod, claim: ResourceClaim): boolean =>
  (claim.metadata?.ownerReferences ?? []).some((owner) => owner.controller === true && owner.uid === podUid(pod));

export const isReservedFor = (pod: Pod, claim: ResourceClaim): boolean =>
  (claim.status?.reservedFor ?? []).some((consumer) => consumer.uid === podUid(pod));

export const canBeReserved = (claim: ResourceClaim): boolean => (claim.status?.reservedFor ?? []).length < RESERVED_FOR_MAX;

export const claimText = (claim: ResourceClaim): string => `${claim.metadata?.namespace ?? ''}/${claim.metadata?.name ?? ''}`;

/** The pod's claims in the order of its spec, or in words why it must wait for them. */
export function podClaims(pod: Pod, claims: ObjectLister<ResourceClaim>): readonly ResourceClaim[] | string {
  const found: ResourceClaim[] = [];
  const namespace = podNamespace(pod);
  for (const entry of pod.spec?.resourceClaims ?? []) {
    const named = claimNameOf(pod, entry);
    if (typeof named === 'string') return named;
    if (named.name === '') continue;
    const claim = claims.get(`${namespace}/${named.name}`);
    if (claim === undefined) return `could not find ResourceClaim "${namespace}/${named.name}"`;
    if (claim.metadata?.deletionTimestamp !== undefined) return `resourceclaim "${named.name}" is being deleted`;
    if (named.isGenerated && !isOwnedBy(pod, claim))
      return `ResourceClaim ${claimText(claim)} was not created for pod ${namespace}/${podName(pod)} (pod is not owner)`;
    found.push(claim);
  }
  return found;
}
