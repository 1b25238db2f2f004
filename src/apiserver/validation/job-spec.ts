/** A Job's spec, and one in a CronJob's template. Mirrors Kubernetes v1.34 pkg/apis/batch/validation/validation.go (validateJobSpec). */

import type { FieldError, Job } from '#api';
import { validateNonNegative } from './counts.ts';
import { has, invalidValue, notSupported, required, tooLong } from './field-error.ts';
import { validateFailurePolicy, validateSuccessPolicy } from './job-policies.ts';
import { validateName } from './lists.ts';
import { dns1123Subdomain } from './names.ts';
import { validateTemplate } from './workload.ts';

type Spec = NonNullable<Job['spec']>;

/** MaxParallelism for Indexed jobs; many completions want less of it. */
const INDEXED_MAX = 100_000;
const HIGH_MAX = 10_000;
const MANAGER_MAX = 63;
const MODES = ['NonIndexed', 'Indexed'];
const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

/** IsDomainPrefixedPath. */
function validateManager(manager: string, field: string, errors: FieldError[]): void {
  if (manager === '') errors.push(required(field));
  else {
    const slash = manager.indexOf('/');
    const domain = slash < 0 ? '' : manager.slice(0, slash);
    const path = slash < 0 ? '' : manager.slice(slash + 1);
    if (domain === '' || path === '') errors.push(invalidValue(field, manager, 'must be a domain-prefixed path (such as "acme.io/foo")'));
    else {
      validateName(domain, dns1123Subdomain, field, errors);
      if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path))
        errors.push(invalidValue(field, path, "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"));
    }
  }
  if (manager.length > MANAGER_MAX) errors.push(tooLong(field, MANAGER_MAX));
}

/** What many indexes ask for. */
function validateHighCompletions({ maxFailedIndexes, parallelism }: Spec, field: string, errors: FieldError[]): void {
  const text = `must be less than or equal to ${HIGH_MAX} when completions are above ${INDEXED_MAX} and used with backoff limit per index`;
  if (!has(maxFailedIndexes))
    errors.push(required(`${field}.maxFailedIndexes`, `must be specified when completions is above ${INDEXED_MAX}`));
  if (has(parallelism) && parallelism > HIGH_MAX) errors.push(invalidValue(`${field}.parallelism`, parallelism, text));
  if (has(maxFailedIndexes) && maxFailedIndexes > HIGH_MAX) errors.push(invalidValue(`${field}.maxFailedIndexes`, maxFailedIndexes, text));
}

function validateIndexes(spec: Spec, field: string, errors: FieldError[]): void {
  const { completions, parallelism, maxFailedIndexes, backoffLimitPerIndex } = spec;
  if (!has(completions)) errors.push(required(`${field}.completions`, 'when completion mode is Indexed'));
  if (has(parallelism) && parallelism > INDEXED_MAX)
    errors.push(
      invalidValue(`${field}.parallelism`, parallelism, `must be less than or equal to ${INDEXED_MAX} when completion mode is Indexed`),
    );
  if (has(completions) && has(maxFailedIndexes) && maxFailedIndexes > completions)
    errors.push(invalidValue(`${field}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions'));
  if (has(maxFailedIndexes) && maxFailedIndexes > INDEXED_MAX)
    errors.push(invalidValue(`${field}.maxFailedIndexes`, maxFailedIndexes, `must be less than or equal to ${INDEXED_MAX}`));
  if (has(completions) && completions > INDEXED_MAX && has(backoffLimitPerIndex)) validateHighCompletions(spec, field, errors);
}

function validateCounts(spec: Spec, field: string, errors: FieldError[]): void {
  for (const name of COUNTS) validateNonNegative(spec[name], `${field}.${name}`, errors);
  const { maxFailedIndexes, backoffLimitPerIndex, managedBy, completionMode } = spec;
  if (has(maxFailedIndexes) && !has(backoffLimitPerIndex))
    errors.push(required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  if (has(managedBy)) validateManager(managedBy, `${field}.managedBy`, errors);
  if (has(completionMode) && !MODES.includes(completionMode)) errors.push(notSupported(`${field}.completionMode`, completionMode, MODES));
  if (completionMode === 'Indexed') return validateIndexes(spec, field, errors);
  if (has(completionMode) && completionMode !== 'NonIndexed') return;
  for (const name of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const)
    if (has(spec[name])) errors.push(invalidValue(`${field}.${name}`, spec[name], 'requires indexed completion mode'));
}

function validateReplacement({ podReplacementPolicy: policy, podFailurePolicy }: Spec, field: string, errors: FieldError[]): void {
  if (!has(policy)) return;
  const choices = has(podFailurePolicy) ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  if (!choices.includes(policy)) errors.push(notSupported(`${field}.podReplacementPolicy`, policy, choices));
}

function validateRestarts(spec: Spec, field: string, errors: FieldError[]): void {
  const policy = spec.template?.spec?.restartPolicy;
  const at = `${field}.template.spec.restartPolicy`;
  if (!policy || policy === 'Always') errors.push(required(at, 'valid values: "OnFailure", "Never"'));
  else if (policy !== 'OnFailure' && policy !== 'Never') errors.push(notSupported(at, policy, ['OnFailure', 'Never']));
  else if (has(spec.podFailurePolicy) && policy !== 'Never')
    errors.push(invalidValue(at, policy, 'only "Never" is supported when podFailurePolicy is specified'));
}

export function validateJobSpec(spec: Spec, field: string, errors: FieldError[]): void {
  validateCounts(spec, field, errors);
  if (has(spec.podFailurePolicy)) validateFailurePolicy(spec, `${field}.podFailurePolicy`, errors);
  if (has(spec.successPolicy)) {
    if (spec.completionMode === 'Indexed') validateSuccessPolicy(spec, `${field}.successPolicy`, errors);
    else errors.push(invalidValue(`${field}.successPolicy`, toldPolicy(spec.successPolicy), 'requires indexed completion mode'));
  }
  validateReplacement(spec, field, errors);
  errors.push(...validateTemplate(spec.template, `${field}.template`));
  validateRestarts(spec, field, errors);
}

/** As Go writes the internal type. */
const toldPolicy = ({ rules }: NonNullable<Spec['successPolicy']>): unknown => ({
  Rules: (rules ?? []).map(({ succeededIndexes, succeededCount }) => ({
    SucceededIndexes: succeededIndexes ?? null,
    SucceededCount: succeededCount ?? null,
  })),
});
