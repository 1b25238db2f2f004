/** Metrics of `expect` about the control plane under load: what the clients of `apiLoad` see, and how etcd fares. */

import type { MetricInfo } from './condition.ts';

export const CONTROL_PLANE_METRICS = {
  loadLatencyP50: { unit: 'ms', description: 'requests of apiLoad as its clients see them, retries included, median', byPhase: true },
  loadLatencyP95: { unit: 'ms', description: 'requests of apiLoad as its clients see them, 95th percentile', byPhase: true },
  loadLatencyP99: { unit: 'ms', description: 'requests of apiLoad as its clients see them, 99th percentile', byPhase: true },
  loadLatencyMax: { unit: 'ms', description: 'requests of apiLoad as its clients see them, the slowest', byPhase: true },
  loadAnswered: { unit: '/s', description: 'requests of apiLoad answered well, of those sent in the phase, a second of it', byPhase: true },
  loadFailed: { unit: 'share', description: 'requests of apiLoad that failed or were given up, of all that ended', byPhase: true },
  loadUnanswered: { unit: 'share', description: 'requests of apiLoad that were still open at the end, of all sent', byPhase: true },
  watchLatencyP50: { unit: 'ms', description: 'from a write of apiLoad sent to a watcher told, median', byPhase: true },
  watchLatencyP99: { unit: 'ms', description: 'from a write of apiLoad sent to a watcher told, 99th percentile', byPhase: true },
  watchersEnded: { unit: 'times', description: 'watches that API servers ended because their readers were too slow' },
  throttled: { unit: '/s', description: 'answers 429 of the API servers a second, mean over the run' },
  serverErrors: { unit: '/s', description: 'answers 500 and above of the API servers a second, mean over the run' },
  etcdFsyncP99: { unit: 'ms', description: 'fsync of etcd members, 99th percentile' },
  etcdElections: { unit: 'times', description: 'leaders that etcd groups elected after their first' },
  restoreTime: {
    unit: 's',
    description:
      "from the loss of etcd's disks until apiLoad is answered again: the last bucket with no answer or more than 1 % failures ends (RTO)",
  },
  restoreLost: { unit: 's', description: "how much time's writes a restored backup lacks (RPO)" },
  etcdAlarms: { unit: 'times', description: 'NOSPACE and CORRUPT alarms raised' },
} as const satisfies Record<string, MetricInfo>;
