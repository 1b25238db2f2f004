/** What of a pod may change. Mirrors ValidatePodUpdate of Kubernetes v1.34 pkg/apis/core/validation/validation.go. */

import { deepEqual, type FieldError, type Pod, type PodSpec } from '#api';
import { validateImages } from './containers.ts';
import { type FieldErrors, forbiddenField, has, invalidValue, NO_ERRORS, required } from './field-error.ts';
import { formDiff, internalForm, isSameForm } from './internal-form.ts';
import { validatePodAnnotations } from './pod-annotations.ts';
import { validatePodSpec, validateTolerations } from './pod-spec.ts';

const UPDATES =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';
const MIRROR = 'kubernetes.io/config.mirror';
const INT32_MAX = 2_147_483_647;
const TERMS = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';

type Containers = PodSpec['containers'];
type NodeAffinity = NonNullable<NonNullable<PodSpec['affinity']>['nodeAffinity']>;
type Term = NonNullable<NonNullable<NodeAffinity['requiredDuringSchedulingIgnoredDuringExecution']>['nodeSelectorTerms']>[number];

function checkAnnotations(next: Pod, old: Pod, errors: FieldError[]): void {
  const annotations = next.metadata?.annotations;
  const before = old.metadata?.annotations;
  if (annotations === before) return;
  const [value, known] = [annotations?.[MIRROR], before?.[MIRROR]];
  const field = `metadata.annotations[${MIRROR}]`;
  if (known !== undefined && value !== known) errors.push(forbiddenField(field, 'may not remove or update mirror pod annotation'));
  if (known === undefined && value !== undefined) errors.push(forbiddenField(field, 'may not add mirror pod annotation'));
  if (value !== undefined && !next.spec?.nodeName)
    errors.push(invalidValue(field, value, 'must set spec.nodeName if mirror pod annotation is set'));
  errors.push(...validatePodAnnotations(annotations, 'metadata.annotations'));
}

/** False: nothing more is to be looked at. */
function checkContainers(next: Containers | undefined, old: Containers | undefined, field: string, errors: FieldError[]): boolean {
  if ((next ?? []).length !== (old ?? []).length) {
    errors.push(forbiddenField(field, 'pod updates may not add or remove containers'));
    return false;
  }
  (next ?? []).forEach(({ image = '' }, i) => {
    if (image === '') errors.push(required(`${field}[${i}].image`));
    if (image.trim().length !== image.length)
      errors.push(invalidValue(`${field}[${i}].image`, image, 'must not have leading or trailing whitespace'));
  });
  return true;
}

/** False: nothing more is to be looked at. */
function checkDeadline(next: number | undefined, old: number | undefined, errors: FieldError[]): boolean {
  const field = 'spec.activeDeadlineSeconds';
  if (!has(next)) {
    if (has(old)) errors.push(invalidValue(field, null, 'must not update from a positive integer to nil value'));
    return true;
  }
  if (next < 0 || next > INT32_MAX) errors.push(invalidValue(field, next, `must be between 0 and ${INT32_MAX}, inclusive`));
  else if (has(old) && next > old) errors.push(invalidValue(field, next, 'must be less than or equal to previous value'));
  else return true;
  return false;
}

function checkTolerations(next: PodSpec['tolerations'], old: PodSpec['tolerations'], errors: FieldError[]): void {
  const keepsAll = (old ?? []).every((toleration) =>
    (next ?? []).some((kept) => deepEqual({ ...kept, tolerationSeconds: 0 }, { ...toleration, tolerationSeconds: 0 })),
  );
  if (!keepsAll) errors.push(forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'));
  else errors.push(...validateTolerations(next, 'spec.tolerations'));
}

function checkGates(next: PodSpec['schedulingGates'], old: PodSpec['schedulingGates'], errors: FieldError[]): void {
  const known = new Set((old ?? []).map(({ name }) => name));
  (next ?? []).forEach(({ name }, i) => {
    if (!known.has(name))
      errors.push(
        forbiddenField(`spec.schedulingGates[${i}].name`, `only deletion is allowed, but found new scheduling gate '${name ?? ''}'`),
      );
  });
}

const termsOf = (spec: PodSpec): readonly Term[] =>
  spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];

function onlyAdds(next: Term, old: Term): boolean {
  const [expressions, fields] = [old.matchExpressions ?? [], old.matchFields ?? []];
  const [moreExpressions, moreFields] = [next.matchExpressions ?? [], next.matchFields ?? []];
  if (expressions.length + fields.length === 0) return moreExpressions.length + moreFields.length === 0;
  const begins = (longer: readonly unknown[], shorter: readonly unknown[]): boolean => deepEqual(longer.slice(0, shorter.length), shorter);
  return begins(moreExpressions, expressions) && begins(moreFields, fields);
}

