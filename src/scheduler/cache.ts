/** The scheduler's picture of the cluster: nodes with the pods on them, assumed ones included. Mirrors pkg/scheduler/backend/cache/cache.go v1.34.
 *  Upstream copies it into a snapshot at every cycle; here a cycle decides in one instant, so that the picture itself is the snapshot. */

import type { Node, Pod } from '#api';
import { sameFlat } from './cluster-events.ts';
import type { ExplainJournal } from './explain-journal.ts';
import type { Snapshot } from './framework.ts';
import { ImageStates } from './image-states.ts';
import { NodeInfo } from './node-info.ts';
import { NodeTree } from './node-tree.ts';
import { isTerminating, nodeName, podLabels, podPriority, podUid } from './pod-fields.ts';
import { newPodInfo, type PodInfo } from './pod-info.ts';
import { hasSamePlace, NodeTable } from './table/node-table.ts';
import { type PodGroup, PodGroups } from './table/pod-groups.ts';
import { TopologyKeys } from './table/topology-keys.ts';

interface PodState {
  info: PodInfo;
  readonly nodeName: string;
  group: PodGroup;
  /** Bound by us, not yet seen on the watch. */
  isAssumed: boolean;
}

export class Cache implements Snapshot {
  readonly table = new NodeTable();
  readonly groups = new PodGroups();
  readonly keys = new TopologyKeys();
  /** Told of every change when a run is to be explained. */
  journal: ExplainJournal | undefined;
  readonly #tree = new NodeTree();
  readonly #images = new ImageStates();
  readonly #nodes = new Map<string, NodeInfo>();
  /** Pods on nodes that are not known (yet, or any more). */
  readonly #stray = new Map<string, PodInfo[]>();
  readonly #pods = new Map<string, PodState>();
  /** How many pods on nodes have a priority: preemption is of no use below the lowest. */
  readonly #priorities = new Map<number, number>();
  readonly #claims = new Map<string, number>();
  /** Pods bound by us that the watch has not shown yet. */
  assumedCount = 0;
  #order: Int32Array = new Int32Array(0);
  #orderVersion = -1;
  /** How far the table's log was followed with image counts. */
  #frozen = 0;
  #orderGeneration = -1;
  #list: NodeInfo[] = [];

  /** Slots in the node tree's order, as of now: the start of a cycle (UpdateSnapshot). */
  get order(): Int32Array {
    this.table.settle();
    this.#freezeImages();
    if (this.#orderVersion !== this.#tree.version || this.#orderGeneration !== this.table.generation) {
      this.#orderVersion = this.#tree.version;
      this.#orderGeneration = this.table.generation;
      const names = this.#tree.list();
      this.#order = Int32Array.from(names, (name) => this.table.slotOf(name));
      this.#list = names.map((name) => this.#nodes.get(name) as NodeInfo);
    }
    return this.#order;
  }

