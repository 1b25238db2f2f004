/** The metrics by which runs are compared, each a number drawn from result.json alone. Those of `expect` come first, under their own names. */

import { METRICS, nearest, UserError } from '#scenario';
import type { Distribution, Result, Series } from '../result.ts';

export interface StudyMetric {
  readonly unit: string;
  readonly description: string;
  /** As a sentence names it: 'fragmentation', 'submission to binding, p99'. */
  readonly noun: string;
  readonly better: 'lower' | 'higher' | 'neither';
  /** 'binds 12 % faster' where a sentence can be so plain. */
  readonly verb?: readonly [less: string, more: string];
  /** Whether a comparison looks at it unasked: few metrics leave more power to each. */
  readonly headline?: true;
}

const faster = (doing: string): readonly [string, string] => [`${doing} % faster`, `${doing} % slower`];

/** Metrics that `expect` does not know, and how they come from a result. */
const DERIVED: Readonly<Record<string, StudyMetric & { readonly of: (result: Result) => number | null }>> = {
  schedulingLatencyMsP50: scheduling('p50', 'median'),
  schedulingLatencyMsP95: scheduling('p95', '95th percentile'),
  schedulingLatencyMsP99: scheduling('p99', '99th percentile'),
  cpuUtilisation: utilisation('cpu'),
  memoryUtilisation: utilisation('memory'),
  cpuUtilisationPeak: peak('cpu'),
  memoryUtilisationPeak: peak('memory'),
  fragmentation: {
    unit: 'share',
    description:
      'free CPU that no further pod of the mean shape could use, of all free CPU; mean over the time in which pods were on nodes',
    noun: 'fragmentation',
    better: 'lower',
    headline: true,
    of: (result) => busyMean(result, 'wavetank_fragmentation'),
  },
  cpuImbalance: {
    unit: 'share',
    description: 'standard deviation over nodes of the requested share of CPU (by tenths), mean over time',
    noun: 'imbalance of CPU between nodes',
    better: 'lower',
    headline: true,
    of: (result) => heatMean(result, deviation),
  },
  nodesUsed: {
    unit: 'nodes',
    description: 'most nodes that held a tenth of their CPU or more for pods at one time',
    noun: 'nodes filled to a tenth or more',
    better: 'lower',
    headline: true,
    of: ({ heat }) => {
      const cpu = heat.find(({ resource }) => resource === 'cpu');
      if (cpu === undefined || cpu.counts.length === 0) return null;
      return Math.max(...cpu.counts.map((row) => row.slice(1).reduce((sum, count) => sum + count, 0)));
    },
  },
  podsBoundTotal: {
    unit: 'pods',
    description: 'pods bound to a node',
    noun: 'pods bound',
    better: 'higher',
    of: ({ podsBound }) => podsBound,
  },
};

/** What is better, and how it is said, of the metrics that `expect` knows; higher is better where nothing else stands here. */
const KNOWN: Readonly<Record<string, Partial<StudyMetric>>> = {
  podsScheduled: { noun: 'share of pods scheduled', better: 'higher', headline: true },
  podsRunning: { noun: 'pods Running at the end', better: 'neither' },
  podsPending: { noun: 'pods without a node at the end', better: 'lower', headline: true },
  submissionToBindingP50: { noun: 'submission to binding, median', verb: faster('binds'), headline: true },
  submissionToBindingP99: { noun: 'submission to binding, p99', headline: true },
  schedulingThroughput: { noun: 'pods bound a second at the busiest', better: 'higher', headline: true },
  apiLatencyP50: { noun: 'API latency, median', verb: faster('the API answers'), headline: true },
  apiLatencyP99: { noun: 'API latency, p99', headline: true },
  apiWritesPerSecond: { noun: 'API writes a second', better: 'neither' },
  apiReadsPerSecond: { noun: 'API reads a second', better: 'neither' },
  podStartP50: { noun: 'pod start, median', verb: faster('starts pods'), headline: true },
  podStartP95: { noun: 'pod start, p95', headline: true },
  podsBack: { noun: 'time until lost pods are back', headline: true },
  etcdBytes: { noun: 'size of etcd', better: 'lower' },
  nodesReady: { noun: 'nodes Ready at the end', better: 'higher' },
  loadAnswered: { noun: 'load answered', better: 'higher' },
  loadFailed: { noun: 'load failed', better: 'lower', headline: true },
  loadUnanswered: { noun: 'load unanswered', better: 'lower' },
  loadLatencyP50: { noun: 'latency of load, median', verb: faster('load is answered') },
  loadLatencyP99: { noun: 'latency of load, p99', headline: true },
  throttled: { noun: 'answers 429', better: 'lower' },
  serverErrors: { noun: 'answers 500 and above', better: 'lower' },
  etcdFsyncP99: { noun: 'fsync of etcd, p99', headline: true },
  etcdElections: { noun: 'elections in etcd', better: 'lower' },
  restoreTime: { noun: "time until a restored etcd's API answers", better: 'lower' },
  restoreLost: { noun: 'time whose writes a restored backup lacks', better: 'lower' },
  etcdAlarms: { noun: 'alarms of etcd', better: 'lower' },
};

const spoken = (name: string): string =>
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/ (P\d+)$/, ', $1')
    .toLowerCase();

export const STUDY_METRICS: Readonly<Record<string, StudyMetric>> = {
  ...Object.fromEntries(
    Object.entries(METRICS).map(([name, { unit, description }]) => {
      const durations = unit === 'ms' || unit === 's';
      return [name, { unit, description, noun: spoken(name), better: durations ? 'lower' : 'higher', ...KNOWN[name] } as StudyMetric];
    }),
  ),
  ...Object.fromEntries(Object.entries(DERIVED).map(([name, { of: _of, ...metric }]) => [name, metric])),
};

