/** Topology spread constraints. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (validateTopologySpreadConstraints). */

import type { FieldError, LabelSelector, PodSpec } from '#api';
import { validatePositive } from './counts.ts';
import { duplicate, has, invalidValue, required, validateChoice } from './field-error.ts';
import { validateKeysOfLabels, validateLabelSelector } from './selectors.ts';

type Constraint = NonNullable<PodSpec['topologySpreadConstraints']>[number];

const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'];
const POLICIES = ['Honor', 'Ignore'];

function validateConstraint(constraint: Constraint, later: readonly Constraint[], at: string, errors: FieldError[]): void {
  const { maxSkew, topologyKey, whenUnsatisfiable, minDomains, nodeAffinityPolicy, nodeTaintsPolicy } = constraint;
  validatePositive(maxSkew, `${at}.maxSkew`, errors);
  if (!topologyKey) errors.push(required(`${at}.topologyKey`, 'can not be empty'));
  validateChoice(whenUnsatisfiable, ACTIONS, `${at}.whenUnsatisfiable`, errors);
  if (
    later.some(
      (other) => (other.topologyKey ?? '') === (topologyKey ?? '') && (other.whenUnsatisfiable ?? '') === (whenUnsatisfiable ?? ''),
    )
  )
    errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey ?? ''}, ${whenUnsatisfiable ?? ''}}`));
  if (has(minDomains)) {
    validatePositive(minDomains, `${at}.minDomains`, errors);
    if (whenUnsatisfiable !== 'DoNotSchedule')
      errors.push(
        invalidValue(
          `${at}.minDomains`,
          minDomains,
          `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable ?? ''}`,
        ),
      );
  }
  if (has(nodeAffinityPolicy)) validateChoice(nodeAffinityPolicy, POLICIES, `${at}.nodeAffinityPolicy`, errors);
  if (has(nodeTaintsPolicy)) validateChoice(nodeTaintsPolicy, POLICIES, `${at}.nodeTaintsPolicy`, errors);
  validateKeysOfLabels(constraint.matchLabelKeys, undefined, constraint.labelSelector as LabelSelector | undefined, at, errors);
  errors.push(...validateLabelSelector(constraint.labelSelector, `${at}.labelSelector`));
}

export function validateSpreadConstraints(constraints: PodSpec['topologySpreadConstraints'], field: string, errors: FieldError[]): void {
  (constraints ?? []).forEach((constraint, i) => {
    validateConstraint(constraint, (constraints ?? []).slice(i + 1), `${field}[${i}]`, errors);
  });
}
