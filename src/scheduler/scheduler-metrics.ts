/** The scheduler's metrics under upstream's names (metric-definitions.ts has them all). Mirrors pkg/scheduler/metrics/metrics.go v1.34. Durations are recorded in seconds,
 *  as named; those of work that is modelled are the model's. */

import type { Counter, Duration, Gauge, Histogram, Instant, Labels, Recorder } from '#sim';
import { SECOND } from '#sim';
import { EVENT_COST, HINT_COST } from './costs.ts';
import { MetricBuffer } from './metric-buffer.ts';
import type { QueueInstruments } from './queue/queue-settings.ts';

export type AttemptResult = 'scheduled' | 'unschedulable' | 'error';

/** How often the cache tells its sizes (cleanAssumedPeriod). */
const CACHE_PERIOD = SECOND;

/** Instruments of one metric by the values of its labels: one table within the other, for joining the values would cost more than the rest. */
class Family<T> {
  readonly #made: Map<string, unknown> = new Map();
  readonly #all: T[] = [];
  readonly #make: (labels: Labels) => T;
  readonly #names: readonly string[];

  constructor(names: readonly string[], make: (labels: Labels) => T) {
    this.#names = names;
    this.#make = make;
  }

  of(...values: readonly string[]): T {
    let found: unknown = this.#made;
    for (let i = 0; i < values.length; i++) {
      const table = found as Map<string, unknown>;
      found = table.get(values[i] as string);
      if (found === undefined) table.set(values[i] as string, (found = i + 1 < values.length ? new Map() : this.#new(values)));
    }
    return found as T;
  }

  #new(values: readonly string[]): T {
    const made = this.#make(Object.fromEntries(this.#names.map((name, i) => [name, values[i] as string])));
    this.#all.push(made);
    return made;
  }

  get all(): Iterable<T> {
    return this.#all;
  }
}

export class SchedulerMetrics implements QueueInstruments {
  readonly #attempts: Family<Counter>;
  readonly #durations: Family<Histogram>;
  readonly #pending: Family<Gauge>;
  readonly #incoming: Family<Counter>;
  readonly #sli: Family<Histogram>;
  readonly #points: Family<Histogram>;
  readonly #plugins: Family<Histogram>;
  readonly #permitWaits: Family<Histogram>;
  readonly #cacheSize: Family<Gauge>;
  readonly #unschedulable: Family<Gauge>;
  readonly #hints: Family<Histogram>;
  readonly #inFlight: Family<Gauge>;
  readonly #events: Family<Histogram>;
  readonly #preemptionDurations: Family<Histogram>;
  readonly #preemptionCounts: Family<Counter>;
  readonly #apiCalls: Family<Counter>;
  readonly #apiDurations: Family<Histogram>;
  readonly #pendingCalls: Family<Gauge>;
  readonly #buffer = new MetricBuffer();
  #cacheAt: Instant = 0;
  /** The parts of a pod's start that are the scheduler's; its node's are recorded there, under the same name. */
  readonly #startParts: readonly [queue: Histogram, schedule: Histogram];
  readonly evaluations: Family<Counter>;
  readonly bindings: Gauge;
  readonly podAttempts: Histogram;
  readonly preemptionAttempts: Counter;
  readonly preemptionVictims: Histogram;
  readonly algorithm: Histogram;

  constructor(record: Recorder) {
    const counters = (name: string, ...labels: string[]) => new Family(labels, (of) => record.counter(`scheduler_${name}`, of));
    const gauges = (name: string, ...labels: string[]) => new Family(labels, (of) => record.gauge(`scheduler_${name}`, of));
    const histograms = (name: string, ...labels: string[]) => new Family(labels, (of) => record.histogram(`scheduler_${name}`, of));
    this.#attempts = counters('schedule_attempts_total', 'result', 'profile');
    this.#durations = histograms('scheduling_attempt_duration_seconds', 'result', 'profile');
    this.#pending = gauges('pending_pods', 'queue');
    this.#incoming = counters('queue_incoming_pods_total', 'queue', 'event');
    this.#sli = histograms('pod_scheduling_sli_duration_seconds', 'attempts');
    this.#points = histograms('framework_extension_point_duration_seconds', 'extension_point', 'status', 'profile');
    this.#plugins = histograms('plugin_execution_duration_seconds', 'plugin', 'extension_point', 'status');
    this.#permitWaits = histograms('permit_wait_duration_seconds', 'result');
    this.#cacheSize = gauges('cache_size', 'type');
    this.#unschedulable = gauges('unschedulable_pods', 'plugin', 'profile');
    this.#hints = histograms('queueing_hint_execution_duration_seconds', 'plugin', 'event', 'hint');
    this.#inFlight = gauges('inflight_events', 'event');
    this.#events = histograms('event_handling_duration_seconds', 'event');
    this.#preemptionDurations = histograms('preemption_goroutines_duration_seconds', 'result');
    this.#preemptionCounts = counters('preemption_goroutines_execution_total', 'result');
    this.#apiCalls = counters('async_api_call_execution_total', 'call_type', 'result');
    this.#apiDurations = histograms('async_api_call_execution_duration_seconds', 'call_type', 'result');
    this.#pendingCalls = gauges('pending_async_api_calls', 'call_type');
    const part = (name: string) => record.histogram('wavetank_pod_start_part_seconds', { part: name });
    this.#startParts = [part('queue'), part('schedule')];
    this.evaluations = counters('plugin_evaluation_total', 'plugin', 'extension_point', 'profile');
    this.bindings = record.gauge('scheduler_goroutines', { operation: 'binding' });
    this.podAttempts = record.histogram('scheduler_pod_scheduling_attempts');
    this.preemptionAttempts = record.counter('scheduler_preemption_attempts_total');
    this.preemptionVictims = record.histogram('scheduler_preemption_victims');
    this.algorithm = record.histogram('scheduler_scheduling_algorithm_duration_seconds');
  }

