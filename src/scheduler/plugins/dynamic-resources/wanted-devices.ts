/** What a request asks for, made ready for the search: its class, its selectors, how many. A prioritized list has one entry per alternative.
 *  Mirrors dynamic-resource-allocation v1.34 structured/internal/stable/allocator_stable.go (validateDeviceRequest, isSelectable, taintPreventsAllocation). */

import {
  ALLOCATION_RESULTS_MAX,
  compileDeviceSelector,
  type Device,
  type DeviceClass,
  type DeviceRequest,
  type DeviceSelector,
  type DeviceTaint,
  type DeviceToleration,
  type ResourceClaim,
} from '#api';
import type { ObjectLister } from '../../framework.ts';
import { AllocationError } from './allocation-error.ts';
import type { DeviceFeatures } from './features.ts';
import { claimText } from './pod-claims.ts';
import type { Candidate, Pool } from './pools.ts';

export interface Wanted {
  readonly claim: ResourceClaim;
  /** The request, and the alternative of its list ('' when it has none). */
  readonly request: string;
  readonly alternative: string;
  readonly deviceClass: DeviceClass;
  readonly selectors: readonly DeviceSelector[];
  readonly tolerations: readonly DeviceToleration[];
  readonly adminAccess: boolean;
  readonly count: number;
  /** For "all": which. */
  readonly all?: readonly Candidate[];
}

/** `request` or `request/alternative`. */
export const wantedName = ({ request, alternative }: Wanted): string => (alternative === '' ? request : `${request}/${alternative}`);

// Devices come from published slices and expressions are pure: the answer never changes.
const answers = new WeakMap<Device, Map<string, boolean>>();

function matches(selector: DeviceSelector, { device, driver, id }: Candidate, owner: string, index: number): boolean {
  const expression = selector.cel?.expression ?? '';
  let known = answers.get(device);
  if (known === undefined) answers.set(device, (known = new Map()));
  const key = `${driver} ${expression}`;
  let answer = known.get(key);
  if (answer !== undefined) return answer;
  const program = compileDeviceSelector(expression);
  if (program.error !== undefined) throw new AllocationError(`${owner}: selector #${index}: CEL compile error: ${program.error}`);
  try {
    answer = program.matches(driver, device);
  } catch (error) {
    throw new AllocationError(`${owner}: selector #${index}: CEL runtime error: ${error instanceof Error ? error.message : id}`);
  }
  known.set(key, answer);
  return answer;
}

const allMatch = (selectors: readonly DeviceSelector[], candidate: Candidate, owner: string): boolean =>
  selectors.every((selector, i) => matches(selector, candidate, owner, i));

/** Whether a device satisfies the selectors of class and request. */
export function isSelectable({ claim, deviceClass, selectors }: Wanted, candidate: Candidate): boolean {
  return (
    allMatch(deviceClass.spec?.selectors ?? [], candidate, `class ${deviceClass.metadata?.name}`) &&
    allMatch(selectors, candidate, `claim ${claimText(claim)}`)
  );
}

function tolerates(toleration: DeviceToleration, taint: DeviceTaint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '');
}

/** Taints keep a device from whoever does not tolerate them. */
export const isTainted = ({ tolerations }: Wanted, { taints }: Device): boolean =>
  (taints ?? []).some(
    (taint) =>
      (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !tolerations.some((toleration) => tolerates(toleration, taint)),
  );

/** A request's parts as the two kinds of request name them. */
interface Written {
  readonly deviceClassName?: string;
  readonly selectors?: readonly DeviceSelector[];
  readonly allocationMode?: string;
  readonly count?: number;
  readonly adminAccess?: boolean;
  readonly tolerations?: readonly DeviceToleration[];
}

export class WantedReader {
  readonly #classes: ObjectLister<DeviceClass>;
  readonly #pools: readonly Pool[];
  readonly #features: DeviceFeatures;

  constructor(classes: ObjectLister<DeviceClass>, pools: readonly Pool[], features: DeviceFeatures) {
    this.#classes = classes;
    this.#pools = pools;
    this.#features = features;
  }

  /** By request, by alternative. */
  read(claim: ResourceClaim): readonly (readonly Wanted[])[] {
    const requests = (claim.spec?.devices?.requests ?? []).map((request) => this.#alternatives(claim, request));
    const least = requests.reduce((sum, alternatives) => sum + Math.min(...alternatives.map(({ count }) => count)), 0);
    if (least > ALLOCATION_RESULTS_MAX)
      throw new AllocationError(
        `claim ${claimText(claim)}: number of requested devices ${least} exceeds the claim limit of ${ALLOCATION_RESULTS_MAX}`,
      );
    return requests;
  }

  #alternatives(claim: ResourceClaim, request: DeviceRequest): readonly Wanted[] {
    const list = request.firstAvailable ?? [];
    if (list.length === 0) return [this.#one(claim, request.name, '', request.exactly ?? {})];
    if (!this.#features.prioritizedList)
      throw new AllocationError(
        `claim ${claimText(claim)}, request ${request.name}: has subrequests, but the DRAPrioritizedList feature is disabled`,
      );
    return list.map((alternative) => this.#one(claim, request.name, alternative.name, alternative));
  }

  #one(claim: ResourceClaim, request: string, alternative: string, written: Written): Wanted {
    const where = `claim ${claimText(claim)}, request ${alternative === '' ? request : alternative}`;
    const { deviceClassName = '', selectors = [], allocationMode, count = 0, adminAccess, tolerations = [] } = written;
    if (adminAccess !== undefined && !this.#features.adminAccess)
      throw new AllocationError(`${where}: admin access is requested, but the feature is disabled`);
    if (deviceClassName === '') throw new AllocationError(`${where}: missing device class name (unsupported request type?)`);
    const deviceClass = this.#classes.get(deviceClassName);
    if (deviceClass === undefined)
      throw new AllocationError(
        `${where}: could not retrieve device class ${deviceClassName}: deviceclass.resource.k8s.io "${deviceClassName}" not found`,
      );
    const wanted: Wanted = {
      claim,
      request,
      alternative,
      deviceClass,
      selectors,
      tolerations,
      adminAccess: adminAccess === true,
      count,
    };
    if (allocationMode === 'ExactCount') return wanted;
    if (allocationMode !== 'All') throw new AllocationError(`${where}: unsupported count mode ${allocationMode}`);
    const all = this.#all(wanted, where);
    return { ...wanted, count: all.length, all };
  }

  /** "All" must know every device: a pool that is changing ends the attempt. */
  #all(wanted: Wanted, where: string): readonly Candidate[] {
    const all: Candidate[] = [];
    for (const pool of this.#pools) {
      const state = pool.isIncomplete ? 'currently being updated' : pool.invalidReason !== '' ? 'currently invalid' : undefined;
      if (state !== undefined)
        throw new AllocationError(`${where}: asks for all devices, but resource pool ${pool.driver}/${pool.name} is ${state}`);
      for (const candidate of pool.candidates) if (isSelectable(wanted, candidate)) all.push(candidate);
    }
    return all;
  }
}
