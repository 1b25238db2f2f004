/** PriorityClasses. Mirrors Kubernetes v1.34 pkg/apis/scheduling/validation and the priority admission plugin's one-default rule's field part. */

import type { FieldError, PriorityClass } from '#api';
import { type FieldErrors, forbiddenField, invalidValue, notSupported } from '../validation/field-error.ts';
import type { ResourceDescriptor } from './descriptor.ts';

const USER_VALUE_MAX = 1_000_000_000;
const SYSTEM_PREFIX = 'system-';
const POLICIES = ['PreemptLowerPriority', 'Never'];

function validate(priority: PriorityClass): FieldErrors {
  const errors: FieldError[] = [];
  const name = priority.metadata?.name ?? '';
  if (name.startsWith(SYSTEM_PREFIX))
    errors.push(
      forbiddenField(
        'metadata.name',
        `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${name} is not a known system priority class`,
      ),
    );
  else if ((priority.value ?? 0) > USER_VALUE_MAX)
    errors.push(forbiddenField('value', `maximum allowed value of a user defined priority is ${USER_VALUE_MAX}`));
  if (priority.preemptionPolicy !== undefined && !POLICIES.includes(priority.preemptionPolicy))
    errors.push(notSupported('preemptionPolicy', priority.preemptionPolicy, POLICIES));
  return errors;
}

export const priorityClasses: ResourceDescriptor<PriorityClass> = {
  resource: 'priorityclasses.scheduling.k8s.io',
  hasGeneration: true,
  defaults: (priority) =>
    priority.preemptionPolicy !== undefined && priority.value !== undefined
      ? priority
      : { ...priority, value: priority.value ?? 0, preemptionPolicy: priority.preemptionPolicy ?? 'PreemptLowerPriority' },
  validate,
  validateUpdate(next, old) {
    const errors: FieldError[] = [];
    if (next.value !== old.value) errors.push(forbiddenField('value', 'may not be changed in an update.'));
    if (next.preemptionPolicy !== old.preemptionPolicy)
      errors.push(invalidValue('preemptionPolicy', next.preemptionPolicy, 'field is immutable'));
    return errors;
  },
};
