/** The scheduler's metrics under upstream's names. Mirrors pkg/scheduler/metrics/metrics.go v1.34. Durations are recorded in seconds, as named. */

import type { Counter, Duration, Gauge, Histogram, Recorder } from '#sim';
import { SECOND } from '#sim';
import type { QueueInstruments } from './queue/scheduling-queue.ts';

export type AttemptResult = 'scheduled' | 'unschedulable' | 'error';

export class SchedulerMetrics implements QueueInstruments {
  #queued: Histogram | undefined;
  #scheduled: Histogram | undefined;
  readonly #record: Recorder;
  readonly #attempts = new Map<string, Counter>();
  readonly #durations = new Map<string, Histogram>();
  readonly #pending = new Map<string, Gauge>();
  readonly #incoming = new Map<string, Counter>();
  readonly #sli = new Map<number, Histogram>();
  readonly preemptionAttempts: Counter;
  readonly preemptionVictims: Histogram;
  readonly algorithm: Histogram;

  constructor(record: Recorder) {
    this.#record = record;
    this.preemptionAttempts = record.counter('scheduler_preemption_attempts_total');
    this.preemptionVictims = record.histogram('scheduler_preemption_victims');
    this.algorithm = record.histogram('scheduler_scheduling_algorithm_duration_seconds');
  }

  attempt(result: AttemptResult, profile: string, duration: Duration): void {
    const key = `${result}/${profile}`;
    let counter = this.#attempts.get(key);
    let histogram = this.#durations.get(key);
    if (counter === undefined || histogram === undefined) {
      counter = this.#record.counter('scheduler_schedule_attempts_total', { result, profile });
      histogram = this.#record.histogram('scheduler_scheduling_attempt_duration_seconds', { result, profile });
      this.#attempts.set(key, counter);
      this.#durations.set(key, histogram);
    }
    counter.add();
    histogram.observe(duration / SECOND);
  }

  /** A pod is bound: how long it waited for its last attempt, and what that took. Two parts of its start (src/kubelet/start-parts.ts). */
  start(queued: Duration, scheduled: Duration): void {
    this.#queued ??= this.#record.histogram('wavetank_pod_start_part_seconds', { part: 'queue' });
    this.#scheduled ??= this.#record.histogram('wavetank_pod_start_part_seconds', { part: 'schedule' });
    this.#queued.observe(queued / SECOND);
    this.#scheduled.observe(scheduled / SECOND);
  }

  /** scheduler_pod_scheduling_sli_duration_seconds: from first being schedulable to bound; attempts above 15 share a label, as upstream. */
  sli(attempts: number, duration: Duration): void {
    const label = Math.min(attempts, 16);
    let histogram = this.#sli.get(label);
    if (histogram === undefined) {
      histogram = this.#record.histogram('scheduler_pod_scheduling_sli_duration_seconds', {
        attempts: label === 16 ? '16+' : String(label),
      });
      this.#sli.set(label, histogram);
    }
    histogram.observe(duration / SECOND);
  }

  pending(queue: string): Gauge {
    let gauge = this.#pending.get(queue);
    if (gauge === undefined) {
      gauge = this.#record.gauge('scheduler_pending_pods', { queue });
      this.#pending.set(queue, gauge);
    }
    return gauge;
  }

  /** Its process is gone, and what waited in it. */
  withdraw(): void {
    for (const gauge of this.#pending.values()) gauge.set(0);
  }

  incoming(queue: string, event: string): Counter {
    const key = `${queue}/${event}`;
    let counter = this.#incoming.get(key);
    if (counter === undefined) {
      counter = this.#record.counter('scheduler_queue_incoming_pods_total', { queue, event });
      this.#incoming.set(key, counter);
    }
    return counter;
  }
}
