/** What happened in the cluster while pods were being scheduled: a pod that failed must not sleep through the event that would have helped it.
 *  Mirrors pkg/scheduler/backend/queue/active_queue.go v1.34 (inFlightPods, inFlightEvents). */

import type { KubeObject } from '#api';
import type { Gauge } from '#sim';
import type { ClusterEvent } from '../queueing-events.ts';

export interface SeenEvent {
  readonly event: ClusterEvent;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

/** The event under which pods under way are counted among the events (metrics.PodPoppedInFlightEvent). */
const POPPED = 'PodPopped';

export class InFlightEvents {
  /** scheduler_inflight_events by event. */
  levels: ((event: string) => Gauge) | undefined;
  /** Position in the history at which each pod was taken. */
  readonly #pods = new Map<string, number>();
  /** Pods that were activated while under way (EventForceActivate). */
  readonly #activated = new Set<string>();
  #events: SeenEvent[] = [];
  #start = 0;

  get size(): number {
    return this.#pods.size;
  }

  has(uid: string): boolean {
    return this.#pods.has(uid);
  }

  take(uid: string): void {
    this.#pods.set(uid, this.#start + this.#events.length);
    this.levels?.(POPPED).add(1);
  }

  /** Kept only while some pod is under way. */
  record(seen: SeenEvent): void {
    if (this.#pods.size === 0) return;
    this.#events.push(seen);
    this.levels?.(seen.event.label).add(1);
  }

  activate(uid: string): void {
    if (this.#pods.has(uid)) this.#activated.add(uid);
  }

  isActivated(uid: string): boolean {
    return this.#activated.has(uid);
  }

  since(uid: string): readonly SeenEvent[] {
    const from = this.#pods.get(uid);
    return from === undefined ? [] : this.#events.slice(from - this.#start);
  }

  done(uid: string): void {
    this.#activated.delete(uid);
    const wasFirst = this.#first() === uid;
    if (this.#pods.delete(uid)) this.levels?.(POPPED).add(-1);
    if (!wasFirst) return;
    const first = this.#first();
    const keep = first === undefined ? this.#start + this.#events.length : (this.#pods.get(first) as number);
    if (keep === this.#start) return;
    if (this.levels !== undefined)
      for (let i = keep - this.#start - 1; i >= 0; i--) this.levels((this.#events[i] as SeenEvent).event.label).add(-1);
    this.#events = this.#events.slice(keep - this.#start);
    this.#start = keep;
  }

  #first(): string | undefined {
    for (const uid of this.#pods.keys()) return uid;
    return undefined;
  }
}
