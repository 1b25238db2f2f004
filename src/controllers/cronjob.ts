/** Starts Jobs by the clock. Mirrors kubernetes v1.34 pkg/controller/cronjob/cronjob_controllerv2.go: time zones, concurrency policies, missed starts,
 *  starting deadline, history limits. */

import type { CronJob, Job } from '#api';
import { parseTime, rfc3339 } from '#api';
import type { Controller, InformerEvent, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import type { Duration } from '#sim';
import { MILLISECOND, MINUTE, SECOND } from '#sim';
import type { Schedule } from './cron-schedule.ts';
import { mostRecent, parseSchedule } from './cron-schedule.ts';
import { finishedAt } from './job-verdict.ts';
import { BY_CONTROLLER, byController, controllerOf, controllerReference, siblingKey } from './owner-references.ts';
import { semanticEqual } from './semantic-equal.ts';

const CRONJOBS = 'cronjobs.batch';
const JOBS = 'jobs.batch';
/** nextScheduleDelta: so that the clock has surely passed the minute. */
const SLACK: Duration = 100 * MILLISECOND;
const NONE: readonly never[] = [];
const MANY_MISSED = 100;
const TOO_MANY = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
const DOCS = 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/';

type Status = NonNullable<CronJob['status']>;
type Active = NonNullable<Status['active']>[number];

interface Start {
  readonly cron: CronJob;
  readonly status: Status;
  readonly scheduled: number;
  readonly also: readonly RequestSpec[];
  readonly again: Duration | undefined;
}

export class CronJobController implements Controller {
  readonly name = 'cronjob';
  readonly workers: number;
  readonly watches: readonly WatchSpec[] = [
    { resource: CRONJOBS, keys: (event) => [event.key] },
    { resource: JOBS, keys: jobKeys, indexes: { [BY_CONTROLLER]: byController } },
  ];

  constructor(workers = 5) {
    this.workers = workers;
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    if (stage?.name === 'replaced') return create(stage.data as Start);
    if (stage?.name === 'started') return started(stage.data as Start, stage.outcomes?.at(-1), view);
    const cron = view.lister<CronJob>(CRONJOBS).get(key);
    if (cron === undefined) return {};
    const jobs = [...view.lister<Job>(JOBS).byIndex(BY_CONTROLLER, cron.metadata?.uid ?? '')];
    const status = accountFor(cron, jobs, view);
    const also = cleanUp(cron, jobs);
    const settle = (again?: Duration): Plan => ({
      requests: semanticEqual(cron.status ?? {}, status) ? also : [...also, statusWrite(cron, status)],
      requeueAfter: again,
    });
    if (cron.metadata?.deletionTimestamp !== undefined || cron.spec?.suspend === true) return settle();
    const text = cron.spec?.schedule ?? '';
    if (text.includes('TZ'))
      view.event(
        cron,
        'Warning',
        'UnsupportedSchedule',
        `CRON_TZ or TZ used in schedule "${text}" is not officially supported, see ${DOCS} for more details`,
      );
    const schedule = parseSchedule(text, cron.spec?.timeZone);
    if (schedule === undefined) {
      view.event(cron, 'Warning', 'UnparseableSchedule', `unparseable schedule: "${text}"`);
      return settle();
    }
    const recent = mostRecent(schedule, earliestStart(cron, status, view, true), view.clock);
    if (recent === undefined) {
      const why = 'time difference between two schedules is less than 1 second';
      view.event(cron, 'Warning', 'InvalidSchedule', `invalid schedule: ${text} : ${why}`);
      return settle();
    }
    const again = untilNext(cron, status, schedule, view);
    const scheduled = recent.at;
    if (scheduled === undefined) return settle(again);
    if (recent.missed > MANY_MISSED) view.event(cron, 'Warning', 'TooManyMissedTimes', TOO_MANY);
    return this.#start({ cron, status, scheduled, also, again }, jobs, view, settle);
  }

  #start(start: Start, jobs: readonly Job[], view: View, settle: (again?: Duration) => Plan): Plan {
    const { cron, status, scheduled, again } = start;
    const deadline = cron.spec?.startingDeadlineSeconds;
    if (deadline !== undefined && scheduled + deadline * SECOND < view.clock) {
      view.event(cron, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${rfc3339(scheduled)}`);
      return settle(again);
    }
    const name = jobName(cron, scheduled);
    if (status.lastScheduleTime === rfc3339(scheduled) || status.active?.some((active) => active.name === name) === true)
      return settle(again);
    const active = status.active ?? NONE;
    if (cron.spec?.concurrencyPolicy === 'Forbid' && active.length > 0) {
      view.event(
        cron,
        'Normal',
        'JobAlreadyActive',
        'Not starting job because prior execution is running and concurrency policy is Forbid',
      );
      return settle(again);
    }
    if (cron.spec?.concurrencyPolicy !== 'Replace' || active.length === 0) return create(start);
    const running = jobs.filter((job) => active.some(({ uid }) => uid === job.metadata?.uid));
    for (const job of running) view.event(cron, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata?.name}`);
    return {
      requests: running.map(deletion),
      next: { name: 'replaced', data: { ...start, status: { ...status, active: undefined } } satisfies Start },
    };
  }
}

function jobKeys(event: InformerEvent, view: View): readonly string[] {
  const reference = controllerOf(event.object);
  if (reference?.kind !== 'CronJob') return NONE;
  const key = siblingKey(event.object.metadata, reference.name);
  return view.lister<CronJob>(CRONJOBS).get(key)?.metadata?.uid === reference.uid ? [key] : NONE;
}

const hasSucceeded = ({ status }: Job): boolean =>
  status?.conditions?.some(({ type, status: state }) => type === 'Complete' && state === 'True') === true;

/** The status without Jobs that are over or gone. */
function accountFor(cron: CronJob, jobs: readonly Job[], view: View): Status {
  const byUid = new Map(jobs.map((job) => [job.metadata?.uid, job]));
  const active: Active[] = [];
  let lastSuccessfulTime = cron.status?.lastSuccessfulTime;
  for (const entry of cron.status?.active ?? NONE) {
    const job = byUid.get(entry.uid);
    if (job === undefined) {
      view.event(cron, 'Normal', 'MissingJob', `Active job went missing: ${entry.name}`);
    } else if (finishedAt(job) === undefined) {
      active.push(entry);
    } else {
      view.event(
        cron,
        'Normal',
        'SawCompletedJob',
        `Saw completed job: ${entry.name}, condition: ${hasSucceeded(job) ? 'Complete' : 'Failed'}`,
      );
    }
  }
  for (const job of jobs) {
    const end = job.status?.completionTime;
    if (hasSucceeded(job) && end !== undefined && (lastSuccessfulTime === undefined || end > lastSuccessfulTime)) lastSuccessfulTime = end;
  }
  return {
    ...(active.length > 0 ? { active } : {}),
    ...(cron.status?.lastScheduleTime === undefined ? {} : { lastScheduleTime: cron.status.lastScheduleTime }),
    ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }),
  };
}

