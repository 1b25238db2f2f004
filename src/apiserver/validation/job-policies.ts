/** When a Job counts as failed or done. Mirrors Kubernetes v1.34 pkg/apis/batch/validation/validation.go (validatePodFailurePolicy,
 *  validateSuccessPolicy). */

import type { FieldError, Job } from '#api';
import { validateNonNegative } from './counts.ts';
import { duplicate, has, invalidValue, notSupported, required, tooLong, tooMany } from './field-error.ts';
import { validateName } from './lists.ts';
import { qualifiedName } from './names.ts';

type Spec = NonNullable<Job['spec']>;
type FailureRule = NonNullable<Spec['podFailurePolicy']>['rules'][number];
type ExitCodes = NonNullable<FailureRule['onExitCodes']>;
type SuccessRule = NonNullable<Spec['successPolicy']>['rules'][number];

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const STATUSES = ['False', 'True', 'Unknown'];
const RULES_MAX = 20;
const EXIT_CODES_MAX = 255;
const INDEXES_MAX = 65_536;

/** Go's %q of a list of strings. */
const validValues = (values: readonly string[]): string => `valid values: [${values.map((value) => `"${value}"`).join(' ')}]`;
/** An invalid value that is not shown. */
const withoutValue = (field: string, detail: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${detail}`,
});

function requireOneOf(value: string | undefined, values: readonly string[], field: string, errors: FieldError[]): void {
  if (!value) errors.push(required(field, validValues(values)));
  else if (!values.includes(value)) errors.push(notSupported(field, value, values));
}

function validateExitCodes(codes: ExitCodes, names: ReadonlySet<string>, field: string, errors: FieldError[]): void {
  requireOneOf(codes.operator, OPERATORS, `${field}.operator`, errors);
  if (has(codes.containerName) && !names.has(codes.containerName))
    errors.push(
      invalidValue(
        `${field}.containerName`,
        codes.containerName,
        'must be one of the container or initContainer names in the pod template',
      ),
    );
  const values = codes.values ?? [];
  if (values.length === 0) errors.push(invalidValue(`${field}.values`, codes.values ?? null, 'at least one value is required'));
  else if (values.length > EXIT_CODES_MAX) errors.push(tooMany(`${field}.values`, values.length, EXIT_CODES_MAX));
  const seen = new Set<number>();
  values.forEach((value, i) => {
    if (codes.operator === 'In' && value === 0)
      errors.push(invalidValue(`${field}.values[${i}]`, value, 'must not be 0 for the In operator'));
    if (seen.has(value)) errors.push(duplicate(`${field}.values[${i}]`, value));
    seen.add(value);
  });
  if (values.some((value, i) => i > 0 && (values[i - 1] as number) > value))
    errors.push(invalidValue(`${field}.values`, values, 'must be ordered'));
}

function validateFailureRule(spec: Spec, rule: FailureRule, names: ReadonlySet<string>, field: string, errors: FieldError[]): void {
  if (rule.action !== 'FailIndex') requireOneOf(rule.action, ACTIONS, `${field}.action`, errors);
  else if (!has(spec.backoffLimitPerIndex))
    errors.push(invalidValue(`${field}.action`, rule.action, 'requires the backoffLimitPerIndex to be set'));
  const conditions = rule.onPodConditions ?? [];
  if (has(rule.onExitCodes)) validateExitCodes(rule.onExitCodes, names, `${field}.onExitCodes`, errors);
  if (conditions.length > RULES_MAX) errors.push(tooMany(`${field}.onPodConditions`, conditions.length, RULES_MAX));
  conditions.forEach(({ type, status }, i) => {
    validateName(type, qualifiedName, `${field}.onPodConditions[${i}].type`, errors);
    requireOneOf(status, STATUSES, `${field}.onPodConditions[${i}].status`, errors);
  });
  if (has(rule.onExitCodes) && conditions.length > 0)
    errors.push(withoutValue(field, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  if (!has(rule.onExitCodes) && conditions.length === 0)
    errors.push(withoutValue(field, 'specifying one of OnExitCodes and OnPodConditions is required'));
}

export function validateFailurePolicy(spec: Spec, field: string, errors: FieldError[]): void {
  const rules = spec.podFailurePolicy?.rules ?? [];
  if (rules.length > RULES_MAX) errors.push(tooMany(`${field}.rules`, rules.length, RULES_MAX));
  const { containers, initContainers } = spec.template?.spec ?? {};
  const names = new Set([...(containers ?? []), ...(initContainers ?? [])].map(({ name }) => name ?? ''));
  rules.forEach((rule, i) => validateFailureRule(spec, rule, names, `${field}.rules[${i}]`, errors));
}

const INTEGER = /^[+-]?\d+$/;

/** parseIndexInterval: how many indexes a text names, or what is wrong with it. */
function countIndexes(text: string, completions: number): number | string {
  if (text === '') return 0;
  let total = 0;
  let last: number | undefined;
  for (const interval of text.split(',')) {
    const parts = interval.split('-');
    if (parts.length > 2)
      return `the fragment "${interval}" violates the requirement that an index interval can have at most two parts separated by '-'`;
    for (const part of parts) {
      if (!INTEGER.test(part)) return `cannot convert string to integer for index: "${part}"`;
      if (Number(part) >= completions) return `too large index: "${part}"`;
    }
    const [first = 0, end = first] = parts.map(Number);
    if (parts.length > 1 && first >= end) return `non-increasing order, previous: ${first}, current: ${end}`;
    if (last !== undefined && last >= first) return `non-increasing order, previous: ${last}, current: ${first}`;
    total += end - first + 1;
    last = end;
  }
  return total;
}

function validateSuccessRule(rule: SuccessRule, completions: number, field: string, errors: FieldError[]): void {
  const { succeededCount: count, succeededIndexes: indexes } = rule;
  if (!has(count) && !has(indexes)) errors.push(required(field, 'at least one of succeededCount or succeededIndexes must be specified'));
  let total = 0;
  if (has(indexes)) {
    if (indexes.length > INDEXES_MAX) errors.push(tooLong(`${field}.succeededIndexes`, INDEXES_MAX));
    const counted = countIndexes(indexes, completions);
    if (typeof counted === 'number') total = counted;
    else errors.push(invalidValue(`${field}.succeededIndexes`, indexes, `error parsing succeededIndexes: ${counted}`));
  }
  if (!has(count)) return;
  const at = `${field}.succeededCount`;
  validateNonNegative(count, at, errors);
  if (count > completions)
    errors.push(invalidValue(at, count, `must be less than or equal to ${completions} (the number of specified completions)`));
  if (has(indexes) && count > total)
    errors.push(
      invalidValue(at, count, `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`),
    );
}

export function validateSuccessPolicy(spec: Spec, field: string, errors: FieldError[]): void {
  const rules = spec.successPolicy?.rules ?? [];
  if (rules.length === 0)
    errors.push(required(`${field}.rules`, 'at least one rules must be specified when the successPolicy is specified'));
  if (rules.length > RULES_MAX) errors.push(tooMany(`${field}.rules`, rules.length, RULES_MAX));
  rules.forEach((rule, i) => validateSuccessRule(rule, spec.completions ?? 0, `${field}.rules[${i}]`, errors));
}
