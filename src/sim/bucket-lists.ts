/** Many short bags of integers. A bag of one lies in the table itself, a larger one in chains of chunks; unlike a linked list through the events,
 *  reading it does not wait for each event to learn where the next one is. */

import { Occupied } from './occupied.ts';

const CHUNK_BITS = 3;
/** The chunk's first word is the next chunk. */
const FULL = (1 << CHUNK_BITS) - 1;
/** Ends a chain of chunks. */
const NONE = -1;
const EMPTY = 0;

export class BucketLists {
  readonly occupied: Occupied;
  /** What `take` emptied, the entry added last first. */
  batch = new Int32Array(256);
  /** EMPTY, a single entry + 1, or ~chunk. */
  readonly #heads: Int32Array;
  /** Entries in the head chunk. */
  readonly #fills: Uint8Array;
  #chunks = new Int32Array(256 << CHUNK_BITS);
  #made = 0;
  #free = NONE;

  constructor(count: number) {
    this.occupied = new Occupied(count);
    this.#heads = new Int32Array(count);
    this.#fills = new Uint8Array(count);
  }

  /** `entry`: 0 to 2^30. */
  add(list: number, entry: number): void {
    const head = this.#heads[list] as number;
    if (head === EMPTY) {
      this.#heads[list] = entry + 1;
      this.occupied.add(list);
      return;
    }
    let chunk = ~head;
    let fill = this.#fills[list] as number;
    if (head > 0) {
      chunk = this.#open(NONE);
      this.#heads[list] = ~chunk;
      this.#chunks[(chunk << CHUNK_BITS) + 1] = head - 1;
      fill = 1;
    } else if (fill === FULL) {
      chunk = this.#open(chunk);
      this.#heads[list] = ~chunk;
      fill = 0;
    }
    this.#fills[list] = ++fill;
    this.#chunks[(chunk << CHUNK_BITS) + fill] = entry;
  }

  /** The entry of a bag of one, which is not empty; -1 for a larger one. */
  single(list: number): number {
    const head = this.#heads[list] as number;
    return head > 0 ? head - 1 : NONE;
  }

  /** Empties a bag of one. */
  drop(list: number): void {
    this.#heads[list] = EMPTY;
    this.occupied.remove(list);
  }

  /** Empties a bag of several into `batch`, and says how many. */
  take(list: number): number {
    const count = this.#read(list, true);
    this.drop(list);
    return count;
  }

  /** Copies a bag into `batch`, and says how many. */
  peek(list: number): number {
    const single = this.single(list);
    if (single === NONE) return this.#read(list, false);
    this.batch[0] = single;
    return 1;
  }

  #read(list: number, free: boolean): number {
    const chunks = this.#chunks;
    let chunk = ~(this.#heads[list] as number);
    let fill = this.#fills[list] as number;
    let taken = 0;
    while (chunk !== NONE) {
      if (taken + FULL > this.batch.length) this.#widen();
      const batch = this.batch;
      const at = chunk << CHUNK_BITS;
      const next = chunks[at] as number;
      for (let i = fill; i > 0; i--) batch[taken++] = chunks[at + i] as number;
      if (free) {
        chunks[at] = this.#free;
        this.#free = chunk;
      }
      chunk = next;
      fill = FULL;
    }
    return taken;
  }

  /** A chunk before `next`. */
  #open(next: number): number {
    let chunk = this.#free;
    if (chunk !== NONE) this.#free = this.#chunks[chunk << CHUNK_BITS] as number;
    else {
      chunk = this.#made++;
      if (chunk << CHUNK_BITS >= this.#chunks.length) {
        const chunks = new Int32Array(this.#chunks.length * 2);
        chunks.set(this.#chunks);
        this.#chunks = chunks;
      }
    }
    this.#chunks[chunk << CHUNK_BITS] = next;
    return chunk;
  }

  #widen(): void {
    const batch = new Int32Array(this.batch.length * 2);
    batch.set(this.batch);
    this.batch = batch;
  }
}
