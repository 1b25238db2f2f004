/** Devices for pods: claims must exist, be allocated or be allocatable on the node, and are allocated and reserved before the pod is bound.
 *  Mirrors kube-scheduler v1.34 plugins/dynamicresources/dynamicresources.go with its feature gates at their defaults (dynamic-resources/features.ts). */

import {
  type AllocationResult,
  type DeviceClass,
  type KubeObject,
  matchesNodeSelector,
  type NodeSelector,
  type Pod,
  type ResourceClaim,
  type ResourceSlice,
} from '#api';
import type {
  CycleState,
  FilterPlugin,
  Handle,
  NodeStatuses,
  PostFilterPlugin,
  PostFilterResult,
  PreBindPlugin,
  PreBindRequest,
  PreEnqueuePlugin,
  PreFilterPlugin,
  PreFilterResult,
  ReservePlugin,
} from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { EventRegistration } from '../queueing-events.ts';
import { failure, SKIP, type Status, unresolvable, unschedulable } from '../status.ts';
import { AllocationError } from './dynamic-resources/allocation-error.ts';
import { allocateDevices } from './dynamic-resources/allocator.ts';
import { claimEvents } from './dynamic-resources/claim-events.ts';
import { claimRequests, deallocateRequest, releaseRequest } from './dynamic-resources/claim-writes.ts';
import { CLAIMS, CLASSES, DeviceTracker, SLICES, sharedTracker } from './dynamic-resources/device-tracker.ts';
import { DEFAULT_FEATURES, type DeviceFeatures, deviceFeatures } from './dynamic-resources/features.ts';
import { canBeReserved, claimText, isReservedFor, podClaims } from './dynamic-resources/pod-claims.ts';

const STATE_KEY = 'DynamicResources';
const UNAVAILABLE = 'resourceclaim not available on the node';

/** One cycle's view of a pod's claims. Dry runs share it, as upstream's Clone does. */
interface ClaimsState {
  readonly claims: readonly ResourceClaim[];
  /** Claims without an allocation, in order. */
  readonly unallocated: readonly ResourceClaim[];
  readonly tracker: DeviceTracker;
  /** Nodes on which Filter looked for devices. */
  searched: number;
  /** What Filter found, by node. */
  readonly byNode: Map<string, readonly AllocationResult[]>;
  /** What Reserve took, by claim uid. */
  readonly reserved: Map<string, AllocationResult>;
  /** Claims whose reservation has been asked of the API server. */
  readonly written: Set<string>;
}

const NO_CLAIMS: ClaimsState = Object.freeze({
  claims: [],
  unallocated: [],
  tracker: new DeviceTracker(),
  searched: 0,
  byNode: new Map(),
  reserved: new Map(),
  written: new Set<string>(),
});

const uidOf = (claim: ResourceClaim): string => claim.metadata?.uid ?? '';
const nodesOf = (claim: ResourceClaim): NodeSelector | undefined => claim.status?.allocation?.nodeSelector;
const claimsOf = (handle: Handle) => handle.lister<ResourceClaim>(CLAIMS);
const classesOf = (handle: Handle) => handle.lister<DeviceClass>(CLASSES);

/** On how many nodes a cycle looked for devices, and on how many it found them. */
export function deviceSearches(state: CycleState): { readonly searched: number; readonly found: number } | undefined {
  const own = state.read<ClaimsState>(STATE_KEY);
  return own === undefined || own.searched === 0 ? undefined : { searched: own.searched, found: own.byNode.size };
}

export class DynamicResources implements PreEnqueuePlugin, PreFilterPlugin, FilterPlugin, PostFilterPlugin, ReservePlugin, PreBindPlugin {
  readonly name = 'DynamicResources';
  #features: DeviceFeatures = DEFAULT_FEATURES;
  #handle: Handle | undefined;

  constructor(features: DeviceFeatures = DEFAULT_FEATURES) {
    this.#features = features;
  }

