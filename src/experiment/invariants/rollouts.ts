/** C2: a rolling update stays between what it may have too few and too many. Its controller bounds what it tells its ReplicaSets to have (kubernetes v1.34
 *  pkg/controller/deployment/util/deployment_util.go, NewRSNewReplicas); their pods, and the Deployment's status, which is put together from statuses some of
 *  which are old, follow when somebody comes to it: what is wrong there counts once it has stood for a while in which it could have been put right. */

import type { Deployment, Pod, ReplicaSet } from '#api';
import { type Change, controllerUid, type Finding, type History, isReady, of } from './history.ts';
import type { Interval } from './lost-answers.ts';
import { inWrittenOrder } from './written-order.ts';

const LEADER = 'kube-system/kube-controller-manager';
/** Between two renewals of the manager's lease. */
const RENEWAL = 2_000_000;
/** What ReplicaSets are told: two seconds, and those that an outage may take before the lease shows it. */
const TOLD = 4_000_000;
/** What they have: a busy server sends each request away for a second, up to ten times (client-go rest/with_retry.go). */
const HAD = 15_000_000;
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

/** Of each Deployment: replicas and maxSurge; for a minute after fewer are wanted, as many as were wanted before may be there. */
class Bounds {
  readonly #scaled = new Map<string, { replicas: number; most: number; at: number }>();

  of({ at, key, object }: Change): number {
    const { spec } = object as Deployment;
    const replicas = spec?.replicas ?? 1;
    const known = this.#scaled.get(key);
    if (known?.replicas !== replicas) this.#scaled.set(key, { replicas, most: Math.max(replicas, known?.most ?? 0), at });
    else if (at - known.at > 60_000_000) known.most = replicas;
    const most = this.#scaled.get(key)?.most ?? replicas;
    return most + rounded(spec?.strategy?.rollingUpdate?.maxSurge, most, true);
  }
}

/** What is wrong now, by key, since when, and whether it has lasted. */
class Standing {
  readonly #since = new Map<string, Finding>();
  readonly #lasting: number;
  readonly #idle: readonly Interval[];

  constructor(history: History, lasting: number) {
    this.#lasting = lasting;
    this.#idle = idleTimes(history);
  }

  #counts(since: number, now: number): boolean {
    return now - since - within(this.#idle, since, now) > this.#lasting;
  }

  *see(key: string, at: number, message: string | undefined): Iterable<Finding> {
    const since = this.#since.get(key);
    if (message === undefined) {
      if (since !== undefined && this.#counts(since.at, at)) yield since;
      this.#since.delete(key);
    } else if (since === undefined) this.#since.set(key, { at, message });
  }

  *end(at: number): Iterable<Finding> {
    for (const finding of this.#since.values()) if (this.#counts(finding.at, at)) yield finding;
  }
}

/** More than it may have, by its own status. */
function* tooMany(history: History): Iterable<Finding> {
  const bounds = new Bounds();
  const standing = new Standing(history, HAD);
  for (const change of of(history, 'deployments.apps')) {
    const { at, key, object } = change;
    const most = isJudged(change) ? bounds.of(change) : Number.POSITIVE_INFINITY;
    const { replicas = 0 } = (object as Deployment).status ?? {};
    yield* standing.see(key, at, replicas > most ? `Deployment ${key} has ${replicas} pods, ${most} at most` : undefined);
  }
  yield* standing.end(history.until);
}

/** More than its ReplicaSets may be told to have in all. */
function* tooManyTold(history: History): Iterable<Finding> {
  if (history.settings.isUnordered === true) return;
  const bounds = new Bounds();
  const standing = new Standing(history, TOLD);
  const known = new Map<string, { key: string; most: number }>();
  const told = new Map<string, Map<string, number>>();
  for (const change of inWrittenOrder(history, 'deployments.apps', 'replicasets.apps')) {
    const { written, type, key, resource, object } = change;
    const uid = resource === 'deployments.apps' ? object.metadata?.uid : controllerUid(object);
    if (uid === undefined) continue;
    let sets = told.get(uid);
    if (sets === undefined) told.set(uid, (sets = new Map()));
    if (resource === 'deployments.apps') known.set(uid, { key, most: isJudged(change) ? bounds.of(change) : Number.POSITIVE_INFINITY });
    else if (type === 'delete') sets.delete(key);
    else sets.set(key, (object as ReplicaSet).spec?.replicas ?? 1);
    const owner = known.get(uid);
    if (owner === undefined) continue;
    const all = [...sets.values()].reduce((sum, replicas) => sum + replicas, 0);
    const isOver = all > owner.most;
    yield* standing.see(
      uid,
      written,
      isOver ? `ReplicaSets of Deployment ${owner.key} want ${all} pods, ${owner.most} at most` : undefined,
    );
  }
  yield* standing.end(history.until);
}

/** Fewer than replicas without maxUnavailable, once there were as many of no more than there may be (new sizes are shared out among ReplicaSets by their
 *  share, ready or not: kubernetes v1.34 pkg/controller/deployment/sync.go, scale); only while no node and no container fails, since those take pods away too. */
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
    const surge = rounded(maxSurge, replicas, true);
    const least = replicas - (fewer === 0 && surge === 0 ? 1 : fewer);
    const available = status?.availableReplicas ?? 0;
    const isRolling = (status?.updatedReplicas ?? 0) < (status?.replicas ?? 0) && metadata?.deletionTimestamp === undefined;
    if (available >= least) had.is ||= (status?.replicas ?? 0) <= replicas + surge;
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
  yield* tooManyTold(history);
  yield* tooFew(history);
}
