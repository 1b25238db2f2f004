/** `drain`: nodes are cordoned, and their pods evicted as disruption budgets allow, as `kubectl drain` does. */

import type { Duration, Instant, Stream } from '#sim';
import type { TopologyNode } from '../fault.ts';
import { type NodeSelection, nodeSelectionFields, nodeSelectionMistake, selectNodes } from '../faults/node-selection.ts';
import { count, duration, fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import type { WorkloadEntry, WorkloadKind } from '../workload.ts';

interface DrainSpec extends NodeSelection {
  readonly at: string;
  readonly nodesAtOnce?: number;
  readonly gracePeriod?: string;
  readonly uncordonAfter?: string;
}

/** A drain with its nodes, complete. */
export interface DrainPlan {
  readonly at: Instant;
  readonly nodes: readonly string[];
  readonly nodesAtOnce: number;
  /** undefined: the pods' own. */
  readonly gracePeriodSeconds: number | undefined;
  /** After the last node is empty; undefined: they stay cordoned. */
  readonly uncordonAfter: Duration | undefined;
}

export const drain: WorkloadKind<DrainSpec> = {
  name: 'drain',
  schema: fields(
    'nodes are cordoned and emptied through the eviction API',
    {
      at: duration('when'),
      ...nodeSelectionFields,
      nodesAtOnce: count('how many are emptied at a time; all are cordoned first (default 1, as kubectl does)', 1),
      gracePeriod: duration('instead of the pods\u2019 own'),
      uncordonAfter: duration('so long after all are empty they take pods again (default: never)'),
    },
    ['at'],
  ),
  requests: () => [],
};

export const isDrain = ({ kind }: WorkloadEntry): boolean => kind === drain.name;

/** What is wrong with an entry once the nodes are known; undefined when nothing is. */
export const drainMistake = (written: unknown, nodes: readonly TopologyNode[]): string | undefined =>
  nodeSelectionMistake(written as DrainSpec, { nodes } as never);

export function drainPlan(written: unknown, nodes: readonly TopologyNode[], stream: Stream): DrainPlan {
  const spec = written as DrainSpec;
  return {
    at: parseDuration(spec.at) ?? 0,
    nodes: selectNodes(spec, { nodes } as never, stream).map(({ name }) => name),
    nodesAtOnce: spec.nodesAtOnce ?? 1,
    gracePeriodSeconds: spec.gracePeriod === undefined ? undefined : Math.round((parseDuration(spec.gracePeriod) ?? 0) / 1e6),
    uncordonAfter: spec.uncordonAfter === undefined ? undefined : (parseDuration(spec.uncordonAfter) ?? 0),
  };
}
