/** Which pods a ReplicaSet deletes first. Mirrors kubernetes v1.34 pkg/controller/controller_utils.go, ActivePodsWithRanks, with PodDeletionCost and
 *  LogarithmicScaleDown on as they are by default. */

import type { Pod } from '#api';
import { parseTime } from '#api';
import { isPodActive, podCondition } from './pod-state.ts';

export interface RankedPod {
  readonly pod: Pod;
  /** Active related pods on the same node. */
  readonly rank: number;
  readonly phase: number;
  readonly isReady: boolean;
  readonly deletionCost: number;
  readonly readySince: number;
  readonly restarts: number;
  readonly createdAt: number;
}

const PHASES: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };
const COST = /^[+-]?(?:0|[1-9]\d*)$/;

/** controller.kubernetes.io/pod-deletion-cost, a 32-bit integer; anything else counts 0. */
function deletionCost(pod: Pod): number {
  const text = pod.metadata?.annotations?.['controller.kubernetes.io/pod-deletion-cost'];
  if (text === undefined || !COST.test(text)) return 0;
  const cost = Number(text);
  return cost >= -2147483648 && cost <= 2147483647 ? cost : 0;
}

function restarts(pod: Pod): number {
  let most = 0;
  for (const { restartCount } of pod.status?.containerStatuses ?? []) most = Math.max(most, restartCount ?? 0);
  return most;
}

/** Zero time sorts as newer than any other (afterOrZero). */
const time = (text: string | undefined): number => (text === undefined ? 0 : (parseTime(text) ?? 0));

function rankOf(pod: Pod, podsOnNode: ReadonlyMap<string, number>): RankedPod {
  const ready = podCondition(pod, 'Ready');
  const isReady = ready?.status === 'True';
  return {
    pod,
    rank: podsOnNode.get(pod.spec?.nodeName ?? '') ?? 0,
    phase: PHASES[pod.status?.phase ?? ''] ?? 0,
    isReady,
    deletionCost: deletionCost(pod),
    readySince: isReady ? time(ready?.lastTransitionTime) : 0,
    restarts: restarts(pod),
    createdAt: time(pod.metadata?.creationTimestamp),
  };
}

/** Age on a logarithmic scale of nanoseconds, as upstream takes it: ages within a power of two of each other tie. */
function logAge(since: number, clock: number): number {
  if (since <= 0 || clock <= since) return -1;
  return Math.floor(Math.log2((clock - since) * 1000));
}

/** Below zero: `a` goes first. */
export function compareVictims(a: RankedPod, b: RankedPod, clock: number): number {
  const aNode = a.pod.spec?.nodeName ?? '';
  const bNode = b.pod.spec?.nodeName ?? '';
  if ((aNode === '') !== (bNode === '')) return aNode === '' ? -1 : 1;
  if (a.phase !== b.phase) return a.phase - b.phase;
  if (a.isReady !== b.isReady) return a.isReady ? 1 : -1;
  if (a.deletionCost !== b.deletionCost) return a.deletionCost - b.deletionCost;
  if (a.rank !== b.rank) return b.rank - a.rank;
  if (a.isReady && a.readySince !== b.readySince) {
    const byAge = compareAges(a, b, a.readySince, b.readySince, clock);
    if (byAge !== 0) return byAge;
  }
  if (a.restarts !== b.restarts) return b.restarts - a.restarts;
  if (a.createdAt !== b.createdAt) {
    const byAge = compareAges(a, b, a.createdAt, b.createdAt, clock);
    if (byAge !== 0) return byAge;
  }
  return 0;
}

function compareAges(a: RankedPod, b: RankedPod, aSince: number, bSince: number, clock: number): number {
  if (aSince === 0 || bSince === 0) return aSince === 0 ? -1 : 1;
  const difference = logAge(aSince, clock) - logAge(bSince, clock);
  if (difference !== 0) return difference;
  const aUid = a.pod.metadata?.uid ?? '';
  const bUid = b.pod.metadata?.uid ?? '';
  return aUid < bUid ? -1 : aUid > bUid ? 1 : 0;
}

/** The `count` pods to delete, given the active pods of the same grandparent (a Deployment's other ReplicaSets). */
export function podsToDelete(pods: readonly Pod[], related: Iterable<Pod>, count: number, clock: number): readonly Pod[] {
  if (count >= pods.length) return pods;
  const podsOnNode = new Map<string, number>();
  for (const pod of related) {
    if (!isPodActive(pod)) continue;
    const node = pod.spec?.nodeName ?? '';
    podsOnNode.set(node, (podsOnNode.get(node) ?? 0) + 1);
  }
  const ranked = inOrder(
    pods.map((pod) => rankOf(pod, podsOnNode)),
    clock,
  );
  return ranked.slice(0, count).map(({ pod }) => pod);
}

/** A merge sort of our own. Upstream's order is not transitive (pods ready since one instant are compared by creation, others of one age by uid), and what
 *  `Array.prototype.sort` makes of such an order is the engine's choice: it differs between Node 24 and 26. */
function inOrder(pods: readonly RankedPod[], clock: number): readonly RankedPod[] {
  if (pods.length < 2) return pods;
  const middle = pods.length >> 1;
  const left = inOrder(pods.slice(0, middle), clock);
  const right = inOrder(pods.slice(middle), clock);
  const merged: RankedPod[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const takeRight = compareVictims(left[i] as RankedPod, right[j] as RankedPod, clock) > 0;
    merged.push((takeRight ? right[j++] : left[i++]) as RankedPod);
  }
  return [...merged, ...left.slice(i), ...right.slice(j)];
}
