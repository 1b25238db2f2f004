/** Which pods of a DaemonSet are too many on their node, and which the rolling update replaces: the old one first, or, with maxSurge, the new one first.
 *  Mirrors kubernetes v1.34 pkg/controller/daemon/daemon_controller.go, podsShouldBeOnNode, and update.go, rollingUpdate. */

import type { DaemonSet, Node, Pod } from '#api';
import { keyOf, parseTime } from '#api';
import type { View } from '#client';
import type { Duration } from '#sim';
import { MINUTE, SECOND } from '#sim';
import { REVISION_HASH } from './controller-revisions.ts';
import { wantedOn } from './daemonset-node.ts';
import { isPodReady, isPodTerminal, untilAvailable } from './pod-state.ts';

/** failedPodsBackoff: from 1 s, doubled, to 15 min; forgotten after twice as long without a failure. */
const BACKOFF_FIRST: Duration = SECOND;
const BACKOFF_MOST: Duration = 15 * MINUTE;
const NONE: readonly never[] = [];

interface Backoff {
  readonly delay: Duration;
  readonly since: number;
}

export class FailedPodBackoffs {
  readonly #byNode = new Map<string, Backoff>();

  /** How long a failed pod must stay yet; when that is over, the next one waits longer. */
  left(key: string, clock: number): Duration {
    const known = this.#byNode.get(key);
    if (known !== undefined && clock - known.since < known.delay) return known.since + known.delay - clock;
    const isFresh = known === undefined || clock - known.since > 2 * BACKOFF_MOST;
    this.#byNode.set(key, { delay: isFresh ? BACKOFF_FIRST : Math.min(2 * known.delay, BACKOFF_MOST), since: clock });
    return 0;
  }

  forget(set: string): void {
    for (const key of this.#byNode.keys()) if (key.startsWith(`${set}|`)) this.#byNode.delete(key);
  }
}

const createdAt = (pod: Pod): number => parseTime(pod.metadata?.creationTimestamp ?? '') ?? 0;

const isBound = ({ spec }: Pod): boolean => (spec?.nodeName ?? '') !== '';

/** podByCreationTimestampAndPhase: bound pods first, then the older, then by name. */
export function byPrecedence(a: Pod, b: Pod): number {
  if (isBound(a) !== isBound(b)) return isBound(a) ? -1 : 1;
  return createdAt(a) - createdAt(b) || ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1);
}

type Limit = number | string | undefined;
const scaled = (value: Limit, desired: number): number =>
  typeof value === 'number' ? value : value === undefined ? 0 : Math.ceil((Number.parseInt(value, 10) * desired) / 100);

export const allowsSurge = (set: DaemonSet): boolean => scaled(set.spec?.updateStrategy?.rollingUpdate?.maxSurge, 100) > 0;

const isUpdated = (pod: Pod, hash: string): boolean => pod.metadata?.labels?.[REVISION_HASH] === hash;
const isAvailable = (pod: Pod, set: DaemonSet, view: View): boolean =>
  untilAvailable(pod, set.spec?.minReadySeconds ?? 0, view.clock) === 0;

/** On a node that wants its pod: finished ones go, failed ones after their back-off, and of running ones what is too many. Returns when to look again. */
export function surplusOn(
  here: readonly Pod[],
  set: DaemonSet,
  node: string,
  hash: string,
  backoffs: FailedPodBackoffs,
  toDelete: Pod[],
  view: View,
): Duration | undefined {
  const running: Pod[] = [];
  let again: Duration | undefined;
  for (const pod of here) {
    if (pod.metadata?.deletionTimestamp !== undefined) continue;
    if (!isPodTerminal(pod)) {
      running.push(pod);
      continue;
    }
    const hasFailed = pod.status?.phase === 'Failed';
    const left = hasFailed ? backoffs.left(`${keyOf(set)}|${set.metadata?.uid}/${set.status?.observedGeneration}/${node}`, view.clock) : 0;
    if (left > 0) {
      again = left;
      continue;
    }
    const found = `daemon pod ${pod.metadata?.namespace}/${pod.metadata?.name} on node ${node}`;
    if (hasFailed) view.event(set, 'Warning', 'FailedDaemonPod', `Found failed ${found}, will try to kill it`);
    else view.event(set, 'Normal', 'SucceededDaemonPod', `Found succeeded ${found}, will try to delete it`);
    toDelete.push(pod);
  }
  if (running.length > 1) {
    running.sort(byPrecedence);
    if (allowsSurge(set)) surplusBesideSurge(running, set, hash, toDelete, view);
    else toDelete.push(...running.slice(1));
  }
  return again;
}

