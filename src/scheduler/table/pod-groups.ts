/** Pods on nodes, grouped by what topology rules can tell apart: namespace, labels, affinity terms, whether they are going. For each group, how many stand
 *  on which node. Rules about other pods are answered from these counts instead of from the pods. */

import type { Pod, Selector } from '#api';
import { type PodAffinityTerms, podAffinityTerms } from '../affinity-terms.ts';
import { isTerminating, podLabels, podNamespace } from '../pod-fields.ts';
import { idOf } from './interned.ts';

export class PodGroup {
  readonly key: string;
  /** Any pod of the group: selectors read its labels and namespace. */
  readonly sample: Pod;
  readonly namespace: string;
  readonly terms: PodAffinityTerms;
  readonly isTerminating: boolean;
  /** Pods by node name. */
  readonly onNode = new Map<string, number>();
  total = 0;
  /** Columns that count this group. */
  columns: GroupColumn[] = [];

  constructor(key: string, sample: Pod) {
    this.key = key;
    this.sample = sample;
    this.namespace = podNamespace(sample);
    this.terms = podAffinityTerms(sample);
    this.isTerminating = isTerminating(sample);
  }
}

/** Whatever keeps counts by node over groups. */
export interface GroupColumn {
  /** A label that every group it counts must have, as `key=value`: spares asking about all the others. Undefined where there is none. */
  readonly hint: string | undefined;
  /** How often a pod of this group counts; 0 for not at all. */
  countOf(group: PodGroup): number;
  change(nodeName: string, delta: number): void;
}

/** Columns or groups by a label they hang on. */
class ByLabel<T> {
  readonly #sets = new Map<string, Set<T>>();

  add(label: string, value: T): void {
    const set = this.#sets.get(label);
    if (set === undefined) this.#sets.set(label, new Set([value]));
    else set.add(value);
  }

  delete(label: string, value: T): void {
    const set = this.#sets.get(label);
    if (set?.delete(value) === true && set.size === 0) this.#sets.delete(label);
  }

  get(label: string): Iterable<T> {
    return this.#sets.get(label) ?? [];
  }
}

const ANY = '';

export class PodGroups {
  readonly #groups = new Map<string, PodGroup>();
  readonly #columns = new ByLabel<GroupColumn>();
  readonly #byLabel = new ByLabel<PodGroup>();
  /** Groups with any affinity term: few, and asked for every pod. Rises with every group that comes or goes among them. */
  readonly withTerms = new Set<PodGroup>();
  termsVersion = 0;

  static keyOf(pod: Pod): string {
    const affinity = pod.spec?.affinity;
    const terms = `${idOf(affinity?.podAffinity)}/${idOf(affinity?.podAntiAffinity)}`;
    return `${podNamespace(pod)}|${idOf(pod.metadata?.labels)}|${terms}|${isTerminating(pod) ? 1 : 0}`;
  }

  all(): Iterable<PodGroup> {
    return this.#groups.values();
  }

  /** The group of a pod, made when it is the first. */
  of(pod: Pod): PodGroup {
    const key = PodGroups.keyOf(pod);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new PodGroup(key, pod);
      this.#groups.set(key, group);
      this.#enter(group);
      if (hasTerms(group.terms)) {
        this.withTerms.add(group);
        this.termsVersion++;
      }
    }
    return group;
  }

  /** A pod of the group came to a node or left it. */
  change(group: PodGroup, nodeName: string, delta: 1 | -1): void {
    const count = (group.onNode.get(nodeName) ?? 0) + delta;
    if (count === 0) group.onNode.delete(nodeName);
    else group.onNode.set(nodeName, count);
    group.total += delta;
    for (const column of group.columns) column.change(nodeName, delta * column.countOf(group));
    if (group.total === 0) this.#drop(group);
  }

  /** Starts a column from what is there. */
  register(column: GroupColumn): void {
    this.#columns.add(column.hint ?? ANY, column);
    for (const group of column.hint === undefined ? this.#groups.values() : this.#byLabel.get(column.hint)) {
      const count = column.countOf(group);
      if (count === 0) continue;
      group.columns.push(column);
      for (const [nodeName, pods] of group.onNode) column.change(nodeName, pods * count);
    }
  }

  forget(column: GroupColumn): void {
    this.#columns.delete(column.hint ?? ANY, column);
    for (const group of column.hint === undefined ? this.#groups.values() : this.#byLabel.get(column.hint)) {
      const at = group.columns.indexOf(column);
      if (at >= 0) group.columns.splice(at, 1);
    }
  }

  #enter(group: PodGroup): void {
    const take = (column: GroupColumn): void => {
      if (column.countOf(group) !== 0) group.columns.push(column);
    };
    for (const column of this.#columns.get(ANY)) take(column);
    for (const label of labelsOf(group)) {
      this.#byLabel.add(label, group);
      for (const column of this.#columns.get(label)) take(column);
    }
  }

  #drop(group: PodGroup): void {
    this.#groups.delete(group.key);
    for (const label of labelsOf(group)) this.#byLabel.delete(label, group);
    if (this.withTerms.delete(group)) this.termsVersion++;
  }
}

function labelsOf({ sample }: PodGroup): string[] {
  const labels = podLabels(sample);
  return Object.keys(labels).map((key) => `${key}=${labels[key]}`);
}

/** The label that a selector demands outright, when it does. */
export function hintOf(selector: Selector | undefined): string | undefined {
  for (const { key, operator, values } of selector ?? []) if (operator === 'In' && values.length === 1) return `${key}=${values[0]}`;
  return undefined;
}

export const hasTerms = (terms: PodAffinityTerms): boolean =>
  terms.requiredAffinity.length > 0 ||
  terms.requiredAntiAffinity.length > 0 ||
  terms.preferredAffinity.length > 0 ||
  terms.preferredAntiAffinity.length > 0;
