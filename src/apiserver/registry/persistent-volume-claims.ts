/** PersistentVolumeClaims. Mirrors Kubernetes v1.34 pkg/apis/core/v1/defaults.go and ValidatePersistentVolumeClaim(Update). */

import { compareQuantities, deepEqual, type FieldError, type PersistentVolumeClaim } from '#api';
import { validateClaimSpec } from '../validation/claim-spec.ts';
import { type FieldErrors, forbiddenField, has } from '../validation/field-error.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Spec = NonNullable<PersistentVolumeClaim['spec']>;

function validate(claim: PersistentVolumeClaim): FieldErrors {
  const errors: FieldError[] = [];
  validateClaimSpec(claim.spec ?? ({} as Spec), 'spec', errors);
  return errors;
}

/** dataSource and dataSourceRef say the same thing in two ways: whichever is given fills in the other (NormalizeDataSources). */
export function withDataSources(spec: Spec): Spec {
  const { dataSource, dataSourceRef } = spec;
  if (has(dataSource) === has(dataSourceRef)) return spec;
  if (has(dataSource)) return { ...spec, dataSourceRef: { ...dataSource } };
  const { namespace, ...rest } = dataSourceRef as { readonly namespace?: string; readonly kind: string; readonly name: string };
  return namespace ? spec : { ...spec, dataSource: rest };
}

export const persistentVolumeClaims: ResourceDescriptor<PersistentVolumeClaim> = {
  resource: 'persistentvolumeclaims',
  hasStatus: true,
  returnsDeletedObject: true,
  defaults: (claim) =>
    claim.spec === undefined || claim.spec.volumeMode !== undefined
      ? claim
      : { ...claim, spec: { ...claim.spec, volumeMode: 'Filesystem' } },
  prepareForCreate: (claim) => ({
    ...claim,
    ...(has(claim.spec) ? { spec: withDataSources(claim.spec) } : {}),
    status: { phase: 'Pending' },
  }),
  validate,
  validateUpdate(next, old) {
    const spec = next.spec as Spec;
    const before = old.spec as Spec;
    if (spec === before) return [];
    const errors: FieldError[] = [...validate(next)];
    // Once bound, only the wish for more may grow; before that the binder may still fill in the volume.
    const { resources, volumeAttributesClassName } = before;
    const frozen: Spec = { ...spec, resources, volumeAttributesClassName };
    if (!before.volumeName) frozen.volumeName = before.volumeName;
    if (before.storageClassName === undefined) frozen.storageClassName = before.storageClassName;
    if (!deepEqual(frozen, before)) {
      errors.push(
        forbiddenField('spec', 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'),
      );
    }
    const wanted = spec.resources?.requests?.storage;
    const had = resources?.requests?.storage;
    const given = old.status?.capacity?.storage;
    if (
      wanted !== undefined &&
      had !== undefined &&
      compareQuantities(wanted, had) < 0 &&
      (given === undefined || compareQuantities(wanted, given) <= 0)
    )
      errors.push(forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'));
    return errors;
  },
};
