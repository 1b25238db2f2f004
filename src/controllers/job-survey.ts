/** What one pass over a Job starts from: its pods sorted, what finished since, and whether the Job is over. Mirrors kubernetes v1.34
 *  pkg/controller/job/job_controller.go, syncJob. */

import type { Job, Pod } from '#api';
import type { Duration, Instant } from '#sim';
import type { Backoff } from './job-backoff.ts';
import { nextBackoff } from './job-backoff.ts';
import { matchFailurePolicy } from './job-failure-policy.ts';
import { awaitingReplacement, failedIndexes, hasLimitPerIndex } from './job-index-failures.ts';
import { completionIndex, isIndexed, parseIndexes } from './job-indexes.ts';
import type { SyncAction } from './job-metrics.ts';
import { hasTrackingFinalizer, isFailed, isSucceeded } from './job-pods.ts';
import { matchSuccessPolicy } from './job-success-policy.ts';
import { succeededIndexes, uncountedOf } from './job-tracking.ts';
import type { JobCondition } from './job-verdict.ts';
import { jobCondition, verdict } from './job-verdict.ts';
import { isPodActive } from './pod-state.ts';

/** One pass over a Job. */
export interface Pass {
  readonly key: string;
  readonly job: Job;
  readonly pods: readonly Pod[];
  readonly active: readonly Pod[];
  readonly indexes: ReadonlySet<number> | undefined;
  readonly failedIndexes: ReadonlySet<number> | undefined;
  /** With a back-off limit per index: failed pods that keep their finalizer until they are replaced, by index. */
  readonly delayed: ReadonlyMap<number, Pod> | undefined;
  readonly succeeded: number;
  readonly failed: number;
  readonly deadlineIn: Duration | undefined;
  /** The back-off record once this pass's status is written. */
  readonly backoff: Backoff | undefined;
  /** The Job was found to be over: nothing is made any more. */
  readonly isEnding: boolean;
  /** Failed or Complete, once that may be said. */
  finished: JobCondition | undefined;
  /** manageJob ran: whether the Job is suspended may be said. */
  isManaged: boolean;
  action: SyncAction;
  readonly startedAt: Instant;
  /** Active pods as they will be once this pass's creations and deletions are through. */
  activeCount: number;
  /** Pods whose deletion this pass has asked for: they end, but the cache does not show it yet. */
  deletedCount: number;
  /** Their names. */
  deleted: Set<string> | undefined;
  readonly byAction: ReadonlyMap<string, number> | undefined;
  failure: string | undefined;
  toCreate: readonly (number | undefined)[];
  batch: number;
}

interface Finished {
  readonly succeeded: readonly Pod[];
  readonly failed: readonly Pod[];
}

/** getNewFinishedPods: what the status does not count yet. */
function newlyFinished(job: Job, pods: readonly Pod[], released: ReadonlySet<string> | undefined): Finished {
  const uncounted = uncountedOf(job);
  const completions = isIndexed(job) ? (job.spec?.completions ?? 0) : undefined;
  const succeeded: Pod[] = [];
  const failed: Pod[] = [];
  for (const pod of pods) {
    const uid = pod.metadata?.uid ?? '';
    if (!hasTrackingFinalizer(pod) || released?.has(uid) === true) continue;
    if (completions !== undefined) {
      const index = completionIndex(pod);
      if (index < 0 || index >= completions) continue;
    }
    if (isSucceeded(pod)) {
      if (!uncounted.succeeded.has(uid)) succeeded.push(pod);
    } else if (isFailed(pod, job) && !uncounted.failed.has(uid)) {
      failed.push(pod);
    }
  }
  return { succeeded, failed };
}

export function survey(
  key: string,
  job: Job,
  pods: readonly Pod[],
  released: ReadonlySet<string> | undefined,
  before: Backoff | undefined,
  clock: number,
  startedAt: Instant,
): Pass {
  const active = pods.filter(isPodActive);
  const uncounted = uncountedOf(job);
  const fresh = newlyFinished(job, pods, released);
  const completions = job.spec?.completions ?? 0;
  const policy = job.spec?.podFailurePolicy;
  const indexes = isIndexed(job) ? succeededIndexes(pods, parseIndexes(job.status?.completedIndexes, completions), completions) : undefined;
  const succeeded = indexes?.size ?? (job.status?.succeeded ?? 0) + fresh.succeeded.length + uncounted.succeeded.size;
  const newFailures = policy === undefined ? fresh.failed : fresh.failed.filter((pod) => matchFailurePolicy(policy, pod).counts);
  const failed = (job.status?.failed ?? 0) + newFailures.length + uncounted.failed.size;
  let { finished, deadlineIn } = verdict(job, pods, failed, clock);
  let failing: ReadonlySet<number> | undefined;
  let delayed: ReadonlyMap<number, Pod> | undefined;
  if (indexes !== undefined) {
    if (hasLimitPerIndex(job)) {
      failing = failedIndexes(job, pods);
      finished ??= tooManyFailedIndexes(job, failing.size, indexes.size, clock);
      const taken = new Set([...indexes, ...failing]);
      for (const pod of active) taken.add(completionIndex(pod));
      delayed = awaitingReplacement(job, pods, taken, released);
    }
    const message = finished === undefined ? matchSuccessPolicy(job, indexes) : undefined;
    if (message !== undefined) finished = jobCondition('Complete', 'SuccessPolicy', message, clock);
  }
  return {
    key,
    job,
    pods,
    active,
    indexes,
    failedIndexes: failing,
    delayed,
    succeeded,
    failed,
    finished,
    deadlineIn,
    backoff: nextBackoff(before, fresh.succeeded, fresh.failed),
    isEnding: finished !== undefined,
    isManaged: false,
    action: 'reconciling',
    startedAt,
    activeCount: active.length,
    deletedCount: 0,
    deleted: undefined,
    byAction: undefined,
    failure: undefined,
    toCreate: [],
    batch: 1,
  };
}

function tooManyFailedIndexes({ spec }: Job, failed: number, succeeded: number, clock: number): JobCondition | undefined {
  if (spec?.maxFailedIndexes !== undefined && failed > spec.maxFailedIndexes)
    return jobCondition('Failed', 'MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes', clock);
  if (failed > 0 && failed + succeeded >= (spec?.completions ?? 0))
    return jobCondition('Failed', 'FailedIndexes', 'Job has failed indexes', clock);
  return undefined;
}
