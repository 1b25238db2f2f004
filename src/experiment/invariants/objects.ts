/** A1, A3, A8-A10: what holds of every object that an API server keeps. */

import type { KubeObject, Namespace, Pod, ResourceQuota } from '#api';
import { quantityValue } from '#api';
import { atEnd, type Finding, type History, type Invariant, isLive, isQuiet, of } from './history.ts';
import { Silences } from './silences.ts';

const version = ({ metadata }: KubeObject): number => Number(metadata?.resourceVersion ?? 0);

/** A1: identity. */
function* identity(history: History): Iterable<Finding> {
  const uids = new Map<string, string>();
  for (const { at, type, key, resource, object, before } of history.changes) {
    const name = `${resource}/${key}`;
    const uid = object.metadata?.uid ?? '';
    if (type !== 'delete') {
      const known = uids.get(uid);
      if (uid !== '' && known !== undefined && known !== name) yield { at, message: `${name} has the uid of ${known}` };
      if (uid !== '') uids.set(uid, name);
    }
    if (before === undefined || type === 'delete' || before.metadata?.uid !== uid) continue;
    if (version(object) <= version(before))
      yield { at, message: `${name} went from version ${before.metadata?.resourceVersion} to ${object.metadata?.resourceVersion}` };
    if (object.metadata?.creationTimestamp !== before.metadata?.creationTimestamp)
      yield { at, message: `${name} changed its creationTimestamp` };
  }
}

/** A3: per object ADDED (MODIFIED)* DELETED. */
function* alternation(history: History): Iterable<Finding> {
  for (const { at, type, key, resource, before } of history.changes) {
    if (type === 'add' && before !== undefined) yield { at, message: `${resource}/${key} was added twice` };
    if (type !== 'add' && before === undefined)
      yield { at, message: `${resource}/${key} was ${type === 'delete' ? 'deleted' : 'changed'} before it was added` };
  }
}

/** A8, at the end: what a quota says is used is what there is. */
function* quotas(history: History): Iterable<Finding> {
  if (!isQuiet(history)) return;
  for (const quota of atEnd<ResourceQuota>(history, 'resourcequotas')) {
    const { namespace, name } = quota.metadata ?? {};
    const used = quota.status?.used?.['pods'];
    if (used === undefined || (quota.spec?.scopes ?? []).length > 0 || quota.spec?.scopeSelector !== undefined) continue;
    const pods = atEnd<Pod>(history, 'pods').filter(
      ({ metadata, status }) => metadata?.namespace === namespace && status?.phase !== 'Succeeded' && status?.phase !== 'Failed',
    );
    if (quantityValue(used) !== pods.length)
      yield { at: history.until, message: `quota ${namespace}/${name} counts ${String(used)} pods, there are ${pods.length}` };
  }
}

/** A9: finalizers. */
function* finalizers(history: History): Iterable<Finding> {
  for (const { at, type, key, resource, object, before } of history.changes) {
    if (type === 'delete') {
      const left = object.metadata?.finalizers ?? [];
      // The last event carries the object as it was before its last finalizer was taken off.
      if (left.length > 0 && object.metadata?.deletionTimestamp === undefined)
        yield { at, message: `${resource}/${key} is gone with finalizer ${left.join(', ')}` };
    } else if (
      before?.metadata?.deletionTimestamp !== undefined &&
      before.metadata.uid === object.metadata?.uid &&
      object.metadata?.deletionTimestamp === undefined
    )
      yield { at, message: `${resource}/${key} is no longer being deleted` };
  }
}

/** A10: namespaces. A creation may be seen up to five seconds later than the namespace's end of life: watches of kinds are not ordered among each other. */
function* namespaces(history: History): Iterable<Finding> {
  const dying = new Map<string, number>();
  for (const { at, type, key, resource, object, before } of history.changes) {
    if (resource === 'namespaces') {
      if ((object as Namespace).metadata?.deletionTimestamp !== undefined && type !== 'delete' && !dying.has(key)) dying.set(key, at);
      if (type === 'delete') dying.delete(key);
    } else if (type === 'add' && before === undefined) {
      const since = dying.get(object.metadata?.namespace ?? '');
      if (since !== undefined && at - since > 5_000_000 && resource !== 'events')
        yield { at, message: `${resource}/${key} was made in a namespace that terminates` };
    }
  }
  if (!isQuiet(history)) return;
  const there = history.last.get('namespaces');
  if (there === undefined || there.size === 0) return;
  for (const [resource, objects] of history.last)
    for (const [key, { metadata }] of objects)
      if (metadata?.namespace !== undefined && metadata.namespace !== '' && resource !== 'events' && !there.has(metadata.namespace))
        yield { at: history.until, message: `${resource}/${key} has outlived its namespace` };
}

