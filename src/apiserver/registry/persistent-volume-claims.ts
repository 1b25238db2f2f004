/** PersistentVolumeClaims. Mirrors Kubernetes v1.34 pkg/apis/core/v1/defaults.go and ValidatePersistentVolumeClaim(Update). */

import { compareQuantities, type FieldError, type PersistentVolumeClaim } from '#api';
import { validateClaimSpec } from '../validation/claim-spec.ts';
import { type FieldErrors, forbiddenField, has, immutable } from '../validation/field-error.ts';
import { formDiff, isSameForm } from '../validation/internal-form.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Spec = NonNullable<PersistentVolumeClaim['spec']>;

function validate(claim: PersistentVolumeClaim): FieldErrors {
  const errors: FieldError[] = [];
  validateClaimSpec(claim.spec ?? ({} as Spec), 'spec', errors);
  return errors;
}

const SNAPSHOTS = 'snapshot.storage.k8s.io';

/** A source in another namespace is behind a gate that is off; old clients' sources are claims and snapshots, and others are dropped without a word
 *  (DropDisabledFields, EnforceDataSourceBackwardsCompatibility). */
function withKnownSources(spec: Spec, old: Spec | undefined): Spec {
  let next = spec;
  const foreign = (spec.dataSourceRef as { readonly namespace?: string } | undefined)?.namespace;
  if (foreign && !has(old?.dataSourceRef)) next = { ...next, dataSourceRef: undefined };
  if (has(old?.dataSource) || has(old?.dataSourceRef) || has(next.dataSourceRef) || !has(next.dataSource)) return next;
  const { kind, apiGroup } = next.dataSource;
  const isKnown = (kind === 'PersistentVolumeClaim' && !apiGroup) || (kind === 'VolumeSnapshot' && apiGroup === SNAPSHOTS);
  return isKnown ? next : { ...next, dataSource: undefined };
}

/** dataSource and dataSourceRef say the same thing in two ways: whichever is given fills in the other (NormalizeDataSources). */
export function withDataSources(sent: Spec, old?: Spec): Spec {
  const spec = withKnownSources(sent, old);
  const { dataSource, dataSourceRef } = spec;
  if (has(dataSource) === has(dataSourceRef)) return spec;
  if (has(dataSource)) return { ...spec, dataSourceRef: { ...dataSource } };
  const { namespace, ...rest } = dataSourceRef as { readonly namespace?: string; readonly kind: string; readonly name: string };
  return namespace ? spec : { ...spec, dataSource: rest };
}

const IMMUTABLE = 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
/** Where the class stood before it was a field. */
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const annotatedClass = (claim: PersistentVolumeClaim): string | undefined => claim.metadata?.annotations?.[CLASS_ANNOTATION];

function checkAnnotation(next: PersistentVolumeClaim, old: PersistentVolumeClaim, errors: FieldError[]): void {
  const [now, before] = [annotatedClass(next) ?? '', annotatedClass(old) ?? ''];
  if (now !== before && !movesClass(next, old)) errors.push(immutable(`metadata.annotations.${CLASS_ANNOTATION}`, now));
}

/** The annotation's class becomes the field's. */
function movesClass(next: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const [now, before, name] = [annotatedClass(next), annotatedClass(old), next.spec?.storageClassName];
  return before !== undefined && !has(old.spec?.storageClassName) && name === before && (now === undefined || now === before);
}

function mayNameClass(next: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const [before, name] = [annotatedClass(old), next.spec?.storageClassName];
  return has(name) && !has(old.spec?.storageClassName) && (before === undefined || before === name);
}

/** Attributes that a volume got once are changed, not taken away. */
function checkAttributesClass(name: string | undefined, old: PersistentVolumeClaim, errors: FieldError[]): void {
  if ((name ?? undefined) === (old.spec?.volumeAttributesClassName ?? undefined)) return;
  if (!has(old.status?.currentVolumeAttributesClassName) || name) return;
  const what = has(name) ? 'empty string' : 'nil';
  const text = `update to ${what} is forbidden when status.currentVolumeAttributesClassName is not nil`;
  errors.push(forbiddenField('spec.volumeAttributesClassName', text));
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
  prepareForUpdate: (next, old) =>
    next.spec === old.spec || !has(next.spec) ? next : { ...next, spec: withDataSources(next.spec, old.spec) },
  validate,
  validateUpdate(next, old) {
    const spec = next.spec as Spec;
    const before = old.spec as Spec;
    if (spec === before) return [];
    const errors: FieldError[] = [...validate(next)];
    checkAnnotation(next, old, errors);
    const isBound = next.status?.phase === 'Bound';
    // The binder fills in the volume, once; a class may be named where there was none.
    const base: Spec = before.volumeName ? before : { ...before, volumeName: spec.volumeName };
    const munged: Spec = {
      ...spec,
      ...(mayNameClass(next, old) ? { storageClassName: before.storageClassName } : {}),
      ...(isBound && has(spec.resources?.requests)
        ? {
            resources: { ...spec.resources, requests: { ...spec.resources.requests, storage: before.resources?.requests?.storage ?? '0' } },
          }
        : {}),
      ...(isBound ? { volumeAttributesClassName: before.volumeAttributesClassName } : {}),
    };
    const diffOf = (): string => formDiff('PersistentVolumeClaimSpec', base, munged);
    if (!isSameForm('PersistentVolumeClaimSpec', munged, base)) errors.push(forbiddenField('spec', `${IMMUTABLE}\n${diffOf()}`));
    const storageOf = (resources: Spec['resources']) => resources?.requests?.storage ?? '0';
    const wanted = storageOf(spec.resources);
    const given = old.status?.capacity?.storage ?? '0';
    if (compareQuantities(wanted, storageOf(before.resources)) < 0 && compareQuantities(wanted, given) <= 0)
      errors.push(forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'));
    // Upstream names it so.
    if (spec.volumeMode !== before.volumeMode) errors.push(immutable('volumeMode', spec.volumeMode ?? null));
    checkAttributesClass(spec.volumeAttributesClassName, old, errors);
    return errors;
  },
};