const PARTS = ['mean', 'p50', 'p90', 'p95', 'p99', 'max', 'count'] as const;

/** Every metric of a run that was measured. Distributions by part come as 'etcdRequest/put.p99'. */
export function studyMetrics(result: Result): Readonly<Record<string, number>> {
  const out: Record<string, number> = {};
  const keep = (name: string, value: number | null | undefined): void => {
    if (value !== null && value !== undefined && Number.isFinite(value)) out[name] = Number(value.toPrecision(9));
  };
  for (const [name, { value }] of Object.entries(result.metrics ?? {})) keep(name, value);
  // Results that older versions wrote have only what was expected of them.
  for (const { metric, measured } of result.verdicts) if (out[metric] === undefined && metric in STUDY_METRICS) keep(metric, measured);
  for (const [name, { of }] of Object.entries(DERIVED)) keep(name, of(result));
  for (const [name, distribution] of Object.entries(result.distributions))
    for (const part of PARTS) keep(`${name}.${part}`, distribution[part]);
  return out;
}

/** What a name means; undefined for one that nobody measures. */
export function studyMetric(name: string): StudyMetric | undefined {
  if (Object.hasOwn(STUDY_METRICS, name)) return STUDY_METRICS[name];
  const found = /^(\w+(?:\/[^.]+)?)\.(mean|p50|p90|p95|p99|max|count)$/.exec(name);
  if (found === null) return undefined;
  const part = found[2] as string;
  const seconds = ['podStart', 'kubeletPodStart', 'kubeletPodStartSli', 'imagePull', 'nodeLossNoticed', 'podsBack'];
  const unit = part === 'count' ? 'samples' : seconds.includes((found[1] as string).split('/')[0] as string) ? 's' : 'ms';
  return {
    unit,
    description: `distribution ${found[1]}, ${part}`,
    noun: `${found[1]}, ${part}`,
    better: part === 'count' ? 'neither' : 'lower',
  };
}

/** Refuses a metric that does not exist, with the nearest that does. */
export function checkMetric(name: string, where: string): void {
  if (studyMetric(name) !== undefined) return;
  const near = nearest(name, Object.keys(STUDY_METRICS));
  throw UserError.at(
    {},
    `${where}: there is no metric '${name}'${near === undefined ? `; known: ${Object.keys(STUDY_METRICS).join(', ')}` : `; did you mean '${near}'?`}`,
  );
}

function scheduling(part: keyof Distribution & ('p50' | 'p95' | 'p99'), words: string): (typeof DERIVED)[string] {
  return {
    unit: 'ms',
    description: `scheduler_pod_scheduling_sli_duration_seconds: from the first time in the queue to bound, ${words}`,
    noun: `scheduling latency, ${part === 'p50' ? 'median' : part}`,
    better: 'lower',
    ...(part === 'p95' ? {} : { headline: true as const }),
    of: ({ distributions }) => distributions['podScheduling']?.[part] ?? null,
  };
}

function shares(result: Result, resource: string): number[] {
  const level = (name: string): Series | undefined =>
    result.series.find((series) => series.name === name && series.labels['resource'] === resource);
  const used = level('wavetank_requested')?.values ?? [];
  const has = level('wavetank_allocatable')?.values ?? [];
  return used.flatMap((value, i) => ((has[i] ?? 0) > 0 && (value ?? 0) > 0 ? [(value as number) / (has[i] as number)] : []));
}

function utilisation(resource: 'cpu' | 'memory'): (typeof DERIVED)[string] {
  const name = resource === 'cpu' ? 'CPU' : 'memory';
  return {
    unit: 'share',
    description: `${name} that pods request, of what nodes can give; mean over the time in which pods were on nodes`,
    noun: `${name} utilisation`,
    better: 'higher',
    ...(resource === 'cpu' ? { headline: true as const } : {}),
    of: (result) => mean(shares(result, resource)),
  };
}

function peak(resource: 'cpu' | 'memory'): (typeof DERIVED)[string] {
  const name = resource === 'cpu' ? 'CPU' : 'memory';
  return {
    unit: 'share',
    description: `${name} that pods request, of what nodes can give, at its highest`,
    noun: `${name} utilisation at its highest`,
    better: 'higher',
    of: (result) => {
      const all = shares(result, resource);
      return all.length === 0 ? null : Math.max(...all);
    },
  };
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of a gauge, over the buckets in which pods were on nodes. */
function busyMean(result: Result, name: string): number | null {
  const values = result.series.find((series) => series.name === name)?.values;
  const busy = result.series.find((series) => series.name === 'wavetank_requested' && series.labels['resource'] === 'cpu')?.values ?? [];
  return values === undefined ? null : mean(values.flatMap((value, i) => (value !== null && (busy[i] ?? 0) > 0 ? [value] : [])));
}

function heatMean(result: Result, of: (counts: readonly number[]) => number): number | null {
  const cpu = result.heat.find(({ resource }) => resource === 'cpu');
  return cpu === undefined ? null : mean(cpu.counts.filter((row) => row.slice(1).some((count) => count > 0)).map(of));
}

function deviation(counts: readonly number[]): number {
  const nodes = counts.reduce((sum, count) => sum + count, 0);
  if (nodes === 0) return 0;
  const centre = (tenth: number): number => Math.min(1, tenth / 10 + (tenth < 10 ? 0.05 : 0));
  const middle = counts.reduce((sum, count, tenth) => sum + count * centre(tenth), 0) / nodes;
  const squares = counts.reduce((sum, count, tenth) => sum + count * (centre(tenth) - middle) * (centre(tenth) - middle), 0);
  return Math.sqrt(squares / nodes);
}
