/** What a reader learns of a pod from a scheduler's journal: its way through the queues, its attempts, and for each attempt every node's verdict. */

import type { NodeClass, NodeVerdict } from './explain-decision.ts';
import type { ExplainMode, QueueName } from './explain-records.ts';

/** Instants are microseconds of simulated time. */
export interface QueueStep {
  readonly queue: QueueName;
  readonly at: number;
  /** Absent: it is still there at the end of the run. */
  readonly until?: number;
  /** What brought it here. */
  readonly event: string;
  /** Gated: the plugin and its words. Unschedulable: the plugins that rejected it. */
  readonly waitsFor?: string;
  readonly backoffUntil?: number;
}

/** The decision's table, evaluated anew on the cluster of that instant. */
export interface DecisionStory {
  readonly nodes: number;
  /** How many fitting nodes were enough (sampling). */
  readonly wanted: number;
  readonly classes: readonly NodeClass[];
  /** Every node's own row, in the order of the search's list. */
  readonly verdicts: readonly NodeVerdict[];
  /** PreFilter rejected the pod as a whole. */
  readonly preFilter?: { readonly plugin?: string; readonly reasons: readonly string[] };
  /** Names at the top, sorted: the draw picks among them. */
  readonly best: readonly string[];
  readonly total?: number;
  readonly runnerUp?: { readonly node: string; readonly total: number; readonly behind: number };
  /** Plugins that had nothing to say of this pod. */
  readonly skippedFilters: readonly string[];
  readonly skippedScores: readonly string[];
  /** The evaluation came to something else than the run did: a fault of this program, or a plugin with a memory of its own. */
  readonly disagreement?: string;
}

export interface AttemptStory {
  readonly number: number;
  readonly at: number;
  /** What the attempt took of the scheduling thread, microseconds. */
  readonly cost: number;
  readonly result: 'scheduled' | 'unschedulable' | 'error';
  /** Where in the list of nodes the search began, how many were looked at, how many fit. */
  readonly start: number;
  readonly evaluated: number;
  readonly feasible: number;
  /** status.nominatedNodeName: was looked at first. */
  readonly nominated?: string;
  readonly node?: string;
  readonly tied?: number;
  readonly draw?: number;
  readonly message?: string;
  readonly plugins?: readonly string[];
  readonly preemption?: { readonly node: string; readonly victims: readonly string[] };
  readonly boundAt?: number;
  readonly undone?: { readonly at: number; readonly why: string };
  readonly notes?: readonly { readonly at: number; readonly text: string }[];
  readonly decision?: DecisionStory;
  /** Why there is no table: a plugin could not be asked again. */
  readonly trouble?: string;
}

export interface PodStory {
  /** namespace/name. */
  readonly pod: string;
  readonly uid: string;
  readonly scheduler: string;
  readonly mode: ExplainMode;
  readonly queue: readonly QueueStep[];
  readonly attempts: readonly AttemptStory[];
  /** Where it is when the run ends, or was until it finished or was deleted. */
  readonly node?: string;
  readonly placedAt?: number;
  readonly goneAt?: number;
  /** Places that were found and given back, where the attempts that found them were not kept. */
  readonly undone?: readonly { readonly at: number; readonly why: string }[];
}