/** What of its placing a gated pod may still change: it may be narrowed. Returns the spec with that part as it was. */
function checkPlacing(spec: PodSpec, old: PodSpec, errors: FieldError[]): PodSpec {
  const selector = spec.nodeSelector ?? {};
  for (const name in old.nodeSelector) {
    if (selector[name] === old.nodeSelector[name]) continue;
    const text = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
    errors.push(invalidValue('spec.nodeSelector', has(spec.nodeSelector) ? selector : null, text));
    break;
  }
  const [terms, before] = [termsOf(spec), termsOf(old)];
  const told = (term: Term): unknown => internalForm('NodeSelectorTerm', term);
  if (before.length > 0 && before.length !== terms.length) {
    const text = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed';
    errors.push(invalidValue(TERMS, terms.length === 0 ? null : terms.map(told), text));
  } else
    before.forEach((term, i) => {
      const next = terms[i] as Term;
      if (!onlyAdds(next, term))
        errors.push(invalidValue(`${TERMS}[${i}]`, told(next), 'only additions are allowed (no mutations or deletions)'));
    });
  return { ...spec, nodeSelector: old.nodeSelector, affinity: placedAs(spec.affinity, old.affinity) };
}

function placedAs(affinity: PodSpec['affinity'], old: PodSpec['affinity']): PodSpec['affinity'] {
  const before = old?.nodeAffinity;
  if (isSameForm('NodeAffinity', affinity?.nodeAffinity, before)) return affinity;
  if (!has(affinity)) return has(before) ? { nodeAffinity: before } : affinity;
  if (!has(old) && !has(affinity.podAffinity) && !has(affinity.podAntiAffinity)) return undefined;
  return { ...affinity, nodeAffinity: before };
}

const withImagesOf = (containers: Containers | undefined, old: Containers | undefined): Containers | undefined =>
  containers === old ? containers : containers?.map((container, i) => ({ ...container, image: old?.[i]?.image }));

/** The spec as it would be had the client left alone what may change. */
function withMutableFieldsOf(spec: PodSpec, old: PodSpec): PodSpec {
  const grace = old.terminationGracePeriodSeconds ?? 0;
  return {
    ...spec,
    containers: withImagesOf(spec.containers, old.containers) ?? spec.containers,
    initContainers: withImagesOf(spec.initContainers, old.initContainers),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    tolerations: old.tolerations,
    schedulingGates: old.schedulingGates,
    terminationGracePeriodSeconds: grace < 0 && spec.terminationGracePeriodSeconds === 1 ? grace : spec.terminationGracePeriodSeconds,
  };
}

/** What templates may have and pods may not (validatePodMetadataAndSpec). */
export function validatePodAlone(spec: PodSpec, errors: FieldError[]): void {
  if (!spec.serviceAccountName)
    (spec.volumes ?? []).forEach((volume, i) => {
      (volume.projected?.sources ?? []).forEach((source, n) => {
        if (!has(source.serviceAccountToken)) return;
        const field = `spec.volumes[${i}].projected.sources[${n}].serviceAccountToken`;
        errors.push(forbiddenField(field, 'must not be specified when serviceAccountName is not set'));
      });
    });
  validateImages(spec, 'spec', errors);
}

export function validatePodUpdate(next: Pod, old: Pod): FieldErrors {
  const [spec, before] = [next.spec as PodSpec, old.spec as PodSpec];
  if (spec === before && next.metadata?.annotations === old.metadata?.annotations) return NO_ERRORS;
  const errors: FieldError[] = [];
  checkAnnotations(next, old, errors);
  if (spec === before) return errors;
  errors.push(...validatePodSpec(spec, 'spec'));
  validatePodAlone(spec, errors);
  if (!checkContainers(spec.containers, before.containers, 'spec.containers', errors)) return errors;
  if (!checkContainers(spec.initContainers, before.initContainers, 'spec.initContainers', errors)) return errors;
  if (!checkDeadline(spec.activeDeadlineSeconds, before.activeDeadlineSeconds, errors)) return errors;
  checkTolerations(spec.tolerations, before.tolerations, errors);
  checkGates(spec.schedulingGates, before.schedulingGates, errors);
  const mutable = withMutableFieldsOf(spec, before);
  const isGated = (before.schedulingGates ?? []).length > 0;
  const munged = isGated ? checkPlacing(mutable, before, errors) : mutable;
  if (!isSameForm('PodSpec', munged, before)) errors.push(forbiddenField('spec', `${UPDATES}\n${formDiff('PodSpec', before, munged)}`));
  return errors;
}
