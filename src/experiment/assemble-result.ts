/** From what a run recorded to result.json. Everything the report draws is chosen here; nothing is measured here. */

import type { Scenario } from '#scenario';
import type { SchedulerConfig } from '#scheduler';
import type { Labels, RecordedHistogram, RecordedRun, Samples } from '#sim';
import type { BuiltWorld } from './build-world.ts';
import { judge, measureAll } from './measures.ts';
import { metricFamilies } from './metric-families.ts';
import { DECILES, HEAT_METRIC, HEAT_RESOURCES } from './node-heat.ts';
import type { RunOutcome } from './outcome.ts';
import type { Distribution, Result, Series, UtilisationHeat } from './result.ts';
import { inputsOf } from './run-inputs.ts';
import { withoutNode } from './without-node.ts';

export interface RunCosts {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
}

/** Histograms that the result keeps, in what unit, under which labels. Recorded in seconds, kept in milliseconds unless it says otherwise. */
const HISTOGRAMS: readonly {
  readonly key: string;
  readonly name: string;
  readonly unit: 'ms' | 's';
  readonly skip?: (labels: Labels) => boolean;
  readonly by?: readonly string[];
  /** What its labels tell apart has nothing in common: no sum over them. */
  readonly apart?: true;
}[] = [
  { key: 'submissionToBinding', name: 'wavetank_submission_to_binding_seconds', unit: 'ms' },
  { key: 'podStart', name: 'wavetank_pod_start_seconds', unit: 's' },
  {
    key: 'apiRequest',
    name: 'apiserver_request_duration_seconds',
    unit: 'ms',
    skip: (labels) => (labels['verb'] ?? '').toUpperCase() === 'WATCH',
    by: ['verb'],
  },
  { key: 'loadRequest', name: 'wavetank_load_request_seconds', unit: 'ms', by: ['phase', 'request'] },
  { key: 'loadWatch', name: 'wavetank_load_watch_seconds', unit: 'ms', by: ['phase'] },
  { key: 'schedulingAttempt', name: 'scheduler_scheduling_attempt_duration_seconds', unit: 'ms', by: ['result'] },
  { key: 'podScheduling', name: 'scheduler_pod_scheduling_sli_duration_seconds', unit: 'ms' },
  { key: 'etcdRequest', name: 'etcd_request_duration_seconds', unit: 'ms', by: ['operation'] },
  { key: 'etcdFsync', name: 'etcd_disk_wal_fsync_duration_seconds', unit: 'ms' },
  { key: 'kubeletPodStart', name: 'kubelet_pod_start_duration_seconds', unit: 's' },
  { key: 'kubeletPodStartSli', name: 'kubelet_pod_start_sli_duration_seconds', unit: 's' },
  { key: 'podStart', name: 'wavetank_pod_start_part_seconds', unit: 's', by: ['part'], apart: true },
  { key: 'imagePull', name: 'kubelet_image_pull_duration_seconds', unit: 's' },
  { key: 'controllerQueue', name: 'workqueue_queue_duration_seconds', unit: 'ms', by: ['name'] },
  { key: 'nodeLossNoticed', name: 'wavetank_node_loss_noticed_seconds', unit: 's' },
  { key: 'request', name: 'wavetank_request_seconds', unit: 'ms', by: ['traffic', 'phase'] },
  { key: 'podsBack', name: 'wavetank_pods_back_seconds', unit: 's' },
];

