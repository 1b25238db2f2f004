/** A result as a run of 500 nodes and 15,000 pods would leave it, made by hand: for tests of what is drawn from results. */

import type { Distribution, Result, Series } from '#experiment';

const bucketSeconds = 10;
const buckets = 180;
const times = Array.from({ length: buckets }, (_, i) => i * bucketSeconds);
/** A repeatable wobble in -1..1. */
const wobble = (i: number, phase: number) => Math.sin(i * 12.9898 + phase * 78.233) * 0.6 + Math.sin(i * 0.31 + phase) * 0.4;
const ramp = (t: number, from: number, to: number) => Math.min(1, Math.max(0, (t - from) / (to - from)));

function series(
  name: string,
  kind: Series['kind'],
  unit: string,
  labels: Record<string, string>,
  value: (t: number, i: number) => number | null,
): Series {
  return { name, kind, unit, labels, values: times.map((t, i) => value(t, i)) };
}

function latency(name: string, unit: 'ms' | 's', p50: number): Series[] {
  const busy = (t: number) => 1 + 2.5 * ramp(t, 60, 200) * (1 - ramp(t, 260, 340)) + (t > 1100 && t < 1250 ? 1.5 : 0);
  return [
    series(name, 'p50', unit, {}, (t, i) => p50 * busy(t) * (1 + 0.08 * wobble(i, 1))),
    series(name, 'p95', unit, {}, (t, i) => p50 * 3.1 * busy(t) * (1 + 0.15 * wobble(i, 2))),
    series(name, 'p99', unit, {}, (t, i) => (i % 41 === 40 ? null : p50 * 7 * busy(t) * busy(t) * (1 + 0.25 * wobble(i, 3)))),
    series(name, 'count', 'samples', {}, (t, i) => Math.round(400 * busy(t) * (1 + 0.1 * wobble(i, 4)))),
  ];
}

function distribution(p50: number, count: number): Distribution {
  const at = (factor: number) => Number((p50 * factor).toPrecision(4));
  return { count, mean: at(1.4), min: at(0.2), p50: at(1), p90: at(2.4), p95: at(3.1), p99: at(7), max: at(19) };
}

const running = (t: number) => 15000 * ramp(t, 60, 330) - (t > 1000 && t < 1400 ? 900 * (1 - ramp(t, 1320, 1400)) : 0);
const pending = (t: number) => Math.max(0, 2200 * ramp(t, 60, 180) * (1 - ramp(t, 220, 340)));

