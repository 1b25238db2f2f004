/** What controllers ask of a pod. Mirrors kubernetes v1.34 pkg/api/v1/pod/util.go and pkg/controller/controller_utils.go. */

import type { Pod, PodCondition } from '#api';
import { parseTime } from '#api';
import type { InformerEvent, Outcome } from '#client';
import type { Duration } from '#sim';
import { SECOND } from '#sim';

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  const conditions = pod.status?.conditions;
  if (conditions === undefined) return undefined;
  for (const condition of conditions) if (condition.type === type) return condition;
  return undefined;
}

export const isPodReady = (pod: Pod): boolean => podCondition(pod, 'Ready')?.status === 'True';

/** Succeeded or Failed. */
export function isPodTerminal(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Neither finished nor being deleted. */
export const isPodActive = (pod: Pod): boolean => !isPodTerminal(pod) && pod.metadata?.deletionTimestamp === undefined;

/** Whether an event tells a controller that counts active, ready and dying pods nothing: waking its key would find nothing to do (upstream wakes it all the
 *  same). A pod that a list no longer shows comes as it was last known: that it is gone is news, unless it was on its way and nothing held it. */
export function isSameToOwner({ type, object, previous }: InformerEvent): boolean {
  if (previous === undefined) return false;
  if (type === 'delete') {
    const { deletionTimestamp, finalizers } = previous.metadata ?? {};
    if (deletionTimestamp === undefined || (finalizers?.length ?? 0) > 0) return false;
  }
  return isSame(previous as Pod, object as Pod);
}

function isSame(previous: Pod, pod: Pod): boolean {
  const [before, after] = [previous.metadata, pod.metadata];
  if (before?.ownerReferences !== after?.ownerReferences || before?.deletionTimestamp !== after?.deletionTimestamp) return false;
  if (before?.labels !== after?.labels || before?.uid !== after?.uid || before?.finalizers?.length !== after?.finalizers?.length)
    return false;
  if (previous.status === pod.status) return true;
  if (previous.status?.phase !== pod.status?.phase) return false;
  const [was, is] = [podCondition(previous, 'Ready'), podCondition(pod, 'Ready')];
  return was === is || (was?.status === is?.status && was?.lastTransitionTime === is?.lastTransitionTime);
}

/** A creation that was refused because its namespace goes: no event and no retry, everything in it goes anyway. */
export const isNamespaceTerminating = ({ error }: Outcome<unknown>): boolean =>
  error?.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true;

/** How long until a ready pod counts as available; 0 when it does, undefined when it is not ready. `clock`: microseconds since the Unix epoch. */
export function untilAvailable(pod: Pod, minReadySeconds: number, clock: number): Duration | undefined {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'True') return undefined;
  if (minReadySeconds === 0) return 0;
  const since = ready.lastTransitionTime === undefined ? undefined : parseTime(ready.lastTransitionTime);
  if (since === undefined) return minReadySeconds * SECOND;
  return Math.max(0, since + minReadySeconds * SECOND - clock);
}