  #freezeImages(): void {
    const { log, logStart, infos } = this.table;
    // Changes that fell out of the log: every node counts as changed.
    if (this.#frozen < logStart) for (const info of infos) if (info !== undefined) this.#images.freeze(info);
    for (let i = Math.max(this.#frozen - logStart, 0); i < log.length; i++) {
      const info = infos[log[i] as number];
      if (info !== undefined) this.#images.freeze(info);
    }
    this.#frozen = logStart + log.length;
  }

  get nodes(): readonly NodeInfo[] {
    void this.order;
    return this.#list;
  }

  get(name: string): NodeInfo | undefined {
    return this.#nodes.get(name);
  }

  *withAffinity(): Iterable<NodeInfo> {
    if (this.groups.withTerms.size === 0) return;
    for (const node of this.nodes) if (node.podsWithAffinity.length > 0) yield node;
  }

  *withRequiredAntiAffinity(): Iterable<NodeInfo> {
    if (this.groups.withTerms.size === 0) return;
    for (const node of this.nodes) if (node.podsWithRequiredAntiAffinity.length > 0) yield node;
  }

  isClaimUsed(key: string): boolean {
    return (this.#claims.get(key) ?? 0) > 0;
  }

  get podCount(): number {
    return this.#pods.size;
  }

  get nodeCount(): number {
    return this.#nodes.size;
  }

  podCountOf(priority: (value: number) => boolean): number {
    let count = 0;
    for (const [value, pods] of this.#priorities) if (priority(value)) count += pods;
    return count;
  }

  hasLowerPriority(priority: number): boolean {
    for (const [value, pods] of this.#priorities) if (value < priority && pods > 0) return true;
    return false;
  }

  addNode(node: Node): void {
    const name = nodeName(node);
    if (this.#nodes.has(name)) {
      this.updateNode(node);
      return;
    }
    const info = new NodeInfo(node);
    this.journal?.node(node);
    this.#nodes.set(name, info);
    this.#tree.add(node);
    this.#images.add(info);
    for (const pod of this.#stray.get(name) ?? []) info.addPod(pod);
    this.#stray.delete(name);
    this.table.add(info);
  }

  updateNode(node: Node): void {
    const info = this.#nodes.get(nodeName(node));
    if (info === undefined) {
      this.addNode(node);
      return;
    }
    const before = info.node;
    if (before === node) return;
    this.journal?.node(node);
    this.#tree.update(before, node);
    const isSamePlace = hasSamePlace(before, node);
    const isSameRoom = sameFlat(before.status?.allocatable, node.status?.allocatable);
    const areSameImages = before.status?.images === node.status?.images;
    if (isSameRoom) info.node = node;
    else info.setNode(node);
    if (!areSameImages) {
      this.#images.remove(info);
      this.#images.add(info);
    }
    const slot = this.table.slotOf(info.name);
    if (slot < 0) return;
    if (!isSamePlace) this.table.placeChanged(slot);
    else if (!isSameRoom || !areSameImages) this.table.refresh(slot);
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (info === undefined) return;
    this.journal?.nodeGone(name);
    this.#nodes.delete(name);
    this.#tree.remove(info.node);
    this.#images.remove(info);
    this.table.remove(name);
    if (info.pods.length > 0) this.#stray.set(name, [...info.pods]);
  }

  has(uid: string): boolean {
    return this.#pods.has(uid);
  }

  isAssumed(uid: string): boolean {
    return this.#pods.get(uid)?.isAssumed ?? false;
  }

  /** A pod that the watch shows on a node. */
  addPod(pod: Pod): void {
    const known = this.#pods.get(podUid(pod));
    if (known === undefined) this.#put(newPodInfo(pod), pod.spec?.nodeName ?? '', false);
    else {
      if (known.isAssumed) this.assumedCount--;
      known.isAssumed = false;
      this.updatePod(pod);
    }
  }

  /** Bound by this scheduler, on its way to the API server. */
  assumePod(info: PodInfo, onNode: string): void {
    this.#put(info, onNode, true);
  }

  /** The binding failed. */
  forgetPod(pod: Pod): void {
    const state = this.#pods.get(podUid(pod));
    if (state?.isAssumed === true) this.removePod(pod);
  }

  updatePod(pod: Pod): void {
    const uid = podUid(pod);
    const state = this.#pods.get(uid);
    const onNode = pod.spec?.nodeName ?? '';
    if (state === undefined || state.nodeName !== onNode) {
      if (state !== undefined) this.removePod(state.info.pod);
      this.#put(newPodInfo(pod), onNode, false);
      return;
    }
    const before = state.info.pod;
    // Most updates are of the status and change nothing that is counted.
    if (countsAlike(before, pod)) {
      state.info.pod = pod;
      if (before.status?.startTime !== pod.status?.startTime) {
        const slot = this.table.slotOf(onNode);
        if (slot >= 0) this.table.started(slot);
      }
      return;
    }
    this.removePod(before);
    this.#put(newPodInfo(pod), onNode, false);
  }

  removePod(pod: Pod): void {
    const uid = podUid(pod);
    const state = this.#pods.get(uid);
    if (state === undefined) return;
    this.journal?.gone(pod);
    this.#pods.delete(uid);
    if (state.isAssumed) this.assumedCount--;
    this.#count(state, -1);
    const info = this.#nodes.get(state.nodeName);
    if (info === undefined) {
      const stray = (this.#stray.get(state.nodeName) ?? []).filter((other) => podUid(other.pod) !== uid);
      this.#stray.set(state.nodeName, stray);
      return;
    }
    info.removePod(state.info.pod);
    const slot = this.table.slotOf(state.nodeName);
    if (slot >= 0) this.table.refresh(slot);
  }

  #put(info: PodInfo, onNode: string, isAssumed: boolean): void {
    this.journal?.placed(info.pod, onNode, isAssumed);
    const state: PodState = { info, nodeName: onNode, group: this.groups.of(info.pod), isAssumed };
    this.#pods.set(podUid(info.pod), state);
    if (isAssumed) this.assumedCount++;
    const node = this.#nodes.get(onNode);
    if (node === undefined) this.#stray.set(onNode, [...(this.#stray.get(onNode) ?? []), info]);
    else {
      node.addPod(info);
      const slot = this.table.slotOf(onNode);
      if (slot >= 0) this.table.refresh(slot);
    }
    this.#count(state, 1);
  }

  #count({ info, nodeName: onNode, group }: PodState, delta: 1 | -1): void {
    this.groups.change(group, onNode, delta);
    const priority = podPriority(info.pod);
    this.#priorities.set(priority, (this.#priorities.get(priority) ?? 0) + delta);
    for (const volume of info.pod.spec?.volumes ?? []) {
      if (volume.persistentVolumeClaim === undefined) continue;
      const key = `${info.pod.metadata?.namespace ?? ''}/${volume.persistentVolumeClaim.claimName}`;
      this.#claims.set(key, (this.#claims.get(key) ?? 0) + delta);
    }
  }
}

/** Whether two versions of a pod count the same on their node. */
function countsAlike(before: Pod, after: Pod): boolean {
  if (isTerminating(before) !== isTerminating(after)) return false;
  if (podLabels(before) !== podLabels(after)) return false;
  const a = before.spec;
  const b = after.spec;
  if (
    a !== b &&
    (a?.containers !== b?.containers || a?.initContainers !== b?.initContainers || a?.affinity !== b?.affinity || a?.volumes !== b?.volumes)
  )
    return false;
  if (before.status?.containerStatuses === after.status?.containerStatuses) return true;
  // Resizing in place shows in the container statuses.
  return !(after.status?.containerStatuses ?? []).some((status) => (status as { resources?: unknown }).resources !== undefined);
}
