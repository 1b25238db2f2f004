/** The metrics of `expect`, each measured from what the run recorded. Null: nothing was measured. */

import type { Condition, MetricName, Scenario } from '#scenario';
import { METRICS, meets } from '#scenario';
import type { Labels, RecordedRun } from '#sim';
import { autoscalingMeasure } from './autoscaling-watch.ts';
import { CONTROL_PLANE_MEASURES } from './control-plane-measures.ts';
import { MACHINE_MEASURES } from './machine-hours.ts';
import type { RunOutcome } from './outcome.ts';
import type { MeasuredMetric, Verdict } from './result.ts';
import { TRAFFIC_MEASURES } from './traffic-measures.ts';

export interface Measured {
  readonly value: number | null;
  readonly note?: string;
}
export type Measure = (run: RunOutcome, during: string | undefined, scenario: Scenario) => Measured;

const total = (recorded: RecordedRun, name: string, match?: Labels): number => recorded.counter(name, match)?.total ?? 0;
const last = (recorded: RecordedRun, name: string, match?: Labels): number | null => recorded.gauge(name, match)?.values.at(-1) ?? null;
const highest = (recorded: RecordedRun, name: string): number | null => {
  const gauges = recorded.gauges.filter((gauge) => gauge.name === name);
  return gauges.length === 0 ? null : Math.max(...gauges.map((gauge) => gauge.values.reduce((most, value) => Math.max(most, value), 0)));
};

/** `scale` turns the recorded unit into the metric's. */
function percentile(name: string, q: number, scale: number): Measure {
  return ({ recorded }, during) => {
    const samples = recorded.histogram(name, during === undefined ? {} : { phase: during })?.overall;
    if (samples === undefined || samples.count === 0) return { value: null, note: 'no samples' };
    return { value: samples.percentile(q) * scale, note: `${samples.count} samples` };
  };
}

/** Requests that are answered once: watches last for minutes by design. */
function apiPercentile(q: number): Measure {
  return ({ recorded }) => {
    const found = recorded.histogramWhere('apiserver_request_duration_seconds', ({ verb = '' }) => verb.toUpperCase() !== 'WATCH')?.overall;
    if (found === undefined || found.count === 0) return { value: null, note: 'no samples' };
    return { value: found.percentile(q) * 1e3, note: `${found.count} requests, watches left out` };
  };
}

const seconds = ({ stoppedAt }: RunOutcome): number => Math.max(1e-6, stoppedAt / 1e6);

export const MEASURES: Readonly<Record<MetricName, Measure>> = {
  ...CONTROL_PLANE_MEASURES,
  ...TRAFFIC_MEASURES,
  ...MACHINE_MEASURES,
  podsScheduled: ({ recorded }) => {
    const created = total(recorded, 'wavetank_pods_created_total');
    const bound = total(recorded, 'wavetank_pods_bound_total');
    return created === 0 ? { value: null, note: 'no pod was created' } : { value: bound / created, note: `${bound} of ${created} pods` };
  },
  podsRunning: ({ recorded }) => ({ value: last(recorded, 'wavetank_pods', { state: 'Running' }) }),
  podsPending: ({ recorded }) => ({ value: last(recorded, 'wavetank_pods', { state: 'Unscheduled' }) }),
  submissionToBindingP50: percentile('wavetank_submission_to_binding_seconds', 0.5, 1e3),
  submissionToBindingP95: percentile('wavetank_submission_to_binding_seconds', 0.95, 1e3),
  submissionToBindingP99: percentile('wavetank_submission_to_binding_seconds', 0.99, 1e3),
  schedulingThroughput: ({ recorded }) => {
    const values = recorded.counter('wavetank_pods_bound_total')?.values;
    return { value: values === undefined ? null : Math.max(...values) / (recorded.bucket / 1e6) };
  },
  apiLatencyP50: apiPercentile(0.5),
  apiLatencyP95: apiPercentile(0.95),
  apiLatencyP99: apiPercentile(0.99),
  apiWritesPerSecond: (run) => ({ value: total(run.recorded, 'apiserver_writes_total') / seconds(run), note: 'mean over the run' }),
  apiReadsPerSecond: (run) => ({ value: total(run.recorded, 'apiserver_reads_total') / seconds(run), note: 'mean over the run' }),
  podStartP50: percentile('wavetank_pod_start_seconds', 0.5, 1),
  podStartP95: percentile('wavetank_pod_start_seconds', 0.95, 1),
  nodeLossNoticed: percentile('wavetank_node_loss_noticed_seconds', 1, 1),
  nodeLossNoticedP50: percentile('wavetank_node_loss_noticed_seconds', 0.5, 1),
  podsBack: ({ recorded }) => {
    const back = recorded.histogram('wavetank_pods_back_seconds')?.overall;
    if (back !== undefined && back.count > 0) return { value: back.max };
    return { value: null, note: `${last(recorded, 'wavetank_pods_lost_with_nodes') ?? 0} lost pods were not back at the end` };
  },
  etcdBytes: ({ recorded }) => ({ value: highest(recorded, 'etcd_mvcc_db_total_size_in_bytes') }),
  autoscaling: autoscalingMeasure,
  nodesReady: ({ recorded }) => ({ value: last(recorded, 'wavetank_nodes_ready') }),
};

/** Every metric that the run measured, whether it was expected or not: what comparisons are made from. */
export function measureAll(scenario: Scenario, run: RunOutcome): Readonly<Record<string, MeasuredMetric>> {
  const out: Record<string, MeasuredMetric> = {};
  for (const name of Object.keys(MEASURES).sort() as MetricName[]) {
    const { value } = MEASURES[name](run, undefined, scenario);
    if (value !== null && Number.isFinite(value)) out[name] = { value: Number(value.toPrecision(9)), unit: METRICS[name].unit };
  }
  return out;
}

/** Every condition of the scenario, judged. */
export function judge(scenario: Scenario, run: RunOutcome): Verdict[] {
  return scenario.expect.map((condition) => verdict(condition, run, scenario));
}

function verdict(condition: Condition, run: RunOutcome, scenario: Scenario): Verdict {
  const metric = condition.metric as MetricName;
  const { unit, description } = METRICS[metric];
  const { value, note } = MEASURES[metric](run, condition.during, scenario);
  const measured = value === null || Number.isNaN(value) ? null : value;
  const words = [description, condition.during === undefined ? undefined : `during ${condition.during}`, note]
    .filter((word) => word !== undefined)
    .join('; ');
  return {
    metric: condition.during === undefined ? metric : `${metric} (${condition.during})`,
    expected: condition.text,
    measured,
    unit,
    pass: meets(condition, measured),
    note: words,
  };
}
