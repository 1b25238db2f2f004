/** Pods that preemption promised a node. Mirrors pkg/scheduler/backend/queue/nominator.go v1.34. */

import type { Pod } from '#api';
import type { ExplainJournal } from './explain-journal.ts';
import { podPriority, podUid } from './pod-fields.ts';
import { newPodInfo, type PodInfo } from './pod-info.ts';

const NO_PODS: readonly PodInfo[] = [];

export class Nominator {
  /** Told of every change when a run is to be explained. */
  journal: ExplainJournal | undefined;
  readonly #byNode = new Map<string, readonly PodInfo[]>();
  readonly #nodeOf = new Map<string, string>();

  get size(): number {
    return this.#nodeOf.size;
  }

  on(nodeName: string): readonly PodInfo[] {
    return this.#byNode.get(nodeName) ?? NO_PODS;
  }

  nodes(): Iterable<string> {
    return this.#byNode.keys();
  }

  /** Where a pod is nominated; '' for nowhere. */
  nodeOf(uid: string): string {
    return this.#nodeOf.get(uid) ?? '';
  }

  /** Whether any other pod of at least this priority is nominated somewhere. */
  concerns(pod: Pod): boolean {
    if (this.#nodeOf.size === 0) return false;
    const priority = podPriority(pod);
    const uid = podUid(pod);
    for (const infos of this.#byNode.values()) {
      for (const info of infos) if (podPriority(info.pod) >= priority && podUid(info.pod) !== uid) return true;
    }
    return false;
  }

  add(pod: Pod, nodeName: string): void {
    this.remove(pod);
    if (nodeName === '') return;
    this.journal?.nominated(pod, nodeName);
    this.#nodeOf.set(podUid(pod), nodeName);
    // A new list each time: who keeps verdicts knows by it whether they still hold.
    this.#byNode.set(nodeName, [...this.on(nodeName), newPodInfo(pod)]);
  }

  /** UpdateNominatedPod: a nomination that only this scheduler knows of yet is kept; otherwise the pod's own status says. */
  update(before: Pod, pod: Pod): void {
    const written = (of: Pod): string => (of.status?.nominatedNodeName as string | undefined) ?? '';
    const known = this.nodeOf(podUid(pod));
    const nodeName = written(before) === '' && written(pod) === '' ? known : written(pod);
    if (known === '' && nodeName === '') return;
    this.add(pod, nodeName);
  }

  remove(pod: Pod): void {
    const uid = podUid(pod);
    const nodeName = this.#nodeOf.get(uid);
    if (nodeName === undefined) return;
    this.journal?.nominated(pod, '');
    this.#nodeOf.delete(uid);
    const left = (this.#byNode.get(nodeName) ?? []).filter((info) => podUid(info.pod) !== uid);
    if (left.length === 0) this.#byNode.delete(nodeName);
    else this.#byNode.set(nodeName, left);
  }
}
