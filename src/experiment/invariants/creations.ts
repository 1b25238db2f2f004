/** C1, sharper, for as long as nothing out of the ordinary has happened: not a single pod too many is made, not even one that is taken back at once. What is
 *  compared is put in the order of etcd's revisions, so that no stream being ahead of another excuses anything. Judged until the first answer may have been
 *  lost or another controller manager leads: from then on a controller may make twice what it did not hear of. */

import { type LabelSelector, type Lease, matchesLabelSelector, type Pod, type ReplicaSet } from '#api';
import { controllerUid, type Finding, type History, isLive, of } from './history.ts';
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

export function* creations(history: History): Iterable<Finding> {
  if (history.settings.isUnordered === true) return;
  const until = calmUntil(history);
  const wanted = new Map<string, Wanted>();
  const live = new Map<string, Set<string>>();
  const calm = inWrittenOrder(history, 'replicasets.apps', 'pods').filter(({ at }) => at < until);
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
      const most = at - set.changedAt < LATE ? Math.max(set.now, set.before) : set.now;
      if (pods.size > most) yield { at, message: `pod ${key} was made as one of ${pods.size} where ${most} were wanted` };
    }
  }
}
