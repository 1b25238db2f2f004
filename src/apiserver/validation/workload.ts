/** What Deployments, ReplicaSets and their kin share: selector against template labels, replicas, the template's pod spec.
 *  Mirrors Kubernetes v1.34 pkg/apis/apps/validation/validation.go. */

import { type FieldError, type LabelSelector, matchesLabelSelector, type PodTemplateSpec } from '#api';
import { type FieldErrors, forbiddenField, has, invalidValue, notSupported, required } from './field-error.ts';
import { internalForm } from './internal-form.ts';
import { validateAnnotations, validateLabels } from './object-meta.ts';
import { validatePodAnnotations } from './pod-annotations.ts';
import { validatePodSpec } from './pod-spec.ts';
import { isSelector, validateLabelSelector } from './selectors.ts';

/** ValidatePodTemplateSpec. */
export function validateTemplate(template: PodTemplateSpec | undefined, field: string): FieldErrors {
  return [
    ...validateLabels(template?.metadata?.labels, `${field}.labels`),
    ...validateAnnotations(template?.metadata?.annotations, `${field}.annotations`),
    ...validatePodAnnotations(template?.metadata?.annotations, `${field}.annotations`),
    ...validatePodSpec(template?.spec, `${field}.spec`),
    ...((template?.spec?.ephemeralContainers ?? []).length > 0
      ? [forbiddenField(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
      : []),
  ];
}

const isEmptySelector = (selector: LabelSelector): boolean =>
  Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;

/** A selector that is there, is not empty, and matches the template it is to find again. `told` is what the selector is called empty for;
 *  `detail` what is said of one that cannot be read. */
export function validateSelectorAndTemplate(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
  told: string,
  detail: string,
  errors: FieldError[],
): void {
  if (!has(selector)) errors.push(required('spec.selector'));
  else {
    errors.push(...validateLabelSelector(selector, 'spec.selector'));
    if (isEmptySelector(selector))
      errors.push(invalidValue('spec.selector', internalForm('LabelSelector', selector), `empty selector is invalid for ${told}`));
    if (!isSelector(selector)) return void errors.push(invalidValue('spec.selector', internalForm('LabelSelector', selector), detail));
  }
  // Without a selector there is one that matches nothing.
  const labels = template?.metadata?.labels;
  if (!has(selector) || (!isEmptySelector(selector) && !matchesLabelSelector(selector, labels)))
    errors.push(invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'));
  errors.push(...validateTemplate(template, 'spec.template'));
}

/** Only Always restarts make sense where a controller replaces pods. */
export function validateAlwaysRestarts(template: PodTemplateSpec | undefined, kind: string, errors: FieldError[]): void {
  const policy = template?.spec?.restartPolicy;
  // A template without a spec is asked for containers alone: what is absent has the default.
  if (policy !== undefined && policy !== 'Always') errors.push(notSupported('spec.template.spec.restartPolicy', policy ?? '', ['Always']));
  if (has(template?.spec?.activeDeadlineSeconds))
    errors.push(forbiddenField('spec.template.spec.activeDeadlineSeconds', `activeDeadlineSeconds in ${kind} is not Supported`));
}
