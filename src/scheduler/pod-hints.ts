/** What several plugins' queueing hints ask of a pod in an event. Mirrors the hint functions of kube-scheduler v1.34's plugins. */

import type { KubeObject, Pod } from '#api';
import { podNamespace, podUid } from './pod-fields.ts';
import type { QueueingHint } from './queueing-events.ts';

/** A deleted pod that held no node, and was promised none, gives nothing back. */
export const heldNoNode = (pod: Pod): boolean =>
  (pod.spec?.nodeName ?? '') === '' && ((pod.status?.nominatedNodeName as string) ?? '') === '';

/** The event is about the waiting pod itself. */
export const isSamePod = (pod: Pod, other: KubeObject | undefined): boolean => other !== undefined && podUid(other as Pod) === podUid(pod);

type Volume = NonNullable<NonNullable<Pod['spec']>['volumes']>[number];

/** Queue when one of the pod's volumes is that claim. */
export function ifClaimed(
  pod: Pod,
  claim: KubeObject | undefined,
  claimNameOf: (pod: Pod, volume: Volume) => string | undefined,
): QueueingHint {
  if (claim === undefined || podNamespace(pod) !== (claim.metadata?.namespace ?? '')) return 'QueueSkip';
  const volumes: readonly Volume[] = pod.spec?.volumes ?? [];
  return volumes.some((volume) => claimNameOf(pod, volume) === claim.metadata?.name) ? 'Queue' : 'QueueSkip';
}
