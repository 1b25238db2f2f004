/** Pods on nodes, grouped by what topology rules can tell apart: namespace, labels, affinity terms, whether they are going. For each group, how many stand
 *  on which node. Rules about other pods are answered from these counts instead of from the pods. */

import type { Pod } from '#api';
import { type PodAffinityTerms, podAffinityTerms } from '../affinity-terms.ts';
import { isTerminating, podNamespace } from '../pod-fields.ts';
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
  /** Columns that count this group, and how often; valid for one version of the columns. */
  columns: readonly GroupColumn[] = [];
  columnsVersion = -1;

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
  /** How often a pod of this group counts; 0 for not at all. */
  countOf(group: PodGroup): number;
  change(nodeName: string, delta: number): void;
}

export class PodGroups {
  readonly #groups = new Map<string, PodGroup>();
  readonly #columns: GroupColumn[] = [];
  #version = 0;
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
    if (group.columnsVersion !== this.#version) this.#findColumns(group);
    for (const column of group.columns) column.change(nodeName, delta * column.countOf(group));
    if (group.total === 0) this.#drop(group);
  }

  /** Starts a column from what is there. */
  register(column: GroupColumn): void {
    this.#columns.push(column);
    this.#version++;
    for (const group of this.#groups.values()) {
      const count = column.countOf(group);
      if (count !== 0) for (const [nodeName, pods] of group.onNode) column.change(nodeName, pods * count);
    }
  }

  forget(column: GroupColumn): void {
    const at = this.#columns.indexOf(column);
    if (at >= 0) this.#columns.splice(at, 1);
    this.#version++;
  }

  #findColumns(group: PodGroup): void {
    group.columnsVersion = this.#version;
    group.columns = this.#columns.filter((column) => column.countOf(group) !== 0);
  }

  #drop(group: PodGroup): void {
    this.#groups.delete(group.key);
    if (this.withTerms.delete(group)) this.termsVersion++;
  }
}

export const hasTerms = (terms: PodAffinityTerms): boolean =>
  terms.requiredAffinity.length > 0 ||
  terms.requiredAntiAffinity.length > 0 ||
  terms.preferredAffinity.length > 0 ||
  terms.preferredAntiAffinity.length > 0;
