/** Spreads pods over topology domains. Mirrors kube-scheduler v1.34 plugins/podtopologyspread (common.go, filtering.go, scoring.go). */

import type { Node, Pod } from '#api';
import { matchesSelector } from '#api';
import { defaultSpreadSelector } from '../default-spread-selector.ts';
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
import { HOSTNAME_LABEL, isTerminating, nodeLabels, podLabels, podNamespace } from '../pod-fields.ts';
import type { PodInfo } from '../pod-info.ts';
import {
  ADD,
  DELETE,
  type EventRegistration,
  UPDATE_NODE_LABEL,
  UPDATE_NODE_TAINT,
  UPDATE_POD_LABEL,
  UPDATE_POD_TOLERATION,
} from '../queueing-events.ts';
import {
  allowsNode,
  hasAllKeys,
  readConstraints,
  type SpreadConstraint,
  type SpreadConstraintSpec,
  SYSTEM_DEFAULTS,
} from '../spread-constraints.ts';
import { CriticalPaths } from '../spread-critical-paths.ts';
import { afterNodeChange, afterPodChange } from '../spread-hints.ts';
import { SKIP, type Status, unresolvable, unschedulable } from '../status.ts';

export interface PodTopologySpreadArgs {
  readonly defaultConstraints?: readonly SpreadConstraintSpec[];
  readonly defaultingType?: 'System' | 'List';
}

const REJECTED = unschedulable("node(s) didn't match pod topology spread constraints");
const LABEL_MISSING = unresolvable("node(s) didn't match pod topology spread constraints (missing required label)");

/** countPodsMatchSelector: pods of one namespace that are not terminating; an empty selector counts none. */
export function countMatching(pods: readonly PodInfo[], constraint: SpreadConstraint, namespace: string): number {
  const { selector } = constraint;
  if (selector === undefined || selector.length === 0) return 0;
  let count = 0;
  for (const { pod } of pods) {
    if (!isTerminating(pod) && podNamespace(pod) === namespace && matchesSelector(selector, podLabels(pod))) count++;
  }
  return count;
}

class FilterState {
  readonly constraints: readonly SpreadConstraint[];
  readonly counts: readonly Map<string, number>[];
  readonly paths: readonly CriticalPaths[];

  constructor(constraints: readonly SpreadConstraint[], counts: readonly Map<string, number>[], paths?: readonly CriticalPaths[]) {
    this.constraints = constraints;
    this.counts = counts;
    this.paths = paths ?? counts.map((values) => new CriticalPaths(values));
  }

  clone(): FilterState {
    return new FilterState(
      this.constraints,
      this.counts.map((values) => new Map(values)),
      this.paths.map((path) => path.clone()),
    );
  }
}

interface ScoreState {
  readonly constraints: readonly SpreadConstraint[];
  readonly ignored: ReadonlySet<string>;
  readonly counts: readonly Map<string, number>[];
  readonly weights: readonly number[];
}

const FILTER_KEY = 'PreFilterPodTopologySpread';
const SCORE_KEY = 'PreScorePodTopologySpread';

export class PodTopologySpread implements PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin, EnqueueExtensions {
  readonly name = 'PodTopologySpread';
  readonly defaults: readonly SpreadConstraintSpec[];
  readonly isSystemDefaulted: boolean;
  #handle: Handle | undefined;

  constructor(args: PodTopologySpreadArgs = {}) {
    this.isSystemDefaulted = (args.defaultingType ?? 'System') === 'System';
    this.defaults = this.isSystemDefaulted ? SYSTEM_DEFAULTS : (args.defaultConstraints ?? []);
  }

  /** The pod's own constraints of one kind, or the profile's for pods that something selects. */
  constraintsOf(pod: Pod, action: 'DoNotSchedule' | 'ScheduleAnyway', handle: Handle): readonly SpreadConstraint[] {
    const own = (pod.spec?.topologySpreadConstraints ?? []) as readonly SpreadConstraintSpec[];
    if (own.length > 0) return readConstraints(own, podLabels(pod), action);
    const defaults = readConstraints(this.defaults, podLabels(pod), action);
    if (defaults.length === 0) return defaults;
    const selector = defaultSpreadSelector(pod, handle);
    return selector === undefined || selector.length === 0 ? [] : defaults.map((constraint) => ({ ...constraint, selector }));
  }