/** C13: ends are final, and restarts only grow. A status of which the kubelet never heard whether it arrived may do so after the next one; the kubelet then
 *  says what is so again at its next sync (status_manager.go, needsReconcile). Kubernetes keeps nobody from it: while answers are lost it counts once it has
 *  lasted, the time not counted in which nothing is heard of the node. */
function* podEnds(history: History): Iterable<Finding> {
  const overtaken = new Map<string, Overtaken>();
  const lost = history.settings.lostAnswers ?? [];
  const silences = new Silences();
  const hasLasted = ({ at, node, silence }: Overtaken, now: number): boolean => now - at - (silences.of(node, now) - silence) > CORRECTED;
  const mayBeOvertaken = (at: number): boolean => lost.some(({ from, until }) => at >= from && at <= until + CORRECTED);
  // What was said is right again, or nobody can say it any more.
  const settled = (what: string, at: number): readonly Finding[] => {
    const due = overtaken.get(what);
    overtaken.delete(what);
    return due !== undefined && hasLasted(due, at) ? [{ at: due.at, message: due.message }] : [];
  };
  for (const { at, type, key, resource, object, before } of of(history, 'pods', 'leases.coordination.k8s.io')) {
    if (resource !== 'pods') {
      if (key.startsWith('kube-node-lease/')) silences.heard(key.slice('kube-node-lease/'.length), at);
      continue;
    }
    const [pod, was] = [object as Pod, before as Pod | undefined];
    if (was === undefined || type === 'delete' || was.metadata?.uid !== pod.metadata?.uid) {
      for (const what of [...overtaken.keys()]) if (what === key || what.startsWith(`${key} `)) yield* settled(what, at);
      continue;
    }
    const node = pod.spec?.nodeName ?? '';
    const since = { at, node, silence: silences.of(node, at) };
    if (!isLive({ ...pod, metadata: {} })) yield* settled(key, at);
    if (!isLive({ ...was, metadata: {} }) && pod.status?.phase !== was.status?.phase) {
      const finding = { at, message: `pod ${key} went from ${was.status?.phase} to ${pod.status?.phase}` };
      if (pod.status?.phase === 'Running' && mayBeOvertaken(at)) overtaken.set(key, { ...finding, ...since, restarts: 0 });
      else yield finding;
    }
    for (const { name, restartCount } of was.status?.containerStatuses ?? []) {
      const now = pod.status?.containerStatuses?.find((one) => one.name === name)?.restartCount;
      const what = `${key} ${name}`;
      if (now === undefined) continue;
      if (now >= (overtaken.get(what)?.restarts ?? Number.POSITIVE_INFINITY)) yield* settled(what, at);
      if (now >= restartCount) continue;
      const finding = { at, message: `container ${name} of pod ${key} went from ${restartCount} restarts to ${now}` };
      if (!mayBeOvertaken(at)) yield finding;
      else if (!overtaken.has(what)) overtaken.set(what, { ...finding, ...since, restarts: restartCount });
    }
  }
  for (const finding of overtaken.values()) if (hasLasted(finding, history.until)) yield { at: finding.at, message: finding.message };
}

interface Overtaken extends Finding {
  readonly node: string;
  readonly silence: number;
  /** As many as it is to say again. */
  readonly restarts: number;
}

/** Two of the status manager's syncs, and time for the write. */
const CORRECTED = 25_000_000;
export const OBJECT_INVARIANTS: readonly Invariant[] = [
  { id: 'A1', says: 'versions grow, and nothing shares or changes its uid and its time of creation', check: identity },
  { id: 'A3', says: 'a watch tells of each object that it came, changed and went, in that order', check: alternation },
  { id: 'A8', says: "a quota's count of pods is what there is", check: quotas },
  { id: 'A9', says: 'nothing goes before its finalizers, and nothing that is being deleted comes back', check: finalizers },
  { id: 'A10', says: 'nothing is made in a namespace that terminates, and nothing outlives one', check: namespaces },
  { id: 'C13', says: 'a pod that has ended stays so, and its restarts only grow', check: podEnds },
];
