/** Counters that devices of a pool share, for devices that are parts of one another (DRAPartitionableDevices).
 *  Mirrors dynamic-resource-allocation v1.34 structured/internal/incubating/allocator_incubating.go (checkAvailableCounters). */

import { parseQuantity, type QuantityText } from '#api';
import { deviceId } from './device-id.ts';
import type { DeviceTracker } from './device-tracker.ts';
import type { Candidate, Pool } from './pools.ts';

const nanoOf = (value: QuantityText | undefined): bigint => parseQuantity(value ?? 0)?.nano ?? 0n;
type Consumes = NonNullable<Candidate['device']['consumesCounters']>;

export class SharedCounters {
  readonly #tracker: DeviceTracker;
  /** What is left, by pool, then by `set/counter`. */
  readonly #left = new Map<Pool, Map<string, bigint>>();

  constructor(tracker: DeviceTracker) {
    this.#tracker = tracker;
  }

  #of(pool: Pool): Map<string, bigint> {
    const known = this.#left.get(pool);
    if (known !== undefined) return known;
    const left = new Map<string, bigint>();
    for (const { spec } of pool.slices)
      for (const { name, counters } of spec?.sharedCounters ?? [])
        for (const [counter, { value }] of Object.entries(counters)) left.set(`${name}/${counter}`, nanoOf(value));
    this.#left.set(pool, left);
    for (const { spec } of pool.slices)
      for (const device of spec?.devices ?? [])
        if (this.#tracker.isAllocated(deviceId(pool.driver, pool.name, device.name))) add(left, device.consumesCounters ?? [], -1n);
    return left;
  }

  /** Takes what the device needs; false when there is not enough left. */
  take({ pool, device }: Candidate): boolean {
    const consumes = device.consumesCounters ?? [];
    if (consumes.length === 0) return true;
    const left = this.#of(pool);
    add(left, consumes, -1n);
    const isEnough = [...left.values()].every((amount) => amount >= 0n);
    if (!isEnough) add(left, consumes, 1n);
    return isEnough;
  }

  giveBack({ pool, device }: Candidate): void {
    add(this.#of(pool), device.consumesCounters ?? [], 1n);
  }
}

function add(left: Map<string, bigint>, consumes: Consumes, sign: bigint): void {
  for (const { counterSet, counters } of consumes) {
    for (const [counter, { value }] of Object.entries(counters)) {
      const key = `${counterSet}/${counter}`;
      const before = left.get(key);
      if (before !== undefined) left.set(key, before + sign * nanoOf(value));
    }
  }
}
