/** How many fitting nodes are enough. Mirrors pkg/scheduler/schedule_one.go v1.34 (numFeasibleNodesToFind). Integers throughout. */

/** minFeasibleNodesToFind: below this, every node is looked at. */
const MIN_NODES = 100;
/** minFeasibleNodesPercentageToFind. */
const MIN_PERCENTAGE = 5;

/** `percentage` 0 adapts: 50 % minus one for every 125 nodes, at least 5 %. */
export function feasibleNodesToFind(nodes: number, percentage: number): number {
  if (nodes < MIN_NODES) return nodes;
  const share = percentage === 0 ? Math.max(50 - Math.trunc(nodes / 125), MIN_PERCENTAGE) : percentage;
  return Math.max(Math.trunc((nodes * share) / 100), MIN_NODES);
}
