/** A waiting pod with its history. Mirrors pkg/scheduler/framework/types.go v1.34 (QueuedPodInfo) and backend/queue/backoff_queue.go (durations). */

import type { Pod } from '#api';
import type { Duration, Instant } from '#sim';
import { podKey, podUid } from '../pod-fields.ts';

export interface QueuedPodInfo {
  readonly uid: string;
  readonly key: string;
  pod: Pod;
  /** When it last entered a queue. */
  timestamp: Instant;
  /** When it was first to be scheduled (not gated): what the SLI counts from. */
  initialAttemptTimestamp: Instant | undefined;
  attempts: number;
  /** Rejected attempts in a row; errors apart. */
  unschedulableCount: number;
  consecutiveErrors: number;
  /** Plugins that rejected it: their events may bring it back. */
  unschedulablePlugins: ReadonlySet<string>;
  /** Plugins under which scheduler_unschedulable_pods counts it now. */
  blamed: readonly string[];
  /** A PreEnqueue plugin holds it. */
  gatedBy: string;
  /** When its back-off ends. */
  backoffUntil: Instant;
}

const NO_PLUGINS: ReadonlySet<string> = new Set();
const NOBODY: readonly string[] = [];

export function newQueuedPodInfo(pod: Pod, now: Instant): QueuedPodInfo {
  return {
    uid: podUid(pod),
    key: podKey(pod),
    pod,
    timestamp: now,
    initialAttemptTimestamp: undefined,
    attempts: 0,
    unschedulableCount: 0,
    consecutiveErrors: 0,
    unschedulablePlugins: NO_PLUGINS,
    blamed: NOBODY,
    gatedBy: '',
    backoffUntil: 0,
  };
}

/** calculateBackoffDuration: the first failure waits `initial`, each further one twice as long, up to `max`. */
export function backoffDuration(failures: number, initial: Duration, max: Duration): Duration {
  if (failures === 0) return 0;
  let duration = Math.min(initial, max);
  for (let i = 1; i < failures; i++) {
    if (duration > max - duration) return max;
    duration += duration;
  }
  return duration;
}
