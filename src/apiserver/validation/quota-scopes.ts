/** What a ResourceQuota counts, and of whom. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (ValidateResourceQuotaSpec) and
 *  pkg/apis/core/helper/helpers.go. */

import type { FieldError, ResourceQuota } from '#api';
import { validateResourceName } from './container-resources.ts';
import { has, invalidValue, required } from './field-error.ts';
import { QUOTA_RESOURCES } from './resource-names.ts';

type Spec = NonNullable<ResourceQuota['spec']>;
type Selector = NonNullable<Spec['scopeSelector']>;

const SCOPES = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
];
const OF_PODS = new Set(['pods', 'cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory']);
const OF_CLAIMS = new Set(['persistentvolumeclaims', 'requests.storage']);
/** Pairs that no pod can be in. */
const EXCLUSIVE = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;
const WITHOUT_VALUES =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

/** IsStandardQuotaResourceName. */
const isStandard = (name: string): boolean => QUOTA_RESOURCES.has(name) || /^(?:requests\.)?hugepages-/.test(name);

/** ValidateResourceQuotaResourceName. */
export function validateQuotaName(name: string, field: string, errors: FieldError[]): void {
  validateResourceName(name, field, errors);
  if (!name.includes('/') && !isStandard(name)) errors.push(invalidValue(field, name, 'must be a standard resource for quota'));
}

/** IsResourceQuotaScopeValidForResource. */
function isOf(scope: string, name: string): boolean {
  if (scope === 'BestEffort') return name === 'pods';
  if (scope === 'VolumeAttributesClass') return OF_CLAIMS.has(name);
  return !SCOPES.includes(scope) || OF_PODS.has(name);
}

/** As Go writes the internal type. */
const told = (selector: Selector): unknown => ({
  MatchExpressions: (selector.matchExpressions ?? []).map(({ scopeName, operator, values }) => ({
    ScopeName: scopeName ?? '',
    Operator: operator ?? '',
    Values: values ?? null,
  })),
});

function validateSelector(selector: Selector, names: readonly string[], spec: Spec, errors: FieldError[]): void {
  const field = 'spec.scopeSelector.matchExpressions';
  const found = new Set<string>();
  for (const { scopeName = '', operator = '', values } of selector.matchExpressions ?? []) {
    if (!SCOPES.includes(scopeName)) errors.push(invalidValue(`${field}.scopeName`, scopeName, 'unsupported scope'));
    for (const name of names)
      if (isStandard(name) && !isOf(scopeName, name))
        errors.push(invalidValue(field, told(selector), 'unsupported scope applied to resource'));
    const hasValues = scopeName === 'PriorityClass' || scopeName === 'VolumeAttributesClass' || !SCOPES.includes(scopeName);
    if (!hasValues && operator !== 'Exists') errors.push(invalidValue(`${field}.operator`, operator, WITHOUT_VALUES));
    const count = (values ?? []).length;
    if (operator === 'In' || operator === 'NotIn') {
      if (count === 0)
        errors.push(required(`${field}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (count > 0)
        errors.push(
          invalidValue(`${field}.values`, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"),
        );
    } else errors.push(invalidValue(`${field}.operator`, operator, 'not a valid selector operator'));
    found.add(scopeName);
  }
  for (const pair of EXCLUSIVE)
    if (pair.every((scope) => found.has(scope))) errors.push(invalidValue('spec.scopes', spec.scopes ?? null, 'conflicting scopes'));
}

export function validateScopes(spec: Spec, errors: FieldError[]): void {
  const names = Object.keys(spec.hard ?? {}).sort();
  const scopes: readonly string[] = spec.scopes ?? [];
  for (const scope of scopes) {
    if (!SCOPES.includes(scope)) errors.push(invalidValue('spec.scopes', scopes, 'unsupported scope'));
    for (const name of names)
      if (isStandard(name) && !isOf(scope, name)) errors.push(invalidValue('spec.scopes', scopes, 'unsupported scope applied to resource'));
  }
  for (const pair of EXCLUSIVE)
    if (pair.every((scope) => scopes.includes(scope))) errors.push(invalidValue('spec.scopes', scopes, 'conflicting scopes'));
  if (has(spec.scopeSelector)) validateSelector(spec.scopeSelector, names, spec, errors);
}
