/** Back-off limits for each index of an Indexed Job: how often an index failed is written on its pod, and handed from a failed pod to the one that replaces it, so a
 *  failed pod keeps its finalizer until then. Mirrors kubernetes v1.34 pkg/controller/job/indexed_job_utils.go and backoff_utils.go; KEP-3850. */

import type { Job, Pod } from '#api';
import type { Duration } from '#sim';
import { delayAfter } from './job-backoff.ts';
import { matchFailurePolicy } from './job-failure-policy.ts';
import { completionIndex, parseIndexes } from './job-indexes.ts';
import { hasTrackingFinalizer, isFailed } from './job-pods.ts';
import { finishTime } from './job-verdict.ts';

const FAILURES = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED = 'batch.kubernetes.io/job-index-ignored-failure-count';

export const hasLimitPerIndex = ({ spec }: Job): boolean => spec?.backoffLimitPerIndex !== undefined;

function annotated(pod: Pod, name: string): number {
  const text = pod.metadata?.annotations?.[name];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : 0;
}

const allFailures = (pod: Pod): number => annotated(pod, FAILURES) + annotated(pod, IGNORED);

/** calculateFailedIndexes: those of the status and those that failed for good since. */
export function failedIndexes(job: Job, pods: readonly Pod[]): ReadonlySet<number> {
  const completions = job.spec?.completions ?? 0;
  const failed = parseIndexes(job.status?.failedIndexes, completions);
  for (const pod of pods) {
    const index = completionIndex(pod);
    if (index >= 0 && index < completions && hasTrackingFinalizer(pod) && failsIndex(job, pod)) failed.add(index);
  }
  return failed;
}

function failsIndex(job: Job, pod: Pod): boolean {
  if (!isFailed(pod, job)) return false;
  const { action, counts } = matchFailurePolicy(job.spec?.podFailurePolicy, pod);
  if (action === 'FailIndex') return true;
  return counts && annotated(pod, FAILURES) >= (job.spec?.backoffLimitPerIndex ?? 0);
}

/** getPodsWithDelayedDeletionPerIndex: the last failed pod of each index that is to be tried again. `taken`: indexes that succeeded, failed for good or run. */
export function awaitingReplacement(
  job: Job,
  pods: readonly Pod[],
  taken: ReadonlySet<number>,
  released: ReadonlySet<string> | undefined,
): ReadonlyMap<number, Pod> {
  const completions = job.spec?.completions ?? 0;
  const last = new Map<number, Pod>();
  for (const pod of pods) {
    if (!hasTrackingFinalizer(pod) || released?.has(pod.metadata?.uid ?? '') === true || !isFailed(pod, job)) continue;
    const index = completionIndex(pod);
    if (index < 0 || index >= completions || taken.has(index)) continue;
    const other = last.get(index);
    if (other === undefined || (allFailures(other) <= allFailures(pod) && finishTime(pod) >= finishTime(other))) last.set(index, pod);
  }
  return last;
}

/** getPodCreationInfoForIndependentIndexes: the indexes whose back-off is over, or, when there is none, how long the first has to wait. */
export function readyIndexes(
  indexes: readonly number[],
  awaiting: ReadonlyMap<number, Pod>,
  clock: number,
): { readonly now: readonly number[]; readonly wait: Duration } {
  const now: number[] = [];
  let wait = Number.POSITIVE_INFINITY;
  for (const index of indexes) {
    const pod = awaiting.get(index);
    const left = pod === undefined ? 0 : Math.max(0, finishTime(pod) + delayAfter(allFailures(pod) + 1) - clock);
    if (left === 0) now.push(index);
    else wait = Math.min(wait, left);
  }
  return { now, wait: now.length > 0 || wait === Number.POSITIVE_INFINITY ? 0 : wait };
}

/** addIndexFailureCountAnnotation: what the replacement of a failed pod inherits. */
export function failureAnnotations(job: Job, replaced: Pod | undefined): Readonly<Record<string, string>> {
  if (replaced === undefined) return { [FAILURES]: '0' };
  const { counts } = matchFailurePolicy(job.spec?.podFailurePolicy, replaced);
  const ignored = annotated(replaced, IGNORED) + (counts ? 0 : 1);
  return {
    [FAILURES]: String(annotated(replaced, FAILURES) + (counts ? 1 : 0)),
    ...(ignored > 0 ? { [IGNORED]: String(ignored) } : {}),
  };
}
