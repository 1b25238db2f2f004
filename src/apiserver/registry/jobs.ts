/** Jobs. Mirrors Kubernetes v1.34 pkg/apis/batch/v1/defaults.go, pkg/registry/batch/job/strategy.go and ValidateJob. */

import { type FieldError, type Job, matchesLabelSelector, type PodTemplateSpec } from '#api';
import { defaultTemplate } from '../defaults/pod-spec.ts';
import { type FieldErrors, has, immutable, invalidValue, required } from '../validation/field-error.ts';
import { frozen, internalForm, sortedMembers } from '../validation/internal-form.ts';
import { validateJobSpec } from '../validation/job-spec.ts';
import { dns1123Label } from '../validation/names.ts';
import { isSelector, validateLabelSelector } from '../validation/selectors.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Spec = NonNullable<Job['spec']>;
type Labels = Readonly<Record<string, string>>;

const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';
const JOB_NAME = 'batch.kubernetes.io/job-name';

/** SetDefaults_PodFailurePolicyOnPodConditionsPattern: a condition that is named is one that holds. */
export function defaultFailurePolicy(policy: Spec['podFailurePolicy']): Spec['podFailurePolicy'] {
  if (!policy?.rules?.some((rule) => rule?.onPodConditions?.some((pattern) => pattern && !pattern.status))) return policy;
  return {
    ...policy,
    rules: policy.rules.map((rule) =>
      rule?.onPodConditions
        ? { ...rule, onPodConditions: rule.onPodConditions.map((pattern) => ({ ...pattern, status: pattern.status || 'True' })) }
        : rule,
    ),
  };
}

function defaults(job: Job): Job {
  const spec = job.spec;
  if (spec === undefined) return job;
  const alone = spec.completions === undefined && spec.parallelism === undefined;
  const labels = spec.template?.metadata?.labels;
  const isUnlabelled = Object.keys(job.metadata?.labels ?? {}).length === 0 && labels !== undefined;
  return {
    ...job,
    ...(isUnlabelled ? { metadata: { ...job.metadata, labels } } : {}),
    spec: {
      ...spec,
      parallelism: spec.parallelism ?? 1,
      ...(alone ? { completions: 1 } : {}),
      manualSelector: spec.manualSelector ?? false,
      backoffLimit: spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : 2_147_483_647),
      completionMode: spec.completionMode ?? 'NonIndexed',
      suspend: spec.suspend ?? false,
      podReplacementPolicy: spec.podReplacementPolicy ?? (spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed'),
      ...(spec.podFailurePolicy === undefined ? {} : { podFailurePolicy: defaultFailurePolicy(spec.podFailurePolicy) }),
      template: defaultTemplate(spec.template),
    },
  } as Job;
}

/** What the user insists on stays, and is refused when it cannot work. */
const withMissing = (labels: Labels | undefined, wanted: Labels): Labels => ({ ...wanted, ...labels });

/** A job owns its pods by a selector made from its uid, unless the user insists (manualSelector). */
function withSelector(job: Job): Job {
  const spec = job.spec;
  if (spec === undefined || spec.manualSelector === true) return job;
  const uid = job.metadata?.uid ?? '';
  const name = job.metadata?.name ?? '';
  const own = { [JOB_NAME]: name, 'job-name': name, [CONTROLLER_UID]: uid, 'controller-uid': uid };
  const labels = withMissing(spec.template?.metadata?.labels, own);
  const template: PodTemplateSpec = { ...spec.template, metadata: { ...spec.template?.metadata, labels } };
  const matchLabels = withMissing(spec.selector?.matchLabels, { [CONTROLLER_UID]: uid });
  // A job without labels has its template's, those that it was just given too: upstream fills them in whenever a job is read.
  const isShared = Object.keys(job.metadata?.labels ?? {}).length === 0 || job.metadata?.labels === spec.template?.metadata?.labels;
  const metadata = isShared ? { ...job.metadata, labels } : job.metadata;
  return { ...job, metadata, spec: { ...spec, selector: { ...spec.selector, matchLabels }, template } };
}

