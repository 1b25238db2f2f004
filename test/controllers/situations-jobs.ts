/** Situations of Jobs and CronJobs beyond the plain ones. */

import { SECOND } from '#sim';
import { createAt, job, patchAt, podTemplate } from './lab.ts';
import type { Situation } from './situations.ts';

const JOB = ['jobs.batch', 'pods', 'events'];
const ends = (code: number, more: object = {}) => ({
  'lab/run-seconds': '1',
  'lab/exit': 'Failed',
  'lab/exit-code': String(code),
  ...more,
});
const exits = (action: string, operator: string, ...values: number[]) => ({ action, onExitCodes: { operator, values } });
const cron = (schedule: string, runs: string, spec: object = {}): object => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'tick', namespace: 'default' },
  spec: {
    schedule,
    jobTemplate: {
      spec: { template: podTemplate('tick', { annotations: { 'lab/run-seconds': runs }, spec: { restartPolicy: 'Never' } }) },
    },
    ...spec,
  },
});
const HOUR = 3600;

export const JOB_SITUATIONS: readonly Situation[] = [
  {
    name: 'job whose failure policy fails it at once',
    source:
      'pkg/controller/job/pod_failure_policy.go, matchPodFailurePolicy; job_controller_test.go, TestSyncJobWithJobPodFailurePolicy; KEP-3329',
    steps: [
      createAt(
        1,
        'jobs.batch',
        job('bad', { completions: 4, parallelism: 2, podFailurePolicy: { rules: [exits('FailJob', 'In', 42)] } }, ends(42)),
      ),
    ],
    options: { seconds: 30 },
    resources: JOB,
  },
  {
    name: 'job whose failure policy ignores disruptions',
    source: 'pkg/controller/job/job_controller.go, nonIgnoredFailedPodsCount; docs, concepts/workloads/controllers/job, Pod failure policy',
    steps: [
      createAt(
        1,
        'jobs.batch',
        job(
          'moved',
          {
            backoffLimit: 0,
            activeDeadlineSeconds: 30,
            podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }] },
          },
          ends(137, { 'lab/disrupted': 'yes' }),
        ),
      ),
    ],
    options: { seconds: 50 },
    resources: JOB,
  },
  {
    name: 'job whose failure policy counts and whose limit ends it',
    source: 'pkg/controller/job/pod_failure_policy.go, action Count; docs, Handling retriable and non-retriable pod failures',
    steps: [
      createAt(
        1,
        'jobs.batch',
        job('bad', { backoffLimit: 1, podFailurePolicy: { rules: [exits('Count', 'In', 7), exits('Ignore', 'NotIn', 7)] } }, ends(7)),
      ),
    ],
    options: { seconds: 40 },
    resources: JOB,
  },
  {
    name: 'indexed job with a limit for each index',
    source: 'pkg/controller/job/indexed_job_utils.go, calculateFailedIndexes and getPodsWithDelayedDeletionPerIndex; KEP-3850',
    steps: [
      createAt(
        1,
        'jobs.batch',
        job(
          'each',
          { completions: 3, parallelism: 3, completionMode: 'Indexed', backoffLimitPerIndex: 1 },
          { 'lab/run-seconds': '2', 'lab/failing-indexes': '1', 'lab/exit-code': '1' },
        ),
      ),
    ],
    resources: JOB,
  },
  {
    name: 'indexed job with too many failed indexes',
    source: 'pkg/controller/job/job_controller.go, MaxFailedIndexesExceeded; KEP-3850',
    steps: [
      createAt(
        1,
        'jobs.batch',
        job(
          'each',
          { completions: 6, parallelism: 3, completionMode: 'Indexed', backoffLimitPerIndex: 0, maxFailedIndexes: 1 },
          { 'lab/run-seconds': '2', 'lab/failing-indexes': '0,2,4', 'lab/exit-code': '1' },
        ),
      ),
    ],
    resources: JOB,
  },
  {
    name: 'indexed job whose failure policy fails an index',
    source: 'pkg/controller/job/pod_failure_policy.go, action FailIndex; KEP-3850',
    steps: [
      createAt(
        1,
        'jobs.batch',
        job(
          'each',
          {
            completions: 2,
            parallelism: 2,
            completionMode: 'Indexed',
            backoffLimitPerIndex: 3,
            podFailurePolicy: { rules: [exits('FailIndex', 'In', 42)] },
          },
          { 'lab/run-seconds': '2', 'lab/failing-indexes': '0', 'lab/exit-code': '42' },
        ),
      ),
    ],
    resources: JOB,
  },
  {
    name: 'indexed job that a success policy ends early',
    source: 'pkg/controller/job/success_policy.go, matchSuccessPolicy; job_controller_test.go, SuccessPolicy; KEP-3998',
    steps: [
      createAt(
        1,
        'jobs.batch',
        job(
          'lead',
          {
            completions: 3,
            parallelism: 3,
            completionMode: 'Indexed',
            successPolicy: { rules: [{ succeededIndexes: '0,2', succeededCount: 1 }] },
          },
          { 'lab/run-seconds': '5', 'lab/failing-indexes': '1', 'lab/exit-code': '1' },
        ),
      ),
    ],
    options: { seconds: 30 },
    resources: JOB,
  },
  {
    name: 'job that replaces a pod only once it has ended',
    source: 'pkg/controller/job/job_controller.go, manageJob, onlyReplaceFailedPods; KEP-3939',
    steps: [
      createAt(1, 'jobs.batch', job('slow', { podReplacementPolicy: 'Failed' }, { 'lab/run-seconds': '20' })),
      [5, { verb: 'deletecollection', resource: 'pods', namespace: 'default', options: { labelSelector: 'app=slow' } }],
    ],
    options: { seconds: 60 },
    since: 5,
    resources: JOB,
  },
  {
    name: 'elastic indexed job made smaller',
    source: 'pkg/controller/job/job_controller.go, activePodsForRemoval; KEP-3715',
    steps: [
      createAt(1, 'jobs.batch', job('wide', { completions: 3, parallelism: 3, completionMode: 'Indexed' }, { 'lab/run-seconds': '10' })),
      patchAt(5, 'jobs.batch', 'wide', { spec: { completions: 2, parallelism: 2 } }),
    ],
    options: { seconds: 30 },
    since: 5,
    resources: JOB,
  },
  {
    name: 'job managed by somebody else',
    source: 'pkg/controller/job/job_controller.go, managedByExternalController; KEP-4368',
    steps: [createAt(1, 'jobs.batch', job('far', { managedBy: 'kueue.x-k8s.io/multikueue' }))],
    options: { seconds: 20 },
    resources: JOB,
  },
  {
    name: 'cron job whose clock jumps ahead by three hours',
    source: 'pkg/controller/cronjob/utils.go, mostRecentScheduleTime and nextScheduleTime (more than 100 missed: one start and an event)',
    steps: [createAt(1, 'cronjobs.batch', cron('* * * * *', '5'))],
    options: {
      seconds: 300,
      changes: [{ at: 90 * SECOND, change: 'clock', hosts: { hosts: [4] }, clock: { offset: 3 * HOUR * SECOND } }],
    },
    resources: ['cronjobs.batch', 'jobs.batch', 'events'],
  },
  {
    name: 'cron job that replaces what runs',
    source: 'pkg/controller/cronjob/cronjob_controllerv2.go, syncCronJob, ReplaceConcurrent',
    steps: [createAt(1, 'cronjobs.batch', cron('* * * * *', '100', { concurrencyPolicy: 'Replace' }))],
    options: { seconds: 150 },
    resources: ['cronjobs.batch', 'jobs.batch', 'events'],
  },
  {
    name: 'cron job in a time zone over the end of summer time',
    source: 'KEP-3140; github.com/robfig/cron/v3, SpecSchedule.Next; docs, concepts/workloads/controllers/cron-jobs, Time zones',
    // 2026-10-25 00:50 UTC is 02:50 in Berlin, ten minutes before clocks go back to 02:00.
    steps: [createAt(1, 'cronjobs.batch', cron('55 2 * * *', '5', { timeZone: 'Europe/Berlin' }))],
    options: { seconds: 2 * HOUR, epoch: 1_792_889_400_000_000 },
    resources: ['cronjobs.batch', 'jobs.batch'],
  },
  {
    name: 'suspended cron job that missed its start, with a deadline',
    source: 'pkg/controller/cronjob/cronjob_controllerv2.go, syncCronJob, MissSchedule; docs, CronJob, starting deadline',
    steps: [
      createAt(1, 'cronjobs.batch', cron('*/5 * * * *', '5', { suspend: true, startingDeadlineSeconds: 30 })),
      patchAt(400, 'cronjobs.batch', 'tick', { spec: { suspend: false } }),
    ],
    options: { seconds: 700 },
    resources: ['cronjobs.batch', 'jobs.batch', 'events'],
  },
];
