/** Which pods beyond a StatefulSet's ordinals go now. Mirrors kubernetes v1.34 pkg/controller/statefulset/stateful_set_control.go (processCondemned). */

import type { Pod } from '#api';
import type { RequestSpec, View } from '#client';
import { isHealthy, isRunningAndAvailable, isRunningAndReady, isTerminating } from './statefulset-pod.ts';

export const deletion = ({ metadata }: Pod): RequestSpec => ({
  verb: 'delete',
  resource: 'pods',
  namespace: metadata?.namespace,
  name: metadata?.name,
  discardBody: true,
});

/** processCondemned: from the highest ordinal down; in order only when what is left is well, save for the sick one itself. */
export function removalsOf(
  condemned: readonly Pod[],
  replicas: readonly (Pod | undefined)[],
  isOrdered: boolean,
  minReadySeconds: number,
  view: View,
): { requests: RequestSpec[]; isWaiting: boolean } {
  const requests: RequestSpec[] = [];
  const firstUnhealthy = [...replicas, ...[...condemned].reverse()].find((pod) => pod !== undefined && !isHealthy(pod));
  for (const pod of condemned) {
    if (isTerminating(pod)) {
      if (isOrdered) return { requests, isWaiting: true };
      continue;
    }
    if (isOrdered && !isRunningAndReady(pod) && pod !== firstUnhealthy) return { requests, isWaiting: true };
    if (isOrdered && isRunningAndReady(pod) && !isRunningAndAvailable(pod, minReadySeconds, view.clock) && pod !== firstUnhealthy)
      return { requests, isWaiting: true };
    requests.push(deletion(pod));
    if (isOrdered) break;
  }
  return { requests, isWaiting: false };
}
