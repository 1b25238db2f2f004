/** The event queue: a timing wheel over whole microseconds, ordered by (time, order) where order is (source host, its counter).
 *  16,384 buckets of 64 us make a block of a second, 1,024 blocks an epoch of 18 minutes; later events wait in a list that is looked through once an epoch.
 *  The bucket at hand lies sorted in `ready`. Events are rows of 32 bytes; only the message is a reference. Cancelled rows are freed when their time comes. */

import { BlockLists } from './block-lists.ts';
import { BucketLists } from './bucket-lists.ts';
import type { Message } from './message.ts';
import { ROW_BITS, ROW_MASK, SortedRows } from './sorted-rows.ts';

const BUCKET_BITS = 6;
const BUCKET_MASK = (1 << BUCKET_BITS) - 1;
const BLOCK_BITS = 14;
const BUCKETS = 1 << BLOCK_BITS;
const BLOCKS = 1024;
const BLOCK_MASK = (1 << (BLOCK_BITS + BUCKET_BITS)) - 1;
const EPOCH = 0x4000_0000;
const NONE = -1;
const ROW_BYTES = 32;
/** Rows of one queue; a timer's handle holds the row in 24 bits and 28 bits of its counter. */
const MAX_ROWS = 0x100_0000;
const COUNTER_MASK = 0xfff_ffff;

/** Where a row's fields are: time and order in `fields` at 4 * row, the others in `ints` at 8 * row. */
export const ORDER = 1;
export const TARGET = 4;
export const SOURCE = 5;
export const INCARNATION = 6;
const FREE = 7;

/** Pending events. `pop` hands out a row; its owner reads the fields and calls `release`. */
export class EventQueue {
  fields: Float64Array<ArrayBuffer>;
  ints: Int32Array<ArrayBuffer>;
  readonly messages: (Message | undefined)[] = [];
  #capacity = 1024;
  #rows = 0;
  #free = NONE;
  /** Start of the current epoch, and the number within it of the bucket that lies in `ready`. */
  #epoch = 0;
  #cursor = 0;
  readonly #ready = new SortedRows();
  /** Entries as SortedRows has them. */
  readonly #buckets = new BucketLists(BUCKETS);
  readonly #blocks = new BlockLists(BLOCKS);
  #far: number[] = [];
  #farMin = Infinity;

