/** The pools of devices that a node can reach. Mirrors dynamic-resource-allocation v1.34 structured/internal/stable/pools_stable.go.
 *  Upstream's order of pools is that of a Go map, any order; here it is that in which their slices were seen. */

import { type Device, matchesNodeSelector, type Node, type NodeSelector, type ResourceSlice } from '#api';
import { AllocationError } from './allocation-error.ts';
import { deviceId } from './device-id.ts';

export interface Candidate {
  readonly id: string;
  readonly driver: string;
  readonly pool: Pool;
  readonly device: Device;
  readonly slice: ResourceSlice;
}

export interface Pool {
  readonly driver: string;
  readonly name: string;
  /** Not all of its slices are here yet: those that are may be used, but nobody can ask for all. */
  readonly isIncomplete: boolean;
  /** Not empty when a name stands for two devices: to come by such a pool is an error. */
  readonly invalidReason: string;
  readonly slices: readonly ResourceSlice[];
  /** Devices that this node may use. */
  readonly candidates: readonly Candidate[];
}

type Place = { readonly nodeName?: string; readonly allNodes?: boolean; readonly nodeSelector?: NodeSelector };

function reaches({ nodeName, allNodes, nodeSelector }: Place, node: Node): boolean {
  if (nodeName !== undefined && nodeName !== '') return nodeName === node.metadata?.name;
  if (allNodes === true) return true;
  return nodeSelector !== undefined && matchesNodeSelector(nodeSelector, node);
}

const isPlaced = ({ nodeName, allNodes, nodeSelector }: Place): boolean =>
  (nodeName !== undefined && nodeName !== '') || allNodes === true || nodeSelector !== undefined;

function reachableDevices(slice: ResourceSlice, node: Node, isPartitionable: boolean): readonly Device[] {
  const spec = slice.spec;
  if (spec === undefined || (!isPartitionable && spec.perDeviceNodeSelection !== undefined)) return [];
  const devices = spec.devices ?? [];
  if (isPlaced(spec)) return reaches(spec, node) ? devices : [];
  return spec.perDeviceNodeSelection === true ? devices.filter((device) => reaches(device, node)) : [];
}

/** Whether a slice concerns the node although it may offer it nothing yet (an empty slice still counts towards its pool). */
function concerns(slice: ResourceSlice, node: Node, isPartitionable: boolean): boolean {
  if (slice.spec === undefined || (!isPartitionable && slice.spec.perDeviceNodeSelection !== undefined)) return false;
  if (isPlaced(slice.spec)) return reaches(slice.spec, node);
  return slice.spec.perDeviceNodeSelection === true && (slice.spec.devices ?? []).some((device) => reaches(device, node));
}

export function gatherPools(slices: Iterable<ResourceSlice>, node: Node, isPartitionable: boolean): readonly Pool[] {
  const byPool = new Map<string, ResourceSlice[]>();
  for (const slice of slices) {
    if (!concerns(slice, node, isPartitionable)) continue;
    const { driver, pool } = slice.spec as NonNullable<ResourceSlice['spec']>;
    const id = `${driver}/${pool.name}`;
    const known = byPool.get(id);
    const newest = known?.[0]?.spec?.pool.generation ?? pool.generation;
    if (known === undefined || pool.generation > newest) byPool.set(id, [slice]);
    else if (pool.generation === newest) known.push(slice);
  }
  return [...byPool.values()].map((ofPool) => poolOf(ofPool, node, isPartitionable));
}

function poolOf(slices: readonly ResourceSlice[], node: Node, isPartitionable: boolean): Pool {
  const first = slices[0]?.spec;
  if (first === undefined) throw new AllocationError('gather pool information: a pool without slices');
  const names = new Set<string>();
  let invalidReason = '';
  for (const { spec } of slices) {
    for (const { name } of spec?.devices ?? []) {
      if (names.has(name) && invalidReason === '') invalidReason = `duplicate device name ${name}`;
      names.add(name);
    }
  }
  const candidates: Candidate[] = [];
  const pool: Pool = {
    driver: first.driver,
    name: first.pool.name,
    isIncomplete: slices.length !== first.pool.resourceSliceCount,
    invalidReason,
    slices,
    candidates,
  };
  for (const slice of slices)
    for (const device of reachableDevices(slice, node, isPartitionable))
      candidates.push({ id: deviceId(pool.driver, pool.name, device.name), driver: pool.driver, pool, device, slice });
  return pool;
}
