/** Metrics of `expect` about requests to Services, and about what containers use. */

import type { MetricInfo } from './condition.ts';

export const TRAFFIC_METRICS = {
  requests: { unit: 'requests', description: 'requests that clients sent to Services', byPhase: true },
  failedRequests: {
    unit: 'requests',
    description: 'requests to Services that were refused, found no endpoint or timed out',
    byPhase: true,
  },
  failedRequestShare: { unit: 'share', description: 'requests to Services that failed, of all sent', byPhase: true },
  slowRequests: { unit: 'requests', description: 'requests to Services that were answered too late to be called good', byPhase: true },
  slowRequestShare: { unit: 'share', description: 'requests to Services that were slow, of all sent', byPhase: true },
  requestLatencyP50: { unit: 'ms', description: 'answers of Services, median', byPhase: true },
  requestLatencyP95: { unit: 'ms', description: 'answers of Services, 95th percentile', byPhase: true },
  requestLatencyP99: { unit: 'ms', description: 'answers of Services, 99th percentile', byPhase: true },
  cpuUsed: { unit: 'share', description: 'CPU that containers with a `load` use, of what nodes can allocate, mean', byPhase: true },
  drainTime: { unit: 's', description: 'from the beginning of a drain until its nodes are empty, the slowest' },
  evictions: { unit: 'pods', description: 'pods that kubelets evicted for their nodes\u2019 sake' },
  probes: { unit: 'times', description: 'probes that kubelets made' },
  containerRestarts: { unit: 'times', description: 'containers that were started again' },
} as const satisfies Record<string, MetricInfo>;
