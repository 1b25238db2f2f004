/** Rules for selectors and affinity. Mirrors apimachinery v1.34 pkg/apis/meta/v1/validation and Kubernetes pkg/apis/core/validation (validateAffinity). */

import type { Affinity, FieldError, LabelSelector, NodeSelectorTerm } from '#api';
import { type FieldErrors, forbiddenField, invalidValue, NO_ERRORS, required } from './field-error.ts';
import { labelValue, qualifiedName } from './names.ts';
import { validateLabels } from './object-meta.ts';

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** ValidateLabelSelector. */
export function validateLabelSelector(selector: LabelSelector | undefined, field: string): FieldErrors {
  if (selector === undefined || selector === null) return NO_ERRORS;
  const errors: FieldError[] = [...validateLabels(selector.matchLabels, `${field}.matchLabels`)];
  (selector.matchExpressions ?? []).forEach((expression, i) => {
    const at = `${field}.matchExpressions[${i}]`;
    const count = expression.values?.length ?? 0;
    if (expression.operator === 'In' || expression.operator === 'NotIn') {
      if (count === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (expression.operator === 'Exists' || expression.operator === 'DoesNotExist') {
      if (count > 0) errors.push(forbiddenField(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    } else errors.push(invalidValue(`${at}.operator`, expression.operator, 'not a valid selector operator'));
    for (const text of qualifiedName(expression.key ?? '')) errors.push(invalidValue(`${at}.key`, expression.key, text));
    (expression.values ?? []).forEach((value, n) => {
      for (const text of labelValue(value)) errors.push(invalidValue(`${at}.values[${n}]`, value, text));
    });
  });
  return errors;
}

export function validateNodeSelectorMap(selector: Readonly<Record<string, string>> | undefined, field: string): FieldErrors {
  return validateLabels(selector, field);
}

function validateNodeExpression({ key, operator, values }: Expression, at: string, errors: FieldError[]): void {
  const count = values?.length ?? 0;
  if (operator === 'In' || operator === 'NotIn') {
    if (count === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (count > 0) errors.push(forbiddenField(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (count !== 1) errors.push(required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  } else errors.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'));
  for (const text of qualifiedName(key ?? '')) errors.push(invalidValue(`${at}.key`, key, text));
}

function validateTerm(term: NodeSelectorTerm, at: string, errors: FieldError[]): void {
  (term.matchExpressions ?? []).forEach((expression, i) => validateNodeExpression(expression, `${at}.matchExpressions[${i}]`, errors));
  (term.matchFields ?? []).forEach((expression, i) => {
    if (expression.key !== 'metadata.name')
      errors.push(invalidValue(`${at}.matchFields[${i}].key`, expression.key, 'not a valid field selector key'));
  });
}

/** validateAffinity: node affinity's terms, pod affinity's selectors and topology keys. */
export function validateAffinity(affinity: Affinity, field: string): FieldErrors {
  const errors: FieldError[] = [];
  const node = affinity.nodeAffinity;
  const requiredTerms = node?.requiredDuringSchedulingIgnoredDuringExecution;
  if (requiredTerms !== undefined) {
    const at = `${field}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution`;
    if ((requiredTerms.nodeSelectorTerms ?? []).length === 0)
      errors.push(required(`${at}.nodeSelectorTerms`, 'must have at least one node selector term'));
    (requiredTerms.nodeSelectorTerms ?? []).forEach((term, i) => validateTerm(term, `${at}.nodeSelectorTerms[${i}]`, errors));
  }
  (node?.preferredDuringSchedulingIgnoredDuringExecution ?? []).forEach((preferred, i) => {
    const at = `${field}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
    if (!(preferred.weight >= 1 && preferred.weight <= 100))
      errors.push(invalidValue(`${at}.weight`, preferred.weight, 'must be in the range 1-100'));
    validateTerm(preferred.preference, `${at}.preference`, errors);
  });
  for (const name of ['podAffinity', 'podAntiAffinity'] as const) {
    const pod = affinity[name];
    (pod?.requiredDuringSchedulingIgnoredDuringExecution ?? []).forEach((term, i) => {
      validatePodTerm(term, `${field}.${name}.requiredDuringSchedulingIgnoredDuringExecution[${i}]`, errors);
    });
    (pod?.preferredDuringSchedulingIgnoredDuringExecution ?? []).forEach((weighted, i) => {
      const at = `${field}.${name}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
      if (!(weighted.weight >= 1 && weighted.weight <= 100))
        errors.push(invalidValue(`${at}.weight`, weighted.weight, 'must be in the range 1-100'));
      validatePodTerm(weighted.podAffinityTerm, `${at}.podAffinityTerm`, errors);
    });
  }
  return errors;
}

interface PodTerm {
  readonly topologyKey: string;
  readonly labelSelector?: LabelSelector;
}

function validatePodTerm(term: PodTerm, at: string, errors: FieldError[]): void {
  if (!term.topologyKey) errors.push(required(`${at}.topologyKey`, 'can not be empty'));
  else for (const text of qualifiedName(term.topologyKey)) errors.push(invalidValue(`${at}.topologyKey`, term.topologyKey, text));
  errors.push(...validateLabelSelector(term.labelSelector, `${at}.labelSelector`));
}