function levels(): Series[] {
  const pods = (state: string, value: (t: number, i: number) => number) =>
    series('wavetank_pods', 'gauge', 'pods', { state }, (t, i) => Math.round(value(t, i)));
  const counted = (name: string, value: (t: number, i: number) => number) =>
    series(name, 'counter', 'pods', {}, (t, i) => Math.round(value(t, i)));
  const requests = (name: string, labels: Record<string, string>, level: number) =>
    series(name, 'counter', 'requests', labels, (t, i) =>
      Math.round(level * bucketSeconds * (0.4 + running(t) / 15000) * (1 + 0.1 * wobble(i, level))),
    );
  const queue = (name: string, level: number) =>
    series('workqueue_depth', 'gauge', 'keys', { name }, (t, i) =>
      Math.max(0, Math.round(level * (pending(t) / 2200 + (t > 600 && t < 760 ? 0.7 : 0)) * (1 + 0.4 * wobble(i, level)))),
    );
  return [
    pods('Running', running),
    pods('Starting', (t) => pending(t) * 0.7),
    pods('Unscheduled', pending),
    pods('NotReady', (t) => (t > 1000 && t < 1300 ? 900 * (1 - ramp(t, 1240, 1300)) : 0)),
    pods('Terminating', (t, i) => (t > 600 && t < 760 ? 220 + 40 * wobble(i, 9) : 0)),
    pods('Succeeded', (t) => 2400 * ramp(t, 300, 1500)),
    pods('Failed', () => 0),
    counted('wavetank_pods_created_total', (t) => (t > 60 && t < 330 ? 560 : t > 600 && t < 760 ? 90 : 0)),
    counted('wavetank_pods_bound_total', (t, i) => (t > 60 && t < 345 ? 540 + 40 * wobble(i, 5) : t > 600 && t < 770 ? 85 : 0)),
    counted('wavetank_pods_started_total', (t, i) => (t > 75 && t < 360 ? 530 + 60 * wobble(i, 6) : t > 605 && t < 780 ? 80 : 0)),
    series('scheduler_pending_pods', 'gauge', 'pods', { queue: 'active' }, (t) => Math.round(pending(t) * 0.9)),
    series('scheduler_pending_pods', 'gauge', 'pods', { queue: 'backoff' }, (t) => Math.round(pending(t) * 0.07)),
    series('scheduler_pending_pods', 'gauge', 'pods', { queue: 'unschedulable' }, (t) => Math.round(pending(t) * 0.03)),
    series('wavetank_events_total', 'counter', 'events', {}, (t, i) =>
      Math.round(9000 + running(t) * 0.6 + pending(t) * 14 + 600 * wobble(i, 7)),
    ),
    ...[queue('deployment', 40), queue('replicaset', 110), queue('job', 25), queue('garbagecollector', 300), queue('node_lifecycle', 6)],
    ...[
      requests('apiserver_writes_total', {}, 310),
      requests('apiserver_reads_total', {}, 49),
      requests('apiserver_request_total', { code: '200' }, 330),
      requests('apiserver_request_total', { code: '409' }, 1.2),
    ],
    series('etcd_mvcc_db_total_size_in_bytes', 'gauge', 'bytes', { member: 'etcd-0' }, (t) => 2e7 + 1.6e8 * ramp(t, 60, 400) + 4e4 * t),
    series(
      'etcd_mvcc_db_total_size_in_bytes',
      'gauge',
      'bytes',
      { member: 'etcd-events-0' },
      (t) => 1e7 + 6e7 * ramp(t, 60, 400) + 1e4 * t,
    ),
  ];
}

/** Nodes fill up, most to between 60 and 80 %. */
function heat(): Result['heat'] {
  const atSeconds = times.filter((_, i) => i % 3 === 0);
  return (['cpu', 'memory', 'pods'] as const).map((resource, r) => ({
    resource,
    atSeconds,
    counts: atSeconds.map((t) => {
      const centre = (running(t) / 15000) * (7.2 - r * 1.4);
      const weights = Array.from({ length: 11 }, (_, d) => Math.exp(-((d - centre) * (d - centre)) / (0.3 + centre * 0.18)));
      const sum = weights.reduce((a, b) => a + b, 0);
      return weights.map((w) => Math.round((w / sum) * 500));
    }),
  }));
}

