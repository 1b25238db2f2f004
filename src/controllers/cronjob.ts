/** Starts Jobs by the clock. Mirrors kubernetes v1.34 pkg/controller/cronjob/cronjob_controllerv2.go: time zones, concurrency policies, missed starts,
 *  starting deadline, history limits. Departure: a Job of a firing's name that is another's does not stop later firings (upstream waits for something to happen). */

import type { CronJob, Job } from '#api';
import { parseTime, rfc3339 } from '#api';
import type { Controller, InformerEvent, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import type { Duration } from '#sim';
import { MILLISECOND, MINUTE, SECOND } from '#sim';
import type { Schedule } from './cron-schedule.ts';
import { mostRecent, parseSchedule } from './cron-schedule.ts';
import type { Active, Status } from './cronjob-account.ts';
import { accountFor, deletion, questions, surplusJobs, tellDeletion, uidOf, withActive } from './cronjob-account.ts';
import { BY_CONTROLLER, byController, controllerOf, controllerReference, siblingKey } from './owner-references.ts';
import { isNamespaceTerminating } from './pod-state.ts';
import { semanticEqual } from './semantic-equal.ts';
import { wallClock, zoneOffsets } from './zone-time.ts';

const CRONJOBS = 'cronjobs.batch';
const JOBS = 'jobs.batch';
/** nextScheduleDelta: so that the clock has surely passed the minute. */
const SLACK: Duration = 100 * MILLISECOND;
const NONE: readonly never[] = [];
const MANY_MISSED = 100;
const SCHEDULED = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TOO_MANY = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
const DOCS = 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/';

interface Start {
  readonly cron: CronJob;
  readonly status: Status;
  readonly scheduled: number;
  readonly again: Duration | undefined;
}

/** A pass on its way: `removed` are Jobs that this pass has deleted. */
interface Pass {
  readonly cron: CronJob;
  readonly jobs: readonly Job[];
  readonly removed: readonly string[];
}

export class CronJobController implements Controller {
  readonly name = 'cronjob';
  readonly workers: number;
  readonly watches: readonly WatchSpec[] = [
    { resource: CRONJOBS, keys: cronKeys },
    { resource: JOBS, keys: jobKeys, indexes: { [BY_CONTROLLER]: byController } },
  ];

  constructor(workers = 5) {
    this.workers = workers;
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    const outcomes = stage?.outcomes ?? NONE;
    switch (stage?.name) {
      case 'cleaned':
        return ask(cleaned(stage.data as Pass, outcomes, view), view);
      case 'asked':
        return account(stage.data as Pass, outcomes, view);
      case 'found':
        return replace(stage.data as Start, outcomes, view);
      case 'replaced':
        return replaced(stage.data as Start, outcomes, view);
      case 'started':
        return started(stage.data as Start, outcomes[0], view);
      case 'present':
        return takeUp(stage.data as Start, outcomes[0]);
      default:
        return begin(key, view);
    }
  }
}

/** updateCronJob: a change of the schedule waits for its next firing, whatever else changes is looked at at once. */
function cronKeys(event: InformerEvent, view: View): readonly string[] {
  const cron = event.object as CronJob;
  const before = event.previous as CronJob | undefined;
  const { schedule = '', timeZone } = cron.spec ?? {};
  if (event.type !== 'update' || before === undefined || (before.spec?.schedule === schedule && before.spec.timeZone === timeZone))
    return [event.key];
  const read = parseSchedule(schedule, timeZone);
  if (read === undefined) {
    view.event(cron, 'Warning', 'UnParseableCronJobSchedule', `unparseable schedule for cronjob: ${schedule}`);
    return NONE;
  }
  const wait = untilNext(cron, cron.status ?? {}, read, view);
  if (wait !== undefined) view.enqueue(event.key, wait);
  return NONE;
}

function jobKeys(event: InformerEvent, view: View): readonly string[] {
  const reference = controllerOf(event.object);
  if (reference?.kind !== 'CronJob') return NONE;
  const key = siblingKey(event.object.metadata, reference.name);
  return view.lister<CronJob>(CRONJOBS).get(key)?.metadata?.uid === reference.uid ? [key] : NONE;
}

function begin(key: string, view: View): Plan {
  const cron = view.lister<CronJob>(CRONJOBS).get(key);
  if (cron === undefined) return {};
  const jobs = [...view.lister<Job>(JOBS).byIndex(BY_CONTROLLER, uidOf(cron))];
  const pass: Pass = { cron, jobs, removed: NONE };
  const surplus = surplusJobs(cron, jobs);
  if (surplus.length === 0) return ask(pass, view);
  return { requests: surplus.map(({ metadata }) => deletion(metadata ?? {})), next: { name: 'cleaned', data: pass } };
}

function cleaned(pass: Pass, outcomes: readonly Outcome<unknown>[], view: View): Pass {
  const names = new Set(outcomes.flatMap((outcome) => (tellDeletion(pass.cron, outcome, view) ? [outcome.request.name] : [])));
  return { ...pass, removed: pass.jobs.filter(({ metadata }) => names.has(metadata?.name)).map(uidOf) };
}

function ask(pass: Pass, view: View): Plan {
  const requests = questions(pass.cron, pass.jobs);
  return requests.length === 0 ? account(pass, NONE, view) : { requests, next: { name: 'asked', data: pass } };
}

function account({ cron: before, jobs, removed }: Pass, answers: readonly Outcome<unknown>[], view: View): Plan {
  // What was deleted has left the list before anybody looks whether it is over.
  const left = (before.status?.active ?? NONE).filter(({ uid }) => !removed.includes(uid ?? ''));
  const cached = removed.length === 0 ? before : { ...before, status: withActive(before.status ?? {}, left) };
  const found = accountFor(cached, jobs, answers, view);
  if (typeof found === 'string') return settle(before, cached.status ?? {}, undefined, found);
  return bySchedule(found.cron === cached ? before : found.cron, found.status, view);
}

/** The status, when it changed. */
const settle = (cron: CronJob, status: Status, again?: Duration, failed?: string): Plan => ({
  requests: semanticEqual(cron.status ?? {}, status) ? NONE : [statusWrite(cron, status)],
  requeueAfter: again,
  failed,
});

function bySchedule(cron: CronJob, status: Status, view: View): Plan {
  const { timeZone, schedule: text = '', suspend } = cron.spec ?? {};
  if (cron.metadata?.deletionTimestamp !== undefined) return settle(cron, status);
  if (timeZone !== undefined && zoneOffsets(timeZone) === undefined) {
    view.event(cron, 'Warning', 'UnknownTimeZone', `invalid timeZone: "${timeZone}": unknown time zone ${timeZone}`);
    return settle(cron, status);
  }
  if (suspend === true) return settle(cron, status);
  if (text.includes('TZ')) {
    const told = `CRON_TZ or TZ used in schedule "${text}" is not officially supported, see ${DOCS} for more details`;
    view.event(cron, 'Warning', 'UnsupportedSchedule', told);
  }
  const schedule = parseSchedule(text, timeZone);
  if (schedule === undefined) {
    view.event(cron, 'Warning', 'UnparseableSchedule', `unparseable schedule: "${text}"`);
    return settle(cron, status);
  }
  const recent = mostRecent(schedule, earliestStart(cron, status, view, true), view.clock);
  if (recent === undefined) {
    const why = 'time difference between two schedules is less than 1 second';
    view.event(cron, 'Warning', 'InvalidSchedule', `invalid schedule: ${text} : ${why}`);
    return settle(cron, status);
  }
  const again = untilNext(cron, status, schedule, view);
  const scheduled = recent.at;
  if (scheduled === undefined) return settle(cron, status, again);
  if (recent.missed > MANY_MISSED) view.event(cron, 'Warning', 'TooManyMissedTimes', TOO_MANY);
  return start({ cron, status, scheduled, again }, view);
}

function start(begun: Start, view: View): Plan {
  const { cron, status, scheduled, again } = begun;
  const deadline = cron.spec?.startingDeadlineSeconds;
  if (deadline !== undefined && scheduled + deadline * SECOND < view.clock) {
    view.event(cron, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${rfc1123z(scheduled)}`);
    return settle(cron, status, again);
  }
  const name = jobName(cron, scheduled);
  const active = status.active ?? NONE;
  if (status.lastScheduleTime === rfc3339(scheduled) || active.some((entry) => entry.name === name)) return settle(cron, status, again);
  if (cron.spec?.concurrencyPolicy === 'Forbid' && active.length > 0) {
    const told = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    view.event(cron, 'Normal', 'JobAlreadyActive', told);
    return settle(cron, status, again);
  }
  if (cron.spec?.concurrencyPolicy !== 'Replace' || active.length === 0) return create(begun);
  const requests = active.map((entry) => ({ verb: 'get', resource: JOBS, namespace: entry.namespace, name: entry.name }) as const);
  return { requests, next: { name: 'found', data: begun } };
}

/** Replace: what still runs is read, deleted, and then followed by the new one. */
function replace(begun: Start, outcomes: readonly Outcome<unknown>[], view: View): Plan {
  const missing = outcomes.find(({ code }) => code !== 200);
  if (missing === undefined) return { requests: outcomes.map(({ request }) => deletion(request)), next: { name: 'replaced', data: begun } };
  const why = missing.error?.message ?? 'connection lost';
  view.event(begun.cron, 'Warning', 'FailedGet', `Get job: ${why}`);
  return settle(begun.cron, begun.status, undefined, why);
}

function replaced(begun: Start, outcomes: readonly Outcome<unknown>[], view: View): Plan {
  const { cron } = begun;
  const kept = new Set(outcomes.flatMap((outcome) => (tellDeletion(cron, outcome, view) ? [] : [outcome.request.name])));
  const active = (begun.status.active ?? NONE).filter(({ name }) => kept.has(name));
  const status = withActive(begun.status, active);
  const [first] = active;
  if (first !== undefined) return settle(cron, status, undefined, `could not replace job ${first.namespace}/${first.name}`);
  return create({ ...begun, status });
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
      annotations: { ...template?.metadata?.annotations, [SCHEDULED]: inZone(scheduled, cron.spec?.timeZone) },
      ownerReferences: [controllerReference('batch/v1', 'CronJob', cron)],
    },
    spec: template?.spec,
  };
  return { requests: [{ verb: 'create', resource: JOBS, namespace, body, discardBody: true }], next: { name: 'started', data: start } };
}

function started(begun: Start, outcome: Outcome<unknown> | undefined, view: View): Plan {
  const { cron, status, scheduled } = begun;
  const name = jobName(cron, scheduled);
  if (outcome?.code !== 201 && outcome?.code !== 200) {
    const failed = outcome?.error?.message ?? 'connection lost';
    // Made before, and the status that names it was lost: it is named now.
    if (outcome?.error?.reason === 'AlreadyExists')
      return {
        requests: [{ verb: 'get', resource: JOBS, namespace: cron.metadata?.namespace, name }],
        next: { name: 'present', data: begun },
      };
    if (outcome === undefined || !isNamespaceTerminating(outcome))
      view.event(cron, 'Warning', 'FailedCreate', `Error creating job: ${failed}`);
    return settle(cron, status, undefined, failed);
  }
  view.event(cron, 'Normal', 'SuccessfulCreate', `Created job ${name}`);
  const created = parseTime(String(outcome.object?.metadata?.creationTimestamp ?? '')) ?? view.clock;
  view.observe('cronjob_controller_job_creation_skew_duration_seconds', (created - scheduled) / SECOND);
  return named(begun, outcome.object as Job);
}

/** The Job of this firing was there: an own one that the list does not name enters it, another's is not looked after. */
function takeUp(begun: Start, outcome: Outcome<unknown> | undefined): Plan {
  const { cron, status, again } = begun;
  if (outcome?.code !== 200) return settle(cron, status, undefined, outcome?.error?.message ?? 'connection lost');
  const job = outcome.object as Job;
  const isOwn = controllerOf(job)?.uid === uidOf(cron);
  return isOwn ? named(begun, job) : settle(cron, status, again);
}

function named({ cron, status, scheduled, again }: Start, { metadata }: Job): Plan {
  const { namespace, name, uid, resourceVersion } = metadata ?? {};
  const entry = { kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', resourceVersion } as Active;
  const next: Status = { ...status, active: [...(status.active ?? NONE), entry], lastScheduleTime: rfc3339(scheduled) };
  return { requests: [statusWrite(cron, next)], requeueAfter: again };
}

function statusWrite(cron: CronJob, status: Status): RequestSpec {
  const { namespace, name } = cron.metadata ?? {};
  return { verb: 'update', resource: CRONJOBS, subresource: 'status', namespace, name, body: { ...cron, status }, discardBody: true };
}

const two = (n: number): string => String(n).padStart(2, '0');

/** RFC 3339 by the wall clock of the CronJob's zone. */
function inZone(instant: number, timeZone: string | undefined): string {
  const utc = rfc3339(instant);
  const offset = zoneOffsets(timeZone ?? '')?.(Math.floor(instant / SECOND)) ?? 0;
  if (timeZone === undefined || offset === 0) return utc;
  const minutes = Math.floor(Math.abs(offset) / 60);
  return `${rfc3339(instant + offset * SECOND).slice(0, -1)}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Go's time.RFC1123Z, in UTC. */
function rfc1123z(instant: number): string {
  const second = Math.floor(instant / SECOND);
  const { year, month, day, hour, minute, weekday } = wallClock(second, () => 0);
  const date = `${DAYS[weekday]}, ${two(day)} ${MONTHS[month - 1]} ${year}`;
  return `${date} ${two(hour)}:${two(minute)}:${two(second % 60)} +0000`;
}
