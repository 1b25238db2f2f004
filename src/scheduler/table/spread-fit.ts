/** PodTopologySpread over counts: for pods alike in namespace, labels, constraints and static fit. Mirrors plugins/pod-topology-spread.ts,
 *  which test/scheduler compares with it. */

import type { Pod } from '#api';
import { matchesSelector } from '#api';
import { HOSTNAME_LABEL, podLabels, podNamespace } from '../pod-fields.ts';
import { allowsNode, mayForbid, type SpreadConstraint } from '../spread-constraints.ts';
import { CountColumn, DomainSums } from './count-column.ts';
import { canonicalText } from './interned.ts';
import type { NodeTable } from './node-table.ts';
import { hintOf, type PodGroups } from './pod-groups.ts';
import { NO_DOMAIN, type TopologyKey, type TopologyKeys } from './topology-keys.ts';

interface Shared {
  readonly column: CountColumn;
  users: number;
}

/** Columns by what they count, shared by all classes that need them and dropped with the last. */
export class SpreadColumns {
  readonly #columns = new Map<string, Shared>();
  readonly #table: NodeTable;
  readonly #groups: PodGroups;

  constructor(table: NodeTable, groups: PodGroups) {
    this.#table = table;
    this.#groups = groups;
  }

  static keyOf(namespace: string, { selector }: SpreadConstraint): string {
    return `${namespace}|${selector === undefined ? '-' : canonicalText(selector)}`;
  }

  /** Pods of a namespace that are not terminating and that the selector picks; an empty selector picks none. */
  take(namespace: string, constraint: SpreadConstraint): CountColumn {
    const key = SpreadColumns.keyOf(namespace, constraint);
    let shared = this.#columns.get(key);
    if (shared === undefined) {
      const { selector } = constraint;
      const isEmpty = selector === undefined || selector.length === 0;
      const column = new CountColumn(this.#table, hintOf(selector), (group) =>
        !isEmpty && group.namespace === namespace && !group.isTerminating && matchesSelector(selector, podLabels(group.sample)) ? 1 : 0,
      );
      shared = { column, users: 0 };
      this.#columns.set(key, shared);
      this.#groups.register(column);
    }
    shared.users++;
    return shared.column;
  }

  release(namespace: string, constraint: SpreadConstraint): void {
    const key = SpreadColumns.keyOf(namespace, constraint);
    const shared = this.#columns.get(key);
    if (shared === undefined || --shared.users > 0) return;
    this.#columns.delete(key);
    this.#groups.forget(shared.column);
  }
}

export interface SpreadPart {
  readonly constraint: SpreadConstraint;
  readonly column: CountColumn;
  readonly key: TopologyKey;
  readonly sums: DomainSums;
  readonly isHost: boolean;
  readonly selfMatch: number;
  /** Slots that count: all topology keys present, inclusion policies met. */
  mask: Uint8Array;
}

/** One constraint as `check` reads it, for the decision at hand. */
interface Check {
  readonly domains: Int32Array;
  readonly sums: Int32Array;
  readonly limit: number;
}

/** No domain is too full; the label is missing; the skew would be too large. */
export const SPREAD_FITS = 0;
export const SPREAD_LABEL = 1;
export const SPREAD_SKEW = 2;

export class SpreadFit {
  readonly parts: readonly SpreadPart[];
  readonly #pod: Pod;
  /** Nodes must have every key to count (and to be scored). */
  readonly allKeys: boolean;
  readonly #table: NodeTable;
  readonly #keys: TopologyKeys;
  /** By slot: whether the node has every key. */
  hasKeys = new Uint8Array(0);
  #places = -1;
  #generation = -1;
  #maskVersion = 0;
  readonly #checks: Check[] = [];
  /** By constraint: what a domain may hold so that one pod more does not make the skew too large. Of the decision at hand. */
  readonly limits: number[] = [];
  readonly #columns: SpreadColumns;
  /** By part and domain: the last decision in which a scored slot was in it. */
  readonly #marks: Int32Array[] = [];
  #stamp = 0;

  constructor(
    pod: Pod,
    constraints: readonly SpreadConstraint[],
    allKeys: boolean,
    table: NodeTable,
    keys: TopologyKeys,
    columns: SpreadColumns,
  ) {
    this.#pod = pod;
    this.allKeys = allKeys;
    this.#table = table;
    this.#keys = keys;
    this.#columns = columns;
    this.parts = constraints.map((constraint) => {
      const column = columns.take(podNamespace(pod), constraint);
      const key = keys.get(constraint.topologyKey, table);
      return {
        constraint,
        column,
        key,
        sums: new DomainSums(column, key),
        isHost: constraint.topologyKey === HOSTNAME_LABEL,
        selfMatch: constraint.selector !== undefined && matchesSelector(constraint.selector, podLabels(pod)) ? 1 : 0,
        mask: new Uint8Array(0),
      };
    });
  }

