/** Deletes finished Jobs ttlSecondsAfterFinished after their end. Mirrors kubernetes v1.34 pkg/controller/ttlafterfinished/ttlafterfinished_controller.go. */

import type { Job } from '#api';
import { parseTime } from '#api';
import type { Controller, InformerEvent, Outcome, Plan, Stage, View, WatchSpec } from '#client';
import { SECOND } from '#sim';
import { finishedAt } from './job-verdict.ts';

const JOBS = 'jobs.batch';
const NONE: readonly string[] = [];

const needsCleanUp = (job: Job): boolean => job.spec?.ttlSecondsAfterFinished !== undefined && finishedAt(job) !== undefined;

export class TtlAfterFinishedController implements Controller {
  readonly name = 'ttl-after-finished';
  readonly queue = 'ttl_jobs_to_delete';
  readonly workers: number;
  readonly watches: readonly WatchSpec[] = [{ resource: JOBS, keys }];

  constructor(workers = 5) {
    this.workers = workers;
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    if (stage?.name === 'deleted') return deleted(stage.data as number, stage.outcomes?.[0], view);
    if (stage?.name === 'fresh') {
      const outcome = stage.outcomes?.[0];
      if (outcome?.code === 404) return {};
      // The Job is read live before it goes: its TTL may have been raised meanwhile.
      return outcome?.code === 200 ? expire(outcome.object as Job, view) : { failed: outcome?.error?.message ?? 'connection lost' };
    }
    const job = view.lister<Job>(JOBS).get(key);
    if (job === undefined || !needsCleanUp(job) || job.metadata?.deletionTimestamp !== undefined) return {};
    const left = remaining(job, view);
    if (left > 0) return { requeueAfter: left };
    const { namespace, name } = job.metadata ?? {};
    return { requests: [{ verb: 'get', resource: JOBS, namespace, name }], next: { name: 'fresh' } };
  }
}

function keys(event: InformerEvent): readonly string[] {
  return event.type !== 'delete' && needsCleanUp(event.object as Job) ? [event.key] : NONE;
}

function remaining(job: Job, view: View): number {
  const end = parseTime(finishedAt(job) ?? '') ?? view.clock;
  return end + (job.spec?.ttlSecondsAfterFinished ?? 0) * SECOND - view.clock;
}

function expire(job: Job, view: View): Plan {
  const left = remaining(job, view);
  if (left > 0) return { requeueAfter: left };
  const { namespace, name, uid } = job.metadata ?? {};
  const options = { propagationPolicy: 'Foreground', preconditions: { uid } } as const;
  const requests = [{ verb: 'delete', resource: JOBS, namespace, name, options, discardBody: true }] as const;
  return { requests, next: { name: 'deleted', data: view.now + left } };
}

/** `expired`: when its time was over. One that is gone already was not deleted here. */
function deleted(expired: number, outcome: Outcome<unknown> | undefined, view: View): Plan {
  if (outcome?.code === 404) return {};
  if (outcome?.code !== 200 && outcome?.code !== 202) return { failed: outcome?.error?.message ?? 'connection lost' };
  view.observe('ttl_after_finished_controller_job_deletion_duration_seconds', (view.now - expired) / SECOND);
  return {};
}
