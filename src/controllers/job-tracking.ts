/** Counting a Job's finished pods exactly once, by the finalizer they carry: a pod's uid is written to uncountedTerminatedPods, then its finalizer is
 *  removed, then it is counted. Mirrors kubernetes v1.34 pkg/controller/job/job_controller.go, trackJobStatusAndRemoveFinalizers, and tracking_utils.go. */

import type { Job, Pod } from '#api';
import type { Plan, RequestSpec, View } from '#client';
import { matchFailurePolicy } from './job-failure-policy.ts';
import { completionIndex, formatIndexes, isIndexed, parseIndexes } from './job-indexes.ts';
import { hasTrackingFinalizer, isFailed, isSucceeded, TRACKING_FINALIZER } from './job-pods.ts';
import { controllerOf, siblingKey } from './owner-references.ts';

/** MaxUncountedPods: how many uids a status may hold. */
export const UNCOUNTED_MAX = 500;

export type JobStatus = NonNullable<Job['status']>;

export interface Uncounted {
  readonly succeeded: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
}

export function uncountedOf({ status }: Job): Uncounted {
  const lists = status?.uncountedTerminatedPods;
  return { succeeded: new Set(lists?.succeeded ?? []), failed: new Set(lists?.failed ?? []) };
}

export interface Tracking {
  readonly status: JobStatus;
  readonly release: readonly Pod[];
  /** There was more to count than a status holds. */
  readonly isFull: boolean;
  /** Failed pods by the action of the rule that matched them (pod failure policy). */
  readonly byAction: ReadonlyMap<string, number> | undefined;
}

/** What a pass knows beside the pods themselves. */
export interface TrackingBasis {
  /** uids whose finalizer was removed already, though the cache shows it. */
  readonly released: ReadonlySet<string>;
  readonly succeededIndexes: ReadonlySet<number> | undefined;
  readonly failedIndexes: ReadonlySet<number> | undefined;
  /** Failed pods that their replacement has yet to inherit from (back-off limit per index). */
  readonly delayed: ReadonlyMap<number, Pod> | undefined;
  /** The Job is over: 'Failed' counts what has not ended as failed, 'Complete' lets it go. */
  readonly ending: 'Failed' | 'Complete' | undefined;
}

/** The status with what finished since, and the pods whose finalizer may go. */
export function track(job: Job, base: JobStatus, pods: readonly Pod[], basis: TrackingBasis): Tracking {
  const { released, succeededIndexes, ending } = basis;
  const withFinalizer = pods.filter((pod) => hasTrackingFinalizer(pod) && !released.has(pod.metadata?.uid ?? ''));
  const cleaned = countReleased(base, withFinalizer);
  const succeeded = [...(cleaned.uncountedTerminatedPods?.succeeded ?? [])];
  const failed = [...(cleaned.uncountedTerminatedPods?.failed ?? [])];
  const known = new Set([...succeeded, ...failed]);
  const policy = job.spec?.podFailurePolicy;
  const completions = job.spec?.completions ?? 0;
  const counted = new Set(parseIndexes(job.status?.completedIndexes, completions));
  const release: Pod[] = [];
  let newIndexes = 0;
  let byAction: Map<string, number> | undefined;
  let isFull = false;
  for (const pod of withFinalizer) {
    const uid = pod.metadata?.uid ?? '';
    const hasSucceeded = isSucceeded(pod);
    const hasFailed = !hasSucceeded && isFailed(pod, job);
    if (!mayRelease(job, pod, hasSucceeded, hasFailed, basis)) continue;
    release.push(pod);
    if (hasSucceeded && !known.has(uid)) {
      // The index is enough to count a pod once.
      if (succeededIndexes === undefined) succeeded.push(uid);
      else if (isIndexWithin(pod, completions) && !counted.has(completionIndex(pod))) newIndexes++;
    } else if (
      !known.has(uid) &&
      (hasFailed || ending === 'Failed') &&
      (succeededIndexes === undefined || isIndexWithin(pod, completions))
    ) {
      const { counts, action } = matchFailurePolicy(policy, pod);
      if (action !== undefined) (byAction ??= new Map()).set(action, (byAction.get(action) ?? 0) + 1);
      if (counts) failed.push(uid);
    }
    if (newIndexes + succeeded.length + failed.length >= UNCOUNTED_MAX) {
      isFull = true;
      break;
    }
  }
  let status = cleaned;
  if (succeeded.length + failed.length > known.size) status = { ...cleaned, uncountedTerminatedPods: lists(succeeded, failed) };
  if (succeededIndexes !== undefined && isIndexed(job)) status = indexStatus(status, succeededIndexes, basis.failedIndexes);
  return { status, release, isFull, byAction };
}

