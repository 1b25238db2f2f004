/** S1-S6: what holds of every placement. */

import type { Node, Pod } from '#api';
import { podRequests, quantityMilliValue, quantityValue, tolerates } from '#api';
import { atEnd, type Finding, type History, type Invariant, isReady, of } from './history.ts';
import { outages } from './outages.ts';
import { inWrittenOrder, type Written } from './written-order.ts';

/** Watches of kinds are not ordered among each other, and a scheduler sees the cluster late: what changed within this long before a binding may be unknown to it. */
const LATE = 5_000_000;

/** A binding that a busy server turned away is sent again, the same as it was decided (client-go v0.34 rest/request.go, maxRetries, and rest/with_retry.go);
 *  the server looks at the pod, not at the node (pkg/registry/core/pod/storage/storage.go, assignPod). */
const SENT_AGAIN = 10_000_000;

/** How long after a change a pod may still be bound by what was before: longer only where it was there to be decided on then. */
const unheeded = ({ settings }: History, madeAt: number, changedAt: number): number =>
  settings.turnsAway === true && madeAt < changedAt + LATE ? LATE + SENT_AGAIN : LATE;

const nodeOf = ({ spec }: Pod): string => spec?.nodeName ?? '';

interface Binding extends Written {
  readonly pods: ReadonlyMap<string, Pod>;
  readonly nodes: ReadonlyMap<string, { node: Node; since: number }>;
  /** When the pod was written. */
  readonly madeAt: number;
}

/** Bindings, with all nodes and pods as they were then. */
function* bindings(history: History): Iterable<Binding> {
  const pods = new Map<string, Pod>();
  const made = new Map<string, number>();
  const nodes = new Map<string, { node: Node; since: number }>();
  for (const change of inWrittenOrder(history, 'pods', 'nodes')) {
    const { written, type, key, resource, object, before } = change;
    if (resource === 'nodes') {
      const [node, was] = [object as Node, before as Node | undefined];
      if (type === 'delete') nodes.delete(key);
      else if (was === undefined || was.spec !== node.spec || was.metadata?.labels !== node.metadata?.labels) {
        const isSame =
          was !== undefined && JSON.stringify([was.spec, was.metadata?.labels]) === JSON.stringify([node.spec, node.metadata?.labels]);
        nodes.set(key, { node, since: isSame ? (nodes.get(key)?.since ?? written) : written });
      }
      continue;
    }
    if (type === 'delete') {
      pods.delete(key);
      continue;
    }
    if (before?.metadata?.uid !== object.metadata?.uid) made.set(key, written);
    const isBound = nodeOf(object as Pod) !== '' && (before === undefined || nodeOf(before as Pod) === '');
    if (isBound) yield { ...change, pods, nodes, madeAt: made.get(key) ?? written };
    pods.set(key, object as Pod);
  }
}

/** S1: a pod is bound once. */
function* boundOnce(history: History): Iterable<Finding> {
  for (const { at, type, key, object, before } of of(history, 'pods')) {
    const [pod, was] = [object as Pod, before as Pod | undefined];
    if (type === 'delete' || was === undefined || was.metadata?.uid !== pod.metadata?.uid || nodeOf(was) === '') continue;
    if (nodeOf(pod) !== nodeOf(was)) yield { at, message: `pod ${key} moved from ${nodeOf(was)} to ${nodeOf(pod) || 'no node'}` };
  }
}

/** S2: its node is there. */
function* nodeThere(history: History): Iterable<Finding> {
  const gone = new Map<string, number>();
  const known = new Set<string>();
  const made = new Map<string, number>();
  for (const { at, type, resource, key, object, before } of of(history, 'nodes', 'pods')) {
    if (resource === 'nodes') {
      known.add(key);
      if (type === 'delete') gone.set(key, at);
      else gone.delete(key);
      continue;
    }
    const node = nodeOf(object as Pod);
    if (before?.metadata?.uid !== object.metadata?.uid) made.set(key, at);
    if (type === 'delete' || node === '' || (before !== undefined && nodeOf(before as Pod) !== '')) continue;
    const since = gone.get(node);
    if (since !== undefined && at - since > unheeded(history, made.get(key) ?? at, since))
      yield { at, message: `pod ${key} was bound to node ${node}, which was gone for ${(at - since) / 1e6} s` };
  }
  // 40 s of quarantine and a period of the collector.
  if (history.quietFor < 90_000_000) return;
  for (const pod of atEnd<Pod>(history, 'pods')) {
    const since = gone.get(nodeOf(pod));
    if (since !== undefined && known.has(nodeOf(pod)) && history.until - since > 90_000_000)
      yield {
        at: history.until,
        message: `pod ${pod.metadata?.namespace}/${pod.metadata?.name} is still bound to node ${nodeOf(pod)}, which is gone`,
      };
  }
}

