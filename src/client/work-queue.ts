/** A rate-limited, delaying, de-duplicating queue of keys. Mirrors client-go v1.34 util/workqueue (queue.go, delaying_queue.go, default_rate_limiters.go).
 *  It owns no timer: its host asks `nextWakeup` and calls `advance`. */

import type { Counter, Duration, Gauge, Histogram, Instant, Recorder } from '#sim';
import { MILLISECOND, SECOND } from '#sim';
import { TokenBucket } from './token-bucket.ts';

/** DefaultTypedControllerRateLimiter: per-item 5 ms doubling to 1000 s, and overall 10 a second with a burst of 100; the longer of both. */
const ITEM_BASE: Duration = 5 * MILLISECOND;
const ITEM_MAX: Duration = 1000 * SECOND;

/** How a controller's queue treats keys that failed, where that is not client-go's default. */
export interface RetryLimits {
  /** Delay after a first failure, doubled with each further one. Default 5 ms. */
  readonly base?: Duration;
  /** The longest delay. Default 1000 s. */
  readonly max?: Duration;
  /** Without the bucket that all keys share (10 a second, burst 100). */
  readonly isUnbounded?: boolean;
  /** After so many retries in a row a key is dropped until something wakes it (maxRetries). Default: never. */
  readonly attempts?: number;
}

interface Waiting {
  readonly key: string;
  readyAt: Instant;
  readonly order: number;
}

export class WorkQueue {
  readonly name: string;
  // Keys ready for a worker, first in first out.
  #queue: string[] = [];
  #head = 0;
  // Keys that need work, with the instant at which they entered; those in processing wait here until done.
  readonly #dirty = new Map<string, Instant>();
  // What workers have in hand, since when.
  readonly #processing = new Map<string, Instant>();
  readonly #failures = new Map<string, number>();
  readonly #bucket = new TokenBucket(10, 100);
  // A binary heap by (readyAt, order); `#waitingByKey` finds a key's entry, superseded entries are skipped.
  readonly #waiting: Waiting[] = [];
  readonly #waitingByKey = new Map<string, Waiting>();
  #order = 0;
  #depth: Gauge | undefined;
  #adds: Counter | undefined;
  #queueDuration: Histogram | undefined;
  #workDuration: Histogram | undefined;
  #retries: Counter | undefined;
  readonly #limits: RetryLimits;

  constructor(name: string, limits: RetryLimits = {}) {
    this.name = name;
    this.#limits = limits;
  }

  /** Takes the queue's instruments, under Kubernetes' names. */
  instrument(record: Recorder): void {
    const labels = { name: this.name };
    this.#depth = record.gauge('workqueue_depth', labels);
    this.#adds = record.counter('workqueue_adds_total', labels);
    this.#queueDuration = record.histogram('workqueue_queue_duration_seconds', labels);
    this.#workDuration = record.histogram('workqueue_work_duration_seconds', labels);
    this.#retries = record.counter('workqueue_retries_total', labels);
  }

  /** Keys ready for a worker. */
  get length(): number {
    return this.#queue.length - this.#head;
  }

  /** Nothing ready, nothing in work, nothing waiting. */
  get isEmpty(): boolean {
    return this.#dirty.size === 0 && this.#processing.size === 0 && this.#waitingByKey.size === 0;
  }

  add(key: string, now: Instant): void {
    if (this.#dirty.has(key)) return;
    this.#dirty.set(key, now);
    this.#adds?.add();
    if (!this.#processing.has(key)) this.#push(key);
  }

  #push(key: string): void {
    this.#queue.push(key);
    this.#depth?.add(1);
  }

  /** The next key; it is the caller's until `done`. */
  get(now: Instant): string | undefined {
    const key = this.#queue[this.#head];
    if (key === undefined) return undefined;
    this.#head++;
    if (this.#head === this.#queue.length || this.#head > 4096) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    this.#depth?.add(-1);
    this.#queueDuration?.observe((now - (this.#dirty.get(key) ?? now)) / SECOND);
    this.#dirty.delete(key);
    this.#processing.set(key, now);
    return key;
  }

  done(key: string, now: Instant): void {
    this.#workDuration?.observe((now - (this.#processing.get(key) ?? now)) / SECOND);
    this.#processing.delete(key);
    if (this.#dirty.has(key)) this.#push(key);
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  numRequeues(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  addRateLimited(key: string, now: Instant): void {
    const { base = ITEM_BASE, max = ITEM_MAX, isUnbounded, attempts = Number.POSITIVE_INFINITY } = this.#limits;
    const failures = this.#failures.get(key) ?? 0;
    if (failures >= attempts) return this.forget(key);
    this.#failures.set(key, failures + 1);
    let delay = base;
    for (let i = 0; i < failures && delay < max; i++) delay *= 2;
    this.addAfter(key, Math.max(Math.min(delay, max), isUnbounded === true ? 0 : this.#bucket.reserve(now)), now);
  }

  /** A key that waits already keeps the earlier of both times. */
  addAfter(key: string, delay: Duration, now: Instant): void {
    this.#retries?.add();
    if (delay <= 0) return this.add(key, now);
    const readyAt = now + delay;
    const known = this.#waitingByKey.get(key);
    if (known !== undefined && known.readyAt <= readyAt) return;
    const entry: Waiting = { key, readyAt, order: this.#order++ };
    this.#waitingByKey.set(key, entry);
    this.#siftUp(entry);
  }

  /** When `advance` has something to do. */
  get nextWakeup(): Instant | undefined {
    this.#dropSuperseded();
    return this.#waiting[0]?.readyAt;
  }

  /** Moves what has waited long enough into the queue. */
  advance(now: Instant): void {
    for (this.#dropSuperseded(); this.#waiting.length > 0 && (this.#waiting[0] as Waiting).readyAt <= now; this.#dropSuperseded()) {
      const { key } = this.#pop();
      this.#waitingByKey.delete(key);
      this.add(key, now);
    }
  }

  #dropSuperseded(): void {
    while (this.#waiting.length > 0 && this.#waitingByKey.get((this.#waiting[0] as Waiting).key) !== this.#waiting[0]) this.#pop();
  }

  #siftUp(entry: Waiting): void {
    const heap = this.#waiting;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!precedes(entry, heap[parent] as Waiting)) break;
      heap[at] = heap[parent] as Waiting;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): Waiting {
    const heap = this.#waiting;
    const top = heap[0] as Waiting;
    const last = heap.pop() as Waiting;
    if (heap.length === 0) return top;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && precedes(heap[child + 1] as Waiting, heap[child] as Waiting)) child++;
      if (!precedes(heap[child] as Waiting, last)) break;
      heap[at] = heap[child] as Waiting;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

function precedes(a: Waiting, b: Waiting): boolean {
  return a.readyAt < b.readyAt || (a.readyAt === b.readyAt && a.order < b.order);
}
