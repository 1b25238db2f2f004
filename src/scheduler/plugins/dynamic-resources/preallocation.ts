/** Allocations of claims that no pod uses yet, one after another, each on the first node of its own order that can serve it: how scheduler_perf fills a
 *  cluster beforehand. Mirrors kubernetes v1.34 test/integration/scheduler_perf/dra.go (allocResourceClaimsOp); it shuffles the nodes for each claim,
 *  here a claim begins at a random node and goes on from there. */

import type { DeviceClass, Node, ResourceClaim, ResourceSlice } from '#api';
import { MapLister } from '../../object-handle.ts';
import { allocateDevices } from './allocator.ts';
import { DeviceTracker } from './device-tracker.ts';
import { deviceFeatures } from './features.ts';

export interface Preallocation {
  readonly claims: readonly ResourceClaim[];
  readonly nodes: readonly Node[];
  readonly slices: readonly ResourceSlice[];
  readonly classes: readonly DeviceClass[];
  readonly featureGates: Readonly<Record<string, boolean>>;
}

/** The claims that were without, with an allocation; throws when one cannot be served. `draw` gives a number in [0, 1) for the n-th claim. */
export function preallocate(
  { claims, nodes, slices, classes, featureGates }: Preallocation,
  draw: (n: number) => number,
): readonly ResourceClaim[] {
  const tracker = new DeviceTracker();
  for (const claim of claims) tracker.claimChanged(undefined, claim);
  for (const slice of slices) tracker.sliceChanged(undefined, slice);
  const lister = new MapLister(classes);
  const features = deviceFeatures(featureGates);
  const unallocated = claims.filter((claim) => claim.status?.allocation === undefined);
  return unallocated.map((claim, n) => {
    const first = Math.floor(draw(n) * nodes.length);
    for (let i = 0; i < nodes.length; i++) {
      const found = allocateDevices([claim], nodes[(first + i) % nodes.length] as Node, tracker, lister, features);
      if (found === undefined) continue;
      const allocated: ResourceClaim = { ...claim, status: { ...claim.status, allocation: found[0] } };
      tracker.claimChanged(claim, allocated);
      return allocated;
    }
    throw new Error(`could not allocate claim ${n} out of ${unallocated.length}`);
  });
}
