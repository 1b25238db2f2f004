/** What a scheduling queue is told: its waits, and what it is measured with. Mirrors pkg/scheduler/backend/queue/scheduling_queue.go v1.34 (the
 *  defaults) and pkg/scheduler/metrics. */

import type { Counter, Duration, Gauge, Instant } from '#sim';
import { MINUTE, SECOND } from '#sim';

export interface QueueSettings {
  readonly initialBackoff: Duration;
  readonly maxBackoff: Duration;
  /** podMaxInUnschedulablePodsDuration: after this a pod is tried again whatever happened. */
  readonly maxUnschedulable: Duration;
  /** SchedulerQueueingHints. Without, every event that a plugin registers for wakes the pods that it rejected. */
  readonly usesHints: boolean;
}

export const DEFAULT_QUEUE_SETTINGS: QueueSettings = {
  initialBackoff: SECOND,
  maxBackoff: 10 * SECOND,
  maxUnschedulable: 5 * MINUTE,
  usesHints: true,
};

/** scheduler_pending_pods, _queue_incoming_pods_total, _unschedulable_pods, _inflight_events and _queueing_hint_execution_duration_seconds. */
export interface QueueInstruments {
  pending(queue: 'active' | 'backoff' | 'unschedulable' | 'gated'): Gauge;
  incoming(queue: 'active' | 'backoff' | 'unschedulable' | 'gated', event: string): Counter;
  unschedulable(plugin: string, profile: string): Gauge;
  inFlight(event: string): Gauge;
  hint(plugin: string, event: string, hint: 'Queue' | 'QueueSkip', now: Instant): void;
  point(point: string, status: string, profile: string, duration: number): void;
}
