/** ResourceQuotas. Mirrors Kubernetes v1.34 pkg/registry/core/resourcequota/strategy.go and ValidateResourceQuota(Update). */

import { deepEqual, type FieldError, parseQuantity, type ResourceList, type ResourceQuota, scopesOf } from '#api';
import { type FieldErrors, immutable, invalidValue } from '../validation/field-error.ts';
import { qualifiedName } from '../validation/names.ts';
import type { ResourceDescriptor } from './descriptor.ts';

const SCOPES = new Set([
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
]);
const WHOLE = new Set([
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);
/** Pairs that no pod can be in. */
const EXCLUSIVE = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

function validateAmounts(list: ResourceList | undefined, field: string, errors: FieldError[]): void {
  for (const name in list) {
    const at = `${field}[${name}]`;
    for (const text of qualifiedName(name)) errors.push(invalidValue(at, name, text));
    if (!name.includes('/') && !name.includes('.') && !isStandard(name))
      errors.push(invalidValue(at, name, 'must be a standard resource for quota'));
    const nano = parseQuantity(list[name] as string)?.nano;
    if (nano === undefined) errors.push(invalidValue(at, list[name], 'must be a quantity'));
    else if (nano < 0n) errors.push(invalidValue(at, String(list[name]), 'must be greater than or equal to 0'));
    else if ((WHOLE.has(name) || name.startsWith('count/')) && nano % 1_000_000_000n !== 0n)
      errors.push(invalidValue(at, String(list[name]), 'must be an integer'));
  }
}

const isStandard = (name: string): boolean =>
  WHOLE.has(name) || ['cpu', 'memory', 'ephemeral-storage', 'storage'].includes(name) || name.startsWith('hugepages-');

function validate(quota: ResourceQuota): FieldErrors {
  const errors: FieldError[] = [];
  validateAmounts(quota.spec?.hard, 'spec.hard', errors);
  const names = scopesOf(quota).map(({ scopeName }) => scopeName);
  const scopes = quota.spec?.scopes ?? [];
  for (const name of scopes) if (!SCOPES.has(name)) errors.push(invalidValue('spec.scopes', scopes, 'unsupported scope'));
  for (const [one, other] of EXCLUSIVE)
    if (names.includes(one) && names.includes(other)) errors.push(invalidValue('spec.scopes', scopes, 'conflicting scopes'));
  return errors;
}

export const resourceQuotas: ResourceDescriptor<ResourceQuota> = {
  resource: 'resourcequotas',
  hasStatus: true,
  returnsDeletedObject: true,
  prepareForCreate: (quota) => ({ ...quota, status: {} }),
  validate,
  validateUpdate(next, old) {
    const errors: FieldError[] = [...validate(next)];
    if (!deepEqual([...(next.spec?.scopes ?? [])].sort(), [...(old.spec?.scopes ?? [])].sort()))
      errors.push(immutable('spec.scopes', next.spec?.scopes ?? []));
    return errors;
  },
  validateStatusUpdate(next) {
    const errors: FieldError[] = [];
    validateAmounts(next.status?.hard, 'status.hard', errors);
    validateAmounts(next.status?.used, 'status.used', errors);
    return errors;
  },
};
