/** Which group grows when several could help. Mirrors kubernetes/autoscaler cluster-autoscaler 1.34 expander/{leastwaste,mostpods,priority,price,random}.
 *  Departures: 'price' weighs a group's cost against what the helped pods would cost alone, without upstream's preference for a size of machine that suits the
 *  cluster; 'priority' takes a number from the group, not regular expressions from a ConfigMap. */

import type { NodeInfo, PodInfo } from '#scheduler';
import type { NodeGroupPlan } from './machines.ts';

export const EXPANDERS = ['least-waste', 'most-pods', 'priority', 'price', 'random'] as const;
export type Expander = (typeof EXPANDERS)[number];

/** A group that could grow by so many nodes for these pods. */
export interface Option {
  readonly plan: NodeGroupPlan;
  readonly template: NodeInfo;
  readonly nodes: number;
  readonly pods: readonly PodInfo[];
}

const sum = (pods: readonly PodInfo[], resource: 'cpu' | 'memory'): number =>
  pods.reduce((total, { usage }) => total + ((usage.requests as Readonly<Record<string, number>>)[resource] ?? 0), 0);

/** Share of CPU and of memory that would lie idle, added up. */
function waste({ template, nodes, pods }: Option): number {
  const has = nodes * template.allocatable.milliCpu;
  const hasMemory = nodes * template.allocatable.memory;
  return (has === 0 ? 0 : (has - sum(pods, 'cpu')) / has) + (hasMemory === 0 ? 0 : (hasMemory - sum(pods, 'memory')) / hasMemory);
}

/** What a pod is worth an hour: upstream's model (GCE's custom machines). */
const CPU_HOUR = 0.033174;
const GIB_HOUR = 0.004446;
const GIB = 1024 * 1024 * 1024;
/** Keeps small helps from looking dear (priceStabilizationPod: half a core, 500 MiB). */
const STABILISER = 0.5 * CPU_HOUR + (500 / 1024) * GIB_HOUR;

function relativePrice({ plan, nodes, pods }: Option): number {
  const worth = (sum(pods, 'cpu') / 1000) * CPU_HOUR + (sum(pods, 'memory') / GIB) * GIB_HOUR;
  return (nodes * plan.price + STABILISER) / (worth + STABILISER);
}

/** Less is better. */
const SCORES: Readonly<Record<Expander, (option: Option) => number>> = {
  'least-waste': waste,
  'most-pods': ({ pods }) => -pods.length,
  priority: ({ plan }) => -plan.priority,
  price: relativePrice,
  random: () => 0,
};

/** The best by the expanders in turn; what ties after the last is drawn. */
export function bestOption(options: readonly Option[], expanders: readonly Expander[], draw: () => number): Option | undefined {
  let left = options;
  for (const expander of expanders) {
    const scores = left.map(SCORES[expander]);
    const least = Math.min(...scores);
    left = left.filter((_, i) => (scores[i] as number) <= least);
  }
  return left.length < 2 ? left[0] : left[Math.min(left.length - 1, Math.floor(draw() * left.length))];
}
