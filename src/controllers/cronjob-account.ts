/** What a CronJob's controller makes of its Jobs before it looks at the clock: the oldest that are over go, those that ended leave the list of active ones, those
 *  that the caches do not show are asked for. Mirrors kubernetes v1.34 pkg/controller/cronjob/cronjob_controllerv2.go (cleanupFinishedJobs, and the first half
 *  of syncCronJob). Departure: a CronJob is read once for all Jobs that its list does not name (upstream reads it for each). */

import type { CronJob, Job } from '#api';
import type { Outcome, RequestSpec, View } from '#client';
import { finishedAt } from './job-verdict.ts';

const JOBS = 'jobs.batch';
const NONE: readonly never[] = [];

export type Status = NonNullable<CronJob['status']>;
export type Active = NonNullable<Status['active']>[number];

const hasSucceeded = ({ status }: Job): boolean =>
  status?.conditions?.some(({ type, status: state }) => type === 'Complete' && state === 'True') === true;

export const uidOf = ({ metadata }: Job | CronJob): string => metadata?.uid ?? '';
const isActive = ({ status }: CronJob, job: Job): boolean => status?.active?.some(({ uid }) => uid === uidOf(job)) === true;

/** The status with other active Jobs; none is no list. */
export function withActive({ active: _former, ...rest }: Status, active: readonly Active[]): Status {
  return active.length === 0 ? rest : { active: [...active], ...rest };
}

/** cleanupFinishedJobs: the oldest beyond the limits (3 that succeeded, 1 that failed). */
export function surplusJobs(cron: CronJob, jobs: readonly Job[]): readonly Job[] {
  const finished = jobs.filter((job) => finishedAt(job) !== undefined);
  if (finished.length === 0) return NONE;
  const oldest = (of: readonly Job[], limit: number): readonly Job[] =>
    of.length <= limit ? NONE : [...of].sort(byStart).slice(0, of.length - limit);
  return [
    ...oldest(finished.filter(hasSucceeded), cron.spec?.successfulJobsHistoryLimit ?? 3),
    ...oldest(
      finished.filter((job) => !hasSucceeded(job)),
      cron.spec?.failedJobsHistoryLimit ?? 1,
    ),
  ];
}

/** byJobStartTime: what never started comes last, names settle ties. */
function byStart(a: Job, b: Job): number {
  const [of, and] = [a.status?.startTime, b.status?.startTime];
  if (of !== and) return of === undefined || (and !== undefined && of > and) ? 1 : -1;
  return (a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1;
}

export function deletion({ namespace, name }: { readonly namespace?: string; readonly name?: string }): RequestSpec {
  const options = { propagationPolicy: 'Background' } as const;
  return { verb: 'delete', resource: JOBS, namespace, name, options, discardBody: true };
}

/** deleteJob's events: whether it is gone. */
export function tellDeletion(cron: CronJob, { code, request, error }: Outcome<unknown>, view: View): boolean {
  if (code === 200 || code === 202) {
    view.event(cron, 'Normal', 'SuccessfulDelete', `Deleted job ${request.name}`);
    return true;
  }
  view.event(cron, 'Warning', 'FailedDelete', `Deleted job: ${error?.message ?? 'connection lost'}`);
  return false;
}

/** What the caches leave open: the CronJob's own list, where it does not name a Job that runs, and Jobs that it names and the cache does not show. */
export function questions(cron: CronJob, jobs: readonly Job[]): readonly RequestSpec[] {
  const { namespace, name } = cron.metadata ?? {};
  const isUnnamed = jobs.some((job) => finishedAt(job) === undefined && !isActive(cron, job));
  const known = new Set(jobs.map(uidOf));
  const missing = (cron.status?.active ?? NONE).filter(({ uid }) => !known.has(uid ?? ''));
  return [
    ...(isUnnamed ? [{ verb: 'get', resource: 'cronjobs.batch', namespace, name } as const] : NONE),
    ...missing.map((entry) => ({ verb: 'get', resource: JOBS, namespace: entry.namespace, name: entry.name }) as const),
  ];
}

/** The status without Jobs that are over or gone; a text where a question found no answer. `cron`: as a read showed it, where there was one. */
export function accountFor(
  cached: CronJob,
  jobs: readonly Job[],
  answers: readonly Outcome<unknown>[],
  view: View,
): { readonly cron: CronJob; readonly status: Status } | string {
  const failed = answers.find(({ code, request }) => code !== 200 && !(code === 404 && request.resource === JOBS));
  if (failed !== undefined) return failed.error?.message ?? 'connection lost';
  const read = answers.find(({ request }) => request.resource !== JOBS)?.object as CronJob | undefined;
  const isNews = read !== undefined && jobs.some((job) => !isActive(cached, job) && isActive(read, job));
  const cron = isNews ? read : cached;
  const ended = new Set<string>();
  let lastSuccessfulTime = cron.status?.lastSuccessfulTime;
  for (const job of jobs) {
    const isNamed = isActive(cron, job);
    if (finishedAt(job) === undefined) {
      if (!isNamed)
        view.event(cron, 'Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${job.metadata?.name}`);
      continue;
    }
    if (isNamed) {
      ended.add(uidOf(job));
      const how = hasSucceeded(job) ? 'Complete' : 'Failed';
      view.event(cron, 'Normal', 'SawCompletedJob', `Saw completed job: ${job.metadata?.name}, condition: ${how}`);
    }
    const end = job.status?.completionTime;
    if (hasSucceeded(job) && end !== undefined && (lastSuccessfulTime === undefined || end > lastSuccessfulTime)) lastSuccessfulTime = end;
  }
  for (const { code, request } of answers) {
    if (code !== 404) continue;
    const gone = cron.status?.active?.find(({ name }) => name === request.name);
    if (gone === undefined) continue;
    ended.add(gone.uid ?? '');
    view.event(cron, 'Normal', 'MissingJob', `Active job went missing: ${gone.name}`);
  }
  const active = (cron.status?.active ?? NONE).filter(({ uid }) => !ended.has(uid ?? ''));
  return { cron, status: withActive({ ...cron.status, ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }) }, active) };
}
