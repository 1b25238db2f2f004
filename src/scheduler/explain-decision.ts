/** A decision taken apart: what each plugin said of each node, and nodes that hear the same gathered into classes. Plugins are called one by one, as
 *  pkg/scheduler/schedule_one.go v1.34 does (findNodesThatFitPod, prioritizeNodes); no column stands in for them. */

import type { Pod } from '#api';
import { AttemptError } from './attempt-error.ts';
import { bestNodes, filterNodes, narrowNodes, totalScores } from './evaluate-all.ts';
import { extenderScores, type KeptAnswer, removeByExtenders } from './explain-extenders.ts';
import { CycleState, type Handle, type NodeStatuses, type ScorePlugin } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { Profile } from './profile.ts';
import { feasibleNodesToFind } from './sampling.ts';
import type { Status } from './status.ts';

/** Where the search began and how far it went. */
export interface Search {
  readonly start: number;
  /** percentageOfNodesToScore; 100 looks at every node. */
  readonly percentage: number;
  /** status.nominatedNodeName: looked at first, alone. */
  readonly nominated?: string;
  readonly extenders?: readonly KeptAnswer[];
}

export interface PluginScore {
  readonly plugin: string;
  readonly weight: number;
  /** As the plugin gave it, and after normalization (0..100). */
  readonly raw: number;
  readonly score: number;
}

/** What one node came to. */
export interface NodeVerdict {
  readonly node: string;
  readonly verdict: 'fits' | 'rejected' | 'not looked at';
  /** Who rejected it, and why; absent for nodes that PreFilter left out. */
  readonly plugin?: string;
  readonly code?: string;
  readonly reasons?: readonly string[];
  readonly scores?: readonly PluginScore[];
  readonly total?: number;
}

export interface ExplainedDecision {
  readonly state: CycleState;
  readonly nodes: readonly NodeVerdict[];
  readonly statuses: NodeStatuses;
  /** PreFilter rejected the pod as a whole. */
  readonly preFilter?: Status;
  readonly evaluated: number;
  readonly feasible: number;
  /** How many fitting nodes were enough. */
  readonly wanted: number;
  /** Names at the top, sorted. */
  readonly best: readonly string[];
  /** Plugins that had nothing to say of this pod. */
  readonly skippedFilters: readonly string[];
  readonly skippedScores: readonly string[];
}

interface Scored {
  readonly plugin: string;
  readonly weight: number;
  readonly raw: readonly number[];
  readonly scores: readonly { readonly score: number }[];
}

/** Score and NormalizeScore with the raw scores kept. */
function scoresOf(profile: Profile, state: CycleState, pod: Pod, nodes: readonly NodeInfo[], handle: Handle): Scored[] {
  profile.runPreScores(profile.preScore, state, pod, nodes, handle);
  return profile.score.flatMap(({ plugin, weight }) => {
    let raw: number[] = [];
    const observed: ScorePlugin = {
      name: plugin.name,
      score: (...args) => plugin.score(...args),
      normalizeScore: (of, incoming, scores, within) => {
        raw = scores.map(({ score }) => score);
        plugin.normalizeScore?.(of, incoming, scores, within);
      },
    };
    return profile
      .runScores([{ plugin: observed, weight }], state, pod, nodes, handle)
      .map(({ scores }) => ({ plugin: plugin.name, weight, raw, scores }));
  });
}

/** A node that is alone is taken without being scored: an error there would never have come up. */
function scoresOrNone(...asked: Parameters<typeof scoresOf>): Scored[] {
  try {
    return scoresOf(...asked);
  } catch (error) {
    if (error instanceof AttemptError && asked[3].length === 1) return [];
    throw error;
  }
}

const rejectedVerdict = (node: string, { plugin, code, reasons }: Status): NodeVerdict => ({
  node,
  verdict: 'rejected',
  ...(plugin === undefined ? {} : { plugin }),
  code,
  reasons,
});

