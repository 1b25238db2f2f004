/** Pods near or far from other pods, by topology domain. Mirrors kube-scheduler v1.34 plugins/interpodaffinity (filtering.go, scoring.go). */

import type { KubeObject, Namespace, Pod } from '#api';
import { matchesSelector } from '#api';
import { type AffinityTerm, matchesAllTerms, type PodAffinityTerms, podAffinityTerms, termMatches } from '../affinity-terms.ts';
import {
  type CycleState,
  type EnqueueExtensions,
  type FilterPlugin,
  type Handle,
  MAX_NODE_SCORE,
  type NodeScore,
  type PreFilterPlugin,
  type PreFilterResult,
  type PreScorePlugin,
  type ScorePlugin,
} from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { type LabelMap, nodeLabels, podNamespace } from '../pod-fields.ts';
import type { PodInfo } from '../pod-info.ts';
import { ADD, DELETE, type EventRegistration, UPDATE_NODE_LABEL, UPDATE_POD_LABEL } from '../queueing-events.ts';
import { SKIP, type Status, unresolvable, unschedulable } from '../status.ts';

export interface InterPodAffinityArgs {
  /** Weight of other pods' required affinity in scoring; default 1. */
  readonly hardPodAffinityWeight?: number;
  readonly ignorePreferredTermsOfExistingPods?: boolean;
}

const AFFINITY_REJECTED = unresolvable("node(s) didn't match pod affinity rules");
const ANTI_AFFINITY_REJECTED = unschedulable("node(s) didn't match pod anti-affinity rules");
const EXISTING_REJECTED = unschedulable("node(s) didn't satisfy existing pods anti-affinity rules");

/** Counts by topology key, then value; a count of 0 is absent. */
class TopologyCounts {
  readonly #byKey = new Map<string, Map<string, number>>();
  size = 0;

  add(labels: LabelMap, key: string, delta: number): void {
    const value = labels[key];
    if (value === undefined) return;
    let values = this.#byKey.get(key);
    if (values === undefined) {
      values = new Map();
      this.#byKey.set(key, values);
    }
    const before = values.get(value);
    const count = (before ?? 0) + delta;
    if (count === 0) {
      if (values.delete(value)) this.size--;
    } else {
      if (before === undefined) this.size++;
      values.set(value, count);
    }
  }

  get(key: string, value: string): number {
    return this.#byKey.get(key)?.get(value) ?? 0;
  }

  hasAnyOf(labels: LabelMap): boolean {
    for (const [key, values] of this.#byKey) {
      const value = labels[key];
      if (value !== undefined && (values.get(value) ?? 0) > 0) return true;
    }
    return false;
  }

