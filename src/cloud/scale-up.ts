/** Pods that wait, those of them that only need patience, and which group helps the rest. Mirrors kubernetes/autoscaler cluster-autoscaler 1.34
 *  core/podlistprocessor (filter_out_schedulable.go), core/scaleup/orchestrator and estimator/binpacking_estimator.go.
 *  Departure: pods of one owner that ask for no volume of their own are taken for equal (upstream compares their specs). */

import type { Pod } from '#api';
import type { NodeInfo, PodInfo } from '#scheduler';
import type { Option } from './expanders.ts';
import { podInfo, type SimulatedCluster, type Trial } from './simulated-cluster.ts';

const ownerOf = (pod: Pod): string | undefined => pod.metadata?.ownerReferences?.find(({ controller }) => controller === true)?.uid;

/** Pods with one key fit where the others do. */
function classOf(pod: Pod): string {
  const owner = ownerOf(pod);
  const own = (pod.spec?.volumes ?? []).some(
    (volume) => volume['persistentVolumeClaim'] !== undefined || volume['ephemeral'] !== undefined,
  );
  return owner === undefined || own || (pod.spec?.resourceClaims?.length ?? 0) > 0 ? (pod.metadata?.uid ?? '') : owner;
}

const priorityOf = (pod: Pod): number => (pod.spec?.priority as number | undefined) ?? 0;

/** Whether the filters' knowledge of a pod outlives the placing of its likes. */
const isPlain = ({ spec }: Pod): boolean =>
  spec?.affinity?.podAffinity === undefined &&
  spec?.affinity?.podAntiAffinity === undefined &&
  (spec?.topologySpreadConstraints?.length ?? 0) === 0;

/** Places pods one after the other; what did not fit once is not asked again for a pod of the same class. */
export class Placing {
  readonly #cluster: SimulatedCluster;
  readonly #from = new Map<string, number>();
  #trial: Trial | undefined;
  #class = '';

  constructor(cluster: SimulatedCluster) {
    this.#cluster = cluster;
  }

  #begin(pod: Pod, key: string): Trial {
    if (this.#trial === undefined || this.#class !== key || !isPlain(pod)) {
      this.#trial = this.#cluster.begin(pod);
      this.#class = key;
    }
    return { ...this.#trial, info: podInfo(pod) };
  }

  /** The node it was put on; undefined: none of those from `first` on. Nodes only fill up, so a class goes on where it stopped. */
  place(pod: Pod, first = 0): NodeInfo | undefined {
    const { nodes } = this.#cluster;
    const key = classOf(pod);
    const plain = isPlain(pod);
    const info = podInfo(pod);
    let trial: Trial | undefined;
    for (let at = Math.max(first, plain ? (this.#from.get(key) ?? 0) : first); at < nodes.length; at++) {
      const node = nodes[at] as NodeInfo;
      if (plain) this.#from.set(key, at);
      if (!this.#cluster.hasRoom(info, node)) continue;
      trial ??= this.#begin(pod, key);
      if (trial.rejected !== undefined) return undefined;
      if (this.#cluster.fits(trial, node) !== undefined) continue;
      node.addPod(info);
      return node;
    }
    if (plain) this.#from.set(key, nodes.length);
    return undefined;
  }
}

/** Those for which the cluster has no room, and will have none when what was ordered is there. What fits is put there. */
export function withoutRoom(cluster: SimulatedCluster, pods: readonly Pod[]): readonly Pod[] {
  const placing = new Placing(cluster);
  return pods.toSorted((a, b) => priorityOf(b) - priorityOf(a)).filter((pod) => placing.place(pod) === undefined);
}

/** How many nodes of a group it takes for those of the pods that it can help: first fit, the hungriest first. The cluster is left as it was. */
export function estimate(
  cluster: SimulatedCluster,
  pods: readonly Pod[],
  template: NodeInfo,
  addNode: (ordinal: number) => NodeInfo | undefined,
): Pick<Option, 'nodes' | 'pods'> {
  const start = cluster.nodes.length;
  const hunger = ({ usage }: PodInfo): number => {
    const { cpu = 0, memory = 0 } = usage.requests as { readonly cpu?: number; readonly memory?: number };
    return cpu / Math.max(1, template.allocatable.milliCpu) + memory / Math.max(1, template.allocatable.memory);
  };
  const placing = new Placing(cluster);
  const placed: PodInfo[] = [];
  let used = 0;
  let last: NodeInfo | undefined;
  let lastIsEmpty = false;
  for (const pod of pods.toSorted((a, b) => hunger(podInfo(b)) - hunger(podInfo(a)))) {
    let node = placing.place(pod, start);
    if (node === undefined && !lastIsEmpty) {
      const added = addNode(cluster.nodes.length - start);
      if (added === undefined) continue;
      last = added;
      lastIsEmpty = true;
      node = placing.place(pod, cluster.nodes.length - 1);
    }
    if (node === undefined) continue;
    if (node === last && lastIsEmpty) {
      lastIsEmpty = false;
      used++;
    }
    placed.push(podInfo(pod));
  }
  cluster.cut(start);
  return { nodes: used, pods: placed };
}

/** 'pod didn't trigger scale-up: ...': counted reasons, the rarest words last, as upstream joins them. */
export function reasonsText(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}
