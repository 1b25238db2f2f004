/** Writes of claims by the scheduler: allocation and reservation before the binding, and taking them back.
 *  Mirrors kube-scheduler v1.34 plugins/dynamicresources/dynamicresources.go (bindClaim, Unreserve, PostFilter). Upstream reads, updates and tries again on
 *  conflicts; here one patch says the same, and what upstream refuses (allocated elsewhere, being deleted) the API server refuses. */

import { type AllocationResult, CLAIM_FINALIZER, type Pod, type ResourceClaim } from '#api';
import type { PreBindRequest } from '../../framework.ts';
import { podName, podUid } from '../../pod-fields.ts';
import { CLAIMS } from './device-tracker.ts';

function patch(claim: ResourceClaim, subresource: 'status' | undefined, body: object): PreBindRequest {
  const { namespace, name = '', uid } = claim.metadata ?? {};
  return {
    verb: 'patch',
    resource: CLAIMS,
    ...(subresource === undefined ? {} : { subresource }),
    namespace,
    name,
    body: { metadata: { uid }, ...body },
    patchType: 'strategic',
  };
}

/** The finalizer first, then the allocation (unless the claim has one) with the reservation. */
export function claimRequests(claim: ResourceClaim, allocation: AllocationResult | undefined, pod: Pod): readonly PreBindRequest[] {
  const reservedFor = [{ resource: 'pods', name: podName(pod), uid: podUid(pod) }];
  // Behind those that have it, as upstream appends; a patch would put a new element before what it does not name.
  const order = [...(claim.status?.reservedFor ?? []), ...reservedFor].map(({ uid }) => ({ uid }));
  const status = { ...(allocation === undefined ? {} : { allocation }), reservedFor, '$setElementOrder/reservedFor': order };
  const reserve = patch(claim, 'status', { status });
  if (allocation === undefined || (claim.metadata?.finalizers ?? []).includes(CLAIM_FINALIZER)) return [reserve];
  const { namespace, name = '', uid } = claim.metadata ?? {};
  const protect: PreBindRequest = {
    verb: 'patch',
    resource: CLAIMS,
    namespace,
    name,
    body: { metadata: { uid, finalizers: [CLAIM_FINALIZER] } },
    patchType: 'strategic',
  };
  return [protect, reserve];
}

export const releaseRequest = (claim: ResourceClaim, pod: Pod): PreBindRequest =>
  patch(claim, 'status', { status: { reservedFor: [{ $patch: 'delete', uid: podUid(pod) }] } });

/** What nobody else uses may be allocated anew elsewhere. */
export const deallocateRequest = (claim: ResourceClaim): PreBindRequest =>
  patch(claim, 'status', { status: { allocation: null, reservedFor: null, devices: null } });
