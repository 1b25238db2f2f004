/** Every metric that kube-scheduler exposes, by name: type, labels, buckets. Mirrors pkg/scheduler/metrics/metrics.go v1.34 (InitMetrics). */

export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** Upper bounds, ascending; +Inf is understood. Of histograms. */
  readonly buckets?: readonly number[];
  /** Exposed only while this feature gate is on. */
  readonly gate?: string;
}

/** metrics.ExponentialBuckets. */
function exponential(start: number, factor: number, count: number): readonly number[] {
  const buckets: number[] = [];
  for (let bound = start; buckets.length < count; bound *= factor) buckets.push(bound);
  return buckets;
}

const counter = (name: string, ...labels: string[]): MetricDefinition => ({ name: `scheduler_${name}`, type: 'counter', labels });
const gauge = (name: string, ...labels: string[]): MetricDefinition => ({ name: `scheduler_${name}`, type: 'gauge', labels });
const histogram = (name: string, buckets: readonly number[], ...labels: string[]): MetricDefinition => ({
  name: `scheduler_${name}`,
  type: 'histogram',
  labels,
  buckets,
});

const MILLISECONDS = exponential(0.001, 2, 15);
const TENTHS = exponential(0.0001, 2, 12);
const FINE = exponential(0.00001, 1.5, 20);
const LONG = exponential(0.01, 2, 20);

export const SCHEDULER_METRICS: readonly MetricDefinition[] = [
  counter('schedule_attempts_total', 'result', 'profile'),
  histogram('scheduling_attempt_duration_seconds', MILLISECONDS, 'result', 'profile'),
  histogram('scheduling_algorithm_duration_seconds', MILLISECONDS),
  histogram('event_handling_duration_seconds', TENTHS, 'event'),
  histogram('preemption_victims', exponential(1, 2, 7)),
  counter('preemption_attempts_total'),
  gauge('pending_pods', 'queue'),
  histogram('pod_scheduling_sli_duration_seconds', LONG, 'attempts'),
  histogram('pod_scheduling_attempts', exponential(1, 2, 5)),
  histogram('framework_extension_point_duration_seconds', TENTHS, 'extension_point', 'status', 'profile'),
  histogram('plugin_execution_duration_seconds', FINE, 'plugin', 'extension_point', 'status'),
  counter('queue_incoming_pods_total', 'queue', 'event'),
  gauge('goroutines', 'operation'),
  histogram('permit_wait_duration_seconds', MILLISECONDS, 'result'),
  gauge('cache_size', 'type'),
  gauge('unschedulable_pods', 'plugin', 'profile'),
  counter('plugin_evaluation_total', 'plugin', 'extension_point', 'profile'),
  { ...histogram('queueing_hint_execution_duration_seconds', FINE, 'plugin', 'event', 'hint'), gate: 'SchedulerQueueingHints' },
  { ...gauge('inflight_events', 'event'), gate: 'SchedulerQueueingHints' },
  { ...histogram('preemption_goroutines_duration_seconds', LONG, 'result'), gate: 'SchedulerAsyncPreemption' },
  { ...counter('preemption_goroutines_execution_total', 'result'), gate: 'SchedulerAsyncPreemption' },
  { ...counter('async_api_call_execution_total', 'call_type', 'result'), gate: 'SchedulerAsyncAPICalls' },
  { ...histogram('async_api_call_execution_duration_seconds', MILLISECONDS, 'call_type', 'result'), gate: 'SchedulerAsyncAPICalls' },
  { ...gauge('pending_async_api_calls', 'call_type'), gate: 'SchedulerAsyncAPICalls' },
];
