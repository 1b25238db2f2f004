/** What the Job controller exports about Jobs, under upstream's names and labels. Mirrors kubernetes v1.34 pkg/controller/job/metrics/metrics.go and the record
 *  functions of job_controller.go. Its sync duration is what a pass took in simulated time. */

import type { Job } from '#api';
import type { View } from '#client';
import { hasLimitPerIndex } from './job-index-failures.ts';
import { isIndexed, parseIndexes } from './job-indexes.ts';
import type { JobStatus } from './job-tracking.ts';
import type { JobCondition } from './job-verdict.ts';

export type SyncAction = 'reconciling' | 'tracking' | 'pods_created' | 'pods_deleted';

const modeOf = (job: Job): string => (isIndexed(job) ? 'Indexed' : 'NonIndexed');

export function countSync(view: View, job: Job, action: SyncAction, isOk: boolean, startedAt: number): void {
  const labels = { completion_mode: modeOf(job), result: isOk ? 'success' : 'error', action };
  view.count('job_controller_job_syncs_total', labels);
  view.observe('job_controller_job_sync_duration_seconds', (view.now - startedAt) / 1_000_000, labels);
}

export function countFinished(view: View, job: Job, { type, reason = '' }: JobCondition): void {
  const result = type === 'Complete' ? 'succeeded' : 'failed';
  view.count('job_controller_jobs_finished_total', { completion_mode: modeOf(job), result, reason });
}

/** recordJobPodFinished: what one status write counted beyond the status before it. */
export function countPods(view: View, job: Job, before: JobStatus | undefined, after: JobStatus): void {
  const mode = modeOf(job);
  let succeeded = (after.succeeded ?? 0) - (before?.succeeded ?? 0);
  if (isIndexed(job)) {
    const completions = job.spec?.completions ?? 0;
    const grownBy = (next: string | undefined, last: string | undefined): number =>
      next === last ? 0 : parseIndexes(next, completions).size - parseIndexes(last, completions).size;
    const backoffLimit = hasLimitPerIndex(job) ? 'perIndex' : 'global';
    succeeded = grownBy(after.completedIndexes, before?.completedIndexes);
    const failed = hasLimitPerIndex(job) ? grownBy(after.failedIndexes, before?.failedIndexes) : 0;
    if (succeeded > 0) view.count('job_controller_job_finished_indexes_total', { status: 'succeeded', backoffLimit }, succeeded);
    if (failed > 0) view.count('job_controller_job_finished_indexes_total', { status: 'failed', backoffLimit }, failed);
  }
  const failed = (after.failed ?? 0) - (before?.failed ?? 0);
  if (succeeded > 0) view.count('job_controller_job_pods_finished_total', { completion_mode: mode, result: 'succeeded' }, succeeded);
  if (failed > 0) view.count('job_controller_job_pods_finished_total', { completion_mode: mode, result: 'failed' }, failed);
}

/** recordJobPodsCreationTotal. */
export function countCreations(view: View, job: Job, failedSoFar: number, terminating: number, succeeded: number, failed: number): void {
  let reason = 'new';
  if (job.spec?.podReplacementPolicy === 'Failed' && failedSoFar > 0) reason = 'recreate_failed';
  else if (failedSoFar > 0 || terminating > 0) reason = 'recreate_terminating_or_failed';
  if (succeeded > 0) view.count('job_controller_job_pods_creation_total', { reason, status: 'succeeded' }, succeeded);
  if (failed > 0) view.count('job_controller_job_pods_creation_total', { reason, status: 'failed' }, failed);
}

export function countPolicyActions(view: View, byAction: ReadonlyMap<string, number> | undefined): void {
  if (byAction === undefined) return;
  for (const [action, count] of byAction) view.count('job_controller_pod_failures_handled_by_failure_policy_total', { action }, count);
}
