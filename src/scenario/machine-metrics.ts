/** The metrics of `expect` about nodes that come and go; nothing is measured without node groups. */

import type { MetricInfo } from './condition.ts';

export const MACHINE_METRICS = {
  nodeHours: { unit: 'h', description: 'machines there, those of node groups and those that stay, summed over the run' },
  nodeCost: { unit: 'money', description: 'what they cost at their prices an hour' },
  nodesMost: { unit: 'nodes', description: 'most machines there at once' },
  nodesAdded: { unit: 'nodes', description: 'machines ordered by the cluster autoscaler' },
  nodesRemoved: { unit: 'nodes', description: 'machines given back by the cluster autoscaler' },
  scaleUpTime: { unit: 's', description: 'from the order of a machine to its boot, the slowest' },
} as const satisfies Record<string, MetricInfo>;
