/** Deletes pods that nobody else will: finished ones above a threshold, those of nodes that are gone, terminating ones that were never bound, and those on
 *  nodes out of service. Mirrors kubernetes v1.34 pkg/controller/podgc/gc_controller.go (every 20 s). */

import type { Node, Pod } from '#api';
import { parseTime, rfc3339 } from '#api';
import type { Controller, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
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

function stateOf(pod: Pod): readonly string[] {
  if (isPodTerminal(pod)) return TERMINATED;
  if (pod.metadata?.deletionTimestamp !== undefined)
    return pod.spec?.nodeName === undefined || pod.spec.nodeName === '' ? UNSCHEDULED : TERMINATING;
  return NONE;
}
const TERMINATED = ['terminated'];
const TERMINATING = ['terminating'];
const UNSCHEDULED = ['terminating-unscheduled'];

export class PodGcController implements Controller {
  readonly name = 'pod-garbage-collector';
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
    const requests: RequestSpec[] = [];
    const orphans: Pod[] = [];
    this.#terminated(view, requests);
    this.#outOfService(view, requests);
    this.#orphaned(view, orphans);
    for (const pod of view.lister<Pod>('pods').byIndex(BY_STATE, 'terminating-unscheduled')) requests.push(forceDelete(pod));
    if (orphans.length === 0) return { requests };
    // Their nodes cannot report any more: they fail here before they go.
    for (const pod of orphans) if (!isPodTerminal(pod)) requests.push(failPatch(pod, view));
    return { requests, next: { name: 'failed', data: orphans } };
  }

  reconcile(_key: string, _view: View, stage: Stage | undefined): Plan {
    return stage?.name === 'failed' ? { requests: (stage.data as readonly Pod[]).map(forceDelete) } : {};
  }

  /** gcTerminated: the oldest finished pods above the threshold; evicted ones first. */
  #terminated(view: View, requests: RequestSpec[]): void {
    const pods = view.lister<Pod>('pods');
    if (this.#threshold <= 0 || pods.countByIndex(BY_STATE, 'terminated') <= this.#threshold) return;
    const finished = [...pods.byIndex(BY_STATE, 'terminated')];
    const surplus = finished.length - this.#threshold;
    const isEvicted = (pod: Pod): boolean => pod.status?.reason === 'Evicted';
    const created = (pod: Pod): number => parseTime(pod.metadata?.creationTimestamp ?? '') ?? 0;
    finished.sort((a, b) => Number(isEvicted(b)) - Number(isEvicted(a)) || created(a) - created(b));
    for (const pod of finished.slice(0, surplus)) requests.push(forceDelete(pod));
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
  #outOfService(view: View, requests: RequestSpec[]): void {
    const pods = view.lister<Pod>('pods');
    if (pods.countByIndex(BY_STATE, 'terminating') === 0) return;
    for (const pod of pods.byIndex(BY_STATE, 'terminating')) {
      const node = view.lister<Node>('nodes').get(pod.spec?.nodeName ?? '');
      if (node === undefined || findCondition(node.status?.conditions, 'Ready')?.status === 'True') continue;
      if (node.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true) requests.push(forceDelete(pod));
    }
  }
}

function forceDelete({ metadata }: Pod): RequestSpec {
  const options = { gracePeriodSeconds: 0, preconditions: { uid: metadata?.uid } };
  return { verb: 'delete', resource: 'pods', namespace: metadata?.namespace, name: metadata?.name, options, discardBody: true };
}

function failPatch({ metadata }: Pod, view: View): RequestSpec {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByPodGC',
    message: 'PodGC: node no longer exists',
    lastTransitionTime: rfc3339(view.clock),
  };
  const body = { status: { phase: 'Failed', conditions: [condition] } };
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
