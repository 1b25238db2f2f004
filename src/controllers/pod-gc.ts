/** Deletes pods that nobody else will: finished ones above a threshold, those of nodes that are gone, terminating ones that were never bound, and those on
 *  nodes out of service. Mirrors kubernetes v1.34 pkg/controller/podgc/gc_controller.go (every 20 s). */

import type { Node, Pod } from '#api';
import { parseTime, rfc3339 } from '#api';
import type { Controller, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import type { Duration, Instant } from '#sim';
import { SECOND } from '#sim';
import { findCondition } from './conditions.ts';
import { BY_NODE, byNode } from './node-lifecycle.ts';
import { OUT_OF_SERVICE } from './node-taints.ts';
import { isPodTerminal } from './pod-state.ts';

/** gcCheckPeriod. */
const PERIOD: Duration = 20 * SECOND;
/** quarantineTime: a node must be missing this long before its pods are orphans. */
const QUARANTINE: Duration = 40 * SECOND;
const NONE: readonly never[] = [];
/** Indexes of pods by what makes them candidates, so that a pass does not walk all pods. */
const BY_STATE = 'gcState';

const STATES = {
  terminated: ['terminated'],
  terminating: ['terminating'],
  unscheduled: ['terminating-unscheduled'],
  terminatedTerminating: ['terminated', 'terminating'],
  terminatedUnscheduled: ['terminated', 'terminating-unscheduled'],
} as const;

function stateOf(pod: Pod): readonly string[] {
  const isTerminated = isPodTerminal(pod);
  if (pod.metadata?.deletionTimestamp === undefined) return isTerminated ? STATES.terminated : NONE;
  const isBound = (pod.spec?.nodeName ?? '') !== '';
  if (isBound) return isTerminated ? STATES.terminatedTerminating : STATES.terminating;
  return isTerminated ? STATES.terminatedUnscheduled : STATES.unscheduled;
}

/** A pod that is deleted, and why, as the metrics of podgc/metrics name it; undefined: a request that deletes none. */
type Doomed = { readonly namespace: string; readonly reason: string } | undefined;

interface Doom {
  readonly requests: RequestSpec[];
  readonly doomed: Doomed[];
}

/** A pod whose kubelet will not say so fails first (markFailedAndDeletePod). */
function doom({ requests, doomed }: Doom, pod: Pod, reason: string): void {
  if (reason !== 'orphaned' && !isPodTerminal(pod)) {
    requests.push(failPatch(pod, []));
    doomed.push(undefined);
  }
  requests.push(forceDelete(pod));
  doomed.push({ namespace: pod.metadata?.namespace ?? '', reason });
}

function countDeletions(doomed: readonly Doomed[], outcomes: readonly Outcome<unknown>[] | undefined, view: View): void {
  doomed.forEach((labels, i) => {
    if (labels === undefined) return;
    const code = outcomes?.[i]?.code;
    const isOk = code === 200 || code === 202;
    view.count(isOk ? 'pod_gc_collector_force_delete_pods_total' : 'pod_gc_collector_force_delete_pod_errors_total', labels);
  });
}

export class PodGcController implements Controller {
  readonly name = 'pod-garbage-collector';
  readonly queue = 'orphaned_pods_nodes';
  readonly workers = 1;
  readonly period = PERIOD;
  readonly watches: readonly WatchSpec[] = [
    { resource: 'pods', keys: () => NONE, indexes: { [BY_NODE]: byNode, [BY_STATE]: (pod) => stateOf(pod as Pod) } },
    { resource: 'nodes', keys: () => NONE },
  ];
  readonly #threshold: number;
  // Since when a node that has pods is missing.
  readonly #missing = new Map<string, Instant>();

  /** --terminated-pod-gc-threshold; 0 keeps finished pods. */
  constructor(threshold = 12_500) {
    this.#threshold = threshold;
  }

  tick(view: View): Plan {
    const batch: Doom = { requests: [], doomed: [] };
    const { requests, doomed } = batch;
    const orphans: Pod[] = [];
    this.#terminated(view, batch);
    this.#outOfService(view, batch);
    this.#orphaned(view, orphans);
    for (const pod of view.lister<Pod>('pods').byIndex(BY_STATE, 'terminating-unscheduled')) doom(batch, pod, 'unscheduled');
    // Their nodes cannot report any more: they fail here before they go.
    for (const pod of orphans) if (!isPodTerminal(pod)) requests.push(failPatch(pod, [nodeIsGone(view)]));
    if (requests.length === 0 && orphans.length === 0) return {};
    return { requests, next: { name: 'collected', data: { doomed, orphans } } };
  }

  reconcile(_key: string, view: View, stage: Stage | undefined): Plan {
    if (stage?.name !== 'collected') return {};
    const { doomed, orphans } = stage.data as { readonly doomed: readonly Doomed[]; readonly orphans: readonly Pod[] };
    countDeletions(doomed, stage.outcomes, view);
    if (orphans.length === 0) return {};
    const batch: Doom = { requests: [], doomed: [] };
    for (const pod of orphans) doom(batch, pod, 'orphaned');
    return { requests: batch.requests, next: { name: 'collected', data: { doomed: batch.doomed, orphans: NONE } } };
  }

  /** gcTerminated: the oldest finished pods above the threshold; evicted ones first. */
  #terminated(view: View, batch: Doom): void {
    const pods = view.lister<Pod>('pods');
    if (this.#threshold <= 0 || pods.countByIndex(BY_STATE, 'terminated') <= this.#threshold) return;
    const finished = [...pods.byIndex(BY_STATE, 'terminated')];
    const surplus = finished.length - this.#threshold;
    const isEvicted = (pod: Pod): boolean => pod.status?.reason === 'Evicted';
    const created = (pod: Pod): number => parseTime(pod.metadata?.creationTimestamp ?? '') ?? 0;
    finished.sort((a, b) => Number(isEvicted(b)) - Number(isEvicted(a)) || created(a) - created(b));
    for (const pod of finished.slice(0, surplus)) doom(batch, pod, 'terminated');
  }

  #orphaned(view: View, orphans: Pod[]): void {
    const nodes = view.lister<Node>('nodes');
    const pods = view.lister<Pod>('pods');
    for (const name of this.#missing.keys())
      if (nodes.get(name) !== undefined || pods.countByIndex(BY_NODE, name) === 0) this.#missing.delete(name);
    for (const name of pods.indexValues(BY_NODE)) {
      if (nodes.get(name) !== undefined) continue;
      const since = this.#missing.get(name);
      if (since === undefined) this.#missing.set(name, view.now);
      else if (view.now - since >= QUARANTINE) for (const pod of pods.byIndex(BY_NODE, name)) orphans.push(pod);
    }
  }

  /** gcTerminating: on nodes that are not ready and tainted out-of-service. */
  #outOfService(view: View, batch: Doom): void {
    const pods = view.lister<Pod>('pods');
    if (pods.countByIndex(BY_STATE, 'terminating') === 0) return;
    for (const pod of pods.byIndex(BY_STATE, 'terminating')) {
      const node = view.lister<Node>('nodes').get(pod.spec?.nodeName ?? '');
      if (node === undefined || findCondition(node.status?.conditions, 'Ready')?.status === 'True') continue;
      if (node.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true) doom(batch, pod, 'out-of-service');
    }
  }
}

function forceDelete({ metadata }: Pod): RequestSpec {
  const options = { gracePeriodSeconds: 0, preconditions: { uid: metadata?.uid } };
  return { verb: 'delete', resource: 'pods', namespace: metadata?.namespace, name: metadata?.name, options, discardBody: true };
}

const nodeIsGone = (view: View): object => ({
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'DeletionByPodGC',
  message: 'PodGC: node no longer exists',
  lastTransitionTime: rfc3339(view.clock),
});

function failPatch({ metadata }: Pod, conditions: readonly object[]): RequestSpec {
  const body = { status: { phase: 'Failed', ...(conditions.length > 0 ? { conditions } : {}) } };
  return {
    verb: 'patch',
    resource: 'pods',
    subresource: 'status',
    namespace: metadata?.namespace,
    name: metadata?.name,
    patchType: 'strategic',
    body,
    discardBody: true,
  };
}
