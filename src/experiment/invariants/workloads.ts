/** C1-C5, C10: what holds of replicas and of those who make them. */

import type { CronJob, DaemonSet, HorizontalPodAutoscaler, Job, KubeObject, Pod, ReplicaSet, StatefulSet } from '#api';
import { creations } from './creations.ts';
import { atEnd, controllerUid, type Finding, type History, type Invariant, isLive, isQuiet, isReady, of } from './history.ts';
import { rollingUpdates } from './rollouts.ts';

/** A controller sees the cluster late: what was wanted up to this long ago may still be acted on. */
const LATE = 10_000_000;
/** What a list makes up for comes in no order: a surplus counts once it has lasted for so long. */
const MAKING_UP = 1_000_000;
/** Who did not hear that a pod was made makes another, and deletes one when it sees both: as soon as it has the server back (a client's longest pause is 30 s). */
const RECOVERY = 45_000_000;

/** C1: as many pods as are wanted, and one controller each. */
function* replicas(history: History): Iterable<Finding> {
  const wanted = new Map<string, { now: number; before: number; until: number }>();
  const live = new Map<string, Set<string>>();
  const surplus = new Map<string, Finding>();
  const lost = history.settings.lostAnswers ?? [];
  const lasts = (since: number, now: number): boolean =>
    now - since > MAKING_UP && !lost.some(({ from, until }) => since >= from && now <= until + RECOVERY);
  for (const { at, type, key, resource, object, before } of of(history, 'replicasets.apps', 'pods')) {
    const uid = object.metadata?.uid ?? '';
    if (resource === 'replicasets.apps') {
      const known = wanted.get(uid);
      const now = (object as ReplicaSet).spec?.replicas ?? 1;
      if (known === undefined) wanted.set(uid, { now, before: now, until: at });
      else if (known.now !== now)
        wanted.set(uid, { now, before: Math.max(known.now, at < known.until ? known.before : 0), until: at + LATE });
      // Pods may be heard of before the word that wants them: from here on they are none too many.
      const due = surplus.get(uid);
      if (due !== undefined && (live.get(uid)?.size ?? 0) <= now) {
        if (lasts(due.at, at)) yield due;
        surplus.delete(uid);
      }
      continue;
    }
    const controllers = (object.metadata?.ownerReferences ?? []).filter(({ controller }) => controller === true);
    if (controllers.length > 1) yield { at, message: `pod ${key} has ${controllers.length} controllers` };
    const owner = controllerUid(object);
    const formerly = before === undefined ? undefined : controllerUid(before);
    if (formerly !== undefined && formerly !== owner) live.get(formerly)?.delete(uid);
    if (owner === undefined) continue;
    let pods = live.get(owner);
    if (pods === undefined) live.set(owner, (pods = new Set()));
    if (type === 'delete' || !isLive(object as Pod)) pods.delete(uid);
    else pods.add(uid);
    const due = surplus.get(owner);
    const set = wanted.get(owner);
    const most = set === undefined ? undefined : at < set.until ? Math.max(set.now, set.before) : set.now;
    if (most === undefined || pods.size <= most) {
      if (due !== undefined && lasts(due.at, at)) yield due;
      surplus.delete(owner);
    } else if (due === undefined && type === 'add')
      surplus.set(owner, { at, message: `pod ${key} is one of ${pods.size} where ${most} are wanted` });
  }
  for (const finding of surplus.values()) if (lasts(finding.at, history.until)) yield finding;
  if (!isQuiet(history)) return;
  for (const set of atEnd<ReplicaSet>(history, 'replicasets.apps')) {
    if (set.metadata?.deletionTimestamp !== undefined) continue;
    const there = live.get(set.metadata?.uid ?? '')?.size ?? 0;
    const failing = set.status?.conditions?.some(({ type, status }) => type === 'ReplicaFailure' && status === 'True') === true;
    if (there !== (set.spec?.replicas ?? 1) && !failing)
      yield {
        at: history.until,
        message: `ReplicaSet ${set.metadata?.namespace}/${set.metadata?.name} wants ${set.spec?.replicas ?? 1} pods and has ${there}`,
      };
  }
}

