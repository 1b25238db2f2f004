/** Pods that a Permit plugin holds back: reserved on their node, not yet bound, until all plugins allow them, one rejects them, or time is up.
 *  Mirrors kube-scheduler v1.34 pkg/scheduler/framework/runtime/waiting_pods_map.go. Who waits is told at the scheduler's next step, as a goroutine
 *  that is woken would be, not in the middle of the plugin that allows or rejects. */

import type { Pod } from '#api';
import type { Duration } from '#sim';
import { podUid } from './pod-fields.ts';
import type { Status } from './status.ts';

/** framework.WaitingPod. */
export interface WaitingPod {
  readonly pod: Pod;
  /** Plugins that have not allowed it yet. */
  readonly pendingPlugins: readonly string[];
  allow(plugin: string): void;
  reject(plugin: string, message: string): void;
}

/** What plugins may do with the pods that wait (Handle.IterateOverWaitingPods, GetWaitingPod). */
export interface WaitingPodList extends Iterable<WaitingPod> {
  get(uid: string): WaitingPod | undefined;
}

/** A pod whose wait is over; a status when it was rejected. */
export interface Settled {
  readonly uid: string;
  readonly status?: Status;
}

class Waiting implements WaitingPod {
  readonly pod: Pod;
  readonly serial: number;
  readonly #pending: Map<string, Duration>;
  readonly #onSettled: (settled: Settled) => void;
  #isSettled = false;

  constructor(pod: Pod, waits: ReadonlyMap<string, Duration>, serial: number, onSettled: (settled: Settled) => void) {
    this.pod = pod;
    this.serial = serial;
    this.#pending = new Map(waits);
    this.#onSettled = onSettled;
  }

  get pendingPlugins(): readonly string[] {
    return [...this.#pending.keys()];
  }

  allow(plugin: string): void {
    this.#pending.delete(plugin);
    if (this.#pending.size === 0) this.#settle(undefined);
  }

  reject(plugin: string, message: string): void {
    this.#settle({ code: 'Unschedulable', reasons: [message], plugin });
  }

  timeOut(plugin: string): void {
    const waited = this.#pending.get(plugin);
    if (waited !== undefined) this.reject(plugin, `rejected due to timeout after waiting ${goDuration(waited)} at plugin ${plugin}`);
  }

  /** The first word counts; later ones fall on deaf ears. */
  #settle(status: Status | undefined): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#onSettled({ uid: podUid(this.pod), ...(status === undefined ? {} : { status }) });
  }
}

export class WaitingPods implements WaitingPodList {
  readonly #pods = new Map<string, Waiting>();
  #settled: Settled[] = [];
  #serials = 0;

  /** The wait begins; its serial number tells it from an earlier wait of the same pod. */
  add(pod: Pod, waits: ReadonlyMap<string, Duration>): number {
    const serial = ++this.#serials;
    this.#pods.set(podUid(pod), new Waiting(pod, waits, serial, (settled) => this.#settled.push(settled)));
    return serial;
  }

  get size(): number {
    return this.#pods.size;
  }

  get(uid: string): WaitingPod | undefined {
    return this.#pods.get(uid);
  }

  *[Symbol.iterator](): Iterator<WaitingPod> {
    yield* this.#pods.values();
  }

  timeOut(uid: string, serial: number, plugin: string): void {
    const waiting = this.#pods.get(uid);
    if (waiting?.serial === serial) waiting.timeOut(plugin);
  }

  get hasSettled(): boolean {
    return this.#settled.length > 0;
  }

  /** Whose wait has ended since the last call; they wait no more. */
  takeSettled(): readonly Settled[] {
    const settled = this.#settled;
    this.#settled = [];
    for (const { uid } of settled) this.#pods.delete(uid);
    return settled;
  }
}

/** Nobody waits: what plugins see outside a running scheduler. */
export const NO_WAITING_PODS: WaitingPodList = new WaitingPods();

/** As Go's time.Duration prints itself: '300ms', '1.5s', '1m0s', '1h0m10s'. */
export function goDuration(microseconds: Duration): string {
  if (microseconds === 0) return '0s';
  if (microseconds < 1_000) return `${microseconds}µs`;
  if (microseconds < 1_000_000) return `${microseconds / 1_000}ms`;
  const hours = Math.floor(microseconds / 3_600_000_000);
  const minutes = Math.floor((microseconds % 3_600_000_000) / 60_000_000);
  const seconds = `${(microseconds % 60_000_000) / 1_000_000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
