/** One resource of a node as scorers see it. Mirrors kube-scheduler v1.34 plugins/noderesources/resource_allocation.go. */

import type { NodeInfo } from './node-info.ts';
import { isScalarResource, type PodUsage } from './pod-resources.ts';

export function allocatableOf(node: NodeInfo, resource: string): number {
  switch (resource) {
    case 'cpu':
      return node.allocatable.milliCpu;
    case 'memory':
      return node.allocatable.memory;
    case 'ephemeral-storage':
      return node.allocatable.ephemeralStorage;
    default:
      return node.allocatable.scalar.get(resource) ?? 0;
  }
}

/** What would be in use with the pod placed. `real`: requests as they are; otherwise with the floors of scoring for cpu and memory. */
export function requestedWith(node: NodeInfo, usage: PodUsage, resource: string, real: boolean): number {
  const asked = (real ? usage.requests : usage.scored)[resource] ?? 0;
  switch (resource) {
    case 'cpu':
      return real ? node.requested.milliCpu + asked : node.nonZeroCpu + asked;
    case 'memory':
      return real ? node.requested.memory + asked : node.nonZeroMemory + asked;
    case 'ephemeral-storage':
      return node.requested.ephemeralStorage + asked;
    default:
      return (node.requested.scalar.get(resource) ?? 0) + asked;
  }
}

/** Fills both arrays, one entry a resource; a scalar resource that the pod does not ask for stays 0 and is thereby left out. */
export function fillResources(
  node: NodeInfo,
  usage: PodUsage,
  resources: readonly { readonly name: string }[],
  real: boolean,
  requested: number[],
  capacity: number[],
): void {
  for (let i = 0; i < resources.length; i++) {
    const name = (resources[i] as { name: string }).name;
    requested[i] = 0;
    capacity[i] = 0;
    if (((real ? usage.requests : usage.scored)[name] ?? 0) === 0 && isScalarResource(name)) continue;
    const has = allocatableOf(node, name);
    if (has === 0) continue;
    capacity[i] = has;
    requested[i] = requestedWith(node, usage, name, real);
  }
}
