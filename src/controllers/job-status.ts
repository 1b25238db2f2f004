/** The status that a pass over a Job starts to write: counts of what runs, when it started, whether it is suspended, and the interim condition of its end.
 *  Mirrors kubernetes v1.34 pkg/controller/job/job_controller.go, syncJob. */

import type { Job } from '#api';
import { rfc3339 } from '#api';
import type { RequestSpec, View } from '#client';
import { findCondition } from './conditions.ts';
import { JOBS } from './job-keys.ts';
import type { Pass } from './job-survey.ts';
import type { JobStatus } from './job-tracking.ts';
import type { JobCondition } from './job-verdict.ts';
import { countTerminating, ensureCondition, interim, jobCondition } from './job-verdict.ts';
import { isPodReady } from './pod-state.ts';

const NONE: readonly never[] = [];

/** Active pods that are ready and not asked to end. */
export function countReady(pass: Pass): number {
  let ready = 0;
  for (const pod of pass.active) if (isPodReady(pod) && pass.deleted?.has(pod.metadata?.name ?? '') !== true) ready++;
  return ready;
}

export function baseStatus(pass: Pass, ready: number, view: View): JobStatus {
  const { job, pods, finished } = pass;
  const isSuspended = job.spec?.suspend === true;
  let conditions = (job.status?.conditions ?? NONE) as readonly JobCondition[];
  let startTime = job.status?.startTime;
  if (startTime === undefined && !isSuspended) startTime = rfc3339(view.clock);
  if (finished !== undefined && findCondition(conditions, interim(finished).type) === undefined)
    conditions = [...conditions, interim(finished)];
  const suspended = findCondition(conditions, 'Suspended');
  const maySay = finished === undefined && pass.isManaged;
  if (maySay && isSuspended && suspended?.status !== 'True') {
    conditions = ensureCondition(conditions, jobCondition('Suspended', 'JobSuspended', 'Job suspended', view.clock));
    view.event(job, 'Normal', 'Suspended', 'Job suspended');
  } else if (maySay && !isSuspended && suspended?.status === 'True') {
    conditions = ensureCondition(conditions, {
      ...jobCondition('Suspended', 'JobResumed', 'Job resumed', view.clock),
      status: 'False',
    } as JobCondition);
    startTime = rfc3339(view.clock);
    view.event(job, 'Normal', 'Resumed', 'Job resumed');
  }
  return {
    ...job.status,
    conditions: conditions as JobCondition[],
    startTime,
    // omitempty; ready and terminating are pointers and say 0.
    active: Math.max(0, pass.activeCount) || undefined,
    ready,
    terminating: countTerminating(pods) + pass.deletedCount,
    uncountedTerminatedPods: job.status?.uncountedTerminatedPods ?? {},
  };
}

export function statusWrite(job: Job, status: JobStatus): RequestSpec {
  const { namespace, name } = job.metadata ?? {};
  return { verb: 'update', resource: JOBS, subresource: 'status', namespace, name, body: { ...job, status } };
}
