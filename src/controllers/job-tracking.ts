/** Counting a Job's finished pods exactly once, by the finalizer they carry: a pod's uid is written to uncountedTerminatedPods, then its finalizer is
 *  removed, then it is counted. Mirrors kubernetes v1.34 pkg/controller/job/job_controller.go, trackJobStatusAndRemoveFinalizers, and tracking_utils.go. */

import type { Job, Pod } from '#api';
import type { Plan, RequestSpec, View } from '#client';
import { completionIndex, formatIndexes, isIndexed } from './job-indexes.ts';
import { controllerOf, siblingKey } from './owner-references.ts';

export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';
/** MaxUncountedPods: how many uids a status may hold. */
export const UNCOUNTED_MAX = 500;

export type JobStatus = NonNullable<Job['status']>;

export const hasTrackingFinalizer = (pod: Pod): boolean => pod.metadata?.finalizers?.includes(TRACKING_FINALIZER) === true;

const onlyReplacesFailed = ({ spec }: Job): boolean => spec?.podReplacementPolicy === 'Failed' || spec?.podFailurePolicy !== undefined;

/** isPodFailed: unless the Job replaces failed pods only, one that is being deleted has failed already. */
export function isFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true;
  if (onlyReplacesFailed(job)) return false;
  return pod.metadata?.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded';
}

export const isSucceeded = (pod: Pod): boolean => pod.status?.phase === 'Succeeded';

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
  readonly isChanged: boolean;
}

/** The status with what finished since, and the pods whose finalizer may go. `released`: uids whose finalizer was removed already, though the cache shows it. */
export function track(
  job: Job,
  base: JobStatus,
  pods: readonly Pod[],
  released: ReadonlySet<string>,
  succeededIndexes: ReadonlySet<number> | undefined,
): Tracking {
  const withFinalizer = pods.filter((pod) => hasTrackingFinalizer(pod) && !released.has(pod.metadata?.uid ?? ''));
  const cleaned = countReleased(base, withFinalizer);
  const succeeded = [...(cleaned.uncountedTerminatedPods?.succeeded ?? [])];
  const failed = [...(cleaned.uncountedTerminatedPods?.failed ?? [])];
  const known = new Set([...succeeded, ...failed]);
  const release: Pod[] = [];
  let isChanged = cleaned !== base;
  let isFull = false;
  for (const pod of withFinalizer) {
    const uid = pod.metadata?.uid ?? '';
    const hasSucceeded = isSucceeded(pod);
    const hasFailed = !hasSucceeded && isFailed(pod, job);
    if (!hasSucceeded && !hasFailed && job.metadata?.deletionTimestamp === undefined) continue;
    release.push(pod);
    if (known.has(uid)) continue;
    if (hasSucceeded && succeededIndexes === undefined) succeeded.push(uid);
    else if (hasFailed) failed.push(uid);
    else continue;
    isChanged = true;
    if (succeeded.length + failed.length >= UNCOUNTED_MAX) {
      isFull = true;
      break;
    }
  }
  let status = cleaned;
  if (isChanged) status = { ...cleaned, uncountedTerminatedPods: lists(succeeded, failed) };
  if (succeededIndexes !== undefined && isIndexed(job)) {
    const completedIndexes = formatIndexes(succeededIndexes);
    if (completedIndexes !== (status.completedIndexes ?? '')) {
      status = { ...status, succeeded: succeededIndexes.size, completedIndexes };
      isChanged = true;
    }
  }
  return { status, release, isFull, isChanged };
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
    succeeded: (status.succeeded ?? 0) + succeeded.length - keptSucceeded.length,
    failed: (status.failed ?? 0) + failed.length - keptFailed.length,
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