/** Runs the plugins over the cluster as `handle` shows it. */
export function explainDecision(profile: Profile, handle: Handle, pod: Pod, search: Search): ExplainedDecision {
  const state = new CycleState();
  const all = handle.snapshot.nodes;
  const { nodeNames, status, narrowedBy } = profile.runPreFilter(state, pod, handle);
  const skippedFilters = profile.filter.filter((plugin) => state.skipFilter.has(plugin.name)).map((plugin) => plugin.name);
  if (status !== undefined) {
    const nodes = all.map((node) => rejectedVerdict(node.name, status));
    const statuses = { byNode: new Map(), absent: status };
    const none = { evaluated: 0, feasible: 0, wanted: 0, best: [], skippedScores: [] };
    return { state, nodes, statuses, preFilter: status, ...none, skippedFilters };
  }
  const { nodes: left, absent } = narrowNodes(nodeNames, narrowedBy, handle);
  const wanted = feasibleNodesToFind(left.length, search.percentage);
  const promised = search.nominated === undefined || search.nominated === '' ? [] : left.filter((node) => node.name === search.nominated);
  let found = filterNodes(profile, state, pod, promised, 0, 1, handle);
  let evaluated = 0;
  if (found.feasible.length === 0) {
    found = filterNodes(profile, state, pod, left, search.start % Math.max(left.length, 1), wanted, handle);
    evaluated = found.feasible.length + found.rejected.size;
  }
  const { feasible, rejected } = found;
  const takers = removeByExtenders(search.extenders ?? [], feasible, rejected);
  const byPlugins = feasible.length === 0 ? [] : scoresOrNone(profile, state, pod, feasible, handle);
  const scored = [...byPlugins, ...extenderScores(search.extenders ?? [], feasible)];
  const totals = totalScores(scored as never, feasible.length);
  const place = new Map(feasible.map((node, i) => [node.name, i]));
  const isLeft = absent === undefined ? undefined : new Set(left.map((node) => node.name));
  const verdictOf = ({ name }: NodeInfo): NodeVerdict => {
    const at = place.get(name);
    if (at !== undefined) {
      const scores = scored.map(({ plugin, weight, raw, scores: ofPlugin }) => ({
        plugin,
        weight,
        raw: raw[at] as number,
        score: ofPlugin[at]?.score as number,
      }));
      return { node: name, verdict: 'fits', scores, total: totals[at] as number };
    }
    const taker = takers.get(name);
    if (taker !== undefined) return rejectedVerdict(name, { code: 'Unschedulable', reasons: [], ...rejected.get(name), plugin: taker });
    const why = rejected.get(name) ?? (isLeft?.has(name) === false ? absent : undefined);
    return why === undefined ? { node: name, verdict: 'not looked at' } : rejectedVerdict(name, why);
  };
  return {
    state,
    nodes: all.map(verdictOf),
    statuses: { byNode: rejected, absent },
    evaluated,
    feasible: feasible.length,
    wanted,
    best: bestNodes(feasible, totals),
    skippedFilters,
    skippedScores: profile.score.filter(({ plugin }) => state.skipScore.has(plugin.name)).map(({ plugin }) => plugin.name),
  };
}

/** Nodes that heard the same. */
export interface NodeClass extends Omit<NodeVerdict, 'node'> {
  readonly nodes: readonly string[];
}

const rank = ({ verdict, total }: Omit<NodeVerdict, 'node'>): number =>
  verdict === 'fits' ? (total ?? 0) : verdict === 'rejected' ? -1 : -2;

/** The best first; among the rejected the largest class first. Names in the order of the search. */
export function nodeClasses(verdicts: readonly NodeVerdict[]): NodeClass[] {
  const classes = new Map<string, { readonly of: NodeVerdict; readonly nodes: string[] }>();
  for (const verdict of verdicts) {
    const { plugin = '', code = '', reasons = [], scores = [] } = verdict;
    const key = `${verdict.verdict}|${plugin}|${code}|${reasons.join('|')}|${scores.map(({ raw, score }) => `${raw}>${score}`).join(' ')}`;
    const found = classes.get(key);
    if (found === undefined) classes.set(key, { of: verdict, nodes: [verdict.node] });
    else found.nodes.push(verdict.node);
  }
  return [...classes.values()]
    .map(({ of: { node: _node, ...shared }, nodes }) => ({ ...shared, nodes }))
    .sort((a, b) => rank(b) - rank(a) || b.nodes.length - a.nodes.length);
}
