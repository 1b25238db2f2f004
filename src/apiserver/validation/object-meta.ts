/** ObjectMeta's rules. Mirrors apimachinery v1.34 pkg/api/validation/objectmeta.go and apis/meta/v1/validation. */

import type { FieldError, ObjectMeta, OwnerReference } from '#api';
import type { Meta } from '../object-meta.ts';
import { type FieldErrors, forbiddenField, immutable, invalidValue, NO_ERRORS, required } from './field-error.ts';
import { asPrefix, labelValue, type NameRule, qualifiedName } from './names.ts';

/** Together, keys and values of annotations. */
const ANNOTATIONS_MAX = 256 * 1024;

// Labels come from templates: the same reference, already looked at.
const soundLabels = new WeakSet<object>();
const soundAnnotations = new WeakSet<object>();

export function validateLabels(labels: Readonly<Record<string, string>> | undefined, field: string): FieldErrors {
  if (labels === undefined || labels === null || soundLabels.has(labels)) return NO_ERRORS;
  const errors: FieldError[] = [];
  for (const key in labels) {
    for (const text of qualifiedName(key)) errors.push(invalidValue(field, key, text));
    const value = labels[key];
    if (typeof value !== 'string') errors.push(invalidValue(field, value, 'must be a string'));
    else for (const text of labelValue(value)) errors.push(invalidValue(field, value, text));
  }
  if (errors.length === 0) soundLabels.add(labels);
  return errors;
}

export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, field: string): FieldErrors {
  if (annotations === undefined || annotations === null || soundAnnotations.has(annotations)) return NO_ERRORS;
  const errors: FieldError[] = [];
  let size = 0;
  for (const key in annotations) {
    for (const text of qualifiedName(key.toLowerCase())) errors.push(invalidValue(field, key, text));
    size += key.length + String(annotations[key]).length;
  }
  if (size > ANNOTATIONS_MAX)
    errors.push({ reason: 'FieldValueTooLong', field, message: `Too long: may not be more than ${ANNOTATIONS_MAX} bytes` });
  if (errors.length === 0) soundAnnotations.add(annotations);
  return errors;
}

