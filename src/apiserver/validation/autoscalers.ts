/** HorizontalPodAutoscalers' rules. Mirrors Kubernetes v1.34 pkg/apis/autoscaling/validation/validation.go. */

import { type FieldError, formatQuantity, type HorizontalPodAutoscaler, parseQuantity } from '#api';
import { validateContainerResourceName } from './container-resources.ts';
import { type FieldErrors, forbiddenField, has, invalidValue, notSupported, required } from './field-error.ts';
import { validateName } from './lists.ts';
import { dns1123Label, dns1123Subdomain, pathSegment } from './names.ts';

type Spec = NonNullable<HorizontalPodAutoscaler['spec']>;
type Metric = NonNullable<Spec['metrics']>[number];
type Rules = NonNullable<NonNullable<Spec['behavior']>['scaleUp']>;

interface Target {
  readonly type?: string;
  readonly value?: string | number;
  readonly averageValue?: string | number;
  readonly averageUtilization?: number;
}
interface Reference {
  readonly kind?: string;
  readonly name?: string;
  readonly apiVersion?: string;
}
interface Source {
  readonly target?: Target;
  readonly metric?: { readonly name?: string };
  readonly describedObject?: Reference;
  readonly name?: string;
  readonly container?: string;
}

const WINDOW_MAX = 3600;
const PERIOD_MAX = 1800;
const TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
/** In upstream's order. */
const KINDS = ['object', 'external', 'pods', 'resource', 'containerResource'] as const;

/** ValidateCrossVersionObjectReference. */
function validateReference({ kind, name, apiVersion }: Reference, needsGroup: boolean, field: string, errors: FieldError[]): void {
  if (!kind) errors.push(required(`${field}.kind`));
  else validateName(kind, pathSegment, `${field}.kind`, errors);
  if (!name) errors.push(required(`${field}.name`));
  else validateName(name, pathSegment, `${field}.name`, errors);
  const version = apiVersion ?? '';
  const parts = version.split('/');
  const hasGroup = parts.length === 2 && parts[0] !== '';
  if (parts.length > 2) errors.push(invalidValue(`${field}.apiVersion`, version, `unexpected GroupVersion string: ${version}`));
  else if (!hasGroup && needsGroup) errors.push(invalidValue(`${field}.apiVersion`, version, 'apiVersion must specify API group'));
  else if (hasGroup) validateName(parts[0] as string, dns1123Subdomain, `${field}.apiVersion`, errors);
}

function validateTarget(target: Target, field: string, errors: FieldError[]): void {
  const { type, averageUtilization } = target;
  if (!type) errors.push(required(`${field}.type`, 'must specify a metric target type'));
  if (type !== 'Utilization' && type !== 'Value' && type !== 'AverageValue')
    errors.push(invalidValue(`${field}.type`, type ?? '', 'must be either Utilization, Value, or AverageValue'));
  for (const name of ['value', 'averageValue'] as const) {
    const amount = has(target[name]) ? parseQuantity(target[name]) : undefined;
    if (amount !== undefined && amount.nano <= 0n)
      errors.push(invalidValue(`${field}.${name}`, formatQuantity(amount), 'must be positive'));
  }
  if (has(averageUtilization) && averageUtilization < 1)
    errors.push(invalidValue(`${field}.averageUtilization`, averageUtilization, 'must be greater than 0'));
}

function validateUsage(target: Target, field: string, errors: FieldError[]): void {
  if (!has(target.averageUtilization) && !has(target.averageValue))
    errors.push(required(`${field}.averageUtilization`, 'must set either a target raw value or a target utilization'));
  if (has(target.averageUtilization) && has(target.averageValue))
    errors.push(forbiddenField(`${field}.averageValue`, 'may not set both a target raw value and a target utilization'));
}

function validateMetricName(source: Source, field: string, errors: FieldError[]): void {
  const name = source.metric?.name;
  if (!name) errors.push(required(`${field}.metric.name`, 'must specify a metric name'));
  else validateName(name, pathSegment, `${field}.metric.name`, errors);
}

function validateSource(kind: (typeof KINDS)[number], source: Source, field: string, errors: FieldError[]): void {
  const target = source.target ?? {};
  const at = `${field}.target`;
  if (kind === 'resource' || kind === 'containerResource') {
    if (!source.name) errors.push(required(`${field}.name`, 'must specify a resource name'));
    else if (kind === 'containerResource') validateContainerResourceName(source.name, `${field}.name`, errors);
    if (kind === 'containerResource') {
      if (!source.container) errors.push(required(`${field}.container`, 'must specify a container'));
      else validateName(source.container, dns1123Label, `${field}.container`, errors);
    }
    validateTarget(target, at, errors);
    return validateUsage(target, at, errors);
  }
  if (kind === 'object') validateReference(source.describedObject ?? {}, false, `${field}.describedObject`, errors);
  validateMetricName(source, field, errors);
  validateTarget(target, at, errors);
  const { value, averageValue } = target;
  if (kind === 'pods') {
    if (!has(averageValue)) errors.push(required(`${at}.averageValue`, 'must specify a positive target averageValue'));
  } else if (!has(value) && !has(averageValue)) {
    const text =
      kind === 'object'
        ? 'must set either a target value or averageValue'
        : 'must set either a target value for metric or a per-pod target';
    errors.push(required(`${at}.averageValue`, text));
  }
  if (kind === 'external' && has(value) && has(averageValue))
    errors.push(forbiddenField(`${at}.value`, 'may not set both a target value for metric and a per-pod target'));
}

