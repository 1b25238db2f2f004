/** One decision over all nodes, plugin by plugin, nothing left out: what `explain`, the conformance command and the tests compare the fast cycle with.
 *  Mirrors pkg/scheduler/schedule_one.go v1.34 (findNodesThatFitPod, prioritizeNodes) without sampling. */

import type { Pod } from '#api';
import { filterError } from './attempt-error.ts';
import { CycleState, type Handle, type NodeStatuses } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import { filterWithNominated } from './object-handle.ts';
import type { PluginScores, Profile } from './profile.ts';
import { isRejected, type Status, unresolvable } from './status.ts';

export interface Evaluation {
  readonly state: CycleState;
  /** PreFilter rejected the pod as a whole. */
  readonly preFilter?: Status;
  /** Nodes that PreFilter left, when it narrowed them. */
  readonly preFilterNodes?: ReadonlySet<string>;
  readonly statuses: NodeStatuses;
  readonly feasible: readonly NodeInfo[];
  readonly scores: readonly PluginScores[];
  /** Weighted sums, aligned with `feasible`. */
  readonly totals: readonly number[];
  /** Names at the top, sorted. */
  readonly best: readonly string[];
}

/** Filter verdicts in the given order of nodes, until one more than `wanted` fits: that one is not kept, but nodes rejected on the way to it are,
 *  as upstream's workers go on until they are cancelled (with one worker). An error of a plugin is thrown. */
export function filterNodes(
  profile: Profile,
  state: CycleState,
  pod: Pod,
  nodes: readonly NodeInfo[],
  start: number,
  wanted: number,
  handle: Handle,
): { feasible: NodeInfo[]; rejected: Map<string, Status> } {
  const feasible: NodeInfo[] = [];
  const rejected = new Map<string, Status>();
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[(start + i) % nodes.length] as NodeInfo;
    const status = filterWithNominated(profile, handle, state, pod, node);
    if (status === undefined) {
      if (feasible.length === wanted) break;
      feasible.push(node);
    } else if (isRejected(status)) rejected.set(node.name, status);
    else throw filterError(status);
  }
  return { feasible, rejected };
}

/** The nodes that PreFilter leaves to be looked at, and what the others are told. */
export function narrowNodes(
  names: ReadonlySet<string> | undefined,
  narrowedBy: ReadonlySet<string>,
  handle: Handle,
): { nodes: readonly NodeInfo[]; absent: Status | undefined } {
  if (names === undefined) return { nodes: handle.snapshot.nodes, absent: undefined };
  return {
    nodes: handle.snapshot.nodes.filter((node) => names.has(node.name)),
    absent: unresolvable(`node(s) didn't satisfy plugin(s) [${[...narrowedBy].sort().join(' ')}]`),
  };
}

export function totalScores(scores: readonly PluginScores[], count: number): number[] {
  const totals = new Array<number>(count).fill(0);
  for (const { weight, scores: ofPlugin } of scores) {
    for (let i = 0; i < count; i++) totals[i] = (totals[i] as number) + weight * (ofPlugin[i]?.score ?? 0);
  }
  return totals;
}

export function bestNodes(nodes: readonly NodeInfo[], totals: readonly number[]): string[] {
  let top = Number.NEGATIVE_INFINITY;
  for (const total of totals) if (total > top) top = total;
  return nodes
    .filter((_, i) => totals[i] === top)
    .map((node) => node.name)
    .sort();
}

export function evaluateAll(profile: Profile, pod: Pod, handle: Handle): Evaluation {
  const state = new CycleState();
  const { nodeNames, status, narrowedBy } = profile.runPreFilter(state, pod, handle);
  if (status !== undefined) {
    return { state, preFilter: status, statuses: { byNode: new Map(), absent: status }, feasible: [], scores: [], totals: [], best: [] };
  }
  const { nodes, absent } = narrowNodes(nodeNames, narrowedBy, handle);
  const { feasible, rejected } = filterNodes(profile, state, pod, nodes, 0, nodes.length, handle);
  const scores = feasible.length === 0 ? [] : profile.runScore(state, pod, feasible, handle);
  const totals = totalScores(scores, feasible.length);
  return {
    state,
    preFilterNodes: nodeNames,
    statuses: { byNode: rejected, absent },
    feasible,
    scores,
    totals,
    best: bestNodes(feasible, totals),
  };
}
