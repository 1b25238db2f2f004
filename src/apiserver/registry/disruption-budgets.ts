/** PodDisruptionBudgets. Mirrors Kubernetes v1.34 pkg/registry/policy/poddisruptionbudget and ValidatePodDisruptionBudget. */

import type { FieldError, PodDisruptionBudget } from '#api';
import { type FieldErrors, invalidValue, notSupported } from '../validation/field-error.ts';
import { validateAtMostAll, validateIntOrPercent } from '../validation/int-or-percent.ts';
import { pathSegment } from '../validation/names.ts';
import { validateLabelSelector } from '../validation/selectors.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Spec = NonNullable<PodDisruptionBudget['spec']>;

/** As Go writes the internal type. */
const told = ({ minAvailable, selector, maxUnavailable, unhealthyPodEvictionPolicy }: Spec): unknown => ({
  MinAvailable: minAvailable ?? null,
  Selector: selector ?? null,
  MaxUnavailable: maxUnavailable ?? null,
  UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
});

function validate(budget: PodDisruptionBudget): FieldErrors {
  const spec = budget.spec ?? {};
  const errors: FieldError[] = [];
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined)
    errors.push(invalidValue('spec', told(spec), 'minAvailable and maxUnavailable cannot be both set'));
  for (const name of ['minAvailable', 'maxUnavailable'] as const) {
    validateIntOrPercent(spec[name], `spec.${name}`, errors);
    validateAtMostAll(spec[name], `spec.${name}`, errors);
  }
  errors.push(...validateLabelSelector(spec.selector, 'spec.selector'));
  const policy = spec.unhealthyPodEvictionPolicy;
  if (policy !== undefined && policy !== 'AlwaysAllow' && policy !== 'IfHealthyBudget')
    errors.push(notSupported('spec.unhealthyPodEvictionPolicy', policy, ['AlwaysAllow', 'IfHealthyBudget']));
  return errors;
}

export const disruptionBudgets: ResourceDescriptor<PodDisruptionBudget> = {
  resource: 'poddisruptionbudgets.policy',
  nameRule: pathSegment,
  hasPlainFinalizers: true,
  validatesMetaLast: true,
  hasStatus: true,
  hasGeneration: true,
  requiresResourceVersion: true,
  validate,
  validateUpdate: (next, old) => (next.spec === old.spec ? [] : validate(next)),
};