/** Counters and gauges that the result keeps as series. Those with many labels are summed over all but `by`. */
const LEVELS: readonly {
  readonly name: string;
  readonly kind: 'gauge' | 'counter';
  readonly unit: string;
  readonly by: readonly string[];
}[] = [
  { name: 'wavetank_events_total', kind: 'counter', unit: 'events', by: [] },
  { name: 'wavetank_pods', kind: 'gauge', unit: 'pods', by: ['state'] },
  { name: 'wavetank_nodes_ready', kind: 'gauge', unit: 'nodes', by: [] },
  { name: 'wavetank_requested', kind: 'gauge', unit: '', by: ['resource'] },
  { name: 'wavetank_allocatable', kind: 'gauge', unit: '', by: ['resource'] },
  { name: 'wavetank_fragmentation', kind: 'gauge', unit: 'share', by: [] },
  { name: 'wavetank_workload_pods_requested', kind: 'gauge', unit: 'pods', by: [] },
  { name: 'wavetank_pods_lost_with_nodes', kind: 'gauge', unit: 'pods', by: [] },
  { name: 'wavetank_pods_created_total', kind: 'counter', unit: 'pods', by: [] },
  { name: 'wavetank_pods_bound_total', kind: 'counter', unit: 'pods', by: [] },
  { name: 'wavetank_pods_started_total', kind: 'counter', unit: 'pods', by: [] },
  { name: 'wavetank_pods_deleted_total', kind: 'counter', unit: 'pods', by: [] },
  { name: 'wavetank_workload_refused_total', kind: 'counter', unit: 'requests', by: ['code'] },
  { name: 'wavetank_load_sent_total', kind: 'counter', unit: 'requests', by: ['load'] },
  { name: 'wavetank_load_answered_total', kind: 'counter', unit: 'requests', by: ['load'] },
  { name: 'wavetank_load_failed_total', kind: 'counter', unit: 'requests', by: ['load'] },
  { name: 'scheduler_pending_pods', kind: 'gauge', unit: 'pods', by: ['queue'] },
  { name: 'scheduler_schedule_attempts_total', kind: 'counter', unit: 'attempts', by: ['result'] },
  { name: 'apiserver_writes_total', kind: 'counter', unit: 'requests', by: [] },
  { name: 'apiserver_reads_total', kind: 'counter', unit: 'requests', by: [] },
  { name: 'apiserver_request_total', kind: 'counter', unit: 'requests', by: ['code'] },
  { name: 'apiserver_storage_objects', kind: 'gauge', unit: 'objects', by: ['resource'] },
  { name: 'apiserver_current_inflight_requests', kind: 'gauge', unit: 'requests', by: [] },
  { name: 'apiserver_longrunning_requests', kind: 'gauge', unit: 'watches', by: [] },
  { name: 'apiserver_watch_events_total', kind: 'counter', unit: 'events', by: [] },
  { name: 'workqueue_depth', kind: 'gauge', unit: 'keys', by: ['name'] },
  { name: 'etcd_mvcc_db_total_size_in_bytes', kind: 'gauge', unit: 'bytes', by: ['member'] },
  { name: 'etcd_server_proposals_pending', kind: 'gauge', unit: 'proposals', by: ['member'] },
  { name: 'etcd_mvcc_put_total', kind: 'counter', unit: 'puts', by: ['member'] },
  { name: 'etcd_debugging_mvcc_keys_total', kind: 'gauge', unit: 'keys', by: ['member'] },
  { name: 'kubelet_started_containers_total', kind: 'counter', unit: 'containers', by: [] },
  { name: 'wavetank_requests_total', kind: 'counter', unit: 'requests', by: ['traffic'] },
  { name: 'wavetank_requests_failed_total', kind: 'counter', unit: 'requests', by: ['reason'] },
  { name: 'wavetank_requests_slow_total', kind: 'counter', unit: 'requests', by: ['traffic'] },
  { name: 'wavetank_cpu_used_millicores', kind: 'gauge', unit: 'millicores', by: [] },
  { name: 'kubelet_evictions', kind: 'counter', unit: 'pods', by: ['eviction_signal'] },
  { name: 'kubelet_restarted_containers_total', kind: 'counter', unit: 'containers', by: [] },
  { name: 'node_collector_evictions_total', kind: 'counter', unit: 'nodes', by: [] },
];

