/** What a claim asks for: of PersistentVolumeClaims, templates of StatefulSets and ephemeral volumes. Mirrors Kubernetes v1.34
 *  pkg/apis/core/validation/validation.go (ValidatePersistentVolumeClaimSpec). */

import { type FieldError, formatQuantity, type PersistentVolumeClaim, parseQuantity } from '#api';
import { validateAmount } from './container-resources.ts';
import { forbiddenField, has, invalidValue, notSupported, required, validateChoice } from './field-error.ts';
import { validateName } from './lists.ts';
import { dns1123Label, dns1123Subdomain } from './names.ts';
import { validateLabelSelector } from './selectors.ts';

export type ClaimSpec = NonNullable<PersistentVolumeClaim['spec']>;

export const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

interface DataSource {
  readonly apiGroup?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
}

function validateSource({ apiGroup, kind, name, namespace }: DataSource, field: string, errors: FieldError[]): void {
  if (!name) errors.push(required(`${field}.name`));
  if (!kind) errors.push(required(`${field}.kind`));
  if (!apiGroup && kind !== 'PersistentVolumeClaim')
    errors.push(invalidValue(field, kind ?? '', "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  if (apiGroup) validateName(apiGroup, dns1123Subdomain, `${field}.apiGroup`, errors);
  if (namespace) validateName(namespace, dns1123Label, `${field}.namespace`, errors);
}

export function validateAccessModes(modes: readonly string[] | undefined, field: string, errors: FieldError[]): void {
  for (const mode of modes ?? []) if (!ACCESS_MODES.includes(mode)) errors.push(notSupported(field, mode, ACCESS_MODES));
  if (modes?.includes('ReadWriteOncePod') && modes.some((mode) => mode !== 'ReadWriteOncePod' && ACCESS_MODES.includes(mode)))
    errors.push(forbiddenField(field, 'may not use ReadWriteOncePod with other access modes'));
}

function validateStorage(storage: string | number | undefined, field: string, errors: FieldError[]): void {
  if (!has(storage)) return void errors.push(required(field));
  const amount = parseQuantity(storage);
  if (amount !== undefined && amount.nano <= 0n) errors.push(invalidValue(field, formatQuantity(amount), 'must be greater than zero'));
  else validateAmount('storage', storage, field, errors);
}

function validateSources({ dataSource, dataSourceRef }: ClaimSpec, field: string, errors: FieldError[]): void {
  if (has(dataSource)) validateSource(dataSource, `${field}.dataSource`, errors);
  if (!has(dataSourceRef)) return;
  validateSource(dataSourceRef, `${field}.dataSourceRef`, errors);
  if (!has(dataSource)) return;
  const other = dataSourceRef as DataSource;
  if (other.namespace) errors.push(invalidValue(field, {}, 'may not be specified when dataSourceRef.namespace is specified'));
  else if (dataSource.kind !== other.kind || dataSource.name !== other.name || dataSource.apiGroup !== other.apiGroup)
    errors.push(invalidValue(field, {}, 'must match dataSourceRef'));
}

export function validateClaimSpec(spec: ClaimSpec, field: string, errors: FieldError[]): void {
  const { accessModes, selector, storageClassName, volumeMode, volumeAttributesClassName } = spec;
  if ((accessModes ?? []).length === 0) errors.push(required(`${field}.accessModes`, 'at least 1 access mode is required'));
  if (has(selector)) errors.push(...validateLabelSelector(selector, `${field}.selector`));
  validateAccessModes(accessModes, `${field}.accessModes`, errors);
  validateStorage(spec.resources?.requests?.['storage'] as string | undefined, `${field}.resources[storage]`, errors);
  if (storageClassName) validateName(storageClassName, dns1123Subdomain, `${field}.storageClassName`, errors);
  if (has(volumeMode)) validateChoice(volumeMode, ['Block', 'Filesystem'], `${field}.volumeMode`, errors);
  validateSources(spec, field, errors);
  if (volumeAttributesClassName) validateName(volumeAttributesClassName, dns1123Subdomain, `${field}.volumeAttributesClassName`, errors);
}