/** validateGeneratedSelector. */
function validateGenerated(job: Job, errors: FieldError[]): void {
  const spec = job.spec as Spec;
  if (spec.manualSelector === true || !has(spec.selector)) return;
  const { uid = '', name = '' } = job.metadata ?? {};
  const labels: Labels = spec.template?.metadata?.labels ?? {};
  const wanted: Labels = { 'controller-uid': uid, 'job-name': name, [CONTROLLER_UID]: uid, [JOB_NAME]: name };
  const at = 'spec.template.metadata.labels';
  for (const key in wanted) {
    if (labels[key] === undefined) errors.push(required(`${at}[${key}]`, `must be '${wanted[key]}'`));
    else if (labels[key] !== wanted[key]) errors.push(invalidValue(`${at}[${key}]`, sortedMembers(labels), `must be '${wanted[key]}'`));
  }
  if (isSelector(spec.selector) && !matchesLabelSelector(spec.selector, wanted))
    errors.push(invalidValue('spec.selector', internalForm('LabelSelector', spec.selector), '`selector` not auto-generated'));
}

function validate(job: Job): FieldErrors {
  const errors: FieldError[] = [];
  const spec = job.spec ?? ({} as Spec);
  validateGenerated({ ...job, spec }, errors);
  validateJobSpec(spec, 'spec', errors);
  if (!has(spec.selector)) errors.push(required('spec.selector'));
  else {
    errors.push(...validateLabelSelector(spec.selector, 'spec.selector'));
    const labels = spec.template?.metadata?.labels;
    if (isSelector(spec.selector) && !matchesLabelSelector(spec.selector, labels))
      errors.push(
        invalidValue(
          'spec.template.metadata.labels',
          labels === undefined ? null : sortedMembers(labels),
          '`selector` does not match template `labels`',
        ),
      );
  }
  if (spec.completionMode === 'Indexed' && (spec.completions ?? 0) > 0) {
    const name = job.metadata?.name ?? '';
    const host = `${name}-${(spec.completions as number) - 1}`;
    if (dns1123Label(host).length > 0)
      errors.push(invalidValue('metadata.name', name, `will not able to create pod with invalid DNS label: ${host}`));
  }
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
    const errors: FieldError[] = [...validate(next)];
    const spec = next.spec as Spec;
    const before = old.spec as Spec;
    // Elastic indexed jobs change both numbers together.
    if (spec.completions !== before.completions) {
      if (spec.completionMode !== 'Indexed') errors.push(immutable('spec.completions', spec.completions ?? null));
      else if (has(spec.completions) && spec.completions !== spec.parallelism)
        errors.push(invalidValue('spec.completions', spec.completions, 'can only be modified in tandem with spec.parallelism'));
    }
    errors.push(...frozen('spec.selector', 'LabelSelector', spec.selector, before.selector));
    // While suspended and never started, where its pods may run can still be chosen.
    const mayPlace = before.suspend === true && old.status?.startTime === undefined;
    const template = mayPlace ? placedAs(before.template, spec.template) : before.template;
    errors.push(...frozen('spec.template', 'PodTemplateSpec', spec.template, template));
    if (spec.completionMode !== before.completionMode) errors.push(immutable('spec.completionMode', spec.completionMode ?? null));
    errors.push(...frozen('spec.podFailurePolicy', 'PodFailurePolicy', spec.podFailurePolicy, before.podFailurePolicy));
    if (spec.backoffLimitPerIndex !== before.backoffLimitPerIndex)
      errors.push(immutable('spec.backoffLimitPerIndex', spec.backoffLimitPerIndex ?? null));
    if (spec.managedBy !== before.managedBy) errors.push(immutable('spec.managedBy', spec.managedBy ?? null));
    errors.push(...frozen('spec.successPolicy', 'SuccessPolicy', spec.successPolicy, before.successPolicy));
    return errors;
  },
};

/** The old template with what may be chosen as `wanted` has it: of affinity that to nodes alone. */
function placedAs(template: PodTemplateSpec, wanted: PodTemplateSpec): PodTemplateSpec {
  const { nodeSelector, affinity, tolerations, schedulingGates } = wanted.spec ?? {};
  const old = template.spec as NonNullable<PodTemplateSpec['spec']>;
  const { nodeAffinity: _, ...others } = old.affinity ?? {};
  const kept = affinity === undefined && Object.keys(others).length === 0 ? undefined : { ...others, nodeAffinity: affinity?.nodeAffinity };
  return {
    ...template,
    metadata: { ...template.metadata, labels: wanted.metadata?.labels, annotations: wanted.metadata?.annotations },
    spec: { ...old, nodeSelector, affinity: kept, tolerations, schedulingGates },
  };
}
