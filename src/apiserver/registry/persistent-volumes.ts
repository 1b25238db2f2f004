/** PersistentVolumes. Mirrors Kubernetes v1.34 pkg/apis/core/v1/defaults.go and ValidatePersistentVolume(Update). */

import type { FieldError, PersistentVolume } from '#api';
import { defaultSource } from '../defaults/volumes.ts';
import { type FieldErrors, forbiddenField, has, immutable, invalidValue } from '../validation/field-error.ts';
import { formDiff, internalForm, isSameForm } from '../validation/internal-form.ts';
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

const SOURCE = 'PersistentVolumeSource';
/** The secret for growing may be named later. */
function sourceOf(next: PersistentVolume, old: PersistentVolume): PersistentVolume['spec'] {
  const { spec } = next;
  if (!has(spec?.csi?.controllerExpandSecretRef) || !has(old.spec?.csi) || has(old.spec.csi.controllerExpandSecretRef)) return spec;
  return { ...spec, csi: { ...spec.csi, controllerExpandSecretRef: undefined } };
}

type Affinity = NonNullable<Spec['nodeAffinity']>;
const GENERAL: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
};
/** The old one with those labels under today's names that the new one has so. */
function withToday(old: Affinity, next: Spec['nodeAffinity']): Affinity {
  if (!has(old.required)) return old;
  const nodeSelectorTerms = old.required.nodeSelectorTerms?.map((term, i) => ({
    ...term,
    matchExpressions: term.matchExpressions?.map((one, n) => {
      const key = next?.required?.nodeSelectorTerms?.[i]?.matchExpressions?.[n]?.key;
      return key !== undefined && GENERAL[one.key] === key ? { ...one, key } : one;
    }),
  }));
  return { required: { ...old.required, nodeSelectorTerms } };
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
    const [spec, before] = [sourceOf(next, old), old.spec];
    if (!isSameForm(SOURCE, spec, before))
      errors.push(
        forbiddenField(
          'spec.persistentvolumesource',
          `spec.persistentvolumesource is immutable after creation\n${formDiff(SOURCE, before, spec)}`,
        ),
      );
    // Upstream names both so.
    if (spec?.volumeMode !== before?.volumeMode) errors.push(immutable('volumeMode', spec?.volumeMode ?? null));
    if (
      has(before?.nodeAffinity) &&
      !isSameForm('VolumeNodeAffinity', spec?.nodeAffinity, withToday(before.nodeAffinity, spec?.nodeAffinity))
    )
      errors.push(
        invalidValue(
          'nodeAffinity',
          has(spec?.nodeAffinity) ? internalForm('VolumeNodeAffinity', spec.nodeAffinity) : null,
          'field is immutable, except for updating from beta label to GA',
        ),
      );
    if (has(before?.volumeAttributesClassName) && !has(spec?.volumeAttributesClassName))
      errors.push(forbiddenField('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
    return errors;
  },
};
