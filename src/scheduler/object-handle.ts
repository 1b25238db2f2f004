/** A Handle over plain collections: what plugins see when a cycle runs outside a cluster (conformance, explanations, tests), and the base of the scheduler's own. */

import type { KubeObject, Node, Pod } from '#api';
import { keyOf } from '#api';
import type { CycleState, Handle, ObjectLister, Snapshot } from './framework.ts';
import { ImageStates } from './image-states.ts';
import { NodeInfo } from './node-info.ts';
import { NodeTree } from './node-tree.ts';
import { isFinished, podPriority, podUid } from './pod-fields.ts';
import { newPodInfo, type PodInfo } from './pod-info.ts';
import type { Profile } from './profile.ts';
import type { Status } from './status.ts';
import { NO_WAITING_PODS } from './waiting-pods.ts';

/** A fixed list, by key. */
export class MapLister<T extends KubeObject> implements ObjectLister<T> {
  readonly #objects = new Map<string, T>();

  constructor(objects: Iterable<T> = []) {
    for (const object of objects) this.#objects.set(keyOf(object), object);
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): Iterable<T> {
    return this.#objects.values();
  }
}

/** Nodes in tree order with their pods. */
export class ObjectSnapshot implements Snapshot {
  readonly nodes: readonly NodeInfo[];
  readonly #byName = new Map<string, NodeInfo>();

  constructor(nodes: Iterable<Node>, pods: Iterable<Pod>) {
    const tree = new NodeTree();
    for (const node of nodes) {
      tree.add(node);
      const info = new NodeInfo(node);
      this.#byName.set(info.name, info);
    }
    this.nodes = tree.list().map((name) => this.#byName.get(name) as NodeInfo);
    const images = new ImageStates();
    for (const info of this.#byName.values()) images.add(info);
    for (const info of this.#byName.values()) images.freeze(info);
    for (const pod of pods) if (!isFinished(pod)) this.#byName.get(pod.spec?.nodeName ?? '')?.addPod(newPodInfo(pod));
  }

  get(name: string): NodeInfo | undefined {
    return this.#byName.get(name);
  }

  *withAffinity(): Iterable<NodeInfo> {
    for (const node of this.nodes) if (node.podsWithAffinity.length > 0) yield node;
  }

  *withRequiredAntiAffinity(): Iterable<NodeInfo> {
    for (const node of this.nodes) if (node.podsWithRequiredAntiAffinity.length > 0) yield node;
  }

  has(uid: string): boolean {
    return this.nodes.some((node) => node.pods.some(({ pod }) => podUid(pod) === uid));
  }

  isClaimUsed(key: string): boolean {
    for (const node of this.nodes) if (node.claimRefs.has(key)) return true;
    return false;
  }
}

const EMPTY = new MapLister<KubeObject>();
const NO_PODS: readonly PodInfo[] = [];

export class ObjectHandle implements Handle {
  readonly snapshot: Snapshot;
  readonly now: number;
  readonly #profile: Profile;
  readonly #listers: ReadonlyMap<string, ObjectLister<KubeObject>>;
  readonly #nominated: ReadonlyMap<string, readonly PodInfo[]>;

  constructor(
    profile: Profile,
    snapshot: Snapshot,
    listers: ReadonlyMap<string, ObjectLister<KubeObject>>,
    nominated: ReadonlyMap<string, readonly PodInfo[]> = new Map(),
    now = 0,
  ) {
    this.#profile = profile;
    this.snapshot = snapshot;
    this.#listers = listers;
    this.#nominated = nominated;
    this.now = now;
  }

  lister<T extends KubeObject>(resource: string): ObjectLister<T> {
    return (this.#listers.get(resource) ?? EMPTY) as ObjectLister<T>;
  }

  nominatedPods(nodeName: string): readonly PodInfo[] {
    return this.#nominated.get(nodeName) ?? NO_PODS;
  }

  filterWithNominated(state: CycleState, pod: Pod, node: NodeInfo): Status | undefined {
    return filterWithNominated(this.#profile, this, state, pod, node);
  }

  addPodToState(state: CycleState, pod: Pod, added: PodInfo, node: NodeInfo): void {
    this.#profile.addPod(state, pod, added, node);
  }

  removePodFromState(state: CycleState, pod: Pod, removed: PodInfo, node: NodeInfo): void {
    this.#profile.removePod(state, pod, removed, node);
  }

  readonly waitingPods = NO_WAITING_PODS;
  readonly keepsCandidates = false;
  readonly epoch = 0;

  activate(): void {}

  send(): void {}

  draw(): number {
    return 0;
  }
}

/** RunFilterPluginsWithNominatedPods: pods nominated here with at least this pod's priority count as present; then the node must also fit without them,
 *  for they may never come and this pod may rely on their company. */
export function filterWithNominated(profile: Profile, handle: Handle, state: CycleState, pod: Pod, node: NodeInfo): Status | undefined {
  const priority = podPriority(pod);
  const uid = podUid(pod);
  const expected = handle.nominatedPods(node.name).filter((info) => podPriority(info.pod) >= priority && podUid(info.pod) !== uid);
  if (expected.length === 0) return profile.runFilter(state, pod, node, handle);
  const fullState = state.clone();
  const full = node.clone();
  for (const info of expected) {
    full.addPod(info);
    profile.addPod(fullState, pod, info, full);
  }
  return profile.runFilter(fullState, pod, full, handle) ?? profile.runFilter(state, pod, node, handle);
}