  get total(): number {
    let total = 0;
    for (const values of this.#byKey.values()) for (const count of values.values()) total += count;
    return total;
  }

  clone(): TopologyCounts {
    const copy = new TopologyCounts();
    for (const [key, values] of this.#byKey) copy.#byKey.set(key, new Map(values));
    copy.size = this.size;
    return copy;
  }
}

/** Selectors over namespaces become lists of names, as long as they select by labels at all (mergeAffinityTermNamespacesIfNotEmpty). */
export function resolveNamespaces(terms: readonly AffinityTerm[], handle: Handle): AffinityTerm[] {
  return terms.map((term) => {
    if (term.namespaceSelector === undefined || term.namespaceSelector.length === 0) return term;
    const names = new Set(term.namespaces);
    for (const namespace of handle.lister<Namespace & KubeObject>('namespaces').list()) {
      if (matchesSelector(term.namespaceSelector, namespace.metadata?.labels as LabelMap | undefined))
        names.add(namespace.metadata?.name ?? '');
    }
    return { ...term, namespaces: [...names], namespaceSelector: undefined };
  });
}

const namespaceLabelsOf = (pod: Pod, handle: Handle): LabelMap | undefined =>
  handle.lister<Namespace & KubeObject>('namespaces').get(podNamespace(pod))?.metadata?.labels as LabelMap | undefined;

class FilterState {
  readonly pod: Pod;
  readonly affinity: readonly AffinityTerm[];
  readonly antiAffinity: readonly AffinityTerm[];
  readonly namespaceLabels: LabelMap | undefined;
  readonly existing: TopologyCounts;
  readonly toward: TopologyCounts;
  readonly away: TopologyCounts;

  constructor(from: Pick<FilterState, 'pod' | 'affinity' | 'antiAffinity' | 'namespaceLabels' | 'existing' | 'toward' | 'away'>) {
    this.pod = from.pod;
    this.affinity = from.affinity;
    this.antiAffinity = from.antiAffinity;
    this.namespaceLabels = from.namespaceLabels;
    this.existing = from.existing;
    this.toward = from.toward;
    this.away = from.away;
  }

  clone(): FilterState {
    return new FilterState({ ...this, existing: this.existing.clone(), toward: this.toward.clone(), away: this.away.clone() });
  }

  countExisting(info: PodInfo, labels: LabelMap, delta: number): void {
    for (const term of info.terms.requiredAntiAffinity) {
      if (termMatches(term, this.pod, this.namespaceLabels)) this.existing.add(labels, term.topologyKey, delta);
    }
  }

  countIncoming(info: PodInfo, labels: LabelMap, delta: number): void {
    if (matchesAllTerms(this.affinity, info.pod)) for (const term of this.affinity) this.toward.add(labels, term.topologyKey, delta);
    for (const term of this.antiAffinity) {
      if (termMatches(term, info.pod, undefined)) this.away.add(labels, term.topologyKey, delta);
    }
  }

  fitsAffinity(labels: LabelMap): boolean {
    let isNear = true;
    for (const { topologyKey } of this.affinity) {
      const value = labels[topologyKey];
      if (value === undefined) return false;
      if (this.toward.get(topologyKey, value) <= 0) isNear = false;
    }
    // The first pod of a group that is to stay together may start anywhere.
    return isNear || (this.toward.size === 0 && matchesAllTerms(this.affinity, this.pod));
  }

  fitsAntiAffinity(labels: LabelMap): boolean {
    if (this.away.size === 0) return true;
    for (const { topologyKey } of this.antiAffinity) {
      const value = labels[topologyKey];
      if (value !== undefined && this.away.get(topologyKey, value) > 0) return false;
    }
    return true;
  }
}

const FILTER_KEY = 'PreFilterInterPodAffinity';
const SCORE_KEY = 'PreScoreInterPodAffinity';

/** Pods on nodes whose required anti-affinity means the pod of this cycle. */
export const repellingPods = (state: CycleState): number => state.read<FilterState>(FILTER_KEY)?.existing.total ?? 0;

type ScoreMap = Map<string, Map<string, number>>;

function addScore(
  scores: ScoreMap,
  term: AffinityTerm,
  weight: number,
  pod: Pod,
  namespaceLabels: LabelMap | undefined,
  labels: LabelMap,
): void {
  if (!termMatches(term, pod, namespaceLabels)) return;
  const value = labels[term.topologyKey];
  if (value === undefined) return;
  let values = scores.get(term.topologyKey);
  if (values === undefined) {
    values = new Map();
    scores.set(term.topologyKey, values);
  }
  values.set(value, (values.get(value) ?? 0) + weight);
}

export class InterPodAffinity implements PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin, EnqueueExtensions {
  readonly name = 'InterPodAffinity';
  readonly hardWeight: number;
  readonly ignoresExisting: boolean;

  constructor(args: InterPodAffinityArgs = {}) {
    this.hardWeight = args.hardPodAffinityWeight ?? 1;
    this.ignoresExisting = args.ignorePreferredTermsOfExistingPods ?? false;
  }

  preFilter(state: CycleState, pod: Pod, handle: Handle): PreFilterResult | undefined {
    const terms = podAffinityTerms(pod);
    const filterState = new FilterState({
      pod,
      affinity: resolveNamespaces(terms.requiredAffinity, handle),
      antiAffinity: resolveNamespaces(terms.requiredAntiAffinity, handle),
      namespaceLabels: namespaceLabelsOf(pod, handle),
      existing: new TopologyCounts(),
      toward: new TopologyCounts(),
      away: new TopologyCounts(),
    });
    for (const node of handle.snapshot.withRequiredAntiAffinity()) {
      for (const info of node.podsWithRequiredAntiAffinity) filterState.countExisting(info, nodeLabels(node.node), 1);
    }
    const hasTerms = filterState.affinity.length > 0 || filterState.antiAffinity.length > 0;
    if (hasTerms) {
      for (const node of handle.snapshot.nodes) {
        const labels = nodeLabels(node.node);
        for (const info of node.pods) filterState.countIncoming(info, labels, 1);
      }
    }
    if (filterState.existing.size === 0 && !hasTerms) return { status: SKIP };
    state.write(FILTER_KEY, filterState);
    return undefined;
  }

  addPod(state: CycleState, _pod: Pod, added: PodInfo, { node }: NodeInfo): void {
    this.#update(state, added, nodeLabels(node), 1);
  }

  removePod(state: CycleState, _pod: Pod, removed: PodInfo, { node }: NodeInfo): void {
    this.#update(state, removed, nodeLabels(node), -1);
  }

  #update(state: CycleState, info: PodInfo, labels: LabelMap, delta: number): void {
    const filterState = state.read<FilterState>(FILTER_KEY);
    filterState?.countExisting(info, labels, delta);
    filterState?.countIncoming(info, labels, delta);
  }

  filter(state: CycleState, _pod: Pod, { node }: NodeInfo): Status | undefined {
    const filterState = state.read<FilterState>(FILTER_KEY);
    if (filterState === undefined) return undefined;
    const labels = nodeLabels(node);
    if (!filterState.fitsAffinity(labels)) return AFFINITY_REJECTED;
    if (!filterState.fitsAntiAffinity(labels)) return ANTI_AFFINITY_REJECTED;
    if (filterState.existing.hasAnyOf(labels)) return EXISTING_REJECTED;
    return undefined;
  }

  preScore(state: CycleState, pod: Pod, nodes: readonly NodeInfo[], handle: Handle): Status | undefined {
    if (nodes.length === 0) return SKIP;
    const terms = podAffinityTerms(pod);
    const hasPreferences = terms.preferredAffinity.length > 0 || terms.preferredAntiAffinity.length > 0;
    if (this.ignoresExisting && !hasPreferences) return SKIP;
    const toward = resolveNamespaces(terms.preferredAffinity, handle);
    const away = resolveNamespaces(terms.preferredAntiAffinity, handle);
    const namespaceLabels = namespaceLabelsOf(pod, handle);
    const scores: ScoreMap = new Map();
    for (const node of hasPreferences ? handle.snapshot.nodes : handle.snapshot.withAffinity()) {
      const labels = nodeLabels(node.node);
      for (const info of hasPreferences ? node.pods : node.podsWithAffinity) {
        for (const term of toward) addScore(scores, term, term.weight, info.pod, undefined, labels);
        for (const term of away) addScore(scores, term, -term.weight, info.pod, undefined, labels);
        this.#scoreExisting(scores, info.terms, pod, namespaceLabels, labels);
      }
    }
    if (scores.size === 0) return SKIP;
    state.write(SCORE_KEY, scores);
    return undefined;
  }

  #scoreExisting(scores: ScoreMap, terms: PodAffinityTerms, pod: Pod, namespaceLabels: LabelMap | undefined, labels: LabelMap): void {
    if (this.hardWeight > 0)
      for (const term of terms.requiredAffinity) addScore(scores, term, this.hardWeight, pod, namespaceLabels, labels);
    for (const term of terms.preferredAffinity) addScore(scores, term, term.weight, pod, namespaceLabels, labels);
    for (const term of terms.preferredAntiAffinity) addScore(scores, term, -term.weight, pod, namespaceLabels, labels);
  }

