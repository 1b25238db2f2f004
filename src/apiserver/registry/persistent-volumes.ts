/** PersistentVolumes. Mirrors Kubernetes v1.34 pkg/apis/core/v1/defaults.go and ValidatePersistentVolume(Update). */

import type { FieldError, PersistentVolume } from '#api';
import { defaultSource } from '../defaults/volumes.ts';
import { type FieldErrors, immutable } from '../validation/field-error.ts';
import { validateVolumeSpec } from '../validation/persistent-volumes.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Spec = NonNullable<PersistentVolume['spec']>;
/** The spec with the defaults of its kind of volume. */
function withSource(spec: Spec): Spec {
  const members = spec as unknown as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  let next = spec;
  for (const kind in members) {
    const source = members[kind];
    if (typeof source !== 'object' || source === null) continue;
    const defaulted = defaultSource(kind, source);
    if (defaulted !== source) next = { ...next, [kind]: defaulted };
  }
  return next;
}

function validate(volume: PersistentVolume): FieldErrors {
  const errors: FieldError[] = [];
  const spec = volume.spec ?? ({} as Spec);
  validateVolumeSpec(spec, errors);
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
        ...withSource(spec),
        persistentVolumeReclaimPolicy: spec.persistentVolumeReclaimPolicy || 'Retain',
        volumeMode: spec.volumeMode ?? 'Filesystem',
      },
    };
  },
  prepareForCreate: (volume, time) => ({ ...volume, status: { phase: 'Pending', lastPhaseTransitionTime: time } }),
  validate,
  validateUpdate(next, old) {
    if (next.spec === old.spec) return [];
    const errors: FieldError[] = [...validate(next)];
    if (next.spec?.volumeMode !== old.spec?.volumeMode) errors.push(immutable('spec.volumeMode', next.spec?.volumeMode));
    return errors;
  },
};
