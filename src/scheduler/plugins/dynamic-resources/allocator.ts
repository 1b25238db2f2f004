/** Devices for the claims of one pod on one node, or none. Mirrors dynamic-resource-allocation v1.34 structured/internal/stable/allocator_stable.go (Allocate). */

import type { AllocationResult, DeviceClass, Node, ResourceClaim } from '#api';
import type { ObjectLister } from '../../framework.ts';
import { allocationResult } from './allocation-result.ts';
import { DeviceSearch } from './device-search.ts';
import type { DeviceTracker } from './device-tracker.ts';
import type { DeviceFeatures } from './features.ts';
import { WantedReader } from './wanted-devices.ts';

/** Results in the order of the claims; undefined when they cannot all be had here. Throws AllocationError when a claim or class is at fault. */
export function allocateDevices(
  claims: readonly ResourceClaim[],
  node: Node,
  tracker: DeviceTracker,
  classes: ObjectLister<DeviceClass>,
  features: DeviceFeatures,
): readonly AllocationResult[] | undefined {
  const pools = tracker.poolsOf(node, features.partitionableDevices);
  const reader = new WantedReader(classes, pools, features);
  const wanted = claims.map((claim) => reader.read(claim));
  const search = new DeviceSearch(claims, wanted, pools, tracker, features);
  if (!search.run()) return undefined;
  return claims.map((claim, i) => allocationResult(claim, wanted[i] ?? [], search.chosen[i] ?? []));
}
