/** A node and the pods on it, with their sums. Mirrors pkg/scheduler/framework/types.go v1.34 (NodeInfo, Resource, HostPortInfo). */

import type { Node, Pod } from '#api';
import { resourceAmount } from '#api';
import { nodeName, podNamespace, podUid } from './pod-fields.ts';
import type { HostPort, PodInfo } from './pod-info.ts';
import { isScalarResource } from './pod-resources.ts';

/** cpu in milli-cores, memory and ephemeral storage in bytes, the rest by name. */
export interface ResourceSum {
  milliCpu: number;
  memory: number;
  ephemeralStorage: number;
  readonly scalar: Map<string, number>;
}

const emptySum = (): ResourceSum => ({ milliCpu: 0, memory: 0, ephemeralStorage: 0, scalar: new Map() });

function addSum(sum: ResourceSum, amounts: Readonly<Record<string, number>>, sign: number): void {
  for (const name in amounts) {
    const amount = sign * (amounts[name] as number);
    if (name === 'cpu') sum.milliCpu += amount;
    else if (name === 'memory') sum.memory += amount;
    else if (name === 'ephemeral-storage') sum.ephemeralStorage += amount;
    else if (isScalarResource(name)) sum.scalar.set(name, (sum.scalar.get(name) ?? 0) + amount);
  }
}

/** An image on the node: its size, and on how many nodes of the cluster it lay when this node last changed. */
export interface ImageState {
  readonly size: number;
  readonly nodes: number;
}

const NO_IMAGES: ReadonlyMap<string, ImageState> = new Map();

export class NodeInfo {
  node: Node;
  readonly name: string;
  /** Order as upstream keeps it: appended; a removal moves the last pod into the gap. */
  readonly pods: PodInfo[] = [];
  readonly podsWithAffinity: PodInfo[] = [];
  readonly podsWithRequiredAntiAffinity: PodInfo[] = [];
  readonly requested = emptySum();
  nonZeroCpu = 0;
  nonZeroMemory = 0;
  allocatable = emptySum();
  allowedPods = 0;
  /** Host ports in use: 'protocol/port' -> IPs. */
  readonly usedPorts = new Map<string, string[]>();
  /** Claims in use: 'namespace/name' -> how many pods. */
  readonly claimRefs = new Map<string, number>();
  images: ReadonlyMap<string, ImageState> = NO_IMAGES;

  constructor(node: Node) {
    this.name = nodeName(node);
    this.node = node;
    this.setNode(node);
  }

  setNode(node: Node): void {
    this.node = node;
    this.allocatable = emptySum();
    this.allowedPods = 0;
    const allocatable = (node.status?.allocatable ?? {}) as Readonly<Record<string, string | number>>;
    for (const name in allocatable) {
      const amount = resourceAmount(name, allocatable[name] as string | number);
      if (name === 'pods') this.allowedPods = amount;
      else addSum(this.allocatable, { [name]: amount }, 1);
    }
  }

  addPod(info: PodInfo): void {
    this.pods.push(info);
    if (info.hasAffinity) this.podsWithAffinity.push(info);
    if (info.terms.requiredAntiAffinity.length > 0) this.podsWithRequiredAntiAffinity.push(info);
    this.#count(info, 1);
  }

  /** Removes by uid; false when the pod is not here. */
  removePod(pod: Pod): boolean {
    const uid = podUid(pod);
    const removed = takeOut(this.pods, uid);
    if (removed === undefined) return false;
    if (removed.hasAffinity) takeOut(this.podsWithAffinity, uid);
    if (removed.terms.requiredAntiAffinity.length > 0) takeOut(this.podsWithRequiredAntiAffinity, uid);
    this.#count(removed, -1);
    return true;
  }

  clone(): NodeInfo {
    const copy = new NodeInfo(this.node);
    copy.images = this.images;
    for (const info of this.pods) copy.addPod(info);
    return copy;
  }

  /** HostPortInfo.CheckConflict: 0.0.0.0 conflicts with every IP. */
  isPortTaken({ ip, protocol, port }: HostPort): boolean {
    const ips = this.usedPorts.get(`${protocol}/${port}`);
    if (ips === undefined || ips.length === 0) return false;
    return ip === '0.0.0.0' || ips.includes('0.0.0.0') || ips.includes(ip);
  }

  #count({ pod, usage, hostPorts }: PodInfo, sign: 1 | -1): void {
    addSum(this.requested, usage.requests, sign);
    this.nonZeroCpu += sign * usage.nonZeroCpu;
    this.nonZeroMemory += sign * usage.nonZeroMemory;
    for (const port of hostPorts) this.#usePort(port, sign);
    for (const volume of pod.spec?.volumes ?? []) {
      if (volume.persistentVolumeClaim === undefined) continue;
      const key = `${podNamespace(pod)}/${volume.persistentVolumeClaim.claimName}`;
      const count = (this.claimRefs.get(key) ?? 0) + sign;
      if (count <= 0) this.claimRefs.delete(key);
      else this.claimRefs.set(key, count);
    }
  }

  #usePort({ ip, protocol, port }: HostPort, sign: 1 | -1): void {
    const key = `${protocol}/${port}`;
    const ips = this.usedPorts.get(key) ?? [];
    // A set, as upstream's HostPortInfo: of two pods with one port the first that goes frees it.
    if (sign < 0 && ips.includes(ip)) ips.splice(ips.indexOf(ip), 1);
    else if (sign > 0 && !ips.includes(ip)) ips.push(ip);
    this.usedPorts.set(key, ips);
  }
}

function takeOut(list: PodInfo[], uid: string): PodInfo | undefined {
  for (let i = 0; i < list.length; i++) {
    const info = list[i] as PodInfo;
    if (podUid(info.pod) !== uid) continue;
    const last = list.pop() as PodInfo;
    if (i < list.length) list[i] = last;
    return info;
  }
  return undefined;
}
