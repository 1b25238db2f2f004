/** CronJobs. Mirrors Kubernetes v1.34 pkg/apis/batch/v1/defaults.go and ValidateCronJob. */

import type { CronJob, FieldError } from '#api';
import { defaultTemplate } from '../defaults/pod-spec.ts';
import { validateNonNegative } from '../validation/counts.ts';
import { type FieldErrors, has, invalidValue, notSupported, required, tooLong } from '../validation/field-error.ts';
import { internalForm } from '../validation/internal-form.ts';
import { validateJobSpec } from '../validation/job-spec.ts';
import type { ResourceDescriptor } from './descriptor.ts';
import { defaultFailurePolicy } from './jobs.ts';

type Spec = NonNullable<CronJob['spec']>;
type JobSpec = NonNullable<NonNullable<Spec['jobTemplate']>['spec']>;

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

/** Of the jobs to come only what goes for any template; the rest is filled in when they are made. */
const defaultJob = (spec: JobSpec): JobSpec =>
  ({
    ...spec,
    ...(spec.podFailurePolicy === undefined ? {} : { podFailurePolicy: defaultFailurePolicy(spec.podFailurePolicy) }),
    template: defaultTemplate(spec.template),
  }) as JobSpec;

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
      jobTemplate: inner === undefined ? spec.jobTemplate : { ...spec.jobTemplate, spec: defaultJob(inner) },
    },
  };
}

const ZONE_PART = /^[A-Za-z.\-_0-9+]{1,14}$/;

/** Whether the JavaScript engine knows the zone: it has the same data as Go. */
function isZone(zone: string): boolean {
  if (/^[+-]/.test(zone)) return false;
  try {
    // biome-ignore lint/style/noRestrictedGlobals: the list of zones is needed, not a locale's way of writing.
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** What a time zone's name may look like, and whether there is such a zone. */
function validateTimeZone(zone: string | undefined, field: string, errors: FieldError[]): void {
  if (!has(zone)) return;
  if (zone === '') return void errors.push(invalidValue(field, zone, 'timeZone must be nil or non-empty string'));
  const isBad = (part: string): boolean => part === '.' || part === '..' || part.startsWith('-') || !ZONE_PART.test(part);
  if (zone.split('/').some(isBad) || (zone.toLowerCase() !== 'local' && !isZone(zone)))
    return void errors.push(invalidValue(field, zone, `unknown time zone ${zone}`));
  if (zone.toLowerCase() === 'local')
    errors.push(invalidValue(field, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'));
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
  validateNonNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds', errors);
  validateTimeZone(spec.timeZone, 'spec.timeZone', errors);
  if (!POLICIES.includes(spec.concurrencyPolicy ?? ''))
    errors.push(notSupported('spec.concurrencyPolicy', spec.concurrencyPolicy ?? '', POLICIES));
  const inner = spec.jobTemplate?.spec ?? ({} as JobSpec);
  validateJobSpec(inner, 'spec.jobTemplate.spec', errors);
  if (has(inner.selector))
    errors.push(
      invalidValue('spec.jobTemplate.spec.selector', internalForm('LabelSelector', inner.selector), '`selector` will be auto-generated'),
    );
  if (inner.manualSelector === true) errors.push(notSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false']));
  validateNonNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit', errors);
  validateNonNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit', errors);
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