/** cleanupFinishedJobs: the oldest beyond the limits (3 that succeeded, 1 that failed). */
function cleanUp(cron: CronJob, jobs: readonly Job[]): readonly RequestSpec[] {
  const finished = jobs.filter((job) => finishedAt(job) !== undefined && job.metadata?.deletionTimestamp === undefined);
  if (finished.length < 2) return NONE;
  const surplus = (of: readonly Job[], limit: number): readonly Job[] =>
    [...of].sort((a, b) => ((a.status?.startTime ?? '') < (b.status?.startTime ?? '') ? -1 : 1)).slice(0, Math.max(0, of.length - limit));
  const succeeded = surplus(finished.filter(hasSucceeded), cron.spec?.successfulJobsHistoryLimit ?? 3);
  const failed = surplus(
    finished.filter((job) => !hasSucceeded(job)),
    cron.spec?.failedJobsHistoryLimit ?? 1,
  );
  return [...succeeded, ...failed].map(deletion);
}

/** Starts that were due before this are made up for no more: the last start, or the creation, and what the starting deadline still allows. */
function earliestStart(cron: CronJob, status: Status, view: View, heedsDeadline: boolean): number {
  const earliest = parseTime(status.lastScheduleTime ?? cron.metadata?.creationTimestamp ?? '') ?? view.clock;
  const deadline = cron.spec?.startingDeadlineSeconds;
  return heedsDeadline && deadline !== undefined ? Math.max(earliest, view.clock - deadline * SECOND) : earliest;
}