/** Two pods may be on a node only while the old one is ready and the new one is not available yet. */
function surplusBesideSurge(oldestFirst: readonly Pod[], set: DaemonSet, hash: string, toDelete: Pod[], view: View): void {
  let updated: Pod | undefined;
  let old: Pod | undefined;
  for (const pod of oldestFirst) {
    if (isUpdated(pod, hash) && updated === undefined) updated = pod;
    else if (!isUpdated(pod, hash) && old === undefined) old = pod;
    else toDelete.push(pod);
  }
  if (updated !== undefined && old !== undefined && (!isPodReady(old) || isAvailable(updated, set, view))) toDelete.push(old);
}

interface OnNode {
  readonly name: string;
  readonly updated: Pod | undefined;
  readonly old: Pod | undefined;
  /** More than one of either: manage's business. */
  readonly isUnclear: boolean;
}

/** findUpdatedPodsOnNode, for nodes that want a pod or have one. */
function podsByNode({ set, byNode, hash }: UpdateScene, view: View): { readonly nodes: readonly OnNode[]; readonly desired: number } {
  const nodes: OnNode[] = [];
  let desired = 0;
  for (const node of view.lister<Node>('nodes').list()) {
    const name = node.metadata?.name ?? '';
    const { shouldRun } = wantedOn(set, node);
    if (shouldRun) desired++;
    const here = byNode.get(name) ?? NONE;
    if (!shouldRun && here.length === 0) continue;
    let updated: Pod | undefined;
    let old: Pod | undefined;
    let isUnclear = false;
    for (const pod of here) {
      if (pod.metadata?.deletionTimestamp !== undefined) continue;
      if (isUpdated(pod, hash)) {
        isUnclear ||= updated !== undefined;
        updated = pod;
      } else {
        isUnclear ||= old !== undefined;
        old = pod;
      }
    }
    nodes.push({ name, updated, old, isUnclear });
  }
  return { nodes, desired };
}

export interface UpdateScene {
  readonly set: DaemonSet;
  readonly byNode: ReadonlyMap<string, readonly Pod[]>;
  readonly hash: string;
}

/** rollingUpdate: adds to what is to be deleted and to the nodes that get a pod. */
export function rollingUpdate(scene: UpdateScene, toCreate: string[], toDelete: Pod[], view: View): void {
  const { set } = scene;
  const { nodes, desired } = podsByNode(scene, view);
  const { maxSurge, maxUnavailable = 1 } = set.spec?.updateStrategy?.rollingUpdate ?? {};
  const surge = scaled(maxSurge, desired);
  if (surge === 0) takeAway(nodes, Math.max(1, scaled(maxUnavailable, desired)), set, toDelete, view);
  else addBeside(nodes, surge, set, toCreate, toDelete, view);
}

/** Without surge: old pods that are not available go at once, others as far as maxUnavailable allows. */
function takeAway(nodes: readonly OnNode[], most: number, set: DaemonSet, toDelete: Pod[], view: View): void {
  const candidates: Pod[] = [];
  let unavailable = 0;
  for (const { updated, old, isUnclear } of nodes) {
    if (isUnclear || (old === undefined) === (updated === undefined)) unavailable++;
    else if (updated !== undefined) unavailable += isAvailable(updated, set, view) ? 0 : 1;
    else if (old !== undefined && !isAvailable(old, set, view)) {
      toDelete.push(old);
      unavailable++;
    } else if (old !== undefined) candidates.push(old);
  }
  toDelete.push(...candidates.slice(0, Math.max(0, most - unavailable)));
}

/** With surge: a new pod beside an old one, at once where the old one is not available; the old one goes when the new one is. */
function addBeside(nodes: readonly OnNode[], most: number, set: DaemonSet, toCreate: string[], toDelete: Pod[], view: View): void {
  const candidates: string[] = [];
  let surging = 0;
  for (const { name, updated, old, isUnclear } of nodes) {
    if (isUnclear) surging++;
    else if (old === undefined) continue;
    else if (updated !== undefined) {
      if (isAvailable(updated, set, view)) toDelete.push(old);
      else surging++;
    } else if (isAvailable(old, set, view)) candidates.push(name);
    else toCreate.push(name);
  }
  toCreate.push(...candidates.slice(0, Math.max(0, most - surging)));
}
