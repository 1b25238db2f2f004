/** Which changes of pods and Jobs wake which Jobs. Mirrors the handlers of kubernetes v1.34 pkg/controller/job/job_controller.go. */

import type { Job, KubeObject, Pod } from '#api';
import { matchesLabelSelector } from '#api';
import type { InformerEvent, View } from '#client';
import type { Duration } from '#sim';
import { SECOND } from '#sim';
import { orphanBucket } from './claim.ts';
import { hasTrackingFinalizer, OWN_NAME } from './job-pods.ts';
import { controllerOf, siblingKey } from './owner-references.ts';
import { isPodTerminal } from './pod-state.ts';
import { semanticEqual } from './semantic-equal.ts';

export const JOBS = 'jobs.batch';
/** SyncJobBatchPeriod: pod events of one Job within this time make one pass. */
export const BATCH_PERIOD: Duration = SECOND;
const NONE: readonly never[] = [];

/** Index of Jobs by the label under which their selector finds orphans. */
export const BY_SELECTOR = 'selector';
export function bySelector(job: KubeObject): readonly string[] {
  const bucket = orphanBucket(job.metadata?.namespace ?? '', (job as Job).spec?.selector);
  return bucket === undefined ? NONE : [bucket];
}

/** Status-only updates wait for the batch; a new spec does not. */
export function jobKeys(event: InformerEvent, view: View): readonly string[] {
  const { managedBy = OWN_NAME } = (event.object as Job).spec ?? {};
  if (event.type === 'add' && managedBy !== OWN_NAME)
    view.count('job_controller_jobs_by_external_controller_total', { controller_name: managedBy });
  if (event.type === 'update' && event.previous?.metadata?.generation === event.object.metadata?.generation) {
    view.enqueue(event.key, BATCH_PERIOD);
    return NONE;
  }
  return [event.key];
}

/** Jobs that may adopt a pod which nobody controls (getPodJobs), when it comes or changes its labels. */
export function adopters({ type, object, previous }: InformerEvent, view: View): readonly string[] {
  const { labels, namespace = '' } = object.metadata ?? {};
  if (type === 'delete' || labels === undefined) return NONE;
  if (previous !== undefined && previous.metadata?.ownerReferences === undefined && semanticEqual(previous.metadata?.labels, labels))
    return NONE;
  const jobs = view.lister<Job>(JOBS);
  const keys: string[] = [];
  for (const label in labels) {
    for (const job of jobs.byIndex(BY_SELECTOR, `${namespace}/${label}=${labels[label]}`))
      if (matchesLabelSelector(job.spec?.selector, labels)) keys.push(siblingKey(job.metadata, job.metadata?.name ?? ''));
  }
  return keys;
}

const holdsFinished = (pod: Pod | undefined): boolean => pod !== undefined && isPodTerminal(pod) && hasTrackingFinalizer(pod);

/** recordFinishedPodWithTrackingFinalizer. */
export function countHeld({ type, object, previous }: InformerEvent, view: View): void {
  const before = type === 'delete' ? holdsFinished(object as Pod) : holdsFinished(previous as Pod | undefined);
  const after = type !== 'delete' && holdsFinished(object as Pod);
  if (before === after) return;
  view.count('job_controller_terminated_pods_tracking_finalizer_total', { event: before ? 'delete' : 'add' });
}

/** The Job that controls a pod, with its key. */
export function ownerKey(pod: Pod, view: View): { readonly key: string; readonly isThere: boolean } | undefined {
  const reference = controllerOf(pod);
  if (reference === undefined || reference.kind !== 'Job') return undefined;
  const key = siblingKey(pod.metadata, reference.name);
  return { key, isThere: view.lister<Job>(JOBS).get(key)?.metadata?.uid === reference.uid };
}
