/** C2: a rolling update stays between what it may have too few and too many. Judged by the Deployment's own status, which is put together from those of its
 *  ReplicaSets, some of them old: what is wrong counts once it has stood for a while in which somebody could have put it right (kubernetes v1.34
 *  pkg/controller/deployment/util/deployment_util.go, NewRSNewReplicas, bounds what ReplicaSets are told to have; pods and statuses follow when their
 *  controller comes to it). */

import type { Deployment, Pod } from '#api';
import { type Change, type Finding, type History, isReady, of } from './history.ts';
import type { Interval } from './lost-answers.ts';

const LEADER = 'kube-system/kube-controller-manager';
/** Between two renewals of the manager's lease. */
const RENEWAL = 2_000_000;
/** Two seconds, and those that an outage may take before the lease shows it. */
const LASTING = 4_000_000;
/** For too few. */
const STANDING = 2_000_000;

/** When nobody at work is sure: nobody leads or nothing can be written, so that the lease is not renewed; or answers are lost, and what was not heard to have
 *  happened is asked for again. */
function idleTimes(history: History): readonly Interval[] {
  const found = [...(history.settings.lostAnswers ?? [])];
  let last: number | undefined;
  const renewed = (at: number): void => {
    if (last !== undefined && at - last > 1.5 * RENEWAL) found.push({ from: last + RENEWAL, until: at });
    last = at;
  };
  for (const { at, key } of of(history, 'leases.coordination.k8s.io')) if (key === LEADER) renewed(at);
  renewed(history.until);
  const joined: { from: number; until: number }[] = [];
  for (const { from, until } of found.sort((a, b) => a.from - b.from)) {
    const before = joined.at(-1);
    if (before !== undefined && from <= before.until) before.until = Math.max(before.until, until);
    else joined.push({ from, until });
  }
  return joined;
}

const within = (intervals: readonly Interval[], since: number, now: number): number =>
  intervals.reduce((sum, { from, until }) => sum + Math.max(0, Math.min(until, now) - Math.max(from, since)), 0);

function rounded(value: number | string | undefined, of: number, up: boolean): number {
  if (typeof value === 'number') return value;
  const share = (Number((value ?? '25%').replace('%', '')) / 100) * of;
  return up ? Math.ceil(share - 1e-9) : Math.floor(share + 1e-9);
}

const isJudged = ({ type, object }: Change): boolean => {
  const { spec } = object as Deployment;
  return type !== 'delete' && spec !== undefined && (spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate' && spec.paused !== true;
};

/** More than replicas and maxSurge; for a minute after fewer are wanted, as many as were wanted before may be there. */
function* tooMany(history: History): Iterable<Finding> {
  const scaled = new Map<string, { replicas: number; most: number; at: number }>();
  const standing = new Map<string, Finding>();
  const idle = idleTimes(history);
  const counts = (since: number, now: number): boolean => now - since - within(idle, since, now) > LASTING;
  for (const change of of(history, 'deployments.apps')) {
    const { at, key, object } = change;
    const { spec, status } = object as Deployment;
    let message: string | undefined;
    if (isJudged(change)) {
      const replicas = spec?.replicas ?? 1;
      const known = scaled.get(key);
      if (known?.replicas !== replicas) scaled.set(key, { replicas, most: Math.max(replicas, known?.most ?? 0), at });
      else if (at - known.at > 60_000_000) known.most = replicas;
      const wanted = scaled.get(key)?.most ?? replicas;
      const most = wanted + rounded(spec?.strategy?.rollingUpdate?.maxSurge, wanted, true);
      if ((status?.replicas ?? 0) > most) message = `Deployment ${key} has ${status?.replicas} pods, ${most} at most`;
    }
    const since = standing.get(key);
    if (message === undefined) {
      if (since !== undefined && counts(since.at, at)) yield since;
      standing.delete(key);
    } else if (since === undefined) standing.set(key, { at, message });
  }
  for (const finding of standing.values()) if (counts(finding.at, history.until)) yield finding;
}

/** Fewer than replicas without maxUnavailable, once there were as many; only while no node and no container fails, since those take pods away too. */
function* tooFew(history: History): Iterable<Finding> {
  if (!isCalm(history)) return;
  const reached = new Map<string, { readonly replicas: number; is: boolean }>();
  const late = new Map<string, Finding>();
  for (const change of of(history, 'deployments.apps')) {
    if (!isJudged(change)) continue;
    const { at, key, object } = change;
    const { spec, status, metadata } = object as Deployment;
    const replicas = spec?.replicas ?? 1;
    if (reached.get(key)?.replicas !== replicas) reached.set(key, { replicas, is: false });
    const had = reached.get(key) as { is: boolean };
    const lasting = late.get(key);
    if (lasting !== undefined && at - lasting.at > STANDING) yield lasting;
    late.delete(key);
    const { maxSurge, maxUnavailable } = spec?.strategy?.rollingUpdate ?? {};
    const fewer = rounded(maxUnavailable, replicas, false);
    const least = replicas - (fewer === 0 && rounded(maxSurge, replicas, true) === 0 ? 1 : fewer);
    const available = status?.availableReplicas ?? 0;
    const isRolling = (status?.updatedReplicas ?? 0) < (status?.replicas ?? 0) && metadata?.deletionTimestamp === undefined;
    if (available >= least) had.is = true;
    else if (had.is && isRolling)
      late.set(key, { at, message: `Deployment ${key} has ${available} pods available in the middle of a rollout, ${least} at least` });
  }
  for (const finding of late.values()) if (history.until - finding.at > STANDING) yield finding;
}

/** No node was unready, no container restarted, no pod failed or was disrupted or deleted by hand. */
function isCalm(history: History): boolean {
  for (const { object, resource, type } of history.changes) {
    if (resource === 'nodes' && type !== 'add' && !isReady(object as Pod)) return false;
    if (resource !== 'pods') continue;
    const { status, metadata } = object as Pod;
    if (status?.phase === 'Failed' && metadata?.deletionTimestamp === undefined) return false;
    if (status?.containerStatuses?.some(({ restartCount }) => restartCount > 0) === true) return false;
    if (status?.conditions?.some((condition) => condition.type === 'DisruptionTarget') === true) return false;
  }
  return true;
}

export function* rollingUpdates(history: History): Iterable<Finding> {
  yield* tooMany(history);
  yield* tooFew(history);
}
