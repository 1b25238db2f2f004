/** Who would have to go from a node for a pod of a class, where only room is short: SelectVictimsOnNode (../preemption.ts) in numbers, remembered until the
 *  node or a start time on it changes. test/scheduler compares the two. */

import type { NodeInfo, ResourceSum } from '../node-info.ts';
import type { Room } from '../plugins/node-resources-fit.ts';
import { podPriority } from '../pod-fields.ts';
import type { PodInfo } from '../pod-info.ts';
import { type Candidate, NO_VICTIMS, sortByImportance } from '../preemption.ts';
import type { Status } from '../status.ts';
import type { LocalFit } from './local-fit.ts';
import type { NodeTable } from './node-table.ts';
import { statusOfShortage } from './verdicts.ts';

/** A node's sums while pods leave and come back. */
class Bench implements Room {
  readonly pods: { length: number };
  readonly allowedPods: number;
  readonly allocatable: ResourceSum;
  readonly requested: ResourceSum;
  readonly #scalars: readonly string[];

  constructor(info: NodeInfo, scalars: readonly string[]) {
    this.pods = { length: info.pods.length };
    this.allowedPods = info.allowedPods;
    this.allocatable = info.allocatable;
    const { milliCpu, memory, ephemeralStorage, scalar } = info.requested;
    this.requested = { milliCpu, memory, ephemeralStorage, scalar: scalars.length === 0 ? scalar : new Map(scalar) };
    this.#scalars = scalars;
  }

  change({ usage: { requests } }: PodInfo, sign: 1 | -1): void {
    const { requested } = this;
    this.pods.length += sign;
    requested.milliCpu += sign * (requests.cpu ?? 0);
    requested.memory += sign * (requests.memory ?? 0);
    requested.ephemeralStorage += sign * (requests['ephemeral-storage'] ?? 0);
    for (const name of this.#scalars) requested.scalar.set(name, (requested.scalar.get(name) ?? 0) + sign * (requests[name] ?? 0));
  }
}

/** Pods are held by their place in the cache, so that a victim's newest version is read. */
class RoomCandidate implements Candidate {
  readonly node: string;
  readonly pdbViolations = 0;
  readonly #infos: readonly PodInfo[];

  constructor(node: string, infos: readonly PodInfo[]) {
    this.node = node;
    this.#infos = infos;
  }

  get victims(): Candidate['victims'] {
    return this.#infos.map((info) => info.pod);
  }
}

export class VictimTable {
  readonly #local: LocalFit;
  readonly #priority: number;
  #found: (Candidate | Status)[] = [];
  /** Version and starts of the slot for which `found` holds. */
  #seen = new Float64Array(0);
  #generation = -1;

  constructor(local: LocalFit, priority: number) {
    this.#local = local;
    this.#priority = priority;
  }

  /** A candidate, or why the node is none. `now` is when pods that have not started count as started. */
  select(table: NodeTable, slot: number, now: number): Candidate | Status {
    if (this.#generation !== table.generation || this.#seen.length < table.version.length) {
      this.#generation = table.generation;
      this.#seen = new Float64Array(table.version.length);
      this.#found = [];
    }
    const version = (table.version[slot] as number) + (table.starts[slot] as number);
    if (this.#seen[slot] === version) return this.#found[slot] as Candidate | Status;
    const info = table.infos[slot] as NodeInfo;
    const potential = info.pods.filter(({ pod }) => podPriority(pod) < this.#priority);
    const found = this.#select(info, potential, now);
    // The order of importance may change with time where only some have started.
    const started = potential.filter(({ pod }) => pod.status?.startTime !== undefined).length;
    if (started > 0 && started < potential.length) return found;
    this.#seen[slot] = version;
    this.#found[slot] = found;
    return found;
  }

  #select(info: NodeInfo, potential: PodInfo[], now: number): Candidate | Status {
    if (potential.length === 0) return NO_VICTIMS;
    const local = this.#local;
    const bench = new Bench(info, local.scalars);
    for (const pod of potential) bench.change(pod, -1);
    if (!local.hasRoomIn(bench)) return statusOfShortage(local.usage, bench, local.isIgnored);
    sortByImportance(potential, now);
    const victims: PodInfo[] = [];
    for (const pod of potential) {
      bench.change(pod, 1);
      if (local.hasRoomIn(bench)) continue;
      bench.change(pod, -1);
      victims.push(pod);
    }
    return new RoomCandidate(info.name, victims);
  }
}
