/** InterPodAffinity over counts: for pods alike in namespace, labels and terms. Mirrors plugins/inter-pod-affinity.ts,
 *  which test/scheduler compares with it. */

import type { Pod } from '#api';
import { type AffinityTerm, matchesAllTerms, type PodAffinityTerms, podAffinityTerms, termMatches } from '../affinity-terms.ts';
import type { LabelMap } from '../pod-fields.ts';
import { CountColumn, DomainSums } from './count-column.ts';
import { canonicalText } from './interned.ts';
import type { NodeTable } from './node-table.ts';
import { hintOf, type PodGroup, type PodGroups } from './pod-groups.ts';
import { NO_DOMAIN, type TopologyKey, type TopologyKeys } from './topology-keys.ts';

type TermKind = keyof PodAffinityTerms;

const textOf = (term: AffinityTerm): string =>
  canonicalText([term.selector ?? null, term.namespaces, term.namespaceSelector ?? null, term.topologyKey, term.weight]);

/** One term that pods on nodes carry, with how many carry it where. */
interface CarriedTerm {
  readonly term: AffinityTerm;
  readonly kind: TermKind;
  readonly sums: DomainSums;
}

/** Columns over terms, shared by all classes. */
export class AffinityColumns {
  readonly #columns = new Map<string, CountColumn>();
  readonly #carried = new Map<string, CarriedTerm>();
  readonly table: NodeTable;
  readonly groups: PodGroups;
  readonly keys: TopologyKeys;
  #termsVersion = -1;
  /** Terms that pods on nodes carry now. */
  carried: readonly CarriedTerm[] = [];

  constructor(table: NodeTable, groups: PodGroups, keys: TopologyKeys) {
    this.table = table;
    this.groups = groups;
    this.keys = keys;
  }

  get version(): number {
    return this.#termsVersion;
  }

  /** Follows the groups: call before reading `carried`. */
  update(): void {
    if (this.#termsVersion === this.groups.termsVersion) return;
    this.#termsVersion = this.groups.termsVersion;
    const present = new Map<string, CarriedTerm>();
    for (const { terms } of this.groups.withTerms) {
      for (const kind of ['requiredAntiAffinity', 'requiredAffinity', 'preferredAffinity', 'preferredAntiAffinity'] as const) {
        for (const term of terms[kind]) {
          const text = `${kind}|${textOf(term)}`;
          if (present.has(text)) continue;
          present.set(text, this.#carried.get(text) ?? this.#carry(text, term, kind));
        }
      }
    }
    for (const [text, { sums }] of this.#carried) {
      if (present.has(text)) continue;
      this.groups.forget(sums.column);
      this.#carried.delete(text);
    }
    this.carried = [...present.values()];
  }

  #carry(text: string, term: AffinityTerm, kind: TermKind): CarriedTerm {
    const own = textOf(term);
    const memo = new WeakMap<PodGroup, number>();
    const column = new CountColumn(this.table, undefined, (group) => {
      let count = memo.get(group);
      if (count === undefined) {
        count = group.terms[kind].filter((other) => textOf(other) === own).length;
        memo.set(group, count);
      }
      return count;
    });
    this.groups.register(column);
    const carried = { term, kind, sums: new DomainSums(column, this.keys.get(term.topologyKey, this.table)) };
    this.#carried.set(text, carried);
    return carried;
  }

  /** Pods that a term of an incoming pod means; its namespaces are resolved. */
  matching(terms: readonly AffinityTerm[]): CountColumn {
    const text = canonicalText(terms.map((term) => [term.selector ?? null, term.namespaces, term.namespaceSelector ?? null]));
    let column = this.#columns.get(text);
    if (column === undefined) {
      const memo = new WeakMap<PodGroup, number>();
      column = new CountColumn(this.table, hintOf(terms[0]?.selector), (group) => {
        let count = memo.get(group);
        if (count === undefined) {
          count = matchesAllTerms(terms, group.sample) ? 1 : 0;
          memo.set(group, count);
        }
        return count;
      });
      this.#columns.set(text, column);
      this.groups.register(column);
    }
    return column;
  }
}

export interface Weighted {
  readonly sums: DomainSums;
  readonly weight: number;
}

/** Verdicts; 0 fits. */
export const AFFINITY_RULES = 1;
export const ANTI_AFFINITY_RULES = 2;
export const EXISTING_ANTI_AFFINITY = 3;

/** Up to so many domains of a key are summed up before nodes are scored. */
const FEW_DOMAINS = 4;

export interface AffinityContext {
  readonly namespaceLabels: LabelMap | undefined;
  /** Terms with selectors over namespaces turned into names. */
  readonly resolve: (terms: readonly AffinityTerm[]) => readonly AffinityTerm[];
  readonly hardWeight: number;
  readonly ignoresExisting: boolean;
}

export class AffinityFit {
  readonly #pod: Pod;
  readonly #columns: AffinityColumns;
  readonly #context: AffinityContext;
  readonly affinity: readonly DomainSums[];
  readonly antiAffinity: readonly DomainSums[];
  readonly #preferred: readonly Weighted[];
  readonly #matchesSelf: boolean;
  readonly #hasPreferences: boolean;
  /** Terms of pods on nodes that concern this one: what must not be near, and what draws or repels. */
  existing: readonly DomainSums[] = [];
  #scoring: readonly Weighted[] = [];
  /** Rises when other terms of pods on nodes concern this pod than before. */
  scope = 0;
  #carriedVersion = -1;
  /** Whether the pod's own terms or those of pods on nodes say something about nodes. Of the decision at hand. */
  isNear = false;
  /** Pods on nodes whose required anti-affinity concerns this pod. Of the decision at hand. */
  repelling = 0;
  /** Nobody meant by the required terms is anywhere yet, and this pod is one of them. Of the decision at hand. */
  isFirstOfGroup = false;
  /** Terms on keys with many domains: read node by node instead. Of the decision at hand. */
  #wide: Weighted[] = [];
  /** Combined scores by key and domain for the decision at hand. */
  #keyScores: { key: TopologyKey; values: Float64Array }[] = [];

