/** What a Job asks of one of its pods. Mirrors kubernetes v1.34 pkg/controller/job/job_controller.go, isPodFailed and onlyReplaceFailedPods. */

import type { Job, Pod } from '#api';

/** What spec.managedBy says when this controller is meant. */
export const OWN_NAME = 'kubernetes.io/job-controller';
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';

export const hasTrackingFinalizer = (pod: Pod): boolean => pod.metadata?.finalizers?.includes(TRACKING_FINALIZER) === true;

export const onlyReplacesFailed = ({ spec }: Job): boolean =>
  spec?.podReplacementPolicy === 'Failed' || spec?.podFailurePolicy !== undefined;

/** isPodFailed: unless the Job replaces failed pods only, one that is being deleted has failed already. */
export function isFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true;
  if (onlyReplacesFailed(job)) return false;
  return pod.metadata?.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded';
}

export const isSucceeded = (pod: Pod): boolean => pod.status?.phase === 'Succeeded';