function validateOwners(owners: readonly OwnerReference[], field: string): FieldErrors {
  const errors: FieldError[] = [];
  let controller: OwnerReference | undefined;
  for (const owner of owners) {
    // Upstream does not say which.
    if (!owner.apiVersion) errors.push(invalidValue(`${field}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty'));
    if (!owner.kind) errors.push(invalidValue(`${field}.kind`, owner.kind ?? '', 'must not be empty'));
    if (!owner.name) errors.push(invalidValue(`${field}.name`, owner.name ?? '', 'must not be empty'));
    if (!owner.uid) errors.push(invalidValue(`${field}.uid`, owner.uid ?? '', 'must not be empty'));
    if (owner.apiVersion === 'v1' && owner.kind === 'Event')
      errors.push(invalidValue(field, owner, '/v1, Kind=Event is disallowed from being an owner'));
    if (owner.controller !== true) continue;
    if (controller !== undefined) {
      const text = `Only one reference can have Controller set to true. Found "true" in references for ${controller.kind}/${controller.name} and ${owner.kind}/${owner.name}`;
      errors.push(invalidValue(field, owners, text));
    }
    controller = owner;
  }
  return errors;
}

/** ValidateObjectMeta. The name's rule depends on the kind. */
export function validateMeta(metadata: Meta, nameRule: NameRule, namespaced: boolean): FieldErrors {
  const errors: FieldError[] = [];
  if (metadata.generateName)
    for (const text of nameRule(asPrefix(metadata.generateName)))
      errors.push(invalidValue('metadata.generateName', metadata.generateName, text));
  if (metadata.name === '') errors.push(required('metadata.name', 'name or generateName is required'));
  else for (const text of nameRule(metadata.name)) errors.push(invalidValue('metadata.name', metadata.name, text));
  if (!namespaced && metadata.namespace) errors.push(forbiddenField('metadata.namespace', 'not allowed on this type'));
  if (metadata.labels !== undefined) errors.push(...validateLabels(metadata.labels, 'metadata.labels'));
  if (metadata.annotations !== undefined) errors.push(...validateAnnotations(metadata.annotations, 'metadata.annotations'));
  if (metadata.ownerReferences !== undefined) errors.push(...validateOwners(metadata.ownerReferences, 'metadata.ownerReferences'));
  if (metadata.finalizers !== undefined) errors.push(...validateFinalizers(metadata.finalizers, 'metadata.finalizers'));
  return errors.length === 0 ? NO_ERRORS : errors;
}

function validateFinalizers(finalizers: readonly string[], field: string): FieldErrors {
  const errors: FieldError[] = [];
  for (const finalizer of finalizers) for (const text of qualifiedName(finalizer ?? '')) errors.push(invalidValue(field, finalizer, text));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalidValue(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return errors;
}

export const NO_FINALIZER = 'name is neither a standard finalizer name nor is it fully qualified';
export const STANDARD_FINALIZERS: readonly string[] = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** validateKubeFinalizerName: Kubernetes' own kinds want a domain before a finalizer's name. */
export function validateKubeFinalizers(finalizers: readonly string[] | undefined, field: string): FieldErrors {
  if (finalizers === undefined || finalizers === null) return NO_ERRORS;
  const errors: FieldError[] = [];
  finalizers.forEach((finalizer, i) => {
    if (finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer)) return;
    errors.push(invalidValue(`${field}[${i}]`, finalizer, NO_FINALIZER));
  });
  return errors;
}

/** ValidateObjectMetaUpdate: what identifies an object never changes, and a dying one gets no new finalizers. `sent` is what the client wrote. */
export function validateMetaUpdate(next: Meta, sent: ObjectMeta | undefined, old: ObjectMeta): FieldErrors {
  if (
    next.labels === old.labels &&
    next.annotations === old.annotations &&
    next.finalizers === old.finalizers &&
    next.ownerReferences === old.ownerReferences &&
    sent === old
  )
    return NO_ERRORS;
  const errors: FieldError[] = [];
  if (sent !== undefined) {
    if (sent.uid && sent.uid !== old.uid) errors.push(immutable('metadata.uid', sent.uid));
    if (sent.creationTimestamp && sent.creationTimestamp !== old.creationTimestamp)
      errors.push(immutable('metadata.creationTimestamp', sent.creationTimestamp));
    if (sent.deletionTimestamp && sent.deletionTimestamp !== old.deletionTimestamp)
      errors.push(immutable('metadata.deletionTimestamp', sent.deletionTimestamp));
    if (
      sent.deletionGracePeriodSeconds !== undefined &&
      sent.deletionGracePeriodSeconds !== null &&
      sent.deletionGracePeriodSeconds !== old.deletionGracePeriodSeconds
    )
      errors.push(immutable('metadata.deletionGracePeriodSeconds', sent.deletionGracePeriodSeconds));
  }
  if (old.deletionTimestamp !== undefined && next.finalizers !== undefined) {
    const added = next.finalizers.filter((finalizer) => !(old.finalizers ?? []).includes(finalizer));
    if (added.length > 0) {
      const text = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((f) => `"${f}"`).join(', ')}}`;
      errors.push(forbiddenField('metadata.finalizers', text));
    }
  }
  if (next.labels !== old.labels) errors.push(...validateLabels(next.labels, 'metadata.labels'));
  if (next.annotations !== old.annotations) errors.push(...validateAnnotations(next.annotations, 'metadata.annotations'));
  if (next.ownerReferences !== old.ownerReferences && next.ownerReferences !== undefined)
    errors.push(...validateOwners(next.ownerReferences, 'metadata.ownerReferences'));
  if (next.finalizers !== old.finalizers && next.finalizers !== undefined)
    errors.push(...validateFinalizers(next.finalizers, 'metadata.finalizers'));
  return errors;
}