function validateMetric(metric: Metric, field: string, errors: FieldError[]): void {
  const type: string = metric.type ?? '';
  const isKnown = TYPES.includes(type);
  if (type === '') errors.push(required(`${field}.type`, 'must specify a metric source type'));
  if (!isKnown) errors.push(notSupported(`${field}.type`, type, TYPES));
  const sources = metric as unknown as Readonly<Record<string, Source | undefined>>;
  const given = KINDS.filter((kind) => has(sources[kind]));
  const first = given[0];
  if (first !== undefined) validateSource(first, sources[first] as Source, `${field}.${first}`, errors);
  const expected = isKnown ? type.charAt(0).toLowerCase() + type.slice(1) : undefined;
  if (expected === undefined) errors.push(notSupported(`${field}.type`, type, TYPES));
  else if (!has(sources[expected])) errors.push(required(`${field}.${expected}`, 'must populate information for the given metric source'));
  if (given.length !== 1)
    for (const kind of given)
      if (kind !== expected) errors.push(forbiddenField(`${field}.${kind}`, 'must populate the given metric source only'));
}

function validateRules(rules: Rules | undefined, field: string, errors: FieldError[]): void {
  if (!has(rules)) return;
  const { stabilizationWindowSeconds: window, selectPolicy, policies, tolerance } = rules as Rules & { readonly tolerance?: string };
  const at = `${field}.stabilizationWindowSeconds`;
  if (has(window) && window < 0) errors.push(invalidValue(at, window, 'must be greater than or equal to zero'));
  if (has(window) && window > WINDOW_MAX) errors.push(invalidValue(at, window, `must be less than or equal to ${WINDOW_MAX}`));
  const choices = ['Disabled', 'Max', 'Min'];
  if (has(selectPolicy) && !choices.includes(selectPolicy)) errors.push(notSupported(`${field}.selectPolicy`, selectPolicy, choices));
  if ((policies ?? []).length === 0) errors.push(required(`${field}.policies`, 'must specify at least one Policy'));
  (policies ?? []).forEach(({ type, value = 0, periodSeconds = 0 }, i) => {
    const policy = `${field}.policies[${i}]`;
    if (type !== 'Pods' && type !== 'Percent') errors.push(notSupported(`${policy}.type`, type ?? '', ['Percent', 'Pods']));
    if (value <= 0) errors.push(invalidValue(`${policy}.value`, value, 'must be greater than zero'));
    if (periodSeconds <= 0) errors.push(invalidValue(`${policy}.periodSeconds`, periodSeconds, 'must be greater than zero'));
    if (periodSeconds > PERIOD_MAX)
      errors.push(invalidValue(`${policy}.periodSeconds`, periodSeconds, `must be less than or equal to ${PERIOD_MAX}`));
  });
  const amount = has(tolerance) ? parseQuantity(tolerance) : undefined;
  if (amount !== undefined && amount.nano < 0n)
    errors.push(invalidValue(`${field}.tolerance`, formatQuantity(amount), 'must be greater than or equal to 0'));
}

/** A new target names its API group, unless it is the one kind without. */
export function validateAutoscaler(autoscaler: HorizontalPodAutoscaler, isNewTarget = true): FieldErrors {
  const errors: FieldError[] = [];
  const spec = (autoscaler.spec ?? {}) as Spec;
  const { minReplicas, maxReplicas = 0, scaleTargetRef, metrics, behavior } = spec;
  if (has(minReplicas) && minReplicas < 1) errors.push(invalidValue('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'));
  if (maxReplicas < 1) errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
  if (has(minReplicas) && maxReplicas < minReplicas)
    errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
  validateReference(scaleTargetRef ?? {}, isNewTarget && scaleTargetRef?.kind !== 'ReplicationController', 'spec.scaleTargetRef', errors);
  (metrics ?? []).forEach((metric, i) => validateMetric(metric, `spec.metrics[${i}]`, errors));
  if (minReplicas === 0 && !(metrics ?? []).some(({ type }) => type === 'Object' || type === 'External'))
    errors.push(forbiddenField('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'));
  validateRules(behavior?.scaleUp, 'spec.behavior.scaleUp', errors);
  validateRules(behavior?.scaleDown, 'spec.behavior.scaleDown', errors);
  return errors;
}