/** C3: members of a StatefulSet start one after another. That no two of one name run at once holds by the API's names, as far as the API can see. */
function* ordered(history: History): Iterable<Finding> {
  const sets = new Map<string, StatefulSet>();
  const readyAt = new Map<string, number>();
  for (const { at, type, key, resource, object, before } of of(history, 'statefulsets.apps', 'pods')) {
    if (resource === 'statefulsets.apps') {
      if (type !== 'delete') sets.set(object.metadata?.uid ?? '', object as StatefulSet);
      continue;
    }
    if (type !== 'delete' && isReady(object as Pod)) readyAt.set(key, at);
    else if (readyAt.get(key) === Number.POSITIVE_INFINITY) readyAt.delete(key);
    const set = sets.get(controllerUid(object) ?? '');
    if (set === undefined || type !== 'add' || before !== undefined || set.spec?.podManagementPolicy === 'Parallel') continue;
    const ordinal = Number(key.slice(key.lastIndexOf('-') + 1));
    const first = set.spec?.ordinals?.start ?? 0;
    for (let lower = first; lower < ordinal; lower++) {
      const other = `${set.metadata?.namespace}/${set.metadata?.name}-${lower}`;
      if (readyAt.get(other) === undefined) yield { at, message: `pod ${key} was made before ${other} had ever been ready` };
    }
  }
}

/** C4: one daemon a node. */
function* daemons(history: History): Iterable<Finding> {
  const sets = new Map<string, DaemonSet>();
  const pods = new Map<string, Pod>();
  for (const { at, type, key, resource, object } of of(history, 'daemonsets.apps', 'pods')) {
    if (resource === 'daemonsets.apps') {
      sets.set(object.metadata?.uid ?? '', object as DaemonSet);
      continue;
    }
    const pod = object as Pod;
    const set = sets.get(controllerUid(pod) ?? '');
    if (set === undefined) continue;
    if (type === 'delete' || !isLive(pod)) pods.delete(key);
    else pods.set(key, pod);
    const surge = set.spec?.updateStrategy?.rollingUpdate?.maxSurge ?? 0;
    const node = pod.spec?.nodeName ?? '';
    if (node === '' || !pods.has(key) || (surge !== 0 && surge !== '0%' && surge !== '0')) continue;
    for (const [other, { spec, metadata }] of pods)
      if (other !== key && spec?.nodeName === node && controllerUid({ metadata } as KubeObject) === set.metadata?.uid)
        yield { at, message: `pods ${other} and ${key} of DaemonSet ${set.metadata?.name} are both on node ${node}` };
  }
  if (!isQuiet(history)) return;
  for (const { metadata, status } of atEnd<DaemonSet>(history, 'daemonsets.apps'))
    if (metadata?.deletionTimestamp === undefined && (status?.currentNumberScheduled ?? 0) !== (status?.desiredNumberScheduled ?? 0))
      yield {
        at: history.until,
        message: `DaemonSet ${metadata?.namespace}/${metadata?.name} is on ${status?.currentNumberScheduled} nodes of ${status?.desiredNumberScheduled}`,
      };
}

