/** Taints of a node against tolerations of a pod. Mirrors component-helpers v1.34 scheduling/corev1/helpers.go and plugins/helper/taint.go. */

import type { Node, Pod, Taint, TaintEffect, Toleration } from '#api';
import { findUntoleratedTaint, toleratedByAny } from '#api';
import { nodeTaints, podTolerations } from './pod-fields.ts';

const DO_NOT_SCHEDULE: readonly TaintEffect[] = ['NoSchedule', 'NoExecute'];

/** No NoSchedule or NoExecute taint stands in the way. */
export const isTolerated = (pod: Pod, node: Node): boolean =>
  findUntoleratedTaint(nodeTaints(node), podTolerations(pod), DO_NOT_SCHEDULE) === undefined;

/** Tolerations that can cover PreferNoSchedule. */
export const preferTolerations = (tolerations: readonly Toleration[]): readonly Toleration[] =>
  tolerations.filter((toleration) => ((toleration.effect as string | undefined) ?? '') === '' || toleration.effect === 'PreferNoSchedule');

export function countIntolerable(taints: readonly Taint[], tolerations: readonly Toleration[]): number {
  let count = 0;
  for (const taint of taints) if (taint.effect === 'PreferNoSchedule' && !toleratedByAny(tolerations, taint)) count++;
  return count;
}