export function assembleResult(scenario: Scenario, built: BuiltWorld, run: RunOutcome, costs: RunCosts, version: string): Result {
  const { recorded } = run;
  const total = (name: string): number => recorded.counter(name)?.total ?? 0;
  const simulatedSeconds = run.stoppedAt / 1e6;
  const unplaced = withoutNode(recorded);
  return {
    format: 'wavetank-result/1',
    digest: run.digest,
    seed: built.world.seed,
    scenario: scenario.name,
    scenarioSource: scenario.source,
    ...(scenario.question === undefined ? {} : { question: scenario.question }),
    ...inputsOf(scenario),
    version,
    node: process.version,
    simulatedSeconds,
    ...costs,
    partial: run.interrupted || run.ended !== undefined,
    ...(run.interrupted
      ? { ended: `interrupted at ${simulatedSeconds.toFixed(1)} s of simulated time` }
      : run.ended === undefined
        ? {}
        : { ended: run.ended }),
    nodes: nodesAtStart(scenario),
    podsCreated: total('wavetank_pods_created_total'),
    podsBound: total('wavetank_pods_bound_total'),
    podsRunning: recorded.gauge('wavetank_pods', { state: 'Running' })?.values.at(-1) ?? 0,
    containersStarted: total('kubelet_started_containers_total'),
    shards: run.shards,
    verdicts: judge(scenario, run),
    metrics: measureAll(scenario, run),
    families: metricFamilies(recorded),
    bucketSeconds: recorded.bucket / 1e6,
    distributions: distributions(recorded),
    series: [...levelSeries(recorded), ...latencySeries(recorded)],
    heat: heat(recorded),
    marks: [
      ...scenario.phases.map((phase) => ({ atSeconds: phase.from / 1e6, name: phase.name, detail: 'phase begins' })),
      ...recorded.marks.map((mark) => ({
        atSeconds: mark.at / 1e6,
        name: mark.name,
        ...(mark.detail === undefined ? {} : { detail: mark.detail }),
      })),
    ].sort((a, b) => a.atSeconds - b.atSeconds),
    notes: [...notes(scenario, built), ...(unplaced === undefined ? [] : [unplaced])],
    ...(isMeasured(built) ? { cost: 'measured' as const } : {}),
  };
}

/** Those of node groups that are there from the start count. */
const nodesAtStart = ({ cluster }: Scenario): number =>
  cluster.nodes.reduce((sum, { count }) => sum + count, 0) +
  (cluster.autoscaler?.groups ?? []).reduce((sum, { initial }) => sum + initial, 0);

function distributions(recorded: RecordedRun): Record<string, Distribution> {
  const out: Record<string, Distribution> = {};
  for (const { key, name, unit, skip, by, apart } of HISTOGRAMS) {
    const scale = unit === 'ms' ? 1e3 : 1;
    const all = recorded.histogramWhere(name, (labels) => skip?.(labels) !== true);
    if (apart !== true && all !== undefined && all.overall.count > 0) out[key] = summary(all.overall, scale);
    for (const label of by ?? []) {
      for (const value of valuesOf(recorded, name, label)) {
        const one = recorded.histogram(name, { [label]: value });
        if (one !== undefined && one.overall.count > 0) out[`${key}/${value}`] = summary(one.overall, scale);
      }
    }
  }
  return out;
}

function valuesOf(recorded: RecordedRun, name: string, label: string): string[] {
  const found = new Set<string>();
  for (const labels of recorded.histogramLabels(name)) if (labels[label] !== undefined) found.add(labels[label]);
  return [...found].sort();
}

const round = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(6)) : 0);

function summary(samples: Samples, scale: number): Distribution {
  const at = (q: number): number => round(samples.percentile(q) * scale);
  return {
    count: samples.count,
    mean: round(samples.mean * scale),
    min: round(samples.min * scale),
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    max: round(samples.max * scale),
  };
}

function latencySeries(recorded: RecordedRun): Series[] {
  return HISTOGRAMS.flatMap(({ key, name, unit, skip, apart }) => {
    if (apart === true) return [];
    const found = recorded.histogramWhere(name, (labels) => skip?.(labels) !== true);
    if (found === undefined || found.overall.count === 0) return [];
    return (['p50', 'p95', 'p99', 'count'] as const).map((kind) => ({
      name: key,
      labels: {},
      kind,
      unit: kind === 'count' ? 'samples' : unit,
      values: overTime(found, kind, unit === 'ms' ? 1e3 : 1),
    }));
  });
}

function overTime(histogram: RecordedHistogram, kind: 'p50' | 'p95' | 'p99' | 'count', scale: number): (number | null)[] {
  return Array.from(histogram.buckets, (samples) => {
    if (kind === 'count') return samples?.count ?? 0;
    return samples === undefined || samples.count === 0
      ? null
      : round(samples.percentile({ p50: 0.5, p95: 0.95, p99: 0.99 }[kind]) * scale);
  });
}

function levelSeries(recorded: RecordedRun): Series[] {
  return LEVELS.flatMap(({ name, kind, unit, by }) => {
    const all = kind === 'gauge' ? recorded.gauges : recorded.counters;
    const groups = new Map<string, { labels: Labels; values: number[] }>();
    for (const one of all) {
      if (one.name !== name) continue;
      const labels = Object.fromEntries(by.flatMap((label) => (one.labels[label] === undefined ? [] : [[label, one.labels[label]]])));
      const id = JSON.stringify(labels);
      let group = groups.get(id);
      if (group === undefined) groups.set(id, (group = { labels, values: new Array<number>(recorded.buckets).fill(0) }));
      for (let i = 0; i < recorded.buckets; i++) group.values[i] = (group.values[i] as number) + (one.values[i] ?? 0);
    }
    return [...groups.values()].map(({ labels, values }) => ({ name, labels, kind, unit, values: values.map(round) }));
  });
}