  score(state: CycleState, _pod: Pod, { node }: NodeInfo): number {
    const labels = nodeLabels(node);
    let score = 0;
    for (const [key, values] of state.read<ScoreMap>(SCORE_KEY) ?? []) {
      const value = labels[key];
      if (value !== undefined) score += values.get(value) ?? 0;
    }
    return score;
  }

  /** Min-max to 0..100 in floating point, then truncated. */
  normalizeScore(state: CycleState, _pod: Pod, scores: NodeScore[]): void {
    if ((state.read<ScoreMap>(SCORE_KEY)?.size ?? 0) === 0) return;
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (const { score } of scores) {
      if (score < min) min = score;
      if (score > max) max = score;
    }
    for (const entry of scores) entry.score = max > min ? Math.trunc(MAX_NODE_SCORE * ((entry.score - min) / (max - min))) : 0;
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: 'Pod',
        action: ADD | DELETE | UPDATE_POD_LABEL,
        hint: (pod, before, after) => afterPodChange(pod, before as Pod, after as Pod),
      },
      {
        resource: 'Node',
        action: ADD | UPDATE_NODE_LABEL,
        hint: (pod, before, after) => afterNodeChange(pod, before, after),
      },
    ];
  }
}

/** isSchedulableAfterPodChange. Namespace selectors are matched without labels, as upstream's hint does. */
function afterPodChange(pod: Pod, before: Pod | undefined, after: Pod | undefined): 'Queue' | 'QueueSkip' {
  const isUnplaced = (other: Pod | undefined): boolean => other !== undefined && (other.spec?.nodeName ?? '') === '';
  if (isUnplaced(before) || isUnplaced(after)) return 'QueueSkip';
  const { requiredAffinity: toward, requiredAntiAffinity: away } = podAffinityTerms(pod);
  if (after === undefined) return before !== undefined && matchesAllTerms(away, before) ? 'Queue' : 'QueueSkip';
  if (before === undefined) return matchesAllTerms(toward, after) ? 'Queue' : 'QueueSkip';
  const isCompany = !matchesAllTerms(toward, before) && matchesAllTerms(toward, after);
  return isCompany || (matchesAllTerms(away, before) && !matchesAllTerms(away, after)) ? 'Queue' : 'QueueSkip';
}

/** isSchedulableAfterNodeChange: a node that joined a domain of an affinity's key, left one of an anti-affinity's, or moved between two. */
function afterNodeChange(pod: Pod, before: KubeObject | undefined, after: KubeObject | undefined): 'Queue' | 'QueueSkip' {
  const now = (after?.metadata?.labels ?? {}) as LabelMap;
  const then = (before?.metadata?.labels ?? {}) as LabelMap;
  const { requiredAffinity, requiredAntiAffinity } = podAffinityTerms(pod);
  for (const { topologyKey: key } of requiredAffinity) if (now[key] !== undefined && now[key] !== then[key]) return 'Queue';
  if (before === undefined) return requiredAntiAffinity.length > 0 ? 'Queue' : 'QueueSkip';
  for (const { topologyKey: key } of requiredAntiAffinity) if (then[key] !== undefined && now[key] !== then[key]) return 'Queue';
  return 'QueueSkip';
}
