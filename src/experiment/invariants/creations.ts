/** C1, sharper, for as long as nothing out of the ordinary has happened: not a single pod too many is made, not even one that is taken back at once. What is
 *  compared is put in the order of etcd's revisions, so that no stream being ahead of another excuses anything. Judged until the first answer may have been
 *  lost or another controller manager leads: from then on a controller may make twice what it did not hear of. */

import { type LabelSelector, type Lease, matchesLabelSelector, type Pod, type ReplicaSet } from '#api';
import { type Change, controllerUid, type Finding, type History, isLive, of } from './history.ts';
import { inWrittenOrder } from './written-order.ts';

/** A controller acts on what was wanted up to this long ago. */
const LATE = 10_000_000;
const LEADER = 'kube-system/kube-controller-manager';

/** When the ordinary ends. */
function calmUntil(history: History): number {
  let until = Math.min(history.until, ...(history.settings.lostAnswers ?? []).map(({ from }) => from));
  for (const { from } of history.settings.managerSleeps ?? []) until = Math.min(until, from);
  for (const { at, key, object, before } of of(history, 'leases.coordination.k8s.io')) {
    const [now, was] = [(object as Lease).spec?.holderIdentity ?? '', (before as Lease | undefined)?.spec?.holderIdentity ?? ''];
    if (key === LEADER && was !== '' && now !== was) until = Math.min(until, at);
  }
  return until;
}

interface Wanted {
  readonly selector: LabelSelector | undefined;
  now: number;
  before: number;
  changedAt: number;
}

/** A change of size whose own version was not heard of: it may have been made any time after the version before it. */
interface Hidden {
  readonly after: number;
  readonly until: number;
  readonly now: number;
}

/** The versions between which the size changed, where a list told of it: the write that changes a size does not say that its controller has seen it. */
function hiddenChanges(all: readonly Change[]): ReadonlyMap<string, readonly Hidden[]> {
  const found = new Map<string, Hidden[]>();
  for (const { type, resource, object, before } of all) {
    if (resource !== 'replicasets.apps' || type === 'delete' || before === undefined) continue;
    const [set, was] = [object as ReplicaSet, before as ReplicaSet];
    const generation = set.metadata?.generation ?? 0;
    const passed = generation - (was.metadata?.generation ?? 0);
    if (passed === 0 || (passed === 1 && (set.status?.observedGeneration ?? 0) < generation)) continue;
    const uid = set.metadata?.uid ?? '';
    const hidden = found.get(uid) ?? [];
    // Of several changes only the last is known.
    hidden.push({ after: revision(was), until: revision(set), now: passed > 1 ? Number.POSITIVE_INFINITY : (set.spec?.replicas ?? 1) });
    found.set(uid, hidden);
  }
  return found;
}

const revision = ({ metadata }: Change['object']): number => Number(metadata?.resourceVersion ?? 0);

export function* creations(history: History): Iterable<Finding> {
  if (history.settings.isUnordered === true) return;
  const until = calmUntil(history);
  const wanted = new Map<string, Wanted>();
  const live = new Map<string, Set<string>>();
  const calm = inWrittenOrder(history, 'replicasets.apps', 'pods').filter(({ at }) => at < until);
  const hidden = hiddenChanges(calm);
  for (const { at, type, key, resource, object } of calm) {
    const uid = object.metadata?.uid ?? '';
    if (resource === 'replicasets.apps') {
      const now = (object as ReplicaSet).spec?.replicas ?? 1;
      const known = wanted.get(uid);
      if (known === undefined) wanted.set(uid, { selector: (object as ReplicaSet).spec?.selector, now, before: now, changedAt: at });
      else if (known.now !== now) {
        known.before = Math.max(known.now, at - known.changedAt < LATE ? known.before : 0);
        known.now = now;
        known.changedAt = at;
      }
      continue;
    }
    const owner = controllerUid(object);
    if (owner === undefined) continue;
    let pods = live.get(owner);
    if (pods === undefined) live.set(owner, (pods = new Set()));
    const set = wanted.get(owner);
    // What the selector no longer takes in is let go of in the same pass that replaces it.
    const isTaken = set?.selector === undefined || matchesLabelSelector(set.selector, object.metadata?.labels);
    if (type === 'delete' || !isLive(object as Pod) || !isTaken) pods.delete(uid);
    else if (!pods.has(uid)) {
      pods.add(uid);
      if (set === undefined) continue;
      const unheard = (hidden.get(owner) ?? []).filter(({ after, until: last }) => after < revision(object) && revision(object) < last);
      const most = Math.max(set.now, at - set.changedAt < LATE ? set.before : 0, ...unheard.map(({ now }) => now));
      if (pods.size > most) yield { at, message: `pod ${key} was made as one of ${pods.size} where ${most} were wanted` };
    }
  }
}
