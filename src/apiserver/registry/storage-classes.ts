/** StorageClasses. Mirrors Kubernetes v1.34 pkg/apis/storage/v1/defaults.go and ValidateStorageClass(Update). */

import { deepEqual, type FieldError, type StorageClass } from '#api';
import { duplicate, type FieldErrors, forbiddenField, immutable, invalidValue, notSupported, required } from '../validation/field-error.ts';
import { qualifiedName } from '../validation/names.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Term = NonNullable<StorageClass['allowedTopologies']>[number];
type Values = Readonly<Record<string, readonly string[]>>;

/** The values by key, and what is wrong with the term (ValidateTopologySelectorTerm). */
function checkTerm(term: Term, at: string, errors: FieldError[]): Values {
  const found: Record<string, readonly string[]> = {};
  (term.matchLabelExpressions ?? []).forEach(({ key = '', values = [] }, i) => {
    const here = `${at}.matchLabelExpressions[${i}]`;
    if (values.length === 0) errors.push(required(`${here}.values`));
    values.forEach((value, n) => {
      if (values.indexOf(value) < n) errors.push(duplicate(`${here}.values[${n}]`, value));
    });
    for (const text of qualifiedName(key)) errors.push(invalidValue(`${here}.key`, key, text));
    if (Object.hasOwn(found, key)) errors.push(duplicate(`${here}.key`, key));
    found[key] = [...new Set(values)].sort();
  });
  return found;
}

/** Each term is held against all places of the list, those not looked at yet being empty: an empty term is a duplicate of itself, as upstream has it. */
function checkTopologies(terms: readonly Term[], errors: FieldError[]): void {
  const seen: Values[] = terms.map(() => ({}));
  terms.forEach((term, i) => {
    const values = checkTerm(term, `allowedTopologies[${i}]`, errors);
    for (const other of seen) if (deepEqual(other, values)) errors.push(duplicate(`allowedTopologies[${i}].matchLabelExpressions`, ''));
    seen[i] = values;
  });
}

function validate(storage: StorageClass): FieldErrors {
  const errors: FieldError[] = [];
  if (!storage.provisioner) errors.push(required('provisioner'));
  else
    for (const text of qualifiedName(storage.provisioner.toLowerCase()))
      errors.push(invalidValue('provisioner', storage.provisioner, text));
  if (storage.reclaimPolicy !== 'Delete' && storage.reclaimPolicy !== 'Retain')
    errors.push(notSupported('reclaimPolicy', storage.reclaimPolicy, ['Delete', 'Retain']));
  if (storage.volumeBindingMode !== 'Immediate' && storage.volumeBindingMode !== 'WaitForFirstConsumer')
    errors.push(notSupported('volumeBindingMode', storage.volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']));
  checkTopologies(storage.allowedTopologies ?? [], errors);
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
    const errors: FieldError[] = [...validate(next)];
    if (!deepEqual(next.parameters, old.parameters)) errors.push(forbiddenField('parameters', 'updates to parameters are forbidden.'));
    if (next.provisioner !== old.provisioner) errors.push(forbiddenField('provisioner', 'updates to provisioner are forbidden.'));
    if (next.reclaimPolicy !== old.reclaimPolicy) errors.push(forbiddenField('reclaimPolicy', 'updates to reclaimPolicy are forbidden.'));
    if (next.volumeBindingMode !== old.volumeBindingMode) errors.push(immutable('volumeBindingMode', next.volumeBindingMode));
    return errors;
  },
};
