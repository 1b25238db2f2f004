/** StorageClasses. Mirrors Kubernetes v1.34 pkg/apis/storage/v1/defaults.go and ValidateStorageClass(Update). */

import { deepEqual, type FieldError, type StorageClass } from '#api';
import { type FieldErrors, forbiddenField, immutable, notSupported, required } from '../validation/field-error.ts';
import type { ResourceDescriptor } from './descriptor.ts';

function validate(storage: StorageClass): FieldErrors {
  const errors: FieldError[] = [];
  if (!storage.provisioner) errors.push(required('provisioner'));
  if (storage.reclaimPolicy !== 'Delete' && storage.reclaimPolicy !== 'Retain')
    errors.push(notSupported('reclaimPolicy', storage.reclaimPolicy, ['Delete', 'Retain']));
  if (storage.volumeBindingMode !== 'Immediate' && storage.volumeBindingMode !== 'WaitForFirstConsumer')
    errors.push(notSupported('volumeBindingMode', storage.volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']));
  return errors;
}

export const storageClasses: ResourceDescriptor<StorageClass> = {
  resource: 'storageclasses.storage.k8s.io',
  returnsDeletedObject: true,
  defaults: (storage) =>
    storage.reclaimPolicy && storage.volumeBindingMode
      ? storage
      : { ...storage, reclaimPolicy: storage.reclaimPolicy ?? 'Delete', volumeBindingMode: storage.volumeBindingMode ?? 'Immediate' },
  validate,
  validateUpdate(next, old) {
    const errors: FieldError[] = [];
    if (!deepEqual(next.parameters, old.parameters)) errors.push(forbiddenField('parameters', 'updates to parameters are forbidden.'));
    if (next.provisioner !== old.provisioner) errors.push(forbiddenField('provisioner', 'updates to provisioner are forbidden.'));
    if (next.reclaimPolicy !== old.reclaimPolicy) errors.push(forbiddenField('reclaimPolicy', 'updates to reclaimPolicy are forbidden.'));
    if (next.volumeBindingMode !== old.volumeBindingMode) errors.push(immutable('volumeBindingMode', next.volumeBindingMode));
    return errors;
  },
};
