/** PersistentVolumes. Mirrors Kubernetes v1.34 pkg/apis/core/v1/defaults.go and ValidatePersistentVolume(Update). */

import { type FieldError, type PersistentVolume, parseQuantity } from '#api';
import { type FieldErrors, immutable, invalidValue, notSupported, required } from '../validation/field-error.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Spec = NonNullable<PersistentVolume['spec']>;
export const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const RECLAIM = ['Delete', 'Recycle', 'Retain'];
const VOLUME_MODES = ['Block', 'Filesystem'];
/** What a spec has besides its source. */
const OTHER_FIELDS = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

export function validateAccessModes(modes: readonly string[] | undefined, errors: FieldError[]): void {
  if ((modes ?? []).length === 0) errors.push(required('spec.accessModes'));
  for (const mode of modes ?? []) if (!ACCESS_MODES.includes(mode)) errors.push(notSupported('spec.accessModes', mode, ACCESS_MODES));
  if ((modes ?? []).includes('ReadWriteOncePod') && (modes ?? []).length > 1)
    errors.push({
      reason: 'FieldValueForbidden',
      field: 'spec.accessModes',
      message: 'Forbidden: may not use ReadWriteOncePod with other access modes',
    });
}

const sourcesOf = (spec: Spec): string[] =>
  Object.keys(spec).filter((name) => !OTHER_FIELDS.has(name) && (spec as Record<string, unknown>)[name] !== undefined);

function validate(volume: PersistentVolume): FieldErrors {
  const errors: FieldError[] = [];
  const spec = volume.spec ?? ({} as Spec);
  validateAccessModes(spec.accessModes, errors);
  const storage = spec.capacity?.storage;
  if (spec.capacity === undefined || Object.keys(spec.capacity).length === 0) errors.push(required('spec.capacity'));
  else if (storage === undefined) errors.push(notSupported('spec.capacity', spec.capacity, ['storage']));
  else if ((parseQuantity(storage)?.nano ?? 0n) <= 0n)
    errors.push(invalidValue('spec.capacity[storage]', String(storage), 'must be greater than zero'));
  if (!RECLAIM.includes(spec.persistentVolumeReclaimPolicy ?? 'Retain'))
    errors.push(notSupported('spec.persistentVolumeReclaimPolicy', spec.persistentVolumeReclaimPolicy, RECLAIM));
  if (!VOLUME_MODES.includes(spec.volumeMode ?? 'Filesystem')) errors.push(notSupported('spec.volumeMode', spec.volumeMode, VOLUME_MODES));
  const sources = sourcesOf(spec);
  if (sources.length === 0) errors.push(required('spec', 'must specify a volume type'));
  if (sources.length > 1)
    errors.push({
      reason: 'FieldValueForbidden',
      field: `spec.${sources[1]}`,
      message: 'Forbidden: may not specify more than 1 volume type',
    });
  return errors;
}

export const persistentVolumes: ResourceDescriptor<PersistentVolume> = {
  resource: 'persistentvolumes',
  hasStatus: true,
  returnsDeletedObject: true,
  fields: { 'spec.claimRef.name': (volume) => volume.spec?.claimRef?.name ?? '' },
  defaults(volume) {
    const spec = volume.spec;
    if (spec === undefined) return volume;
    return {
      ...volume,
      spec: {
        ...spec,
        persistentVolumeReclaimPolicy: spec.persistentVolumeReclaimPolicy || 'Retain',
        volumeMode: spec.volumeMode ?? 'Filesystem',
      },
    };
  },
  prepareForCreate: (volume) => ({ ...volume, status: { phase: 'Pending' } }),
  validate,
  validateUpdate(next, old) {
    if (next.spec === old.spec) return [];
    const errors: FieldError[] = [...validate(next)];
    if (next.spec?.volumeMode !== old.spec?.volumeMode) errors.push(immutable('spec.volumeMode', next.spec?.volumeMode));
    return errors;
  },
};
