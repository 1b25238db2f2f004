/** CronJobs. Mirrors Kubernetes v1.34 pkg/apis/batch/v1/defaults.go and ValidateCronJob. */

import type { CronJob, FieldError } from '#api';
import { defaultTemplate } from '../defaults/pod-spec.ts';
import { type FieldErrors, invalidValue, notSupported, required, tooLong } from '../validation/field-error.ts';
import { validateNonNegative, validateTemplate } from '../validation/workload.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Spec = NonNullable<CronJob['spec']>;

/** A job's name is the cron job's plus eleven characters (the minute it is due). */
const NAME_MAX = 52;
const POLICIES = ['Allow', 'Forbid', 'Replace'];
const MACROS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];
/** Five fields of numbers, names, ranges, lists and steps; robfig/cron's descriptors. */
const FIELD = /^[\w*,/\-?]+$/;

const isSchedule = (text: string): boolean => {
  if (text.startsWith('@')) return MACROS.includes(text) || /^@every \d+[smh](\d+[smh])*$/.test(text);
  const fields = text.trim().split(/\s+/);
  return fields.length === 5 && fields.every((field) => FIELD.test(field));
};

function defaults(job: CronJob): CronJob {
  const spec = job.spec;
  if (spec === undefined) return job;
  const inner = spec.jobTemplate?.spec;
  return {
    ...job,
    spec: {
      ...spec,
      concurrencyPolicy: spec.concurrencyPolicy || 'Allow',
      suspend: spec.suspend ?? false,
      successfulJobsHistoryLimit: spec.successfulJobsHistoryLimit ?? 3,
      failedJobsHistoryLimit: spec.failedJobsHistoryLimit ?? 1,
      jobTemplate:
        inner === undefined ? spec.jobTemplate : { ...spec.jobTemplate, spec: { ...inner, template: defaultTemplate(inner.template) } },
    },
  };
}

function validate(job: CronJob): FieldErrors {
  const errors: FieldError[] = [];
  const spec = job.spec ?? ({} as Spec);
  if ((job.metadata?.name ?? '').length > NAME_MAX) errors.push(tooLong('metadata.name', NAME_MAX));
  if (!spec.schedule) errors.push(required('spec.schedule'));
  else if (!isSchedule(spec.schedule))
    errors.push(
      invalidValue(
        'spec.schedule',
        spec.schedule,
        `expected exactly 5 fields, found ${spec.schedule.trim().split(/\s+/).length}: [${spec.schedule}]`,
      ),
    );
  if (spec.schedule?.includes('TZ'))
    errors.push(invalidValue('spec.schedule', spec.schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  if (!POLICIES.includes(spec.concurrencyPolicy ?? ''))
    errors.push(notSupported('spec.concurrencyPolicy', spec.concurrencyPolicy ?? '', POLICIES));
  validateNonNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds', errors);
  validateNonNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit', errors);
  validateNonNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit', errors);
  const template = spec.jobTemplate?.spec?.template;
  errors.push(...validateTemplate(template, 'spec.jobTemplate.spec.template'));
  if (template?.spec?.restartPolicy === 'Always')
    errors.push(required('spec.jobTemplate.spec.template.spec.restartPolicy', 'valid values: "OnFailure", "Never"'));
  return errors;
}

export const cronJobs: ResourceDescriptor<CronJob> = {
  resource: 'cronjobs.batch',
  hasStatus: true,
  hasGeneration: true,
  defaults,
  validate,
  validateUpdate: (next, old) => (next.spec === old.spec ? [] : validate(next)),
};
