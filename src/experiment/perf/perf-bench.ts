/** Runs one workload of scheduler_perf and says how fast it was, twice: in virtual time under the cost model, and our own code by the wall clock. */

import { clusterPlan, type PerfWorkload, readSource, type Scenario, type SchedulerPlan } from '#scenario';
import type { HostSpec, WorldSpec } from '#sim';
import { type ExplainChoice, explainBytes } from '../explain-file.ts';
import { loadExtenders } from '../extender-files.ts';
import { runInThisProcess } from '../run-in-process.ts';
import { runScenario } from '../run-scenario.ts';
import { checkSchedulers } from '../scheduler-hosts.ts';
import type { BenchDriverConfig } from './bench-driver.ts';
import { BEGIN_MARK, END_MARK, SAMPLE_MARK } from './collector.ts';
import { type Percentiles, percentileOf } from './percentiles.ts';
import { type PerfPosition, perfShare } from './perf-progress.ts';

export interface PerfResult {
  readonly workload: PerfWorkload;
  /** Pods a second of simulated time, as scheduler_perf samples them. */
  readonly throughput: Percentiles | undefined;
  /** Pods a second of wall time while metrics were collected: all our code, one thread. */
  readonly wallPodsPerSecond: number | undefined;
  /** The same by CPU time. */
  readonly cpuPodsPerSecond: number | undefined;
  readonly measuredPods: number;
  readonly wallSeconds: number;
  readonly digest: string;
  readonly histograms: readonly PerfHistogram[];
  /** What explain.gz would hold, when it was asked for. */
  readonly explain?: Uint8Array;
  /** Why there are no figures. */
  readonly failure?: string;
}

export interface PerfHistogram {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly values: Percentiles;
}

const HISTOGRAMS = [
  'scheduler_scheduling_attempt_duration_seconds',
  'scheduler_framework_extension_point_duration_seconds',
  'scheduler_plugin_execution_duration_seconds',
  'scheduler_pod_scheduling_duration_seconds',
];

/** 30 minutes a workload, as upstream. */
const TIME_LIMIT = 1_800_000_000;

export interface PerfOptions {
  readonly seed: number;
  readonly version: string;
  readonly interrupted: () => boolean;
  /** Told now and then how much of the workload is done, 0 to 1, and how many pods of the operation under way have a node. */
  readonly onProgress?: (share: number, scheduled: number) => void;
  readonly explain?: ExplainChoice;
  /** Registered scheduler plugins of one's own. */
  readonly plugins?: readonly string[];
  /** --extender NAME=FILE, as `wavetank run` takes it. */
  readonly extenders?: readonly string[];
  /** How long scheduling attempts take; 'measured' gives determinism up. */
  readonly cost?: 'model' | 'measured';
}

/** Judges the configurations of all workloads that will run, before the first does. Throws UserError. */
export function checkPerfWorkloads(workloads: readonly PerfWorkload[], plugins: readonly string[]): void {
  const files = new Set(workloads.filter(({ skipped }) => skipped === undefined).map(({ schedulerConfig }) => schedulerConfig));
  for (const file of files) checkSchedulers([schedulerOf(file)], plugins);
}

export async function runPerfWorkload(workload: PerfWorkload, options: PerfOptions): Promise<PerfResult> {
  const scenario = scenarioOf(workload, options.seed);
  const { explain = 'none', onProgress } = options;
  const position: PerfPosition = { operation: 0, scheduled: 0 };
  const extenders = await loadExtenders(scenario, options.extenders);
  const { run, result, built } = await runScenario(scenario, {
    explain,
    seed: options.seed,
    shards: 0,
    runner: (world, how) => runInThisProcess(onProgress === undefined ? world : withPosition(world, position), how),
    version: options.version,
    ...(onProgress === undefined ? {} : { onProgress: () => onProgress(perfShare(workload, position), position.scheduled) }),
    interrupted: options.interrupted,
    world: { controllers: false, perf: workload, plugins: options.plugins ?? [], extenders, cost: options.cost ?? 'model' },
  });
  const { marks } = run.recorded;
  const samples = marks.filter((mark) => mark.name === SAMPLE_MARK).map((mark) => Number(mark.detail));
  const begin = marks.find((mark) => mark.name === BEGIN_MARK);
  const end = marks.findLast((mark) => mark.name === END_MARK);
  const [beginMs = 0, beginCpuMs = 0] = (begin?.detail ?? '').split(' ').map(Number);
  const [endMs = 0, endCpuMs = 0, pods, spanUs] = (end?.detail ?? '').split(' ').map(Number);
  const perSecond = (ms: number): number | undefined => (pods === undefined || ms <= 0 ? undefined : (pods * 1e3) / ms);
  const measuredPods = pods ?? 0;
  const failure = run.ended === 'done' ? undefined : (run.ended ?? 'not done after 30 minutes of simulated time');
  return {
    workload,
    // All within the first second, which upstream drops: the mean from the first binding to the last.
    throughput:
      samples.length > 0
        ? percentileOf(samples)
        : measuredPods > 1 && spanUs
          ? percentileOf([((measuredPods - 1) * 1e6) / spanUs])
          : undefined,
    wallPodsPerSecond: perSecond(endMs - beginMs),
    cpuPodsPerSecond: perSecond(endCpuMs - beginCpuMs),
    measuredPods,
    wallSeconds: result.wallSeconds,
    digest: run.digest,
    histograms: run.recorded.distributions
      .filter(({ name, samples: { count } }) => HISTOGRAMS.includes(name) && count > 0)
      .map(({ name, labels, samples: all }) => ({
        metric: name,
        labels,
        values: {
          average: all.mean * 1e3,
          p50: all.percentile(0.5) * 1e3,
          p90: all.percentile(0.9) * 1e3,
          p95: all.percentile(0.95) * 1e3,
          p99: all.percentile(0.99) * 1e3,
        },
      })),
    ...(explain === 'none'
      ? {}
      : { explain: explainBytes(run.recorded, built.world.hosts, { explain, version: options.version, digest: run.digest }) }),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** The driver's own host, in this process, notes there how far it is. */
function withPosition(world: WorldSpec, position: PerfPosition): WorldSpec {
  const noting = (host: HostSpec): HostSpec => ({ ...host, config: { ...(host.config as BenchDriverConfig), position } });
  return { ...world, hosts: world.hosts.map((host) => (host.program === 'bench-driver' ? noting(host) : host)) };
}

/** scheduler_perf's scheduler: alone, so without a lease; its client's limits are the test's own. */
function schedulerOf(config: string | undefined): SchedulerPlan {
  const alone = { qps: 5000, burst: 5000, replicas: 1, leaderElection: { leaderElect: false } };
  return config === undefined ? { ...alone, place: {} } : { ...alone, configuration: readSource(config), place: { file: config } };
}

/** A control plane without nodes, kubelets or controllers. */
function scenarioOf(workload: PerfWorkload, seed: number): Scenario {
  const cluster = clusterPlan({ nodes: 1 });
  return {
    name: `${workload.testCase}/${workload.name}`,
    seed,
    epoch: 1_767_225_600_000_000,
    duration: TIME_LIMIT,
    bucket: 1_000_000,
    cluster: { ...cluster, nodes: [], schedulers: [schedulerOf(workload.schedulerConfig)] },
    images: {},
    workload: [],
    faults: [],
    expect: [],
    phases: [],
    notes: [],
    source: { schedulerPerf: workload.testCase, workload: workload.name },
  };
}