/** S3: what is bound to a node fits. */
function* nodeFits(history: History): Iterable<Finding> {
  for (const { at, key, object, pods, nodes } of bindings(history)) {
    const pod = object as Pod;
    const name = nodeOf(pod);
    const found = nodes.get(name);
    const isPlaced = pod.metadata?.ownerReferences?.some(({ kind }) => kind === 'Node') === true;
    if (found === undefined || isPlaced) continue;
    const allocatable = found.node.status?.allocatable ?? {};
    let [cpu, memory, count] = [0, 0, 0];
    for (const other of [...pods.values(), pod]) {
      if (nodeOf(other) !== name || other.status?.phase === 'Succeeded' || other.status?.phase === 'Failed') continue;
      const requests = podRequests(other);
      cpu += requests['cpu'] ?? 0;
      memory += requests['memory'] ?? 0;
      count++;
    }
    const over =
      allocatable['cpu'] !== undefined && cpu > quantityMilliValue(allocatable['cpu'])
        ? `${cpu}m CPU of ${String(allocatable['cpu'])}`
        : allocatable['memory'] !== undefined && memory > quantityValue(allocatable['memory'])
          ? `${memory} bytes of ${String(allocatable['memory'])}`
          : allocatable['pods'] !== undefined && count > quantityValue(allocatable['pods'])
            ? `${count} pods of ${String(allocatable['pods'])}`
            : undefined;
    if (over !== undefined) yield { at, message: `with pod ${key} node ${name} would give ${over}` };
  }
}

/** S4: hard rules, as far as the node alone decides them. What changed in an outage or soon after it the scheduler may not have heard of. */
function* hardRules(history: History): Iterable<Finding> {
  const unheard = outages(history);
  for (const { at, written, key, object, before, nodes, madeAt } of bindings(history)) {
    const pod = object as Pod;
    const found = nodes.get(nodeOf(pod));
    // A pod that came with a node in its spec was never scheduled.
    if (found === undefined || before === undefined || written - found.since < unheeded(history, madeAt, found.since)) continue;
    if (unheard.some(({ from, until }) => found.since > from - LATE && written < until)) continue;
    const labels = found.node.metadata?.labels ?? {};
    for (const [label, value] of Object.entries(pod.spec?.nodeSelector ?? {}))
      if (labels[label] !== value)
        yield { at, message: `pod ${key} asks for ${label}=${value}, node ${nodeOf(pod)} has ${labels[label] ?? 'none'}` };
    for (const taint of found.node.spec?.taints ?? []) {
      if (taint.effect === 'PreferNoSchedule') continue;
      if (!(pod.spec?.tolerations ?? []).some((toleration) => tolerates(toleration, taint)))
        yield { at, message: `pod ${key} does not tolerate ${taint.key}:${taint.effect} of node ${nodeOf(pod)}` };
    }
  }
}

/** The longest back-off, and the flush of those that were found unschedulable (5 min, looked at every 30 s). */
const FLUSH = 345_000_000;

/** Only what the node and its pods alone decide is judged: the rest may have reasons that are not looked at here. */
const isPlain = ({ spec }: Pod): boolean =>
  spec?.affinity === undefined &&
  (spec?.schedulingGates ?? []).length === 0 &&
  (spec?.topologySpreadConstraints ?? []).length === 0 &&
  (spec?.['resourceClaims'] as readonly unknown[] | undefined) === undefined &&
  (spec?.volumes ?? []).every((volume) => volume['persistentVolumeClaim'] === undefined && volume['ephemeral'] === undefined) &&
  (spec?.containers ?? []).every(({ ports = [] }) => ports.every((port) => port['hostPort'] === undefined));

function fits(pod: Pod, node: Node, others: readonly Pod[]): boolean {
  const allocatable = node.status?.allocatable ?? {};
  const wanted = Object.entries(podRequests(pod));
  if (others.length + 1 > quantityValue(allocatable['pods'] ?? 0)) return false;
  if (wanted.some(([resource]) => resource !== 'cpu' && resource !== 'memory')) return false;
  const used = others.map((other) => podRequests(other));
  return wanted.every(([resource, amount]) => {
    const all = used.reduce((sum, requests) => sum + (requests[resource] ?? 0), amount);
    const most = allocatable[resource] ?? 0;
    return all <= (resource === 'cpu' ? quantityMilliValue(most) : quantityValue(most));
  });
}

