/** What happened in the cluster while pods were being scheduled: a pod that failed must not sleep through the event that would have helped it.
 *  Mirrors pkg/scheduler/backend/queue/active_queue.go v1.34 (inFlightPods, inFlightEvents). */

import type { KubeObject } from '#api';
import type { ClusterEvent } from '../queueing-events.ts';

export interface SeenEvent {
  readonly event: ClusterEvent;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

export class InFlightEvents {
  /** Position in the history at which each pod was taken. */
  readonly #pods = new Map<string, number>();
  /** Pods that were activated while under way (EventForceActivate). */
  readonly #activated = new Set<string>();
  #events: SeenEvent[] = [];
  #start = 0;

  get size(): number {
    return this.#pods.size;
  }

  take(uid: string): void {
    this.#pods.set(uid, this.#start + this.#events.length);
  }

  /** Kept only while some pod is under way. */
  record(seen: SeenEvent): void {
    if (this.#pods.size > 0) this.#events.push(seen);
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
    this.#pods.delete(uid);
    if (!wasFirst) return;
    const first = this.#first();
    const keep = first === undefined ? this.#start + this.#events.length : (this.#pods.get(first) as number);
    if (keep === this.#start) return;
    this.#events = this.#events.slice(keep - this.#start);
    this.#start = keep;
  }

  #first(): string | undefined {
    for (const uid of this.#pods.keys()) return uid;
    return undefined;
  }
}