  attempt(result: AttemptResult, profile: string, duration: Duration): void {
    this.#attempts.of(result, profile).add();
    this.#durations.of(result, profile).observe(duration / SECOND);
  }

  /** scheduler_pod_scheduling_sli_duration_seconds: from first being schedulable to bound; attempts above 15 share a label, as upstream. */
  sli(attempts: number, duration: Duration): void {
    this.podAttempts.observe(attempts);
    this.#sli.of(attempts > 15 ? '16+' : String(attempts)).observe(duration / SECOND);
  }

  /** How long a pod that is bound now waited in queues, and how long its last attempt took, binding included. */
  start(queued: Duration, scheduled: Duration): void {
    this.#startParts[0].observe(queued / SECOND);
    this.#startParts[1].observe(scheduled / SECOND);
  }

  /** All plugins of an extension point, microseconds. */
  point(point: string, status: string, profile: string, duration: number): void {
    this.#points.of(point, status, profile).observe(duration / SECOND);
  }

  /** One plugin's call, so many times over; only in sampled cycles. */
  plugin(plugin: string, point: string, status: string, duration: number, times: number, now: Instant): void {
    this.#buffer.observe(this.#plugins.of(plugin, point, status), duration / SECOND, times, now);
  }

  permitWait(result: string, duration: Duration): void {
    this.#permitWaits.of(result).observe(duration / SECOND);
  }

  /** The cache looks after its sizes once a second. */
  cacheSizes(now: Instant, sizes: { readonly nodeCount: number; readonly podCount: number; readonly assumedCount: number }): void {
    if (now < this.#cacheAt) return;
    this.#cacheAt = (Math.floor(now / CACHE_PERIOD) + 1) * CACHE_PERIOD;
    this.#cacheSize.of('nodes').set(sizes.nodeCount);
    this.#cacheSize.of('pods').set(sizes.podCount);
    this.#cacheSize.of('assumed_pods').set(sizes.assumedCount);
  }

  event(label: string): void {
    this.#events.of(label).observe(EVENT_COST / SECOND);
  }

  preempted(result: 'success' | 'error', duration: Duration): void {
    this.#preemptionCounts.of(result).add();
    this.#preemptionDurations.of(result).observe(duration / SECOND);
  }

  apiCall(type: string, result: 'success' | 'error', duration: Duration): void {
    this.#apiCalls.of(type, result).add();
    this.#apiDurations.of(type, result).observe(duration / SECOND);
  }

  pendingCalls(type: string): Gauge {
    return this.#pendingCalls.of(type);
  }

  pending(queue: string): Gauge {
    return this.#pending.of(queue);
  }

  incoming(queue: string, event: string): Counter {
    return this.#incoming.of(queue, event);
  }

  unschedulable(plugin: string, profile: string): Gauge {
    return this.#unschedulable.of(plugin, profile);
  }

  inFlight(event: string): Gauge {
    return this.#inFlight.of(event);
  }

  hint(plugin: string, event: string, hint: 'Queue' | 'QueueSkip', now: Instant): void {
    this.#buffer.observe(this.#hints.of(plugin, event, hint), HINT_COST / SECOND, 1, now);
  }

  /** Its process is gone, and what waited in it. */
  withdraw(): void {
    for (const family of [this.#pending, this.#cacheSize, this.#unschedulable, this.#inFlight, this.#pendingCalls])
      for (const gauge of family.all) gauge.set(0);
    this.bindings.set(0);
  }
}
