/** The event queue: a hierarchical timing wheel over whole microseconds, ordered by (time, order) where order is (source host, its counter).
 *  Three levels of 1,024 slots cover 2^30 us (18 minutes); later events wait in a list that is looked through once per such epoch.
 *  Events are rows of typed arrays; only the message is a reference. Cancelled rows are skipped and freed when their time comes. */

import type { Message } from './message.ts';

const RADIX = 1024;
const EPOCH = 0x4000_0000;
const NONE = -1;
/** Rows of one queue; a timer's handle holds the row in 24 bits. */
const MAX_ROWS = 0x100_0000;
const HANDLE_COUNTERS = 0x1000_0000;

/** Offsets in `ints`, four a row. */
export const NEXT = 0;
export const TARGET = 1;
export const SOURCE = 2;
export const INCARNATION = 3;

/** One level of the wheel: heads of linked lists, and a bitmap of those that are not empty. */
class Level {
  readonly heads = new Int32Array(RADIX).fill(NONE);
  readonly words = new Int32Array(RADIX / 32);
  summary = 0;

  /** The first slot that is not empty at or after `from`; -1 when there is none. */
  next(from: number): number {
    if (from >= RADIX) return NONE;
    const word = from >>> 5;
    const bits = (this.words[word] as number) & (-1 << (from & 31));
    if (bits !== 0) return (word << 5) | (31 - Math.clz32(bits & -bits));
    const rest = word === 31 ? 0 : this.summary & (-1 << (word + 1));
    if (rest === 0) return NONE;
    const found = 31 - Math.clz32(rest & -rest);
    const low = this.words[found] as number;
    return (found << 5) | (31 - Math.clz32(low & -low));
  }

  /** Empties a slot and returns its list. */
  take(slot: number): number {
    const head = this.heads[slot] as number;
    this.heads[slot] = NONE;
    const word = slot >>> 5;
    const left = (this.words[word] as number) & ~(1 << (slot & 31));
    this.words[word] = left;
    if (left === 0) this.summary &= ~(1 << word);
    return head;
  }
}

/** Pending events. `pop` hands out a row; its owner reads the fields and calls `release`. */
export class EventQueue {
  /** Two a row: time, order. */
  times = new Float64Array(2 * 1024);
  /** Four a row: next row, target host, source host, the target's incarnation when it was sent. */
  ints = new Int32Array(4 * 1024);
  readonly messages: (Message | undefined)[] = [];
  /** Rows in use, cancelled ones included. */
  size = 0;
  #rows = 0;
  #free = NONE;
  /** Start of the current epoch, and the cursor's distance from it. */
  #epoch = 0;
  #cursor = 0;
  readonly #near = new Level();
  readonly #middle = new Level();
  readonly #wide = new Level();
  #far = NONE;
  #farMin = Infinity;
  /** Rows of the tick at hand, when it has several: sorted by order. */
  readonly #ready: number[] = [];
  #readyAt = 0;

  /** Adds an event and returns its row. `order` decides among equal times. */
  push(time: number, order: number, target: number, source: number, incarnation: number, message: Message): number {
    let row = this.#free;
    if (row !== NONE) this.#free = this.ints[row << 2] as number;
    else {
      row = this.#rows++;
      if (row << 1 >= this.times.length) this.#grow();
    }
    this.times[row << 1] = time;
    this.times[(row << 1) + 1] = order;
    const at = row << 2;
    this.ints[at + TARGET] = target;
    this.ints[at + SOURCE] = source;
    this.ints[at + INCARNATION] = incarnation;
    this.messages[row] = message;
    this.size++;
    const distance = time - this.#epoch;
    if (distance < EPOCH) this.#place(row, distance | 0);
    else this.#defer(row, time);
    return row;
  }

  /** The row of the earliest event before `limit`, taken out; -1 when there is none. Never looks past `limit`, so earlier events may still be added after it. */
  pop(limit: number): number {
    for (;;) {
      const row = this.#readyAt < this.#ready.length ? this.#popReady() : this.#advance(limit);
      if (row === NONE || this.messages[row] !== undefined) return row;
      this.release(row);
    }
  }

  /** Gives a popped row back. */
  release(row: number): void {
    this.messages[row] = undefined;
    this.ints[row << 2] = this.#free;
    this.#free = row;
    this.size--;
  }

  /** What `after` returns: names the row and, against reuse, its event's counter. */
  handle(row: number, counter: number): number {
    return row + (counter % HANDLE_COUNTERS) * MAX_ROWS;
  }