  /** Whether nodes must carry every topology key to be scored: not under the system's own defaults. */
  requiresAllKeys(pod: Pod): boolean {
    return (pod.spec?.topologySpreadConstraints ?? []).length > 0 || !this.isSystemDefaulted;
  }

  preFilter(state: CycleState, pod: Pod, handle: Handle): PreFilterResult | undefined {
    const constraints = this.constraintsOf(pod, 'DoNotSchedule', handle);
    if (constraints.length === 0) return { status: SKIP };
    const counts = constraints.map(() => new Map<string, number>());
    const namespace = podNamespace(pod);
    for (const info of handle.snapshot.nodes) {
      const labels = nodeLabels(info.node);
      if (!hasAllKeys(labels, constraints)) continue;
      for (let i = 0; i < constraints.length; i++) {
        const constraint = constraints[i] as SpreadConstraint;
        if (!allowsNode(constraint, pod, info.node)) continue;
        const values = counts[i] as Map<string, number>;
        const value = labels[constraint.topologyKey] as string;
        values.set(value, (values.get(value) ?? 0) + countMatching(info.pods, constraint, namespace));
      }
    }
    state.write(FILTER_KEY, new FilterState(constraints, counts));
    return undefined;
  }

  addPod(state: CycleState, pod: Pod, added: PodInfo, node: NodeInfo): void {
    this.#update(state, pod, added.pod, node, 1);
  }

  removePod(state: CycleState, pod: Pod, removed: PodInfo, node: NodeInfo): void {
    this.#update(state, pod, removed.pod, node, -1);
  }

