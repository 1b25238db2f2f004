/** Pods that wait for something to change, found by the plugins that keep them out: an event that no such plugin waits for costs nothing, however many
 *  pods wait. Mirrors UnschedulablePods of pkg/scheduler/backend/queue/scheduling_queue.go v1.34. */

import type { Instant } from '#sim';
import type { QueuedPodInfo } from './queued-pod-info.ts';

interface Kept {
  readonly info: QueuedPodInfo;
  readonly keepers: readonly string[];
}

/** Pods that nobody keeps out: every event may help them. */
const NOBODY = '';

export class UnschedulablePods {
  readonly #pods = new Map<string, Kept>();
  readonly #byKeeper = new Map<string, Map<string, QueuedPodInfo>>();
  /** No pod that is not gated has waited since before this. */
  #oldest = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#pods.size;
  }

  /** No pod that is not gated has waited since before this. */
  get oldest(): number {
    return this.#oldest;
  }

  get(uid: string): QueuedPodInfo | undefined {
    return this.#pods.get(uid)?.info;
  }

  has(uid: string): boolean {
    return this.#pods.has(uid);
  }

  add(info: QueuedPodInfo): void {
    const { uid, gatedBy, unschedulablePlugins, timestamp } = info;
    this.delete(uid);
    const keepers = gatedBy === '' ? [...unschedulablePlugins] : [gatedBy, ...unschedulablePlugins];
    if (keepers.length === 0) keepers.push(NOBODY);
    this.#pods.set(uid, { info, keepers });
    for (const keeper of keepers) {
      const kept = this.#byKeeper.get(keeper);
      if (kept === undefined) this.#byKeeper.set(keeper, new Map([[uid, info]]));
      else kept.set(uid, info);
    }
    if (gatedBy === '' && timestamp < this.#oldest) this.#oldest = timestamp;
  }

  delete(uid: string): boolean {
    const kept = this.#pods.get(uid);
    if (kept === undefined) return false;
    this.#pods.delete(uid);
    for (const keeper of kept.keepers) this.#byKeeper.get(keeper)?.delete(uid);
    return true;
  }

  /** At least the pods that one of these plugins keeps out, in the order in which they came. */
  keptBy(plugins: ReadonlySet<string>): readonly QueuedPodInfo[] {
    let only: Map<string, QueuedPodInfo> | undefined;
    for (const [keeper, kept] of this.#byKeeper) {
      if (kept.size === 0 || (keeper !== NOBODY && !plugins.has(keeper))) continue;
      if (only !== undefined) return [...this.#pods.values()].map(({ info }) => info);
      only = kept;
    }
    return only === undefined ? [] : [...only.values()];
  }

  *values(): Iterable<QueuedPodInfo> {
    for (const { info } of this.#pods.values()) yield info;
  }

  /** Pods, gated ones aside, that wait since before `instant`. */
  waitingSinceBefore(instant: Instant): readonly QueuedPodInfo[] {
    if (this.#oldest >= instant) return [];
    const found: QueuedPodInfo[] = [];
    let oldest = Number.POSITIVE_INFINITY;
    for (const { info } of this.#pods.values()) {
      if (info.gatedBy !== '') continue;
      if (info.timestamp < instant) found.push(info);
      oldest = Math.min(oldest, info.timestamp);
    }
    this.#oldest = oldest;
    return found;
  }
}
