/** Pods stay on a failing node for five minutes unless they say otherwise. Mirrors Kubernetes v1.34 plugin/pkg/admission/defaulttolerationseconds. */

import type { PodSpec, Toleration } from '#api';

export const TOLERATION_SECONDS = 300;
const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';

const toleration = (key: string): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: TOLERATION_SECONDS });
const NOT_READY_TOLERATION = toleration(NOT_READY);
const UNREACHABLE_TOLERATION = toleration(UNREACHABLE);
const BOTH: Toleration[] = [NOT_READY_TOLERATION, UNREACHABLE_TOLERATION];

const covers = ({ key, effect }: Toleration, taint: string): boolean => (key === taint || !key) && (effect === 'NoExecute' || !effect);

/** The pod's tolerations with the two that everyone gets; the same reference when it has them. */
export function withDefaultTolerations(spec: PodSpec): PodSpec['tolerations'] {
  const tolerations = spec.tolerations;
  if (tolerations === undefined || tolerations.length === 0) return BOTH;
  const missing = [
    ...(tolerations.some((one) => covers(one, NOT_READY)) ? [] : [NOT_READY_TOLERATION]),
    ...(tolerations.some((one) => covers(one, UNREACHABLE)) ? [] : [UNREACHABLE_TOLERATION]),
  ];
  return missing.length === 0 ? tolerations : [...tolerations, ...missing];
}
