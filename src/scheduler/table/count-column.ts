/** A count by node, kept as pods come and go, and its sums by topology domain. */

import type { NodeTable } from './node-table.ts';
import type { GroupColumn, PodGroup } from './pod-groups.ts';
import { NO_DOMAIN, type TopologyKey } from './topology-keys.ts';

export class CountColumn implements GroupColumn {
  readonly hint: string | undefined;
  counts = new Int32Array(0);
  /** Slots whose count changed, in order; sums replay it. */
  log: number[] = [];
  logStart = 0;
  readonly #table: NodeTable;
  readonly #countOf: (group: PodGroup) => number;
  readonly #byName = new Map<string, number>();
  #generation = -1;
  /** Slots for which `counts` was filled from the names. */
  #size = 0;

  constructor(table: NodeTable, hint: string | undefined, countOf: (group: PodGroup) => number) {
    this.#table = table;
    this.hint = hint;
    this.#countOf = countOf;
  }

  countOf(group: PodGroup): number {
    return this.#countOf(group);
  }

  change(nodeName: string, delta: number): void {
    const count = (this.#byName.get(nodeName) ?? 0) + delta;
    if (count === 0) this.#byName.delete(nodeName);
    else this.#byName.set(nodeName, count);
    if (this.#generation !== this.#table.generation) return;
    const slot = this.#table.slotOf(nodeName);
    if (slot < 0) return;
    if (slot >= this.counts.length) this.#grow();
    this.counts[slot] = count;
    this.log.push(slot);
    if (this.log.length > 2 * this.#table.size + 1024) {
      this.logStart += this.log.length;
      this.log = [];
    }
  }

  /** Before reading `counts`: follows the table when slots changed their meaning. */
  settle(): void {
    if (this.#generation !== this.#table.generation) {
      this.#generation = this.#table.generation;
      this.counts = new Int32Array(this.#table.version.length);
      this.logStart += this.log.length + 1;
      this.log = [];
      for (const [nodeName, count] of this.#byName) {
        const slot = this.#table.slotOf(nodeName);
        if (slot >= 0) this.counts[slot] = count;
      }
      this.#size = this.#table.size;
      return;
    }
    if (this.counts.length < this.#table.version.length) this.#grow();
    // Pods may have been on a node before the node itself was known.
    for (; this.#size < this.#table.size; this.#size++)
      this.counts[this.#size] = this.#byName.get(this.#table.infos[this.#size]?.name ?? '') ?? 0;
  }

  #grow(): void {
    const wider = new Int32Array(this.#table.version.length);
    wider.set(this.counts);
    this.counts = wider;
  }
}

/** Sums of a column by domain, over the slots that a mask admits (all that have the label, without one). */
export class DomainSums {
  readonly column: CountColumn;
  readonly key: TopologyKey;
  sums = new Int32Array(0);
  /** Admitted slots by domain: a domain without any is not one. */
  members = new Int32Array(0);
  /** The sum over all domains. */
  total = 0;
  /** How many domains there are, and the lowest of their sums (very large without any). */
  domains = 0;
  minimum = Number.MAX_SAFE_INTEGER;
  /** Domains by their sum. */
  #having = new Int32Array(0);
  #taken = new Int32Array(0);
  #position = 0;
  #keyVersion = -1;
  #maskVersion = -1;
  #length = -1;

  constructor(column: CountColumn, key: TopologyKey) {
    this.column = column;
    this.key = key;
  }

  /** `mask` by slot, with a version that rises when it changes. The key must be up to date. */
  update(size: number, mask: Uint8Array | undefined, maskVersion: number): void {
    const { column, key } = this;
    column.settle();
    const isReplayable =
      this.#keyVersion === key.version && this.#maskVersion === maskVersion && this.#position >= column.logStart && this.#length === size;
    if (!isReplayable) this.#rebuild(size, mask, maskVersion);
    else {
      const { log, counts } = column;
      for (let i = this.#position - column.logStart; i < log.length; i++) {
        const slot = log[i] as number;
        const domain = key.domains[slot] as number;
        if (domain === NO_DOMAIN || (mask !== undefined && mask[slot] === 0)) continue;
        const delta = (counts[slot] as number) - (this.#taken[slot] as number);
        if (delta === 0) continue;
        this.#taken[slot] = counts[slot] as number;
        const before = this.sums[domain] as number;
        this.sums[domain] = before + delta;
        this.total += delta;
        this.#moved(before, before + delta);
      }
    }
    this.#position = column.logStart + column.log.length;
  }

  #rebuild(size: number, mask: Uint8Array | undefined, maskVersion: number): void {
    const { column, key } = this;
    this.#keyVersion = key.version;
    this.#maskVersion = maskVersion;
    this.#length = size;
    this.sums = new Int32Array(Math.max(key.count, 1));
    this.members = new Int32Array(Math.max(key.count, 1));
    this.#taken = new Int32Array(column.counts.length);
    this.total = 0;
    for (let slot = 0; slot < size; slot++) {
      const domain = key.domains[slot] as number;
      if (domain === NO_DOMAIN || (mask !== undefined && mask[slot] === 0)) continue;
      const count = column.counts[slot] as number;
      this.#taken[slot] = count;
      this.sums[domain] = (this.sums[domain] as number) + count;
      this.members[domain] = (this.members[domain] as number) + 1;
      this.total += count;
    }
    this.#countDomains();
  }

  #countDomains(): void {
    this.domains = 0;
    this.minimum = Number.MAX_SAFE_INTEGER;
    this.#having.fill(0);
    for (let domain = 0; domain < this.key.count; domain++) {
      if (this.members[domain] === 0) continue;
      const sum = this.sums[domain] as number;
      this.domains++;
      this.#has(sum, 1);
      if (sum < this.minimum) this.minimum = sum;
    }
  }

  #has(sum: number, delta: 1 | -1): void {
    if (sum >= this.#having.length) {
      const wider = new Int32Array(2 * sum + 16);
      wider.set(this.#having);
      this.#having = wider;
    }
    this.#having[sum] = (this.#having[sum] as number) + delta;
  }

  /** A domain's sum changed: the minimum follows without a look at the other domains. */
  #moved(before: number, after: number): void {
    this.#has(before, -1);
    this.#has(after, 1);
    if (after < this.minimum) this.minimum = after;
    while (this.#having[this.minimum] === 0) this.minimum++;
  }
}