const isOver = ({ status }: Job): boolean =>
  status?.conditions?.some(({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True') === true;

/** C5: a Job's counts never fall, its end is final, CronJobs that forbid overlap have none, and what is to go after its end goes. */
function* jobs(history: History): Iterable<Finding> {
  yield* overdue(history);
  const crons = new Map<string, CronJob>();
  const running = new Map<string, Map<string, Job>>();
  for (const { at, type, key, resource, object, before } of of(history, 'cronjobs.batch', 'jobs.batch')) {
    if (resource === 'cronjobs.batch') {
      crons.set(object.metadata?.uid ?? '', object as CronJob);
      continue;
    }
    const [job, was] = [object as Job, before as Job | undefined];
    const isSame = was !== undefined && was.metadata?.uid === job.metadata?.uid && type !== 'delete';
    if (isSame && was.spec?.completions === job.spec?.completions) {
      for (const count of ['succeeded', 'failed'] as const)
        if ((job.status?.[count] ?? 0) < (was.status?.[count] ?? 0))
          yield { at, message: `Job ${key} went from ${was.status?.[count]} ${count} to ${job.status?.[count] ?? 0}` };
      if (isOver(was) && !isOver(job)) yield { at, message: `Job ${key} was over and is no longer` };
    }
    const owner = controllerUid(job) ?? '';
    if (crons.get(owner)?.spec?.concurrencyPolicy !== 'Forbid') continue;
    let active = running.get(owner);
    if (active === undefined) running.set(owner, (active = new Map()));
    if (type === 'delete' || isOver(job)) active.delete(key);
    else active.set(key, job);
    if (type === 'add' && before === undefined && active.size > 1)
      yield { at, message: `Job ${key} was started while ${[...active.keys()].filter((other) => other !== key).join(', ')} ran` };
  }
}

/** At rest, so long after they were due that whoever deletes them has had the time. */
function* overdue(history: History): Iterable<Finding> {
  if (!isQuiet(history)) return;
  const overSince = new Map<string, number>();
  for (const { at, key, type, object } of of(history, 'jobs.batch')) {
    if (type === 'delete' || !isOver(object as Job)) overSince.delete(key);
    else if (!overSince.has(key)) overSince.set(key, at);
  }
  for (const { metadata, spec } of atEnd<Job>(history, 'jobs.batch')) {
    const key = `${metadata?.namespace}/${metadata?.name}`;
    const [since, left] = [overSince.get(key), spec?.ttlSecondsAfterFinished];
    if (since === undefined || left === undefined || metadata?.deletionTimestamp !== undefined) continue;
    const late = history.until - since - left * 1e6;
    if (late > CLEANED_UP)
      yield { at: history.until, message: `Job ${key} was to go ${left} s after its end and is there ${(late / 1e6).toFixed(0)} s later` };
  }
}
const CLEANED_UP = 90_000_000;

/** C10: within bounds. */
function* autoscaled(history: History): Iterable<Finding> {
  const bounds = new Map<string, { text: string; at: number }>();
  for (const { at, type, key, object } of of(history, 'horizontalpodautoscalers.autoscaling')) {
    const { spec, status } = object as HorizontalPodAutoscaler;
    const desired = status?.desiredReplicas;
    if (type === 'delete' || desired === undefined || desired === 0) continue;
    const [least, most] = [spec?.minReplicas ?? 1, spec?.maxReplicas ?? Number.POSITIVE_INFINITY];
    // Bounds that have just changed are heeded at the next look, every 15 s.
    const [was, isSame] = [bounds.get(key), bounds.get(key)?.text === `${least} ${most}`];
    if (!isSame) bounds.set(key, { text: `${least} ${most}`, at });
    const isJudged = was === undefined || (isSame && at - was.at > 20_000_000);
    if (isJudged && (desired < least || desired > most))
      yield { at, message: `HorizontalPodAutoscaler ${key} wants ${desired}, outside ${least} to ${most}` };
  }
}

function* everyReplica(history: History): Iterable<Finding> {
  yield* replicas(history);
  yield* creations(history);
}

export const WORKLOAD_INVARIANTS: readonly Invariant[] = [
  {
    id: 'C1',
    says: 'a ReplicaSet makes no more pods than are wanted, ends with as many, and each has one controller',
    check: everyReplica,
  },
  { id: 'C2', says: 'a rolling update stays within maxSurge and maxUnavailable', check: rollingUpdates },
  { id: 'C3', says: 'members of a StatefulSet start in order', check: ordered },
  { id: 'C4', says: 'a DaemonSet has one pod a node', check: daemons },
  { id: 'C5', says: "a Job's counts never fall, its end is final, it goes when it is due, and Forbid forbids", check: jobs },
  { id: 'C10', says: 'an autoscaler stays within its bounds', check: autoscaled },
];