export function exampleResult(changes: Partial<Result> = {}): Result {
  return {
    format: 'wavetank-result/1',
    digest: '6f3a9c51e0b74d28',
    seed: 1,
    scenario: 'example',
    scenarioSource: { name: 'example', cluster: { nodes: 500 } },
    question: 'Does a cluster of 500 nodes come up, roll out and heal within its objectives?',
    version: '0.1.0',
    node: 'v24.21.0',
    simulatedSeconds: buckets * bucketSeconds,
    wallSeconds: 9.4,
    cpuSeconds: 14.2,
    peakRssBytes: 612e6,
    partial: false,
    nodes: 500,
    podsCreated: 17420,
    podsBound: 17411,
    podsRunning: 15000,
    containersStarted: 34810,
    shards: { used: 2, windows: 96120, events: 3120455, messages: 1420110, barrierSeconds: 0.8, meanWindowMs: 18.7 },
    verdicts: [
      {
        metric: 'podsScheduled',
        expected: '> 99 %',
        measured: 0.99948,
        unit: 'share',
        pass: true,
        note: 'pods bound to a node, of all pods created; 17411 of 17420 pods',
      },
      {
        metric: 'submissionToBindingP95 (steady)',
        expected: '< 1 s',
        measured: 412.2,
        unit: 'ms',
        pass: true,
        note: 'from a pod seen in the API to its nodeName seen, 95th percentile; during steady; 15102 samples',
      },
      {
        metric: 'apiLatencyP95',
        expected: '< 100 ms',
        measured: 131.4,
        unit: 'ms',
        pass: false,
        note: 'API requests without watches, at the server, 95th percentile; 611230 requests, watches left out',
      },
      {
        metric: 'podStartP95',
        expected: '< 30 s',
        measured: 21.62,
        unit: 's',
        pass: true,
        note: 'from a pod seen in the API to all its containers ready, images pulled',
      },
      {
        metric: 'nodeLossNoticed',
        expected: '< 50 s',
        measured: 41.3,
        unit: 's',
        pass: true,
        note: 'from a node lost to its Ready condition Unknown, the slowest node; 5 samples',
      },
      { metric: 'podsBack', expected: '< 420 s', measured: null, unit: 's', pass: false, note: '3 lost pods were not back at the end' },
      {
        metric: 'etcdBytes',
        expected: '< 8 GB',
        measured: 252000000,
        unit: 'bytes',
        pass: true,
        note: 'size of the etcd database, the largest member, at its largest',
      },
    ],
    bucketSeconds,
    distributions: {
      submissionToBinding: distribution(128, 17411),
      podStart: {
        ...distribution(6.4, 17380),
        buckets: [
          [1, 120],
          [2, 940],
          [4, 4210],
          [8, 6100],
          [16, 4300],
          [32, 1500],
          [64, 210],
        ],
      },
      apiRequest: distribution(9.2, 611230),
      'apiRequest/CREATE': distribution(12.1, 90211),
      'apiRequest/GET': distribution(1.1, 80100),
      'apiRequest/LIST': distribution(44, 6020),
      'apiRequest/PATCH': distribution(10.4, 310004),
      schedulingAttempt: distribution(6.1, 17811),
      podScheduling: distribution(96, 17411),
      etcdRequest: distribution(4.2, 500121),
      etcdFsync: distribution(1.9, 121000),
      kubeletPodStart: distribution(5.9, 17380),
      kubeletPodStartSli: distribution(2.1, 17380),
      imagePull: distribution(3.3, 2100),
    },
    series: [
      ...levels(),
      ...latency('submissionToBinding', 'ms', 110),
      ...latency('podStart', 's', 4.2),
      ...latency('apiRequest', 'ms', 5.2),
      ...latency('schedulingAttempt', 'ms', 2.6),
      ...latency('podScheduling', 'ms', 70),
      ...latency('etcdRequest', 'ms', 3.1),
      ...latency('etcdFsync', 'ms', 1.4),
    ],
    heat: heat(),
    marks: [
      { atSeconds: 60, name: 'arrivals', detail: 'phase begins' },
      { atSeconds: 600, name: 'rolling update', detail: 'web: 20 % of the Deployments to web:2' },
      ...Array.from({ length: 5 }, (_, i) => ({ atSeconds: 1000 + i * 0.001, name: 'node lost', detail: `node-${i * 7}` })),
      { atSeconds: 1400, name: 'nodes back', detail: 'crashNodes ends' },
    ],
    notes: [
      "controller manager's client: no limit (Kubernetes' default: QPS 20, burst 30)",
      "nodeMonitorGracePeriod 40 s (Kubernetes' default since 1.32: 50 s)",
    ],
    ...changes,
  };
}

/** A run that ended before anything happened: every section must say that it has nothing to draw. */
export function emptyResult(): Result {
  return exampleResult({
    verdicts: [],
    series: [],
    distributions: {},
    heat: [],
    marks: [],
    notes: [],
    partial: true,
    ended: 'interrupted at 0.0 s of simulated time',
    podsCreated: 0,
    podsBound: 0,
    podsRunning: 0,
    containersStarted: 0,
  });
}