  attach(handle: Handle): void {
    this.#handle = handle;
    if (handle.featureGates !== undefined) this.#features = deviceFeatures(handle.featureGates);
  }

  observe(resource: string, before: KubeObject | undefined, after: KubeObject | undefined): void {
    if (this.#handle === undefined) return;
    if (resource === CLAIMS) sharedTracker(this.#handle).claimChanged(before as ResourceClaim, after as ResourceClaim);
    else if (resource === SLICES) sharedTracker(this.#handle).sliceChanged(before as ResourceSlice, after as ResourceSlice);
  }

  eventsToRegister(): readonly EventRegistration[] {
    return claimEvents((pod) => (this.#handle === undefined ? [] : podClaims(pod, claimsOf(this.#handle))));
  }

  preEnqueue(pod: Pod): Status | undefined {
    if (pod.spec?.resourceClaims === undefined || this.#handle === undefined) return undefined;
    const claims = podClaims(pod, claimsOf(this.#handle));
    return typeof claims === 'string' ? unresolvable(claims) : undefined;
  }

  preFilter(state: CycleState, pod: Pod, handle: Handle): PreFilterResult | undefined {
    state.write(STATE_KEY, NO_CLAIMS);
    if ((pod.spec?.resourceClaims ?? []).length === 0) return { status: SKIP };
    const claims = podClaims(pod, claimsOf(handle));
    if (typeof claims === 'string') return { status: unresolvable(claims) };
    if (claims.length === 0) return { status: SKIP };
    const tracker = this.#handle === undefined ? DeviceTracker.of(handle) : sharedTracker(this.#handle);
    for (const claim of claims) {
      const refusal = this.#refusal(pod, claim, tracker, handle);
      if (refusal !== undefined) return { status: refusal };
    }
    const unallocated = claims.filter((claim) => claim.status?.allocation === undefined);
    const own: ClaimsState = { claims, unallocated, tracker, searched: 0, byNode: new Map(), reserved: new Map(), written: new Set() };
    state.write(STATE_KEY, own);
    return undefined;
  }

  /** Why a pod cannot be tried at all because of one of its claims. */
  #refusal(pod: Pod, claim: ResourceClaim, tracker: DeviceTracker, handle: Handle): Status | undefined {
    if (claim.status?.allocation !== undefined)
      return canBeReserved(claim) || isReservedFor(pod, claim) ? undefined : unresolvable('resourceclaim in use');
    if (tracker.isInFlight(uidOf(claim))) return unresolvable(`resource claim ${claimText(claim)} is in the process of being allocated`);
    for (const request of claim.spec?.devices?.requests ?? []) {
      const list = request.firstAvailable ?? [];
      if (request.exactly === undefined && list.length === 0)
        return unresolvable(`resource claim ${claimText(claim)}, request ${request.name}: unknown request type`);
      if (list.length > 0 && !this.#features.prioritizedList)
        return unresolvable(
          `resource claim ${claimText(claim)}, request ${request.name}: has subrequests, but the DRAPrioritizedList feature is disabled`,
        );
      const named =
        request.exactly === undefined
          ? list.map((one) => ({ name: `${request.name}/${one.name}`, deviceClass: one.deviceClassName }))
          : [{ name: request.name, deviceClass: request.exactly.deviceClassName }];
      for (const { name, deviceClass } of named) {
        if (!deviceClass) return failure(`request ${name}: unsupported request type`);
        if (classesOf(handle).get(deviceClass) === undefined)
          return unresolvable(`request ${name}: device class ${deviceClass} does not exist`);
      }
    }
    return undefined;
  }

  filter(state: CycleState, _pod: Pod, { node, name }: NodeInfo, handle: Handle): Status | undefined {
    const own = state.read<ClaimsState>(STATE_KEY);
    if (own === undefined) return failure('not found');
    if (own.claims.length === 0) return undefined;
    if (own.unallocated.length > 0) {
      own.searched++;
      const found = this.#allocate(own, node, handle);
      if (!Array.isArray(found)) return found as Status;
      own.byNode.set(name, found);
    }
    const isAvailable = own.claims.every((claim) => {
      const selector = nodesOf(claim);
      return selector === undefined || matchesNodeSelector(selector, node);
    });
    return isAvailable ? undefined : unresolvable(UNAVAILABLE);
  }

  #allocate(own: ClaimsState, node: NodeInfo['node'], handle: Handle): readonly AllocationResult[] | Status {
    try {
      const found = allocateDevices(own.unallocated, node, own.tracker, classesOf(handle), this.#features);
      return found ?? unresolvable('cannot allocate all claims');
    } catch (error) {
      if (error instanceof AllocationError) return failure(error.message);
      throw error;
    }
  }

  /** Gives up the allocation of one claim that kept the pod from a node, when nobody else uses it. Which one is upstream's random choice. */
  postFilter(state: CycleState, pod: Pod, { byNode }: NodeStatuses, handle: Handle): PostFilterResult {
    const own = state.read<ClaimsState>(STATE_KEY);
    if (own === undefined) return { status: failure('not found') };
    if (own.claims.length === 0) return { status: unschedulable('no new claims to deallocate') };
    const asked: NodeInfo[] = [];
    for (const [name, status] of byNode) {
      const info = status.plugin === this.name && status.reasons[0] === UNAVAILABLE ? handle.snapshot.get(name) : undefined;
      if (info !== undefined) asked.push(info);
    }
    const free = own.claims.filter((claim) => {
      const selector = nodesOf(claim);
      const users = claim.status?.reservedFor ?? [];
      const isOurs = users.length === 0 || (users.length === 1 && isReservedFor(pod, claim));
      return isOurs && selector !== undefined && asked.some(({ node }) => !matchesNodeSelector(selector, node));
    });
    if (free.length === 0) return { status: unschedulable('still not schedulable') };
    const chosen = Math.min(Math.floor(handle.draw('deallocate', pod) * free.length), free.length - 1);
    handle.send(deallocateRequest(free[chosen] as ResourceClaim));
    return { status: unschedulable('deallocation of ResourceClaim completed') };
  }

  reserve(state: CycleState, _pod: Pod, nodeName: string, handle: Handle): Status | undefined {
    const own = state.read<ClaimsState>(STATE_KEY);
    if (own === undefined || own.unallocated.length === 0) return undefined;
    let found = own.byNode.get(nodeName);
    if (found === undefined) {
      // The node was looked at in a dry run, whose state is another one.
      const node = handle.snapshot.get(nodeName)?.node;
      const again = node === undefined ? undefined : this.#allocate(own, node, handle);
      if (!Array.isArray(again)) return failure('claim allocation not found for node');
      found = again as readonly AllocationResult[];
    }
    own.unallocated.forEach((claim, i) => {
      const allocation = found[i] as AllocationResult;
      own.reserved.set(uidOf(claim), allocation);
      own.tracker.allocate(uidOf(claim), { ...claim, status: { ...claim.status, allocation } });
    });
    return undefined;
  }

  unreserve(state: CycleState, pod: Pod, _nodeName: string, handle: Handle): void {
    const own = state.read<ClaimsState>(STATE_KEY);
    for (const claim of own?.claims ?? []) {
      const uid = uidOf(claim);
      if (own?.reserved.delete(uid) === true) own.tracker.forget(uid);
      const isReserved = claim.status?.allocation !== undefined && isReservedFor(pod, claim);
      if (isReserved || own?.written.has(uid) === true) handle.send(releaseRequest(claim, pod));
    }
  }

  preBind(state: CycleState, pod: Pod): readonly PreBindRequest[] {
    const own = state.read<ClaimsState>(STATE_KEY);
    if (own === undefined || own.claims.length === 0) return NOTHING;
    return own.claims.flatMap((claim) => {
      if (isReservedFor(pod, claim)) return NOTHING;
      own.written.add(uidOf(claim));
      return claimRequests(claim, own.reserved.get(uidOf(claim)), pod);
    });
  }
}

const NOTHING: readonly PreBindRequest[] = [];
