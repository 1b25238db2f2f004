/** ResourceQuotas. Mirrors Kubernetes v1.34 pkg/registry/core/resourcequota/strategy.go and ValidateResourceQuota(Update). */

import type { FieldError, ResourceList, ResourceQuota } from '#api';
import { validateAmount } from '../validation/container-resources.ts';
import { type FieldErrors, immutable } from '../validation/field-error.ts';
import { validateQuotaName, validateScopes } from '../validation/quota-scopes.ts';
import type { ResourceDescriptor } from './descriptor.ts';

function validateAmounts(list: ResourceList | undefined, field: string, errors: FieldError[]): void {
  for (const name in list) {
    const at = `${field}[${name}]`;
    validateQuotaName(name, at, errors);
    validateAmount(name, list[name] as string, at, errors);
  }
}

function validate(quota: ResourceQuota): FieldErrors {
  const errors: FieldError[] = [];
  validateAmounts(quota.spec?.hard, 'spec.hard', errors);
  validateScopes(quota.spec ?? {}, errors);
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
    const [scopes, before] = [new Set(next.spec?.scopes ?? []), new Set(old.spec?.scopes ?? [])];
    if (scopes.size !== before.size || [...scopes].some((scope) => !before.has(scope)))
      errors.push(immutable('spec.scopes', next.spec?.scopes ?? null));
    return errors;
  },
  validateStatusUpdate(next) {
    const errors: FieldError[] = [];
    validateAmounts(next.status?.hard, 'status.hard', errors);
    validateAmounts(next.status?.used, 'status.used', errors);
    return errors;
  },
};
