/** What Deployments, ReplicaSets and their kin share: selector against template labels, replicas, the template's pod spec.
 *  Mirrors Kubernetes v1.34 pkg/apis/apps/validation/validation.go. */

import { type FieldError, type LabelSelector, matchesLabelSelector, type PodTemplateSpec } from '#api';
import { type FieldErrors, invalidValue, notSupported, required } from './field-error.ts';
import { validateAnnotations, validateLabels } from './object-meta.ts';
import { validatePodSpec } from './pod-spec.ts';
import { validateLabelSelector } from './selectors.ts';

export function validateNonNegative(value: number | undefined, field: string, errors: FieldError[]): void {
  if (value !== undefined && value !== null && value < 0) errors.push(invalidValue(field, value, 'must be greater than or equal to 0'));
}

/** ValidatePodTemplateSpec. */
export function validateTemplate(template: PodTemplateSpec | undefined, field: string): FieldErrors {
  return [
    ...validateLabels(template?.metadata?.labels, `${field}.labels`),
    ...validateAnnotations(template?.metadata?.annotations, `${field}.annotations`),
    ...validatePodSpec(template?.spec, `${field}.spec`),
  ];
}

const isEmptySelector = (selector: LabelSelector): boolean =>
  Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;

/** A selector that is there, is not empty, and matches the template it is to find again. */
export function validateSelectorAndTemplate(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
  kind: string,
  errors: FieldError[],
): void {
  if (selector === undefined || selector === null) errors.push(required('spec.selector'));
  else {
    errors.push(...validateLabelSelector(selector, 'spec.selector'));
    if (isEmptySelector(selector)) errors.push(invalidValue('spec.selector', selector, `empty selector is invalid for ${kind}`));
  }
  if (template === undefined || template === null) {
    errors.push(required('spec.template'));
    return;
  }
  if (selector && !isEmptySelector(selector) && !matchesLabelSelector(selector, template.metadata?.labels)) {
    errors.push(
      invalidValue('spec.template.metadata.labels', template.metadata?.labels ?? {}, '`selector` does not match template `labels`'),
    );
  }
  errors.push(...validateTemplate(template, 'spec.template'));
}

/** Only Always restarts make sense where a controller replaces pods. */
export function validateAlwaysRestarts(template: PodTemplateSpec | undefined, errors: FieldError[]): void {
  const policy = template?.spec?.restartPolicy;
  if (policy !== undefined && policy !== 'Always') errors.push(notSupported('spec.template.spec.restartPolicy', policy, ['Always']));
  if (template?.spec?.activeDeadlineSeconds !== undefined) {
    errors.push({
      reason: 'FieldValueForbidden',
      field: 'spec.template.spec.activeDeadlineSeconds',
      message: `Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported`,
    });
  }
}
