/** What a claim becomes when consumers are gone: without them, and free for others once the last is.
 *  Mirrors kubernetes v1.34 pkg/controller/resourceclaim/controller.go (syncClaim). */

import { CLAIM_FINALIZER, type ResourceClaim, type ResourceClaimConsumerReference } from '#api';

const isProtected = (claim: ResourceClaim): boolean => (claim.metadata?.finalizers ?? []).includes(CLAIM_FINALIZER);

/** The claim with another status when that must be written; the same status when only the finalizer must go; undefined when nothing is to be done. */
export function releasedClaim(claim: ResourceClaim, valid: readonly ResourceClaimConsumerReference[]): ResourceClaim | undefined {
  const { reservedFor = [], allocation, ...rest } = claim.status ?? {};
  if (valid.length < reservedFor.length) {
    if (valid.length > 0) return { ...claim, status: { ...rest, allocation, reservedFor: [...valid] } };
    return { ...claim, status: isProtected(claim) || allocation === undefined ? rest : { ...rest, allocation } };
  }
  if (!isProtected(claim) || claim.metadata?.deletionTimestamp === undefined || valid.length > 0) return undefined;
  return allocation === undefined ? { ...claim } : { ...claim, status: rest };
}

export function withoutFinalizer(claim: ResourceClaim): ResourceClaim {
  if (!isProtected(claim)) return claim;
  const finalizers = (claim.metadata?.finalizers ?? []).filter((finalizer) => finalizer !== CLAIM_FINALIZER);
  return { ...claim, metadata: { ...claim.metadata, finalizers } };
}