  constructor(pod: Pod, columns: AffinityColumns, context: AffinityContext) {
    this.#pod = pod;
    this.#columns = columns;
    this.#context = context;
    const terms = podAffinityTerms(pod);
    const keyOf = (term: AffinityTerm): TopologyKey => columns.keys.get(term.topologyKey, columns.table);
    const affinity = context.resolve(terms.requiredAffinity);
    const together = affinity.length === 0 ? undefined : columns.matching(affinity);
    this.affinity = together === undefined ? [] : affinity.map((term) => new DomainSums(together, keyOf(term)));
    this.#matchesSelf = matchesAllTerms(affinity, pod);
    const single = (term: AffinityTerm): DomainSums => new DomainSums(columns.matching([term]), keyOf(term));
    this.antiAffinity = context.resolve(terms.requiredAntiAffinity).map(single);
    const toward = context.resolve(terms.preferredAffinity).map((term) => ({ sums: single(term), weight: term.weight }));
    const away = context.resolve(terms.preferredAntiAffinity).map((term) => ({ sums: single(term), weight: -term.weight }));
    this.#preferred = [...toward, ...away];
    this.#hasPreferences = this.#preferred.length > 0;
  }

  #follow(): void {
    this.#columns.update();
    if (this.#carriedVersion === this.#columns.version) return;
    this.#carriedVersion = this.#columns.version;
    const { hardWeight, namespaceLabels } = this.#context;
    const existing: DomainSums[] = [];
    const scoring: Weighted[] = [];
    for (const { term, kind, sums } of this.#columns.carried) {
      if (!termMatches(term, this.#pod, namespaceLabels)) continue;
      if (kind === 'requiredAntiAffinity') existing.push(sums);
      else if (kind === 'preferredAffinity') scoring.push({ sums, weight: term.weight });
      else if (kind === 'preferredAntiAffinity') scoring.push({ sums, weight: -term.weight });
      else if (hardWeight > 0) scoring.push({ sums, weight: hardWeight });
    }
    const isSame =
      existing.length === this.existing.length &&
      scoring.length === this.#scoring.length &&
      existing.every((sums, i) => sums === this.existing[i]) &&
      scoring.every(({ sums, weight }, i) => sums === this.#scoring[i]?.sums && weight === this.#scoring[i]?.weight);
    if (isSame) return;
    this.scope++;
    this.existing = existing;
    this.#scoring = scoring;
  }

  /** No term of this pod's or of a pod on a node concerns it. */
  isIdle(): boolean {
    this.#follow();
    return (
      this.affinity.length === 0 &&
      this.antiAffinity.length === 0 &&
      this.#preferred.length === 0 &&
      this.existing.length === 0 &&
      this.#scoring.length === 0
    );
  }

  #refresh(sums: DomainSums): void {
    const { table, keys } = this.#columns;
    keys.get(sums.key.key, table);
    sums.update(table.size, undefined, 0);
  }

  /** Counts as of now; false when nothing can object. */
  prepareFilter(): boolean {
    this.#follow();
    let isInForce = this.affinity.length > 0 || this.antiAffinity.length > 0;
    for (const sums of this.affinity) this.#refresh(sums);
    for (const sums of this.antiAffinity) this.#refresh(sums);
    let repelling = 0;
    for (const sums of this.existing) {
      this.#refresh(sums);
      repelling += sums.total;
    }
    if (repelling > 0) isInForce = true;
    this.repelling = repelling;
    this.isNear = isInForce;
    this.isFirstOfGroup = this.#matchesSelf && this.affinity.every((sums) => sums.total === 0);
    return isInForce;
  }

  check(slot: number): number {
    let isNear = true;
    for (const { key, sums } of this.affinity) {
      const domain = key.domains[slot] as number;
      if (domain === NO_DOMAIN) return AFFINITY_RULES;
      if ((sums[domain] ?? 0) <= 0) isNear = false;
    }
    if (!isNear && !this.isFirstOfGroup) return AFFINITY_RULES;
    for (const { key, sums } of this.antiAffinity) {
      const domain = key.domains[slot] as number;
      if (domain !== NO_DOMAIN && (sums[domain] ?? 0) > 0) return ANTI_AFFINITY_RULES;
    }
    for (const { key, sums } of this.existing) {
      const domain = key.domains[slot] as number;
      if (domain !== NO_DOMAIN && (sums[domain] ?? 0) > 0) return EXISTING_ANTI_AFFINITY;
    }
    return 0;
  }

  get isScoring(): boolean {
    return this.#hasPreferences || !this.#context.ignoresExisting;
  }

  /** Some pod is meant by a preference of this one, or has a term that means it: else PreScore skips the plugin. */
  get hasScores(): boolean {
    return this.isScoring && [...this.#preferred, ...this.#scoring].some(({ sums }) => sums.total > 0);
  }

  /** The pod's own preferences and the terms of others. */
  get scoring(): readonly Weighted[] {
    return [...this.#preferred, ...this.#scoring];
  }

  /** Call before scoring cells: counts as of now. */
  prepareScore(): void {
    this.#follow();
    if (!this.isScoring) return;
    for (const { sums } of this.#preferred) this.#refresh(sums);
    for (const { sums } of this.#scoring) this.#refresh(sums);
  }

  /** Sums what every domain is worth; false when nothing scores. */
  #sumDomains(): boolean {
    this.#follow();
    if (!this.isScoring) return false;
    const byKey = new Map<TopologyKey, Float64Array>();
    this.#wide = [];
    const take = (weighted: Weighted): void => {
      const { sums, weight } = weighted;
      this.#refresh(sums);
      if (sums.total === 0) return;
      if (sums.key.count > FEW_DOMAINS) {
        this.#wide.push(weighted);
        return;
      }
      let values = byKey.get(sums.key);
      if (values === undefined) {
        values = new Float64Array(sums.key.count);
        byKey.set(sums.key, values);
      }
      for (let domain = 0; domain < values.length; domain++)
        values[domain] = (values[domain] as number) + weight * (sums.sums[domain] ?? 0);
    };
    for (const weighted of this.#preferred) take(weighted);
    for (const weighted of this.#scoring) take(weighted);
    this.#keyScores = [...byKey].map(([key, values]) => ({ key, values }));
    return this.#keyScores.length > 0 || this.#wide.length > 0;
  }

  /** Adds weight * normalized score to `totals`, aligned with the slots found. */
  score(slots: Int32Array, count: number, weight: number, totals: Int32Array, raw: Float64Array): void {
    if (!this.#sumDomains()) return;
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    const keyScores = this.#keyScores;
    const wide = this.#wide;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      let score = 0;
      for (let k = 0; k < keyScores.length; k++) {
        const { key, values } = keyScores[k] as (typeof keyScores)[number];
        const domain = key.domains[slot] as number;
        if (domain !== NO_DOMAIN) score += values[domain] as number;
      }
      for (let w = 0; w < wide.length; w++) {
        const { sums, weight: each } = wide[w] as Weighted;
        const domain = sums.key.domains[slot] as number;
        if (domain !== NO_DOMAIN) score += each * (sums.sums[domain] ?? 0);
      }
      raw[i] = score;
      if (score < min) min = score;
      if (score > max) max = score;
    }
    if (max <= min) return;
    for (let i = 0; i < count; i++) {
      totals[i] = (totals[i] as number) + weight * Math.trunc(100 * (((raw[i] as number) - min) / (max - min)));
    }
  }
}
