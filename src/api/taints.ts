/** Taints and tolerations. Mirrors component-helpers v1.34 scheduling/corev1/helpers.go and api core/v1 toleration.go (ToleratesTaint). */

import type { Taint, Toleration } from './objects.ts';

export type TaintEffect = 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';

/** Whether one toleration covers one taint: an empty effect covers all effects, an empty key with Exists covers all keys. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  // '' is what an unset field reads as; the types know only the set values.
  const effect: string = toleration.effect ?? '';
  if (effect !== '' && effect !== taint.effect) return false;
  if (toleration.key !== undefined && toleration.key !== '' && toleration.key !== taint.key) return false;
  switch ((toleration.operator ?? '') as string) {
    case '':
    case 'Equal':
      return (toleration.value ?? '') === (taint.value ?? '');
    case 'Exists':
      return true;
    default:
      return false;
  }
}

export function toleratedByAny(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  if (tolerations === undefined) return false;
  for (const toleration of tolerations) if (tolerates(toleration, taint)) return true;
  return false;
}

/** The first taint with one of `effects` that nothing tolerates, in the node's order. */
export function findUntoleratedTaint(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly TaintEffect[],
): Taint | undefined {
  if (taints === undefined) return undefined;
  for (const taint of taints) {
    if ((effects as readonly string[]).includes(taint.effect) && !toleratedByAny(tolerations, taint)) return taint;
  }
  return undefined;
}
