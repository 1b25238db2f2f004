/** What Coscheduling knows of groups of pods: who belongs to one, how many have a place, which ones failed a short time ago.
 *  Mirrors scheduler-plugins v0.32 pkg/coscheduling/core/core.go (PodGroupManager) and pkg/util/podgroup.go. */

import type { KubeObject, Pod, QuantityText } from '#api';
import { parseTime, resourceAmount } from '#api';
import { SECOND } from '#sim';
import type { Handle } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { podLabels, podName, podNamespace, podUid } from '../pod-fields.ts';

export const POD_GROUP_LABEL = 'scheduling.x-k8s.io/pod-group';
export const POD_GROUPS = 'podgroups.scheduling.x-k8s.io';

export interface PodGroup extends KubeObject {
  readonly spec?: {
    readonly minMember?: number;
    readonly minResources?: Readonly<Record<string, QuantityText>>;
    readonly scheduleTimeoutSeconds?: number;
  };
}

/** '' when the pod belongs to none. */
export const groupNameOf = (pod: Pod): string => podLabels(pod)[POD_GROUP_LABEL] ?? '';

/** 'namespace/name'; '' when the pod belongs to none. */
export function groupKeyOf(pod: Pod): string {
  const name = groupNameOf(pod);
  return name === '' ? '' : `${podNamespace(pod)}/${name}`;
}

/** Names that are forgotten after a while (go-cache): microseconds on the scheduler's clock. */
class Remembered {
  readonly #until = new Map<string, number>();

  has(name: string, now: number): boolean {
    return now < (this.#until.get(name) ?? Number.NEGATIVE_INFINITY);
  }

  /** Only when it is not there already. */
  add(name: string, now: number, span: number): void {
    if (!this.has(name, now)) this.#until.set(name, now + span);
  }

  delete(name: string): void {
    this.#until.delete(name);
  }
}

export class CoschedulingGroups {
  /** How long a group whose resources were found is not looked at again. */
  readonly #permitSpan: number;
  readonly #permitted = new Remembered();
  readonly #backedOff = new Remembered();

  constructor(permitSpan: number) {
    this.#permitSpan = permitSpan;
  }

  of(pod: Pod, handle: Handle): PodGroup | undefined {
    const key = groupKeyOf(pod);
    return key === '' ? undefined : handle.lister<PodGroup>(POD_GROUPS).get(key);
  }

  /** Pods of the same group and namespace, this one included. */
  *members(pod: Pod, handle: Handle): Iterable<Pod> {
    const key = groupKeyOf(pod);
    const pods = handle.lister<Pod>('pods');
    for (const other of pods.byIndex?.(POD_GROUP_LABEL, key) ?? pods.list()) if (groupKeyOf(other) === key) yield other;
  }

  memberCount(pod: Pod, handle: Handle): number {
    let count = 0;
    for (const _ of this.members(pod, handle)) count++;
    return count;
  }

  /** CalculateAssignedPods: how many others have a node, bound or only reserved. */
  assigned(pod: Pod, handle: Handle): number {
    let count = 0;
    for (const other of this.members(pod, handle)) if (podUid(other) !== podUid(pod) && handle.snapshot.has(podUid(other))) count++;
    return count;
  }

  /** Why no pod of this group need be tried now. */
  refusal(pod: Pod, handle: Handle): string | undefined {
    const group = this.of(pod, handle);
    if (group === undefined) return undefined;
    const key = groupKeyOf(pod);
    if (this.#backedOff.has(key, handle.now)) return `podGroup ${key} failed recently`;
    const { minMember = 0, minResources } = group.spec ?? {};
    const count = this.memberCount(pod, handle);
    if (count < minMember)
      return `pre-filter pod ${podName(pod)} cannot find enough sibling pods, current pods number: ${count}, minMember of group: ${minMember}`;
    if (minResources === undefined || this.#permitted.has(key, handle.now)) return undefined;
    const gap = resourceGap({ ...minResources, pods: String(minMember) }, handle.snapshot.nodes, key);
    if (gap !== undefined) return gap;
    this.#permitted.add(key, handle.now, this.#permitSpan);
    return undefined;
  }

  backOff(pod: Pod, span: number, handle: Handle): void {
    this.#backedOff.add(groupKeyOf(pod), handle.now, span);
  }

  forgetPermitted(pod: Pod): void {
    this.#permitted.delete(groupKeyOf(pod));
  }

  /** spec.scheduleTimeoutSeconds, else the plugin's. */
  waitTime(group: PodGroup, otherwise: number): number {
    const { scheduleTimeoutSeconds } = group.spec ?? {};
    return scheduleTimeoutSeconds === undefined ? otherwise : scheduleTimeoutSeconds * SECOND;
  }

  /** When the group was made, microseconds since the epoch; undefined for a pod without one. */
  createdAt(pod: Pod, handle: Handle): number | undefined {
    const time = this.of(pod, handle)?.metadata?.creationTimestamp;
    return time === undefined ? undefined : parseTime(time);
  }
}

/** CheckClusterResource: what the nodes together lack, the group's own pods not counted. */
function resourceGap(wanted: Readonly<Record<string, QuantityText>>, nodes: readonly NodeInfo[], group: string): string | undefined {
  const missing = new Map(Object.entries(wanted).map(([name, amount]) => [name, resourceAmount(name, amount)]));
  for (const node of nodes) {
    const left = resourcesLeft(node, group);
    for (const [name, amount] of [...missing]) {
      const rest = amount - (left.get(name) ?? 0);
      if (rest <= 0) missing.delete(name);
      else missing.set(name, rest);
    }
    if (missing.size === 0) return undefined;
  }
  const shown = [...missing].map(([name, amount]) => `${name}:${name === 'cpu' ? `${amount}m` : amount}`).sort();
  return `resource gap: map[${shown.join(' ')}]`;
}

/** getNodeResource: cpu in milli-cores, the rest as it is. */
function resourcesLeft(node: NodeInfo, group: string): ReadonlyMap<string, number> {
  const own = node.pods.filter(({ pod }) => groupKeyOf(pod) === group);
  let counted = node;
  if (own.length > 0) {
    counted = node.clone();
    for (const { pod } of own) counted.removePod(pod);
  }
  const { allocatable, requested, allowedPods, pods } = counted;
  const left = new Map([
    ['pods', allowedPods - pods.length],
    ['cpu', allocatable.milliCpu - requested.milliCpu],
    ['memory', allocatable.memory - requested.memory],
    ['ephemeral-storage', allocatable.ephemeralStorage - requested.ephemeralStorage],
  ]);
  for (const [name, amount] of allocatable.scalar) left.set(name, amount - (requested.scalar.get(name) ?? 0));
  return left;
}
