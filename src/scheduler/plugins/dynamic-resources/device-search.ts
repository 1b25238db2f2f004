/** The search for devices: claim by claim, request by request, device by device, the first complete solution. What was taken is given back when the rest
 *  cannot be had. Mirrors dynamic-resource-allocation v1.34 structured/internal/stable/allocator_stable.go (allocateOne, allocateDevice). */

import { ALLOCATION_RESULTS_MAX, type ResourceClaim } from '#api';
import { AllocationError } from './allocation-error.ts';
import { SharedCounters } from './counters.ts';
import type { DeviceTracker } from './device-tracker.ts';
import type { DeviceFeatures } from './features.ts';
import { MatchAttribute } from './match-attribute.ts';
import { claimText } from './pod-claims.ts';
import type { Candidate, Pool } from './pools.ts';
import { isSelectable, isTainted, type Wanted } from './wanted-devices.ts';

/** 'tooMany': whatever is chosen, a claim would have more devices than it may; trying others is no use. */
type Outcome = 'found' | 'none' | 'tooMany';

export interface Chosen {
  readonly wanted: Wanted;
  readonly candidate: Candidate;
}

export class DeviceSearch {
  readonly #wanted: readonly (readonly (readonly Wanted[])[])[];
  readonly #pools: readonly Pool[];
  readonly #tracker: DeviceTracker;
  readonly #features: DeviceFeatures;
  readonly #constraints: readonly (readonly MatchAttribute[])[];
  readonly #counters: SharedCounters;
  /** Devices chosen so far, with the claims that have them. */
  readonly #taken = new Map<string, Set<number>>();
  /** By claim. */
  readonly chosen: readonly Chosen[][];

  constructor(
    claims: readonly ResourceClaim[],
    wanted: readonly (readonly (readonly Wanted[])[])[],
    pools: readonly Pool[],
    tracker: DeviceTracker,
    features: DeviceFeatures,
  ) {
    this.#wanted = wanted;
    this.#pools = pools;
    this.#tracker = tracker;
    this.#features = features;
    this.#counters = new SharedCounters(tracker);
    this.chosen = claims.map(() => []);
    this.#constraints = claims.map((claim) =>
      (claim.spec?.devices?.constraints ?? []).map((constraint, i) => {
        if (constraint.matchAttribute === undefined)
          throw new AllocationError(`claim ${claimText(claim)}, constraint #${i}: empty constraint (unsupported constraint type?)`);
        return new MatchAttribute(constraint.matchAttribute, constraint.requests);
      }),
    );
  }

  run(): boolean {
    return this.#claim(0) === 'found';
  }

  /** From this claim on. */
  #claim(claim: number): Outcome {
    return claim === this.#wanted.length ? 'found' : this.#request(claim, 0);
  }

  #request(claim: number, request: number): Outcome {
    const requests = this.#wanted[claim] as readonly (readonly Wanted[])[];
    if (request === requests.length) {
      const rest = this.#claim(claim + 1);
      // With other choices in this claim the next one may come by with fewer.
      return rest === 'tooMany' ? 'none' : rest;
    }
    let isAlwaysTooMany = true;
    for (const wanted of requests[request] as readonly Wanted[]) {
      const outcome = this.#device(claim, request, wanted, 0);
      if (outcome === 'found') return outcome;
      if (outcome === 'none') isAlwaysTooMany = false;
    }
    return isAlwaysTooMany ? 'tooMany' : 'none';
  }

  #device(claim: number, request: number, wanted: Wanted, index: number): Outcome {
    if (wanted.all?.length === 0) return 'none';
    if (index >= wanted.count) return this.#request(claim, request + 1);
    if ((this.chosen[claim] as Chosen[]).length + wanted.count - index > ALLOCATION_RESULTS_MAX) return 'tooMany';
    if (wanted.all !== undefined) {
      const candidate = wanted.all[index] as Candidate;
      // All means these: when one cannot be had, another order would not help.
      if (!this.#take(claim, wanted, candidate)) return 'none';
      const outcome = this.#device(claim, request, wanted, index + 1);
      if (outcome !== 'found') this.#giveBack(claim, wanted, candidate);
      return outcome;
    }
    for (const pool of this.#pools) {
      if (pool.invalidReason !== '') throw new AllocationError(`pool ${pool.name} is invalid: ${pool.invalidReason}`);
      for (const candidate of pool.candidates) {
        if (this.#isInUse(claim, wanted, candidate.id) || !isSelectable(wanted, candidate)) continue;
        if (!this.#take(claim, wanted, candidate)) continue;
        const outcome = this.#device(claim, request, wanted, index + 1);
        if (outcome === 'found') return outcome;
        this.#giveBack(claim, wanted, candidate);
        if (outcome === 'tooMany') return outcome;
      }
    }
    return 'none';
  }

  /** Administrators may look at what others use, but not twice in one claim. */
  #isInUse(claim: number, { adminAccess }: Wanted, id: string): boolean {
    const by = this.#taken.get(id);
    if (adminAccess) return by?.has(claim) === true;
    return this.#tracker.isAllocated(id) || (by !== undefined && by.size > 0);
  }

  #take(claim: number, wanted: Wanted, candidate: Candidate): boolean {
    if (this.#isInUse(claim, wanted, candidate.id)) return false;
    if (this.#features.partitionableDevices && !this.#counters.take(candidate)) return false;
    const hasRoom =
      !(this.#features.deviceTaints && isTainted(wanted, candidate.device)) && this.#meetConstraints(claim, wanted, candidate);
    if (!hasRoom) {
      if (this.#features.partitionableDevices) this.#counters.giveBack(candidate);
      return false;
    }
    let by = this.#taken.get(candidate.id);
    if (by === undefined) this.#taken.set(candidate.id, (by = new Set()));
    by.add(claim);
    (this.chosen[claim] as Chosen[]).push({ wanted, candidate });
    return true;
  }

  #meetConstraints(claim: number, wanted: Wanted, candidate: Candidate): boolean {
    const { request, alternative } = wanted;
    const constraints = this.#constraints[claim] as readonly MatchAttribute[];
    const failed = constraints.findIndex((constraint) => !constraint.add(request, alternative, candidate));
    if (failed < 0) return true;
    if (wanted.all !== undefined)
      throw new AllocationError(
        `claim ${claimText(wanted.claim)}, request ${alternative === '' ? request : alternative}: cannot add device ${candidate.id} because a claim constraint would not be satisfied`,
      );
    for (let i = 0; i < failed; i++) constraints[i]?.remove(request, alternative);
    return false;
  }

  #giveBack(claim: number, { request, alternative }: Wanted, candidate: Candidate): void {
    for (const constraint of this.#constraints[claim] as readonly MatchAttribute[]) constraint.remove(request, alternative);
    this.#taken.get(candidate.id)?.delete(claim);
    if (this.#features.partitionableDevices) this.#counters.giveBack(candidate);
    (this.chosen[claim] as Chosen[]).pop();
  }
}
