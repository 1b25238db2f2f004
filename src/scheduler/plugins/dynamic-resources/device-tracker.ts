/** What devices there are and who has them: slices by node, devices of allocated claims, and allocations on their way to the API server.
 *  Mirrors kube-scheduler v1.34 plugins/dynamicresources/{dra_manager,allocateddevices}.go. An allocation counts as on its way until the informer shows it. */

import type { KubeObject, Node, ResourceClaim, ResourceSlice } from '#api';
import type { Handle } from '../../framework.ts';
import { deviceId } from './device-id.ts';
import { gatherPools, type Pool } from './pools.ts';

export const CLAIMS = 'resourceclaims.resource.k8s.io';
export const CLASSES = 'deviceclasses.resource.k8s.io';
export const SLICES = 'resourceslices.resource.k8s.io';

/** Devices that an allocation takes for itself; administrators' access takes nothing. */
function devicesOf({ status }: ResourceClaim): readonly string[] {
  const results = status?.allocation?.devices?.results ?? [];
  return results.filter(({ adminAccess }) => adminAccess !== true).map(({ driver, pool, device }) => deviceId(driver, pool, device));
}

const NONE: ReadonlyMap<string, ResourceSlice> = new Map();
const uidOf = (object: KubeObject): string => object.metadata?.uid ?? '';

export class DeviceTracker {
  /** Devices of claims as the informer shows them, and of those on their way, by claim uid. */
  readonly #allocated = new Map<string, readonly string[]>();
  readonly #inFlight = new Map<string, readonly string[]>();
  /** How many of the entries above name a device. */
  readonly #holders = new Map<string, number>();
  readonly #byNode = new Map<string, Map<string, ResourceSlice>>();
  readonly #shared = new Map<string, ResourceSlice>();
  /** What was made of the slices of a node, until one changes. */
  readonly #pools = new Map<string, { readonly node: Node; readonly pools: readonly Pool[] }>();

  static of(handle: Handle): DeviceTracker {
    const tracker = new DeviceTracker();
    for (const claim of handle.lister<ResourceClaim>(CLAIMS).list()) tracker.claimChanged(undefined, claim);
    for (const slice of handle.lister<ResourceSlice>(SLICES).list()) tracker.sliceChanged(undefined, slice);
    return tracker;
  }

  claimChanged(before: ResourceClaim | undefined, after: ResourceClaim | undefined): void {
    if (before !== undefined && uidOf(before) !== (after === undefined ? '' : uidOf(after))) {
      this.#put(this.#allocated, uidOf(before), []);
      this.forget(uidOf(before));
    }
    if (after === undefined) return;
    this.#put(this.#allocated, uidOf(after), devicesOf(after));
    if (after.status?.allocation !== undefined) this.forget(uidOf(after));
  }

  sliceChanged(before: ResourceSlice | undefined, after: ResourceSlice | undefined): void {
    if ((before ?? after)?.spec?.nodeName === undefined || after?.spec?.nodeName === undefined) this.#pools.clear();
    else this.#pools.delete(after.spec.nodeName);
    const nodeOf = (slice: ResourceSlice | undefined): string => slice?.spec?.nodeName ?? '';
    if (before !== undefined && (after === undefined || nodeOf(before) !== nodeOf(after)))
      this.#slicesOf(nodeOf(before)).delete(before.metadata?.name ?? '');
    if (after !== undefined) this.#slicesOf(nodeOf(after)).set(after.metadata?.name ?? '', after);
  }

  #slicesOf(node: string): Map<string, ResourceSlice> {
    if (node === '') return this.#shared;
    let slices = this.#byNode.get(node);
    if (slices === undefined) this.#byNode.set(node, (slices = new Map()));
    return slices;
  }

  /** The pools that a node can reach: its own slices first, then those of no one node. */
  poolsOf(node: Node, isPartitionable: boolean): readonly Pool[] {
    const name = node.metadata?.name ?? '';
    const known = this.#pools.get(name);
    if (known?.node === node) return known.pools;
    const slices = [...(this.#byNode.get(name) ?? NONE).values(), ...this.#shared.values()];
    const pools = gatherPools(slices, node, isPartitionable);
    this.#pools.set(name, { node, pools });
    return pools;
  }

  isAllocated(device: string): boolean {
    return this.#holders.has(device);
  }

  /** ClaimHasPendingAllocation. */
  isInFlight(uid: string): boolean {
    return this.#inFlight.has(uid);
  }

  /** SignalClaimPendingAllocation. */
  allocate(uid: string, claim: ResourceClaim): void {
    this.#put(this.#inFlight, uid, devicesOf(claim));
    if (!this.#inFlight.has(uid)) this.#inFlight.set(uid, []);
  }

  /** RemoveClaimPendingAllocation. */
  forget(uid: string): void {
    this.#put(this.#inFlight, uid, []);
  }

  #put(entries: Map<string, readonly string[]>, uid: string, devices: readonly string[]): void {
    const before = entries.get(uid);
    if (before === undefined && devices.length === 0) return;
    for (const device of devices) this.#holders.set(device, (this.#holders.get(device) ?? 0) + 1);
    for (const device of before ?? []) {
      const left = (this.#holders.get(device) ?? 1) - 1;
      if (left > 0) this.#holders.set(device, left);
      else this.#holders.delete(device);
    }
    if (devices.length > 0) entries.set(uid, devices);
    else entries.delete(uid);
  }
}

// One for all profiles of a scheduler, which share their snapshot (SharedDRAManager).
const trackers = new WeakMap<object, DeviceTracker>();

export function sharedTracker(handle: Handle): DeviceTracker {
  let tracker = trackers.get(handle.snapshot);
  if (tracker === undefined) trackers.set(handle.snapshot, (tracker = DeviceTracker.of(handle)));
  return tracker;
}