  #update(state: CycleState, pod: Pod, changed: Pod, { node }: NodeInfo, delta: number): void {
    const filterState = state.read<FilterState>(FILTER_KEY);
    if (filterState === undefined || podNamespace(changed) !== podNamespace(pod)) return;
    const labels = nodeLabels(node);
    if (!hasAllKeys(labels, filterState.constraints)) return;
    for (let i = 0; i < filterState.constraints.length; i++) {
      const constraint = filterState.constraints[i] as SpreadConstraint;
      if (constraint.selector === undefined || !matchesSelector(constraint.selector, podLabels(changed))) continue;
      if (!allowsNode(constraint, pod, node)) continue;
      const values = filterState.counts[i] as Map<string, number>;
      const value = labels[constraint.topologyKey] as string;
      const count = (values.get(value) ?? 0) + delta;
      values.set(value, count);
      (filterState.paths[i] as CriticalPaths).update(value, count);
    }
  }

  filter(state: CycleState, pod: Pod, { node }: NodeInfo): Status | undefined {
    const filterState = state.read<FilterState>(FILTER_KEY);
    if (filterState === undefined) return undefined;
    const labels = nodeLabels(node);
    for (let i = 0; i < filterState.constraints.length; i++) {
      const constraint = filterState.constraints[i] as SpreadConstraint;
      const value = labels[constraint.topologyKey];
      if (value === undefined) return LABEL_MISSING;
      const values = filterState.counts[i] as Map<string, number>;
      const minimum = values.size < constraint.minDomains ? 0 : (filterState.paths[i] as CriticalPaths).minimum;
      const isSelf = constraint.selector !== undefined && matchesSelector(constraint.selector, podLabels(pod)) ? 1 : 0;
      if ((values.get(value) ?? 0) + isSelf - minimum > constraint.maxSkew) return REJECTED;
    }
    return undefined;
  }

  preScore(state: CycleState, pod: Pod, nodes: readonly NodeInfo[], handle: Handle): Status | undefined {
    const constraints = this.constraintsOf(pod, 'ScheduleAnyway', handle);
    if (constraints.length === 0) return SKIP;
    const allKeys = this.requiresAllKeys(pod);
    const ignored = new Set<string>();
    const counts = constraints.map(() => new Map<string, number>());
    for (const info of nodes) {
      const labels = nodeLabels(info.node);
      if (allKeys && !hasAllKeys(labels, constraints)) {
        ignored.add(info.name);
        continue;
      }
      for (let i = 0; i < constraints.length; i++) {
        const { topologyKey } = constraints[i] as SpreadConstraint;
        // Hosts are counted when scored.
        if (topologyKey !== HOSTNAME_LABEL) (counts[i] as Map<string, number>).set(labels[topologyKey] ?? '', 0);
      }
    }
    const weights = constraints.map(({ topologyKey }, i) =>
      Math.log((topologyKey === HOSTNAME_LABEL ? nodes.length - ignored.size : (counts[i] as Map<string, number>).size) + 2),
    );
    const namespace = podNamespace(pod);
    for (const info of handle.snapshot.nodes) {
      const labels = nodeLabels(info.node);
      if (allKeys && !hasAllKeys(labels, constraints)) continue;
      for (let i = 0; i < constraints.length; i++) {
        const constraint = constraints[i] as SpreadConstraint;
        const values = counts[i] as Map<string, number>;
        const value = labels[constraint.topologyKey] ?? '';
        const count = values.get(value);
        if (count === undefined || !allowsNode(constraint, pod, info.node)) continue;
        values.set(value, count + countMatching(info.pods, constraint, namespace));
      }
    }
    const scoreState: ScoreState = { constraints, ignored, counts, weights };
    state.write(SCORE_KEY, scoreState);
    return undefined;
  }

  score(state: CycleState, pod: Pod, info: NodeInfo): number {
    const scoreState = state.read<ScoreState>(SCORE_KEY);
    if (scoreState === undefined || scoreState.ignored.has(info.name)) return 0;
    const labels = nodeLabels(info.node);
    let score = 0;
    for (let i = 0; i < scoreState.constraints.length; i++) {
      const constraint = scoreState.constraints[i] as SpreadConstraint;
      const value = labels[constraint.topologyKey];
      if (value === undefined) continue;
      const count =
        constraint.topologyKey === HOSTNAME_LABEL
          ? countMatching(info.pods, constraint, podNamespace(pod))
          : ((scoreState.counts[i] as Map<string, number>).get(value) ?? 0);
      score += count * (scoreState.weights[i] as number) + (constraint.maxSkew - 1);
    }
    return Math.round(score);
  }

  /** Fewer pods are better: 100 * (max + min - score) / max. */
  normalizeScore(state: CycleState, _pod: Pod, scores: NodeScore[]): void {
    const scoreState = state.read<ScoreState>(SCORE_KEY);
    if (scoreState === undefined) return;
    let min = Number.MAX_SAFE_INTEGER;
    let max = 0;
    for (const { name, score } of scores) {
      if (scoreState.ignored.has(name)) continue;
      if (score < min) min = score;
      if (score > max) max = score;
    }
    for (const entry of scores) {
      if (scoreState.ignored.has(entry.name)) entry.score = 0;
      else entry.score = max === 0 ? MAX_NODE_SCORE : Math.trunc((MAX_NODE_SCORE * (max + min - entry.score)) / max);
    }
  }

  attach(handle: Handle): void {
    this.#handle = handle;
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: 'Pod',
        action: ADD | DELETE | UPDATE_POD_LABEL | UPDATE_POD_TOLERATION,
        hint: (pod, before, after) => afterPodChange(pod, before as Pod, after as Pod, this.#hard(pod)),
      },
      {
        resource: 'Node',
        action: ADD | DELETE | UPDATE_NODE_LABEL | UPDATE_NODE_TAINT,
        hint: (pod, before, after) => afterNodeChange(before as Node, after as Node, this.#hard(pod)),
      },
    ];
  }

  #hard(pod: Pod): readonly SpreadConstraint[] {
    if (this.#handle !== undefined) return this.constraintsOf(pod, 'DoNotSchedule', this.#handle);
    return readConstraints((pod.spec?.topologySpreadConstraints ?? []) as readonly SpreadConstraintSpec[], podLabels(pod), 'DoNotSchedule');
  }
}