  /** Cancels what `handle` named, if it is still pending and its order is `orderOf(counter)`. */
  cancel(handle: number, source: number, base: number): boolean {
    const row = handle % MAX_ROWS;
    if (row >= this.#rows || this.messages[row] === undefined) return false;
    if (this.ints[(row << 2) + SOURCE] !== source) return false;
    const counter = (this.times[(row << 1) + 1] as number) - base;
    if (counter % HANDLE_COUNTERS !== Math.floor(handle / MAX_ROWS)) return false;
    this.messages[row] = undefined;
    return true;
  }

  /** Time of the earliest row, Infinity when empty. A cancelled row counts: it makes a window shorter, never wrong. */
  peek(): number {
    if (this.#readyAt < this.#ready.length) return this.#epoch + this.#cursor;
    const near = this.#near.next(this.#cursor & (RADIX - 1));
    if (near !== NONE) return this.#epoch + ((this.#cursor & ~(RADIX - 1)) | near);
    const middle = this.#middle.next(((this.#cursor >>> 10) & (RADIX - 1)) + 1);
    if (middle !== NONE) return this.#least(this.#middle.heads[middle] as number);
    const wide = this.#wide.next((this.#cursor >>> 20) + 1);
    if (wide !== NONE) return this.#least(this.#wide.heads[wide] as number);
    return this.#farMin;
  }

  #popReady(): number {
    const row = this.#ready[this.#readyAt++] as number;
    if (this.#readyAt === this.#ready.length) {
      this.#ready.length = 0;
      this.#readyAt = 0;
    }
    return row;
  }

  /** Puts a row where its distance from the cursor says. */
  #place(row: number, at: number): void {
    const difference = at ^ this.#cursor;
    if (difference < RADIX) {
      if (difference === 0 && this.#ready.length > 0) this.#insertReady(row);
      else this.#link(this.#near, at & (RADIX - 1), row);
    } else if (difference < RADIX * RADIX) this.#link(this.#middle, (at >>> 10) & (RADIX - 1), row);
    else this.#link(this.#wide, at >>> 20, row);
  }

  #link(level: Level, slot: number, row: number): void {
    const head = level.heads[slot] as number;
    this.ints[row << 2] = head;
    level.heads[slot] = row;
    if (head !== NONE) return;
    const word = slot >>> 5;
    level.words[word] = (level.words[word] as number) | (1 << (slot & 31));
    level.summary |= 1 << word;
  }

  #defer(row: number, time: number): void {
    this.ints[row << 2] = this.#far;
    this.#far = row;
    if (time < this.#farMin) this.#farMin = time;
  }

  /** Moves the cursor to the next tick that has events, if that lies before `limit`. */
  #advance(limit: number): number {
    for (;;) {
      const near = this.#near.next(this.#cursor & (RADIX - 1));
      if (near !== NONE) {
        const at = (this.#cursor & ~(RADIX - 1)) | near;
        if (this.#epoch + at >= limit) return NONE;
        this.#cursor = at;
        const head = this.#near.take(near);
        return this.ints[head << 2] === NONE ? head : this.#collect(head);
      }
      const middle = this.#middle.next(((this.#cursor >>> 10) & (RADIX - 1)) + 1);
      if (middle !== NONE) {
        const start = (this.#cursor & ~(RADIX * RADIX - 1)) | (middle << 10);
        if (this.#epoch + start >= limit) return NONE;
        this.#cursor = start;
        this.#cascade(this.#middle.take(middle));
        continue;
      }
      const wide = this.#wide.next((this.#cursor >>> 20) + 1);
      if (wide !== NONE) {
        if (this.#epoch + (wide << 20) >= limit) return NONE;
        this.#cursor = wide << 20;
        this.#cascade(this.#wide.take(wide));
        continue;
      }
      if (this.#farMin >= limit) return NONE;
      this.#enterEpoch();
    }
  }

  /** Spreads a list over finer levels. */
  #cascade(head: number): void {
    let row = head;
    while (row !== NONE) {
      const next = this.ints[row << 2] as number;
      if (this.messages[row] === undefined) this.release(row);
      else this.#place(row, ((this.times[row << 1] as number) - this.#epoch) | 0);
      row = next;
    }
  }

  #enterEpoch(): void {
    this.#epoch = Math.floor(this.#farMin / EPOCH) * EPOCH;
    this.#cursor = 0;
    let row = this.#far;
    this.#far = NONE;
    this.#farMin = Infinity;
    while (row !== NONE) {
      const next = this.ints[row << 2] as number;
      const time = this.times[row << 1] as number;
      if (this.messages[row] === undefined) this.release(row);
      else if (time - this.#epoch < EPOCH) this.#place(row, (time - this.#epoch) | 0);
      else this.#defer(row, time);
      row = next;
    }
  }

  /** Several events in one tick: sorts them and hands out the first. */
  #collect(head: number): number {
    const ready = this.#ready;
    for (let row = head; row !== NONE; row = this.ints[row << 2] as number) ready.push(row);
    // A list is in reverse order of insertion; most often that is the reverse of their order.
    ready.reverse();
    if (ready.length > 24) {
      const times = this.times;
      ready.sort((a, b) => (times[(a << 1) + 1] as number) - (times[(b << 1) + 1] as number));
    } else this.#insertionSort();
    return this.#popReady();
  }

  #insertionSort(): void {
    const ready = this.#ready;
    for (let i = 1; i < ready.length; i++) {
      const row = ready[i] as number;
      const order = this.times[(row << 1) + 1] as number;
      let j = i - 1;
      while (j >= 0 && (this.times[((ready[j] as number) << 1) + 1] as number) > order) {
        ready[j + 1] = ready[j] as number;
        j--;
      }
      ready[j + 1] = row;
    }
  }

  /** An event for the very tick that is being handed out. */
  #insertReady(row: number): void {
    const ready = this.#ready;
    const order = this.times[(row << 1) + 1] as number;
    let low = this.#readyAt;
    let high = ready.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.times[((ready[middle] as number) << 1) + 1] as number) > order) high = middle;
      else low = middle + 1;
    }
    ready.splice(low, 0, row);
  }

  #least(head: number): number {
    let least = Infinity;
    for (let row = head; row !== NONE; row = this.ints[row << 2] as number) {
      const time = this.times[row << 1] as number;
      if (time < least) least = time;
    }
    return least;
  }

  #grow(): void {
    const rows = this.times.length;
    if (rows > MAX_ROWS) throw new Error(`more than ${MAX_ROWS} events are pending`);
    const times = new Float64Array(2 * rows);
    times.set(this.times);
    this.times = times;
    const ints = new Int32Array(4 * rows);
    ints.set(this.ints);
    this.ints = ints;
  }
}
