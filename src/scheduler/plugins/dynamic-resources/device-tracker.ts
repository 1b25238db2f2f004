/** What devices there are and who has them: slices by node, devices of allocated claims, and allocations on their way to the API server.
 *  Mirrors kube-scheduler v1.34 plugins/dynamicresources/{dra_manager,allocateddevices}.go. An allocation counts as on its way until the informer shows it. */

import type { KubeObject, ResourceClaim, ResourceSlice } from '#api';
import type { Handle } from '../../framework.ts';

export const CLAIMS = 'resourceclaims.resource.k8s.io';
export const CLASSES = 'deviceclasses.resource.k8s.io';
export const SLICES = 'resourceslices.resource.k8s.io';

export const deviceId = (driver: string, pool: string, device: string): string => `${driver}/${pool}/${device}`;

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

  /** The slices that may concern a node: its own first, then those of no one node. */
  *slices(node: string): Iterable<ResourceSlice> {
    yield* (this.#byNode.get(node) ?? NONE).values();
    yield* this.#shared.values();
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