/** S5: nobody waits for what is there. At the end, of pods and nodes that have been as they are for longer than the scheduler needs to look again. */
function* backlog(history: History): Iterable<Finding> {
  const waiting = atEnd<Pod>(history, 'pods').filter(
    (pod) =>
      nodeOf(pod) === '' &&
      pod.metadata?.deletionTimestamp === undefined &&
      (pod.spec?.schedulerName ?? DEFAULT) === DEFAULT &&
      isPlain(pod),
  );
  if (waiting.length === 0) return;
  const since = lastChanges(history);
  const isOld = (what: string): boolean => history.until - (since.get(what) ?? 0) > FLUSH;
  const held = atEnd<Pod>(history, 'pods').filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
  for (const pod of waiting) {
    const name = `${pod.metadata?.namespace}/${pod.metadata?.name}`;
    if (!isOld(`pods/${name}`)) continue;
    const free = atEnd<Node>(history, 'nodes').find((node) => {
      const here = node.metadata?.name ?? '';
      const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect !== 'PreferNoSchedule');
      if (!isOld(`nodes/${here}`) || !isReady(node) || node.spec?.unschedulable === true) return false;
      if (!taints.every((taint) => (pod.spec?.tolerations ?? []).some((toleration) => tolerates(toleration, taint)))) return false;
      const labels = node.metadata?.labels ?? {};
      if (!Object.entries(pod.spec?.nodeSelector ?? {}).every(([label, value]) => labels[label] === value)) return false;
      return fits(
        pod,
        node,
        held.filter((other) => nodeOf(other) === here),
      );
    });
    if (free !== undefined) yield { at: history.until, message: `pod ${name} waits, though node ${free.metadata?.name} has room for it` };
  }
}

const DEFAULT = 'default-scheduler';

/** When a pod came, and when a node last changed in what counts here or a pod on it came or went. */
function lastChanges(history: History): ReadonlyMap<string, number> {
  const since = new Map<string, number>();
  for (const { at, type, resource, key, object, before } of of(history, 'pods', 'nodes')) {
    if (resource === 'pods') {
      if (before === undefined) since.set(`pods/${key}`, at);
      const [pod, was] = [object as Pod, before as Pod | undefined];
      if (type === 'delete' || was === undefined || nodeOf(was) !== nodeOf(pod) || was.status?.phase !== pod.status?.phase)
        since.set(`nodes/${nodeOf(pod)}`, at);
      continue;
    }
    const facts = ({ spec, status, metadata }: Node): string =>
      JSON.stringify([spec, metadata?.labels, status?.allocatable, isReady({ status } as Node)]);
    if (before === undefined || facts(before as Node) !== facts(object as Node)) since.set(`nodes/${key}`, at);
  }
  return since;
}

const isPreempted = ({ status }: Pod): boolean =>
  status?.conditions?.some(
    ({ type, reason, status: is }) => type === 'DisruptionTarget' && reason === 'PreemptionByScheduler' && is === 'True',
  ) === true;

/** S6: a pod makes way only for one of higher priority that waits, or did until a moment ago. What a list tells at once came in no order: of those that are
 *  heard of in the same instant any may have waited before. */
function* preemption(history: History): Iterable<Finding> {
  const waited = new Map<string, { readonly priority: number; until: number }>();
  let due: (Finding & { readonly priority: number })[] = [];
  let now = 0;
  const judged = (): readonly Finding[] => {
    const unfounded = due.filter(
      ({ at, priority }) => ![...waited.values()].some((one) => one.priority > priority && at - one.until < LATE),
    );
    due = [];
    return unfounded.map(({ at, message }) => ({ at, message }));
  };
  for (const { at, type, key, object, before } of of(history, 'pods')) {
    if (at > now) yield* judged();
    now = at;
    const [pod, was] = [object as Pod, before as Pod | undefined];
    const priority = pod.spec?.priority ?? 0;
    if (type !== 'delete' && isPreempted(pod) && (was === undefined || !isPreempted(was)))
      due.push({ at, priority, message: `pod ${key} of priority ${priority} made way, and none of a higher one waited` });
    const one = waited.get(key);
    if (nodeOf(pod) === '' && type !== 'delete') waited.set(key, { priority, until: Number.POSITIVE_INFINITY });
    else if (was === undefined) waited.set(key, { priority, until: at });
    else if (one !== undefined && one.until > at) one.until = at;
  }
  yield* judged();
}

export const SCHEDULING_INVARIANTS: readonly Invariant[] = [
  { id: 'S1', says: 'a pod is bound once', check: boundOnce },
  { id: 'S2', says: 'a pod is bound to a node that is there', check: nodeThere },
  { id: 'S3', says: 'what is bound to a node fits into it', check: nodeFits },
  { id: 'S4', says: "a pod's node selector and tolerations are heeded", check: hardRules },
  { id: 'S5', says: 'no pod waits for what has long been there', check: backlog },
  { id: 'S6', says: 'a pod makes way only for one of higher priority', check: preemption },
];
