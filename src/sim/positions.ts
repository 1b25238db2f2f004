/** Where a run stood at whole simulated seconds: events delivered and a fingerprint of every host's digest so far. The same on any number of shards and
 *  threads, so a life lived again can be held against it instant by instant. Kept in memory that threads share: each shard writes its part of a row. */

import type { Shard } from './shard.ts';
import type { Instant } from './time.ts';
import { SECOND } from './time.ts';

export interface Position {
  readonly at: Instant;
  /** Deliveries before `at`. */
  readonly events: number;
  /** Sixteen hex digits. */
  readonly digest: string;
}

/** Rows for every second, and as many again, further apart, for what a longer run has after them. */
const DENSE = 32_768;

/** Two lanes and whether they are written. */
const WORDS = 3;

export interface PositionTable {
  readonly instants: readonly Instant[];
  /** Shards that write. */
  readonly shards: number;
  readonly words: Int32Array;
  readonly events: Float64Array;
}

/** Every whole second within the run, up to where there are too many; and these others. */
export function positionTable(until: Instant, shards: number, others: readonly Instant[] = []): PositionTable {
  const dense = Math.min(until, DENSE * SECOND);
  const every = Math.max(1, Math.ceil((until - dense) / SECOND / DENSE)) * SECOND;
  const instants = new Set(others.filter((at) => at > 0 && at < until && at % SECOND === 0));
  for (let second = 1; second * SECOND < dense; second++) instants.add(second * SECOND);
  for (let at = dense; at < until; at += every) instants.add(at);
  const rows = instants.size * shards;
  return {
    instants: [...instants].sort((a, b) => a - b),
    shards,
    words: new Int32Array(new SharedArrayBuffer(rows * WORDS * 4)),
    events: new Float64Array(new SharedArrayBuffer(rows * 8)),
  };
}

/** One shard's pen. */
export class PositionWriter {
  readonly #table: PositionTable;
  readonly #shard: Shard;
  readonly #index: number;
  readonly #now = new Int32Array(2);
  #next = 0;
  #events = 0;

  constructor(table: PositionTable, shard: Shard, index: number) {
    this.#table = table;
    this.#shard = shard;
    this.#index = index;
    shard.fingerprint(this.#now);
  }

  /** Told at each whole second that all shards have reached. Seconds in which nothing happened may be left out: their rows get what was before them. */
  reach(at: Instant): void {
    const { instants } = this.#table;
    while (this.#next < instants.length && (instants[this.#next] as Instant) < at) this.#write();
    this.#shard.fingerprint(this.#now);
    this.#events = this.#shard.events;
    if (instants[this.#next] === at) this.#write();
  }

  #write(): void {
    const { shards, words, events } = this.#table;
    const row = this.#next * shards + this.#index;
    words[row * WORDS] = this.#now[0] as number;
    words[row * WORDS + 1] = this.#now[1] as number;
    events[row] = this.#events;
    Atomics.store(words, row * WORDS + 2, 1);
    this.#next++;
  }
}

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

/** The rows from `from` on that every shard has written. */
export function positionsFrom({ instants, shards, words, events }: PositionTable, from: number): Position[] {
  const out: Position[] = [];
  for (let at = from; at < instants.length; at++) {
    let [a, b, delivered] = [0, 0, 0];
    for (let shard = 0; shard < shards; shard++) {
      const row = at * shards + shard;
      if (Atomics.load(words, row * WORDS + 2) === 0) return out;
      a = (a + (words[row * WORDS] as number)) | 0;
      b = (b + (words[row * WORDS + 1] as number)) | 0;
      delivered += events[row] as number;
    }
    out.push({ at: instants[at] as Instant, events: delivered, digest: hex(a) + hex(b) });
  }
  return out;
}

/** Of one shard that runs alone, now. */
export function positionOf(shard: Shard, at: Instant): Position {
  const lanes = new Int32Array(2);
  shard.fingerprint(lanes);
  return { at, events: shard.events, digest: hex(lanes[0] as number) + hex(lanes[1] as number) };
}
