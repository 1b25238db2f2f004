/** Rules for selectors and affinity. Mirrors apimachinery v1.34 pkg/apis/meta/v1/validation and Kubernetes pkg/apis/core/validation (validateAffinity). */

import type { Affinity, FieldError, LabelSelector, NodeSelector, NodeSelectorTerm } from '#api';
import { type FieldErrors, forbiddenField, has, invalidValue, NO_ERRORS, required } from './field-error.ts';
import { validateName } from './lists.ts';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from './names.ts';
import { validateLabels } from './object-meta.ts';

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** Whether LabelSelectorAsSelector can make something of it: validateLabelSelector says what is wrong with the others. */
export const isSelector = (selector: LabelSelector | undefined): boolean => validateLabelSelector(selector, '').length === 0;

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
    } else errors.push(invalidValue(`${at}.operator`, expression.operator ?? '', 'not a valid selector operator'));
    validateName(expression.key, qualifiedName, `${at}.key`, errors);
    (expression.values ?? []).forEach((value, n) => {
      for (const text of labelValue(value)) errors.push(invalidValue(`${at}.values[${n}]`, value, text));
    });
  });
  return errors;
}

/** ValidateNodeSelectorRequirement. `isStrict`: what is preferred may have values that no label has. */
function validateNodeExpression({ key, operator, values }: Expression, isStrict: boolean, at: string, errors: FieldError[]): void {
  const count = values?.length ?? 0;
  if (operator === 'In' || operator === 'NotIn') {
    if (count === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (count > 0) errors.push(forbiddenField(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (count !== 1) errors.push(required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  } else errors.push(invalidValue(`${at}.operator`, operator ?? '', 'not a valid selector operator'));
  validateName(key, qualifiedName, `${at}.key`, errors);
  if (isStrict) (values ?? []).forEach((value, i) => validateName(value, labelValue, `${at}.values[${i}]`, errors));
}

/** ValidateNodeFieldSelectorRequirement. */
function validateNodeField({ key, operator, values }: Expression, at: string, errors: FieldError[]): void {
  if (operator === 'In' || operator === 'NotIn') {
    if (values?.length !== 1)
      errors.push(required(`${at}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
  } else errors.push(invalidValue(`${at}.operator`, operator ?? '', 'not a valid selector operator'));
  if (key !== 'metadata.name') errors.push(invalidValue(`${at}.key`, key ?? '', 'not a valid field selector key'));
  else (values ?? []).forEach((value, i) => validateName(value, dns1123Subdomain, `${at}.values[${i}]`, errors));
}

function validateTerm(term: NodeSelectorTerm | undefined, isStrict: boolean, at: string, errors: FieldError[]): void {
  (term?.matchExpressions ?? []).forEach((expression, i) => {
    validateNodeExpression(expression, isStrict, `${at}.matchExpressions[${i}]`, errors);
  });
  (term?.matchFields ?? []).forEach((expression, i) => validateNodeField(expression, `${at}.matchFields[${i}]`, errors));
}

/** ValidateNodeSelector. */
export function validateNodeSelector(selector: NodeSelector, field: string, errors: FieldError[]): void {
  const terms = selector.nodeSelectorTerms ?? [];
  const at = `${field}.nodeSelectorTerms`;
  if (terms.length === 0) errors.push(required(at, 'must have at least one node selector term'));
  terms.forEach((term, i) => validateTerm(term, true, `${at}[${i}]`, errors));
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

function validateWeight(weight: number | undefined, at: string, errors: FieldError[]): void {
  if (!((weight ?? 0) >= 1 && (weight ?? 0) <= 100)) errors.push(invalidValue(`${at}.weight`, weight ?? 0, 'must be in the range 1-100'));
}

/** validateAffinity: node affinity's terms, pod affinity's selectors and topology keys. */
export function validateAffinity(affinity: Affinity, field: string): FieldErrors {
  const errors: FieldError[] = [];
  const node = affinity.nodeAffinity;
  if (has(node?.[REQUIRED])) validateNodeSelector(node[REQUIRED], `${field}.nodeAffinity.${REQUIRED}`, errors);
  (node?.[PREFERRED] ?? []).forEach((preferred, i) => {
    const at = `${field}.nodeAffinity.${PREFERRED}[${i}]`;
    validateWeight(preferred.weight, at, errors);
    validateTerm(preferred.preference, false, `${at}.preference`, errors);
  });
  for (const name of ['podAffinity', 'podAntiAffinity'] as const) {
    const pod = affinity[name];
    (pod?.[REQUIRED] ?? []).forEach((term, i) => validatePodTerm(term, `${field}.${name}.${REQUIRED}[${i}]`, errors));
    (pod?.[PREFERRED] ?? []).forEach((weighted, i) => {
      const at = `${field}.${name}.${PREFERRED}[${i}]`;
      validateWeight(weighted.weight, at, errors);
      validatePodTerm(weighted.podAffinityTerm ?? {}, `${at}.podAffinityTerm`, errors);
    });
  }
  return errors;
}

interface PodTerm {
  readonly topologyKey?: string;
  readonly labelSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly namespaces?: readonly string[];
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
}

/** ValidateMatchLabelKeysAndMismatchLabelKeys. The keys of matching labels have become expressions of the selector before. */
export function validateKeysOfLabels(
  match: readonly string[] | undefined,
  mismatch: readonly string[] | undefined,
  selector: LabelSelector | undefined,
  field: string,
  errors: FieldError[],
): void {
  for (const [name, keys] of [
    ['matchLabelKeys', match ?? []],
    ['mismatchLabelKeys', mismatch ?? []],
  ] as const) {
    if (keys.length === 0) continue;
    if (!has(selector)) errors.push(forbiddenField(`${field}.${name}`, 'must not be specified when labelSelector is not set'));
    else keys.forEach((key, i) => validateName(key, qualifiedName, `${field}.${name}[${i}]`, errors));
  }
  if (has(selector)) {
    const known = new Set(Object.keys(selector.matchLabels ?? {}));
    for (const { key } of selector.matchExpressions ?? []) {
      const i = (match ?? []).lastIndexOf(key);
      if (i >= 0 && known.has(key)) errors.push(invalidValue(`${field}[${i}]`, key, 'exists in both matchLabelKeys and labelSelector'));
      known.add(key);
    }
  }
  (match ?? []).forEach((key, i) => {
    if (mismatch?.includes(key))
      errors.push(invalidValue(`${field}.matchLabelKeys[${i}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys'));
  });
}

function validatePodTerm(term: PodTerm, at: string, errors: FieldError[]): void {
  errors.push(...validateLabelSelector(term.labelSelector, `${at}.labelSelector`));
  errors.push(...validateLabelSelector(term.namespaceSelector, `${at}.namespaceSelector`));
  for (const namespace of term.namespaces ?? []) validateName(namespace, dns1123Label, `${at}.namespace`, errors);
  validateKeysOfLabels(term.matchLabelKeys, term.mismatchLabelKeys, term.labelSelector, at, errors);
  if (!term.topologyKey) errors.push(required(`${at}.topologyKey`, 'can not be empty'));
  validateName(term.topologyKey, qualifiedName, `${at}.topologyKey`, errors);
}
