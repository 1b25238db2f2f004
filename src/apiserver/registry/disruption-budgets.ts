/** PodDisruptionBudgets. Mirrors Kubernetes v1.34 pkg/registry/policy/poddisruptionbudget and ValidatePodDisruptionBudget. */

import type { FieldError, PodDisruptionBudget } from '#api';
import { type FieldErrors, invalidValue, notSupported } from '../validation/field-error.ts';
import { validateLabelSelector } from '../validation/selectors.ts';
import type { ResourceDescriptor } from './descriptor.ts';

function validate(budget: PodDisruptionBudget): FieldErrors {
  const spec = budget.spec ?? {};
  const errors: FieldError[] = [];
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined)
    errors.push(invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set'));
  for (const name of ['minAvailable', 'maxUnavailable'] as const) {
    const value = spec[name];
    if (typeof value === 'number' && value < 0) errors.push(invalidValue(`spec.${name}`, value, 'must be greater than or equal to 0'));
    if (typeof value === 'string' && !/^\d+%$/.test(value))
      errors.push(
        invalidValue(
          `spec.${name}`,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
      );
  }
  errors.push(...validateLabelSelector(spec.selector, 'spec.selector'));
  const policy = spec.unhealthyPodEvictionPolicy;
  if (policy !== undefined && policy !== 'AlwaysAllow' && policy !== 'IfHealthyBudget')
    errors.push(notSupported('spec.unhealthyPodEvictionPolicy', policy, ['AlwaysAllow', 'IfHealthyBudget']));
  return errors;
}

export const disruptionBudgets: ResourceDescriptor<PodDisruptionBudget> = {
  resource: 'poddisruptionbudgets.policy',
  hasStatus: true,
  hasGeneration: true,
  requiresResourceVersion: true,
  validate,
  validateUpdate: (next, old) => (next.spec === old.spec ? [] : validate(next)),
};