function heat(recorded: RecordedRun): UtilisationHeat[] {
  const step = Math.max(1, Math.ceil(recorded.buckets / 120));
  const at = Array.from({ length: Math.floor((recorded.buckets - 1) / step) }, (_, index) => (index + 1) * step);
  return HEAT_RESOURCES.flatMap((resource) => {
    const rows = Array.from({ length: DECILES }, (_, decile) => recorded.gauge(HEAT_METRIC, { resource, decile: String(decile) })?.values);
    if (rows.every((row) => row === undefined)) return [];
    return [
      {
        resource,
        atSeconds: at.map((index) => (index * recorded.bucket) / 1e6),
        counts: at.map((index) => rows.map((row) => row?.[index] ?? 0)),
      },
    ];
  });
}

const schedulersOf = ({ world }: BuiltWorld): readonly SchedulerConfig[] =>
  world.hosts.filter(({ program }) => program === 'scheduler').map(({ config }) => config as SchedulerConfig);
const isMeasured = (built: BuiltWorld): boolean => schedulersOf(built).some(({ cost }) => cost === 'measured');

/** What a reader must know: limits that the scenario lifts above Kubernetes' defaults, and settings that differ from upstream's. */
function notes(scenario: Scenario, built: BuiltWorld): string[] {
  const out = [...scenario.notes];
  const { apiServers, controllers, kubelets } = scenario.cluster;
  const limit = (qps: number, burst: number): string => (qps === 0 ? 'no limit' : `QPS ${qps}, burst ${burst}`);
  if (controllers.qps !== 20 || controllers.burst !== 30)
    out.push(`controller manager's client: ${limit(controllers.qps, controllers.burst)} (Kubernetes' default: QPS 20, burst 30)`);
  const schedulers = schedulersOf(built);
  if (isMeasured(built))
    out.push(
      '--cost measured: scheduling attempts took the CPU time of our own code on this machine; another run of the same seed differs',
    );
  const limited = schedulers.filter(({ client }) => client.qps !== 50 || client.burst !== 100);
  const ofSchedulers = limited.map(
    ({ schedulerName, client }) => `${schedulerName}'s client: ${limit(client.qps, client.burst)} (Kubernetes' default: QPS 50, burst 100)`,
  );
  out.push(...new Set(ofSchedulers));
  for (const { name = 'default-scheduler', reaction = 0 } of scenario.cluster.schedulers)
    if (reaction > 0) out.push(`${name} takes at least ${reaction / 1e3} ms from what it hears of to the request that follows (assumed)`);
  if (kubelets.qps !== 50 || kubelets.burst !== 100)
    out.push(`kubelets' client: ${limit(kubelets.qps, kubelets.burst)} (Kubernetes' default: QPS 50, burst 100)`);
  if (kubelets.events !== 'all')
    out.push(`kubelets write ${kubelets.events === 'none' ? 'no events' : 'warning events only'} (Kubernetes' default: all)`);
  const { compactionInterval } = apiServers;
  if (compactionInterval !== undefined && compactionInterval !== 300e6)
    out.push(
      `etcd is compacted ${compactionInterval === 0 ? 'never' : `every ${compactionInterval / 1e6} s`} (Kubernetes' default: every 300 s)`,
    );
  if (!kubelets.serializeImagePulls) out.push("image pulls are parallel (Kubernetes' default: one at a time a node)");
  if (controllers.nodeMonitorGracePeriod !== 50e6)
    out.push(`nodeMonitorGracePeriod ${controllers.nodeMonitorGracePeriod / 1e6} s (Kubernetes' default since 1.32: 50 s)`);
  if (controllers.reaction > 0)
    out.push(`controllers take at least ${controllers.reaction / 1e3} ms from what they hear of to the request that follows (assumed)`);
  out.push(
    'durations are a model: cost tables and their sources stand in docs/fidelity.md; figures marked assumed there rest on no measurement',
  );
  return out;
}
