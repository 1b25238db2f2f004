/** The metrics that `expect` knows. What they are measured from is the experiment's business (src/experiment/measures.ts). */

import type { MetricInfo } from './condition.ts';
import { CONTROL_PLANE_METRICS } from './control-plane-metrics.ts';
import { MACHINE_METRICS } from './machine-metrics.ts';
import { TRAFFIC_METRICS } from './traffic-metrics.ts';

export const METRICS = {
  ...CONTROL_PLANE_METRICS,
  ...TRAFFIC_METRICS,
  ...MACHINE_METRICS,
  podsScheduled: { unit: 'share', description: 'pods bound to a node, of all pods created' },
  podsRunning: { unit: 'pods', description: 'pods in phase Running at the end' },
  podsPending: { unit: 'pods', description: 'pods without a node at the end' },
  submissionToBindingP50: { unit: 'ms', description: 'from a pod seen in the API to its nodeName seen, median', byPhase: true },
  submissionToBindingP95: { unit: 'ms', description: 'from a pod seen in the API to its nodeName seen, 95th percentile', byPhase: true },
  submissionToBindingP99: { unit: 'ms', description: 'from a pod seen in the API to its nodeName seen, 99th percentile', byPhase: true },
  schedulingThroughput: { unit: '/s', description: 'pods bound a second in the busiest time bucket' },
  apiLatencyP50: { unit: 'ms', description: 'API requests without watches, at the server, median' },
  apiLatencyP95: { unit: 'ms', description: 'API requests without watches, at the server, 95th percentile' },
  apiLatencyP99: { unit: 'ms', description: 'API requests without watches, at the server, 99th percentile' },
  apiWritesPerSecond: { unit: '/s', description: 'mutating requests a second' },
  apiReadsPerSecond: { unit: '/s', description: 'gets, lists and watches a second' },
  podStartP50: { unit: 's', description: 'from a pod seen in the API to all its containers ready, images pulled, median', byPhase: true },
  podStartP95: {
    unit: 's',
    description: 'from a pod seen in the API to all its containers ready, images pulled, 95th percentile',
    byPhase: true,
  },
  nodeLossNoticed: { unit: 's', description: 'from a node lost to its Ready condition Unknown, the slowest node' },
  nodeLossNoticedP50: { unit: 's', description: 'from a node lost to its Ready condition Unknown, median' },
  podsBack: { unit: 's', description: 'from the first node lost until as many controlled pods run on live nodes as before' },
  etcdBytes: { unit: 'bytes', description: 'size of the etcd database, the largest member, at its largest' },
  autoscaling: { unit: 's', description: 'from a rise of the load until the last pod that was made since is ready, the slowest rise' },
  nodesReady: { unit: 'nodes', description: 'nodes Ready at the end' },
} as const satisfies Record<string, MetricInfo>;

export type MetricName = keyof typeof METRICS;
