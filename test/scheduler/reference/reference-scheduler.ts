/** The slow, obvious scheduler: every plugin asked about every node for every pod, nothing remembered from one pod to the next.
 *  The bench and the tests hold the fast one to it. */

import type { KubeObject, Node, Pod } from '#api';
import { evaluateAll, MapLister, newPodInfo, ObjectHandle, ObjectSnapshot, Profile } from '#scheduler';

export interface ReferenceDecision {
  /** Every node with the highest total, sorted by name; empty when no node fits. */
  readonly best: readonly string[];
  readonly feasible: number;
}

export interface ReferencePreemption {
  readonly nominated: string;
  /** Names of the pods that would go. */
  readonly victims: readonly string[];
}

export class ReferenceScheduler {
  readonly #profile = new Profile();
  readonly #snapshot: ObjectSnapshot;
  readonly #handle: ObjectHandle;

  constructor(nodes: readonly Node[], objects: Readonly<Record<string, readonly KubeObject[]>> = {}) {
    this.#snapshot = new ObjectSnapshot(nodes, []);
    const listers = new Map(Object.entries(objects).map(([resource, list]) => [resource, new MapLister<KubeObject>(list)]));
    this.#handle = new ObjectHandle(this.#profile, this.#snapshot, listers);
  }

  decide(pod: Pod): ReferenceDecision {
    const { best, feasible } = evaluateAll(this.#profile, pod, this.#handle);
    return { best, feasible: feasible.length };
  }

  /** What PostFilter would do for a pod that fits nowhere. */
  preempt(pod: Pod): ReferencePreemption {
    const { state, statuses } = evaluateAll(this.#profile, pod, this.#handle);
    const { nominatedNodeName = '', victims = [] } = this.#profile.runPostFilter(state, pod, statuses, this.#handle);
    return { nominated: nominatedNodeName, victims: victims.map((victim) => victim.metadata?.name ?? '') };
  }

  bind(pod: Pod, nodeName: string): void {
    this.#snapshot.get(nodeName)?.addPod(newPodInfo({ ...pod, spec: { ...pod.spec, nodeName } } as Pod));
  }

  remove(pod: Pod, nodeName: string): void {
    this.#snapshot.get(nodeName)?.removePod(pod);
  }
}