const isIndexWithin = (pod: Pod, completions: number): boolean => {
  const index = completionIndex(pod);
  return index >= 0 && index < completions;
};

/** canRemoveFinalizer. */
function mayRelease(job: Job, pod: Pod, hasSucceeded: boolean, hasFailed: boolean, { ending, delayed }: TrackingBasis): boolean {
  if (hasSucceeded || ending !== undefined || job.metadata?.deletionTimestamp !== undefined) return true;
  return hasFailed && delayed?.get(completionIndex(pod)) !== pod;
}

/** completedIndexes and failedIndexes, the same object when they stay. */
function indexStatus(status: JobStatus, succeeded: ReadonlySet<number>, failed: ReadonlySet<number> | undefined): JobStatus {
  const completedIndexes = formatIndexes(succeeded);
  const failedIndexes = failed === undefined ? undefined : formatIndexes(failed);
  if (completedIndexes === (status.completedIndexes ?? '') && failedIndexes === status.failedIndexes) return status;
  return {
    ...status,
    succeeded: succeeded.size || undefined,
    completedIndexes: completedIndexes || undefined,
    ...(failedIndexes === undefined ? {} : { failedIndexes }),
  };
}

const lists = (succeeded: readonly string[], failed: readonly string[]): JobStatus['uncountedTerminatedPods'] => ({
  ...(succeeded.length > 0 ? { succeeded: [...succeeded] } : {}),
  ...(failed.length > 0 ? { failed: [...failed] } : {}),
});

/** cleanUncountedPodsWithoutFinalizers: uids whose pod is past counting enter the counters. */
function countReleased(status: JobStatus, withFinalizer: readonly Pod[]): JobStatus {
  const held = new Set(withFinalizer.map((pod) => pod.metadata?.uid ?? ''));
  return countWhere(status, (uid) => !held.has(uid));
}

/** Counts the uids for which `isDone` holds and takes them off the lists. */
export function countWhere(status: JobStatus, isDone: (uid: string) => boolean): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const keptSucceeded = succeeded.filter((uid) => !isDone(uid));
  const keptFailed = failed.filter((uid) => !isDone(uid));
  if (keptSucceeded.length === succeeded.length && keptFailed.length === failed.length) return status;
  return {
    ...status,
    succeeded: (status.succeeded ?? 0) + succeeded.length - keptSucceeded.length || undefined,
    failed: (status.failed ?? 0) + failed.length - keptFailed.length || undefined,
    uncountedTerminatedPods: lists(keptSucceeded, keptFailed),
  };
}

export const hasUncounted = ({ uncountedTerminatedPods }: JobStatus): boolean =>
  (uncountedTerminatedPods?.succeeded?.length ?? 0) + (uncountedTerminatedPods?.failed?.length ?? 0) > 0;

/** Takes the tracking finalizer off one pod. */
export function releasePatch({ metadata }: Pod): RequestSpec {
  const body = { metadata: { '$deleteFromPrimitiveList/finalizers': [TRACKING_FINALIZER], uid: metadata?.uid } };
  return {
    verb: 'patch',
    resource: 'pods',
    namespace: metadata?.namespace,
    name: metadata?.name,
    patchType: 'strategic',
    body,
    discardBody: true,
  };
}

/** Indexes that pods have completed, beyond those counted before. */
export function succeededIndexes(pods: readonly Pod[], before: ReadonlySet<number>, completions: number): ReadonlySet<number> {
  let all: Set<number> | undefined;
  for (const pod of pods) {
    if (!isSucceeded(pod) || !hasTrackingFinalizer(pod)) continue;
    const index = completionIndex(pod);
    if (index >= 0 && index < completions && !before.has(index)) (all ??= new Set(before)).add(index);
  }
  return all ?? before;
}

/** syncOrphanPod. */
export function orphanPlan(podKey: string, view: View): Plan {
  const pod = view.lister<Pod>('pods').get(podKey);
  if (pod === undefined || !hasTrackingFinalizer(pod)) return {};
  const reference = controllerOf(pod);
  const job = reference === undefined ? undefined : view.lister<Job>('jobs.batch').get(siblingKey(pod.metadata, reference.name));
  if (job !== undefined && job.metadata?.uid === reference?.uid) return {};
  return { requests: [releasePatch(pod)] };
}