  constructor() {
    const memory = new ArrayBuffer(this.#capacity * ROW_BYTES);
    this.fields = new Float64Array(memory);
    this.ints = new Int32Array(memory);
  }

  /** Adds an event and returns its row. `order` decides among equal times. */
  push(time: number, order: number, target: number, source: number, incarnation: number, message: Message): number {
    let row = this.#free;
    if (row !== NONE) this.#free = this.ints[(row << 3) + FREE] as number;
    else {
      row = this.#rows++;
      if (row === this.#capacity) this.#grow();
    }
    const fields = this.fields;
    const ints = this.ints;
    fields[row << 2] = time;
    fields[(row << 2) + ORDER] = order;
    const at = row << 3;
    ints[at + TARGET] = target;
    ints[at + SOURCE] = source;
    ints[at + INCARNATION] = incarnation;
    this.messages[row] = message;
    const distance = time - this.#epoch;
    if (distance < EPOCH) this.#place(row, distance | 0);
    else this.#defer(row, time);
    return row;
  }

  /** The row of the earliest event before `limit`, taken out; -1 when there is none: then nothing earlier than `limit` may be
   *  added any more. */
  pop(limit: number): number {
    for (;;) {
      const row = this.#ready.empty ? this.#advance(limit) : this.#shift(limit);
      if (row === NONE || this.messages[row] !== undefined) return row;
      this.release(row);
    }
  }

  /** Gives a popped row back. */
  release(row: number): void {
    this.messages[row] = undefined;
    this.ints[(row << 3) + FREE] = this.#free;
    this.#free = row;
  }

  /** What `after` returns: names the row and, against reuse, the low bits of its event's order. */
  handle(row: number, order: number): number {
    return row + (order & COUNTER_MASK) * MAX_ROWS;
  }

  /** Cancels what `handle` named, if it is still pending. */
  cancel(handle: number, source: number): boolean {
    const row = handle % MAX_ROWS;
    if (row >= this.#rows || this.messages[row] === undefined) return false;
    if (this.ints[(row << 3) + SOURCE] !== source) return false;
    if (this.handle(row, this.fields[(row << 2) + ORDER] as number) !== handle) return false;
    this.messages[row] = undefined;
    return true;
  }

  /** Time of the earliest row, Infinity when empty. A cancelled row counts: it makes a window shorter, never wrong. */
  peek(): number {
    if (!this.#ready.empty) return this.fields[(this.#ready.first & ROW_MASK) << 2] as number;
    const bucket = this.#buckets.occupied.next(this.#cursor & (BUCKETS - 1));
    let least = Infinity;
    if (bucket !== NONE) {
      const count = this.#buckets.peek(bucket);
      for (let i = 0; i < count; i++) least = Math.min(least, this.fields[((this.#buckets.batch[i] as number) & ROW_MASK) << 2] as number);
      return least;
    }
    const block = this.#blocks.occupied.next((this.#cursor >>> BLOCK_BITS) + 1);
    if (block === NONE) return this.#farMin;
    const pairs = this.#blocks.pairs[block] as Int32Array;
    for (let i = 0; i < (this.#blocks.used[block] as number); i += 2) least = Math.min(least, pairs[i] as number);
    return this.#epoch + (block << (BLOCK_BITS + BUCKET_BITS)) + least;
  }

  #shift(limit: number): number {
    const row = this.#ready.first & ROW_MASK;
    if ((this.fields[row << 2] as number) >= limit) return NONE;
    this.#ready.shift();
    return row;
  }

  /** Puts a row where its bucket's distance from the cursor says; `at` is its time within the epoch. */
  #place(row: number, at: number): void {
    const bucket = at >>> BUCKET_BITS;
    const difference = bucket ^ this.#cursor;
    if (difference >= BUCKETS) this.#blocks.add(bucket >>> BLOCK_BITS, at & BLOCK_MASK, row);
    else if (difference !== 0) this.#buckets.add(bucket & (BUCKETS - 1), ((at & BUCKET_MASK) << ROW_BITS) | row);
    else this.#ready.insert(((at & BUCKET_MASK) << ROW_BITS) | row, this.fields);
  }

  #defer(row: number, time: number): void {
    this.#far.push(row);
    if (time < this.#farMin) this.#farMin = time;
  }

  /** Moves the cursor to the next bucket that has events, if that begins before `limit`, and takes the first of them. */
  #advance(limit: number): number {
    const buckets = this.#buckets;
    for (;;) {
      const bucket = buckets.occupied.next(this.#cursor & (BUCKETS - 1));
      if (bucket !== NONE) {
        const cursor = (this.#cursor & ~(BUCKETS - 1)) | bucket;
        const start = this.#epoch + (cursor << BUCKET_BITS);
        const single = buckets.single(bucket);
        if (start + (single === NONE ? 0 : single >>> ROW_BITS) >= limit) return NONE;
        this.#cursor = cursor;
        if (single !== NONE) {
          buckets.drop(bucket);
          return single & ROW_MASK;
        }
        // `take` may widen the batch: it must run before `batch` is read.
        const count = buckets.take(bucket);
        this.#ready.fill(buckets.batch, count, this.fields);
        return this.#shift(limit);
      }
      const block = this.#blocks.occupied.next((this.#cursor >>> BLOCK_BITS) + 1);
      if (block !== NONE) {
        if (this.#epoch + (block << (BLOCK_BITS + BUCKET_BITS)) >= limit) return NONE;
        this.#cursor = block << BLOCK_BITS;
        this.#spread(block);
      } else {
        if (this.#farMin >= limit) return NONE;
        this.#enterEpoch();
      }
      if (!this.#ready.empty) return this.#shift(limit);
    }
  }

  /** Spreads a block's rows over the buckets. */
  #spread(block: number): void {
    const pairs = this.#blocks.pairs[block] as Int32Array;
    const used = this.#blocks.used[block] as number;
    for (let i = 0; i < used; i += 2) {
      const offset = pairs[i] as number;
      const entry = ((offset & BUCKET_MASK) << ROW_BITS) | (pairs[i + 1] as number);
      if (offset <= BUCKET_MASK) this.#ready.insert(entry, this.fields);
      else this.#buckets.add(offset >>> BUCKET_BITS, entry);
    }
    this.#blocks.clear(block);
  }

  #enterEpoch(): void {
    this.#epoch = Math.floor(this.#farMin / EPOCH) * EPOCH;
    this.#cursor = 0;
    const rows = this.#far;
    this.#far = [];
    this.#farMin = Infinity;
    for (const row of rows) {
      const time = this.fields[row << 2] as number;
      if (this.messages[row] === undefined) this.release(row);
      else if (time - this.#epoch < EPOCH) this.#place(row, (time - this.#epoch) | 0);
      else this.#defer(row, time);
    }
  }

  #grow(): void {
    if (this.#capacity === MAX_ROWS) throw new Error(`more than ${MAX_ROWS} events are pending`);
    this.#capacity *= 2;
    const fields = new Float64Array(new ArrayBuffer(this.#capacity * ROW_BYTES));
    fields.set(this.fields);
    this.fields = fields;
    this.ints = new Int32Array(fields.buffer);
  }
}
