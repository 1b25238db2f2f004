/** Jobs. Mirrors Kubernetes v1.34 pkg/apis/batch/v1/defaults.go, pkg/registry/batch/job/strategy.go and ValidateJob. */

import { deepEqual, type FieldError, type Job, type PodTemplateSpec } from '#api';
import { defaultTemplate } from '../defaults/pod-spec.ts';
import { type FieldErrors, immutable, invalidValue, notSupported, required } from '../validation/field-error.ts';
import { validateNonNegative, validateSelectorAndTemplate } from '../validation/workload.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Spec = NonNullable<Job['spec']>;

const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';
const JOB_NAME = 'batch.kubernetes.io/job-name';
/** MaxParallelism for Indexed jobs. */
const INDEXED_PARALLELISM_MAX = 100_000;

function defaults(job: Job): Job {
  const spec = job.spec;
  if (spec === undefined) return job;
  const alone = spec.completions === undefined && spec.parallelism === undefined;
  return {
    ...job,
    spec: {
      ...spec,
      parallelism: spec.parallelism ?? 1,
      ...(alone ? { completions: 1 } : {}),
      backoffLimit: spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : 2_147_483_647),
      completionMode: spec.completionMode ?? 'NonIndexed',
      suspend: spec.suspend ?? false,
      podReplacementPolicy: spec.podReplacementPolicy ?? (spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed'),
      template: defaultTemplate(spec.template),
    },
  };
}

/** A job owns its pods by a selector made from its uid, unless the user insists (generateSelector). */
function withSelector(job: Job): Job {
  const spec = job.spec;
  if (spec === undefined || spec.manualSelector === true) return job;
  const uid = job.metadata?.uid ?? '';
  const name = job.metadata?.name ?? '';
  const template: PodTemplateSpec = {
    ...spec.template,
    metadata: {
      ...spec.template?.metadata,
      labels: { ...spec.template?.metadata?.labels, [CONTROLLER_UID]: uid, 'controller-uid': uid, [JOB_NAME]: name, 'job-name': name },
    },
  };
  return {
    ...job,
    spec: { ...spec, selector: { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, [CONTROLLER_UID]: uid } }, template },
  };
}

function validateNumbers(spec: Spec, errors: FieldError[]): void {
  for (const name of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const)
    validateNonNegative(spec[name], `spec.${name}`, errors);
  if (spec.completionMode !== 'NonIndexed' && spec.completionMode !== 'Indexed')
    errors.push(notSupported('spec.completionMode', spec.completionMode, ['Indexed', 'NonIndexed']));
  if (spec.completionMode !== 'Indexed') return;
  if (spec.completions === undefined) errors.push(required('spec.completions', 'when completion mode is Indexed'));
  if ((spec.parallelism ?? 0) > INDEXED_PARALLELISM_MAX)
    errors.push(
      invalidValue(
        'spec.parallelism',
        spec.parallelism,
        `must be less than or equal to ${INDEXED_PARALLELISM_MAX} when completion mode is Indexed`,
      ),
    );
}

function validate(job: Job): FieldErrors {
  const errors: FieldError[] = [];
  const spec = job.spec ?? ({} as Spec);
  validateNumbers(spec, errors);
  validateSelectorAndTemplate(spec.selector, spec.template, 'job', errors);
  const policy = spec.template?.spec?.restartPolicy;
  if (policy === 'Always') errors.push(required('spec.template.spec.restartPolicy', 'valid values: "OnFailure", "Never"'));
  else if (policy !== undefined && policy !== 'OnFailure' && policy !== 'Never')
    errors.push(notSupported('spec.template.spec.restartPolicy', policy, ['OnFailure', 'Never']));
  return errors;
}

export const jobs: ResourceDescriptor<Job> = {
  resource: 'jobs.batch',
  hasStatus: true,
  hasGeneration: true,
  fields: { 'status.successful': (job) => String(job.status?.succeeded ?? 0) },
  defaults,
  prepareForCreate: (job) => withSelector({ ...job, status: {} }),
  validate,
  validateUpdate(next, old) {
    if (next.spec === old.spec) return [];
    const errors: FieldError[] = [];
    const spec = next.spec as Spec;
    const before = old.spec as Spec;
    validateNumbers(spec, errors);
    // Elastic indexed jobs change both numbers together.
    const elastic = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism;
    if (spec.completions !== before.completions && !elastic) errors.push(immutable('spec.completions', spec.completions));
    if (!deepEqual(spec.selector, before.selector)) errors.push(immutable('spec.selector', spec.selector));
    if (spec.completionMode !== before.completionMode) errors.push(immutable('spec.completionMode', spec.completionMode));
    // While suspended and never started, where its pods may run can still be chosen.
    const mayPlace = before.suspend === true && old.status?.startTime === undefined;
    if (!deepEqual(spec.template, mayPlace ? placedAs(before.template, spec.template) : before.template))
      errors.push(immutable('spec.template', spec.template));
    return errors;
  },
};

function placedAs(template: PodTemplateSpec, like: PodTemplateSpec): PodTemplateSpec {
  const { nodeSelector, affinity, tolerations, schedulingGates } = like.spec ?? {};
  return {
    ...template,
    metadata: { ...template.metadata, labels: like.metadata?.labels, annotations: like.metadata?.annotations },
    spec: { ...(template.spec as NonNullable<PodTemplateSpec['spec']>), nodeSelector, affinity, tolerations, schedulingGates },
  };
}
