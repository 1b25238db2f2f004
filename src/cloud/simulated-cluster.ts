/** The cluster as an autoscaler imagines it: nodes that are there and nodes that might come, with the scheduler's own filters to say what fits where.
 *  Mirrors kubernetes/autoscaler cluster-autoscaler 1.34 simulator/clustersnapshot and simulator/framework. */

import type { KubeObject, Node, Pod } from '#api';
import type { Lister } from '#client';
import { CycleState, NodeInfo, newPodInfo, ObjectHandle, type PodInfo, Profile, type Snapshot, type Status } from '#scheduler';

/** The scheduler's plugins as they come; an autoscaler knows of no other configuration. */
const PROFILE = new Profile();
const infos = new WeakMap<Pod, PodInfo>();

export function podInfo(pod: Pod): PodInfo {
  let info = infos.get(pod);
  if (info === undefined) infos.set(pod, (info = newPodInfo(pod)));
  return info;
}

/** What the filters know of a pod before they see a node. */
export interface Trial {
  readonly info: PodInfo;
  readonly state: CycleState;
  readonly rejected: Status | undefined;
  readonly only: ReadonlySet<string> | undefined;
}

export class SimulatedCluster implements Snapshot {
  readonly nodes: NodeInfo[] = [];
  /** How many verdicts were asked for: what a pass costs. */
  verdicts = 0;
  readonly #byName = new Map<string, NodeInfo>();
  readonly #handle: ObjectHandle;

  constructor(listers: ReadonlyMap<string, Lister>, now: number) {
    this.#handle = new ObjectHandle(PROFILE, this, listers, new Map(), now);
  }

  add(node: Node, pods: Iterable<Pod> = []): NodeInfo {
    const info = new NodeInfo(node);
    for (const pod of pods) info.addPod(podInfo(pod));
    this.nodes.push(info);
    this.#byName.set(info.name, info);
    return info;
  }

  /** Takes out the nodes that were added after there were so many. */
  cut(count: number): void {
    for (const { name } of this.nodes.splice(count)) this.#byName.delete(name);
  }

  get(name: string): NodeInfo | undefined {
    return this.#byName.get(name);
  }

  /** PreFilter: to be asked again whenever pods moved. */
  begin(pod: Pod): Trial {
    const state = new CycleState();
    const { nodeNames, status } = PROFILE.runPreFilter(state, pod, this.#handle);
    return { info: podInfo(pod), state, rejected: status, only: nodeNames };
  }

  /** Why the pod does not fit on the node; undefined when it does. */
  fits({ info, state, rejected, only }: Trial, node: NodeInfo): Status | undefined {
    this.verdicts++;
    if (rejected !== undefined) return rejected;
    if (only !== undefined && !only.has(node.name)) return NOT_NAMED;
    return PROFILE.runFilter(state, info.pod, node, this.#handle);
  }

  /** Cheap: whether there can be room. */
  hasRoom({ usage }: PodInfo, { requested, allocatable, pods, allowedPods }: NodeInfo): boolean {
    const { cpu = 0, memory = 0 } = usage.requests as { readonly cpu?: number; readonly memory?: number };
    return (
      pods.length < allowedPods &&
      (cpu === 0 || requested.milliCpu + cpu <= allocatable.milliCpu) &&
      (memory === 0 || requested.memory + memory <= allocatable.memory)
    );
  }

  *withAffinity(): Iterable<NodeInfo> {
    for (const node of this.nodes) if (node.podsWithAffinity.length > 0) yield node;
  }

  *withRequiredAntiAffinity(): Iterable<NodeInfo> {
    for (const node of this.nodes) if (node.podsWithRequiredAntiAffinity.length > 0) yield node;
  }

  has(uid: string): boolean {
    return this.nodes.some((node) => node.pods.some(({ pod }) => pod.metadata?.uid === uid));
  }

  isClaimUsed(key: string): boolean {
    return this.nodes.some((node) => node.claimRefs.has(key));
  }
}

const NOT_NAMED: Status = {
  code: 'UnschedulableAndUnresolvable',
  reasons: ["node(s) didn't match Pod's node affinity/selector"],
} as Status;

/** What the handle may be asked for. */
export const READ: readonly string[] = [
  'namespaces',
  'persistentvolumeclaims',
  'persistentvolumes',
  'storageclasses.storage.k8s.io',
  'csinodes.storage.k8s.io',
];

export const listersOf = (lister: (resource: string) => Lister): ReadonlyMap<string, Lister> =>
  new Map(READ.map((resource) => [resource, lister(resource) as Lister<KubeObject>]));