/** nextScheduleTimeDuration: from the last firing on, so that `@every` keeps its beat. */
function untilNext(cron: CronJob, status: Status, schedule: Schedule, view: View): Duration | undefined {
  const earliest = earliestStart(cron, status, view, false);
  const recent = mostRecent(schedule, earliest, view.clock);
  const from = recent?.at ?? (recent?.missed === 0 ? earliest : view.clock);
  const next = schedule.next(from);
  return next === undefined ? undefined : next - view.clock + SLACK;
}

/** getJobName: the minute tells runs apart, and makes a second start of the same run collide. */
const jobName = (cron: CronJob, scheduled: number): string => `${cron.metadata?.name}-${Math.floor(scheduled / MINUTE)}`;

function create(start: Start): Plan {
  const { cron, scheduled } = start;
  const { namespace } = cron.metadata ?? {};
  const template = cron.spec?.jobTemplate;
  const body = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cron, scheduled),
      namespace,
      labels: template?.metadata?.labels,
      annotations: { ...template?.metadata?.annotations, 'batch.kubernetes.io/cronjob-scheduled-timestamp': rfc3339(scheduled) },
      ownerReferences: [controllerReference('batch/v1', 'CronJob', cron)],
    },
    spec: template?.spec,
  };
  return { requests: [{ verb: 'create', resource: JOBS, namespace, body, discardBody: true }], next: { name: 'started', data: start } };
}

function started({ cron, status, scheduled, also, again }: Start, outcome: Outcome<unknown> | undefined, view: View): Plan {
  const name = jobName(cron, scheduled);
  if (outcome?.code !== 201 && outcome?.code !== 200) {
    const failed = outcome?.error?.message ?? 'connection lost';
    // Started before, by this controller or another: the lister will show it.
    if (outcome?.error?.reason === 'AlreadyExists') return { requests: also, requeueAfter: again };
    view.event(cron, 'Warning', 'FailedCreate', `Error creating job: ${failed}`);
    return { requests: also, failed };
  }
  view.event(cron, 'Normal', 'SuccessfulCreate', `Created job ${name}`);
  const { uid, resourceVersion, creationTimestamp } = outcome.object?.metadata ?? {};
  const created = parseTime(String(creationTimestamp ?? '')) ?? view.clock;
  view.observe('cronjob_controller_job_creation_skew_duration_seconds', (created - scheduled) / SECOND);
  const entry = { kind: 'Job', namespace: cron.metadata?.namespace, name, uid, apiVersion: 'batch/v1', resourceVersion } as Active;
  const next: Status = { ...status, active: [...(status.active ?? NONE), entry], lastScheduleTime: rfc3339(scheduled) };
  return { requests: [...also, statusWrite(cron, next)], requeueAfter: again };
}

function deletion({ metadata }: Job): RequestSpec {
  const options = { propagationPolicy: 'Background' } as const;
  return { verb: 'delete', resource: JOBS, namespace: metadata?.namespace, name: metadata?.name, options, discardBody: true };
}

function statusWrite(cron: CronJob, status: Status): RequestSpec {
  const { namespace, name } = cron.metadata ?? {};
  return { verb: 'update', resource: CRONJOBS, subresource: 'status', namespace, name, body: { ...cron, status }, discardBody: true };
}
