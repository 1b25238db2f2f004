/** The rejections of a decision from columns, for PostFilter: read by node, by code in the snapshot's order, and, where only room was short, victims at once.
 *  Nothing is built for nodes that nobody asks about. */

import type { NodeStatuses } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Candidate, QuickStatuses } from '../preemption.ts';
import type { Status } from '../status.ts';

/** What the cycle knows of its last decision. */
export interface Rejected {
  readonly nodes: readonly NodeInfo[];
  slotOf(name: string): number;
  statusAt(slot: number): Status | undefined;
  readonly unschedulable: () => NodeInfo[];
  /** How a pod's room could be made on a node; undefined where more than room decides. */
  readonly selectVictims: ((node: NodeInfo) => Candidate | Status | undefined) | undefined;
}

/** Filled when it is first read as a whole; single nodes are looked up. */
class StatusMap implements ReadonlyMap<string, Status> {
  readonly #rejected: Rejected;
  #all: Map<string, Status> | undefined;

  constructor(rejected: Rejected) {
    this.#rejected = rejected;
  }

  get #map(): Map<string, Status> {
    if (this.#all === undefined) {
      this.#all = new Map();
      for (const { name } of this.#rejected.nodes) {
        const status = this.get(name);
        if (status !== undefined) this.#all.set(name, status);
      }
    }
    return this.#all;
  }

  get size(): number {
    return this.#map.size;
  }

  get(name: string): Status | undefined {
    const slot = this.#rejected.slotOf(name);
    return slot < 0 ? undefined : this.#rejected.statusAt(slot);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  forEach(callback: (value: Status, key: string, map: ReadonlyMap<string, Status>) => void): void {
    for (const [key, value] of this.#map) callback(value, key, this);
  }

  entries(): MapIterator<[string, Status]> {
    return this.#map.entries();
  }

  keys(): MapIterator<string> {
    return this.#map.keys();
  }

  values(): MapIterator<Status> {
    return this.#map.values();
  }

  [Symbol.iterator](): MapIterator<[string, Status]> {
    return this.#map.entries();
  }
}

export class ColumnStatuses implements NodeStatuses, QuickStatuses {
  readonly byNode: ReadonlyMap<string, Status>;
  readonly absent: Status | undefined;
  readonly unschedulable: () => NodeInfo[];
  readonly selectVictims: Rejected['selectVictims'];

  constructor(rejected: Rejected, absent: Status | undefined) {
    this.byNode = new StatusMap(rejected);
    this.absent = absent;
    this.unschedulable = rejected.unschedulable;
    this.selectVictims = rejected.selectVictims;
  }
}