  #updateMasks(): void {
    const table = this.#table;
    if (this.#places === table.places && this.#generation === table.generation) return;
    this.#places = table.places;
    this.#generation = table.generation;
    this.#maskVersion++;
    const size = table.size;
    this.hasKeys = new Uint8Array(size);
    const domains = this.parts.map(({ key }) => this.#keys.get(key.key, table).domains);
    const isRestricted = this.parts.map(({ constraint }) => mayForbid(constraint, this.#pod));
    for (const part of this.parts) part.mask = new Uint8Array(size);
    for (let slot = 0; slot < size; slot++) {
      const info = table.infos[slot];
      if (info === undefined) continue;
      let has = 1;
      for (let p = 0; p < domains.length; p++) if ((domains[p] as Int32Array)[slot] === NO_DOMAIN) has = 0;
      this.hasKeys[slot] = has;
      if (has === 0 && this.allKeys) continue;
      for (let p = 0; p < domains.length; p++) {
        const { constraint, mask } = this.parts[p] as SpreadPart;
        if (isRestricted[p] !== true || allowsNode(constraint, this.#pod, info.node)) mask[slot] = 1;
      }
    }
  }

  /** Its columns may go. */
  release(): void {
    for (const { constraint } of this.parts) this.#columns.release(podNamespace(this.#pod), constraint);
  }

  /** Call before `check`: counts and minimums as of now. */
  prepareFilter(): void {
    this.#updateMasks();
    const checks = this.#checks;
    for (let i = 0; i < this.parts.length; i++) {
      const { sums, key, mask, constraint, selfMatch } = this.parts[i] as SpreadPart;
      this.#keys.get(key.key, this.#table);
      sums.update(this.#table.size, mask, this.#maskVersion);
      const limit = constraint.maxSkew - selfMatch + (sums.domains < constraint.minDomains ? 0 : sums.minimum);
      this.limits[i] = limit;
      checks[i] = { domains: key.domains, sums: sums.sums, limit };
    }
  }

  check(slot: number): number {
    const checks = this.#checks;
    for (let i = 0; i < checks.length; i++) {
      const { domains, sums, limit } = checks[i] as Check;
      const domain = domains[slot] as number;
      if (domain === NO_DOMAIN) return SPREAD_LABEL;
      if ((sums[domain] as number) > limit) return SPREAD_SKEW;
    }
    return SPREAD_FITS;
  }

  /** Call before scoring cells: counts as of now. */
  prepareScore(): void {
    this.#updateMasks();
    const table = this.#table;
    for (const { key, sums, mask, isHost, column } of this.parts) {
      this.#keys.get(key.key, table);
      if (isHost) column.settle();
      else sums.update(table.size, mask, this.#maskVersion);
    }
  }

  /** Adds weight * normalized score to `totals`, aligned with the slots found. */
  score(slots: Int32Array, count: number, weight: number, totals: Int32Array, raw: Float64Array): void {
    this.prepareScore();
    const ignored = this.#markScored(slots, count, raw);
    const weights = this.parts.map(({ isHost, key }, p) =>
      Math.log((isHost ? count - ignored : this.#domainsOf(slots, count, raw, key, p)) + 2),
    );
    for (let p = 0; p < this.parts.length; p++) this.#addPart(this.parts[p] as SpreadPart, weights[p] as number, slots, count, raw);
    let min = Number.MAX_SAFE_INTEGER;
    let max = 0;
    for (let i = 0; i < count; i++) {
      if ((raw[i] as number) < 0) continue;
      const score = Math.round(raw[i] as number);
      raw[i] = score;
      if (score < min) min = score;
      if (score > max) max = score;
    }
    for (let i = 0; i < count; i++) {
      const score = raw[i] as number;
      if (score < 0) continue;
      const normalized = max === 0 ? 100 : Math.trunc((100 * (max + min - score)) / max);
      totals[i] = (totals[i] as number) + weight * normalized;
    }
  }

  /** raw: 0 where the slot is scored, -1 where it is ignored; returns how many are. */
  #markScored(slots: Int32Array, count: number, raw: Float64Array): number {
    let ignored = 0;
    const has = this.hasKeys;
    for (let i = 0; i < count; i++) {
      const isIgnored = this.allKeys && has[slots[i] as number] === 0;
      raw[i] = isIgnored ? -1 : 0;
      if (isIgnored) ignored++;
    }
    return ignored;
  }

  /** One constraint's share of the raw scores, in the order of constraints, as upstream adds them. */
  #addPart(
    { key, sums, isHost, column, constraint }: SpreadPart,
    weight: number,
    slots: Int32Array,
    count: number,
    raw: Float64Array,
  ): void {
    const { domains } = key;
    const { counts } = column;
    const { sums: bySum } = sums;
    const skew = constraint.maxSkew - 1;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      const domain = domains[slot] as number;
      if (domain === NO_DOMAIN || (raw[i] as number) < 0) continue;
      const pods = isHost ? (counts[slot] as number) : (bySum[domain] as number);
      raw[i] = (raw[i] as number) + (pods * weight + skew);
    }
  }

  /** In how many domains the scored slots are; nodes without the label count as one more. */
  #domainsOf(slots: Int32Array, count: number, raw: Float64Array, key: TopologyKey, part: number): number {
    const stamp = ++this.#stamp;
    let marks = this.#marks[part];
    if (marks === undefined || marks.length < key.count + 1) marks = this.#marks[part] = new Int32Array(key.count + 16);
    const { domains } = key;
    let found = 0;
    for (let i = 0; i < count; i++) {
      if ((raw[i] as number) < 0) continue;
      const at = (domains[slots[i] as number] as number) + 1;
      if (marks[at] === stamp) continue;
      marks[at] = stamp;
      found++;
    }
    return found;
  }
}
