/** Which changes may help a pod that its claims kept back. Mirrors kube-scheduler v1.34 plugins/dynamicresources/dynamicresources.go (EventsToRegister,
 *  isSchedulableAfterClaimChange, isSchedulableAfterPodChange) with queueing hints on. */

import { deepEqual, type KubeObject, type Pod, type ResourceClaim } from '#api';
import { podUid } from '../../pod-fields.ts';
import {
  ADD,
  type EventRegistration,
  type QueueingHint,
  UPDATE,
  UPDATE_NODE_ALLOCATABLE,
  UPDATE_NODE_LABEL,
  UPDATE_POD_CLAIMS,
} from '../../queueing-events.ts';

/** The pod's claims, or why it must wait for them. */
type ClaimsOf = (pod: Pod) => readonly ResourceClaim[] | string;

function afterClaimChange(claimsOf: ClaimsOf, pod: Pod, before: ResourceClaim | undefined, after: ResourceClaim): QueueingHint {
  const claims = claimsOf(pod);
  if (typeof claims === 'string') return 'QueueSkip';
  // Devices became free: for anybody.
  if (before?.status?.allocation !== undefined && after.status?.allocation === undefined) return 'Queue';
  if (!claims.some((claim) => claim.metadata?.uid === after.metadata?.uid)) return 'QueueSkip';
  if (before === undefined) return 'Queue';
  return deepEqual(before.status, after.status) ? 'QueueSkip' : 'Queue';
}

function afterPodChange(claimsOf: ClaimsOf, pod: Pod, after: Pod): QueueingHint {
  return podUid(pod) !== podUid(after) || typeof claimsOf(after) === 'string' ? 'QueueSkip' : 'Queue';
}

export function claimEvents(claimsOf: ClaimsOf): readonly EventRegistration[] {
  return [
    { resource: 'Node', action: ADD | UPDATE_NODE_LABEL | UPDATE_NODE_ALLOCATABLE },
    {
      resource: 'ResourceClaim',
      action: ADD | UPDATE,
      hint: (pod: Pod, before: KubeObject | undefined, after: KubeObject | undefined) =>
        after === undefined ? 'QueueSkip' : afterClaimChange(claimsOf, pod, before as ResourceClaim | undefined, after as ResourceClaim),
    },
    {
      resource: 'Pod',
      action: UPDATE_POD_CLAIMS,
      hint: (pod: Pod, _before: KubeObject | undefined, after: KubeObject | undefined) =>
        after === undefined ? 'QueueSkip' : afterPodChange(claimsOf, pod, after as Pod),
    },
    { resource: 'DeviceClass', action: ADD | UPDATE },
    { resource: 'ResourceSlice', action: ADD | UPDATE },
  ];
}
