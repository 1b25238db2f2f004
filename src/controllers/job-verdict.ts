/** When a Job is over, and why. Mirrors kubernetes v1.34 pkg/controller/job/job_controller.go and backoff_utils.go. */

import type { Job, Pod } from '#api';
import { parseTime, rfc3339 } from '#api';
import type { Duration, Instant } from '#sim';
import { SECOND } from '#sim';
import { findCondition } from './conditions.ts';
import { failJobMessage } from './job-failure-policy.ts';
import type { JobStatus } from './job-tracking.ts';
import { isPodTerminal, podCondition } from './pod-state.ts';

export type JobCondition = NonNullable<JobStatus['conditions']>[number];

export function isFinished({ status }: Job): boolean {
  for (const { type, status: state } of status?.conditions ?? [])
    if ((type === 'Complete' || type === 'Failed') && state === 'True') return true;
  return false;
}

export const jobCondition = (type: string, reason: string, message: string, clock: number): JobCondition => {
  const now = rfc3339(clock);
  return { type, status: 'True', reason, message, lastProbeTime: now, lastTransitionTime: now } as JobCondition;
};

/** What is set while pods still have to be accounted for. */
export const interim = (finished: JobCondition): JobCondition => ({
  ...finished,
  type: finished.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget',
});

/** ensureJobConditionStatus: replaced in its place; what never was is not written as False. */
export function ensureCondition(conditions: readonly JobCondition[], condition: JobCondition): readonly JobCondition[] {
  const current = findCondition(conditions, condition.type);
  if (current === undefined) return condition.status === 'False' ? conditions : [...conditions, condition];
  const { status, reason, message } = condition;
  if (current.status === status && current.reason === reason && current.message === message) return conditions;
  return conditions.map((one) => (one === current ? condition : one));
}

/** Whether the Job has failed, or met its success policy before, and when its deadline comes. */
export function verdict(
  job: Job,
  pods: readonly Pod[],
  failed: number,
  clock: number,
): { finished: JobCondition | undefined; deadlineIn: Duration | undefined } {
  // What an earlier pass decided holds; no rule is asked again.
  const met = findCondition(job.status?.conditions, 'SuccessCriteriaMet');
  if (met !== undefined && met.status === 'True') return { finished: { ...met, type: 'Complete' }, deadlineIn: undefined };
  const target = findCondition(job.status?.conditions, 'FailureTarget');
  if (target !== undefined && target.status === 'True') return { finished: { ...target, type: 'Failed' }, deadlineIn: undefined };
  const byPolicy = failJobMessage(job, pods);
  if (byPolicy !== undefined) return { finished: jobCondition('Failed', 'PodFailurePolicy', byPolicy, clock), deadlineIn: undefined };
  if (failed > (job.spec?.backoffLimit ?? 6) || isPastLimitOnFailure(job, pods)) {
    return {
      finished: jobCondition('Failed', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit', clock),
      deadlineIn: undefined,
    };
  }
  const deadline = job.spec?.activeDeadlineSeconds;
  const start = job.status?.startTime === undefined ? undefined : parseTime(job.status.startTime);
  if (deadline === undefined || job.spec?.suspend === true || start === undefined) return { finished: undefined, deadlineIn: undefined };
  const left = start + deadline * SECOND - clock;
  if (left > 0) return { finished: undefined, deadlineIn: left };
  return {
    finished: jobCondition('Failed', 'DeadlineExceeded', 'Job was active longer than specified deadline', clock),
    deadlineIn: undefined,
  };
}

/** pastBackoffLimitOnFailure: with restartPolicy OnFailure the kubelets' restarts count. */
function isPastLimitOnFailure(job: Job, pods: readonly Pod[]): boolean {
  if (job.spec?.template?.spec?.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue;
    for (const { restartCount = 0 } of status.initContainerStatuses ?? []) restarts += restartCount;
    for (const { restartCount = 0 } of status.containerStatuses ?? []) restarts += restartCount;
  }
  const limit = job.spec?.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** Complete once enough pods have succeeded and none is active. */
export function completion(job: Job, succeeded: number, activeCount: number, clock: number): JobCondition | undefined {
  const { completions } = job.spec ?? {};
  const isComplete = completions === undefined ? succeeded > 0 && activeCount === 0 : succeeded >= completions && activeCount === 0;
  if (!isComplete) return undefined;
  return jobCondition('Complete', 'CompletionsReached', 'Reached expected number of succeeded pods', clock);
}

export function countTerminating(pods: readonly Pod[]): number {
  let count = 0;
  for (const pod of pods) if (pod.metadata?.deletionTimestamp !== undefined && !isPodTerminal(pod)) count++;
  return count;
}

/** getFinishedTime: the end of the last container, else when the pod stopped being ready, else when its deletion was asked for, else its creation. */
export function finishTime(pod: Pod): Instant {
  const statuses = pod.status?.containerStatuses ?? [];
  let latest = 0;
  for (const { state } of statuses) latest = Math.max(latest, parseTime(state?.terminated?.finishedAt ?? '') ?? 0);
  if (latest > 0 && statuses.every(({ state }) => state?.terminated !== undefined)) return latest;
  const ready = podCondition(pod, 'Ready');
  const unready = ready?.status === 'False' ? parseTime(ready.lastTransitionTime ?? '') : undefined;
  if (unready !== undefined) return unready;
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata ?? {};
  const deleted = deletionTimestamp === undefined ? undefined : parseTime(deletionTimestamp);
  return deleted === undefined ? (parseTime(creationTimestamp ?? '') ?? 0) : deleted - deletionGracePeriodSeconds * SECOND;
}

/** When the Job became Complete or Failed (JobFinishTime); undefined while it has not. */
export function finishedAt({ status }: Job): string | undefined {
  for (const { type, status: state, lastTransitionTime } of status?.conditions ?? []) {
    if ((type === 'Complete' || type === 'Failed') && state === 'True') return lastTransitionTime;
  }
  return undefined;
}
