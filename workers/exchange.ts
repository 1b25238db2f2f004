/** What crosses between shards once a window: a double-buffered box for each pair, and a board on which every shard posts its next event.
 *  Everything is written before the barrier and read after it; the two halves take turns, so one barrier a window is enough. */

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { HostId, Instant, Message, Outlet, Shard } from '#sim';
import { Packer, Unpacker } from './packing.ts';

/** Words in one half of a box. What does not fit goes through a message port, which is slower and has no limit. */
export const BOX_WORDS = 1 << 16;
/** Before a half's data: words in it, and whether they went by port. */
const HEADER = 2;
/** Fields of a shard on one half of the board. */
const NEXT = 0;
const STOP_AT = 1;
const STOP_HOST = 2;
const EVENTS = 3;
const CANCELLED = 4;
const FIELDS = 5;

/** Memory that all shards share. Box (i, j) is at i * shards + j. */
export interface SharedMemory {
  readonly barrier: SharedArrayBuffer;
  readonly board: SharedArrayBuffer;
  readonly boxes: readonly (SharedArrayBuffer | undefined)[];
}

/** `words`: size of a half box; tests make it small. */
export function sharedMemory(barrier: SharedArrayBuffer, shards: number, words = BOX_WORDS): SharedMemory {
  const boxes = Array.from({ length: shards * shards }, (_, at) =>
    Math.floor(at / shards) === at % shards ? undefined : new SharedArrayBuffer(2 * (HEADER + words) * 4),
  );
  return { barrier, board: new SharedArrayBuffer(boardLength(shards) * 8), boxes };
}

// Two halves of (fields of each shard, then the earliest message of each pair).
const boardLength = (shards: number): number => 2 * (shards * FIELDS + shards * shards);

/** Reads the board from outside, for progress: events delivered so far by all shards, and the earliest pending event. */
export function readBoard(board: SharedArrayBuffer, shards: number): { events: number; next: Instant } {
  const fields = new Float64Array(board);
  let events = 0;
  let next = Infinity;
  for (let shard = 0; shard < shards; shard++) {
    const [a, b] = [shard * FIELDS, boardLength(shards) / 2 + shard * FIELDS];
    events += Math.max(fields[a + EVENTS] as number, fields[b + EVENTS] as number);
    next = Math.min(next, Math.max(fields[a + NEXT] as number, fields[b + NEXT] as number));
  }
  return { events, next };
}

/** One shard's side of the exchange. */
export class Exchange implements Outlet {
  /** Messages sent to other shards. */
  messages = 0;
  readonly #me: number;
  readonly #shards: number;
  readonly #board: Float64Array;
  readonly #out: (Int32Array | undefined)[];
  readonly #in: (Int32Array | undefined)[];
  readonly #ports: readonly (MessagePort | undefined)[];
  readonly #packers: Packer[];
  readonly #unpackers: Unpacker[];
  readonly #earliest: Float64Array;
  #half = 0;

  /** `ports[j]` leads to shard j. */
  constructor(memory: SharedMemory, me: number, shards: number, ports: readonly (MessagePort | undefined)[]) {
    this.#me = me;
    this.#shards = shards;
    this.#board = new Float64Array(memory.board);
    const box = (at: number): Int32Array | undefined => {
      const buffer = memory.boxes[at];
      return buffer === undefined ? undefined : new Int32Array(buffer);
    };
    const all = Array.from({ length: shards }, (_, shard) => shard);
    this.#out = all.map((to) => box(me * shards + to));
    this.#in = all.map((from) => box(from * shards + me));
    this.#ports = ports;
    this.#packers = all.map(() => new Packer());
    this.#unpackers = all.map(() => new Unpacker());
    this.#earliest = new Float64Array(shards).fill(Infinity);
  }

  send(shard: number, at: Instant, source: HostId, counter: number, target: HostId, incarnation: number, message: Message): void {
    const out = this.#packers[shard] as Packer;
    out.number(at);
    out.number(counter);
    out.int(source);
    out.int(target);
    out.int(incarnation);
    out.message(message);
    this.messages++;
    if (at < (this.#earliest[shard] as number)) this.#earliest[shard] = at;
  }

  /** Before the barrier: hands over this window's messages and posts where this shard stands. */
  post(shard: Shard, cancelled: boolean): void {
    this.#half ^= 1;
    const base = this.#base();
    const mine = base + this.#me * FIELDS;
    this.#board[mine + NEXT] = shard.nextTime();
    this.#board[mine + STOP_AT] = shard.stopped?.at ?? Infinity;
    this.#board[mine + STOP_HOST] = shard.stopped?.host ?? -1;
    this.#board[mine + EVENTS] = shard.events;
    this.#board[mine + CANCELLED] = cancelled ? 1 : 0;
    const pairs = base + this.#shards * FIELDS + this.#me * this.#shards;
    for (let to = 0; to < this.#shards; to++) {
      this.#board[pairs + to] = this.#earliest[to] as number;
      this.#earliest[to] = Infinity;
      this.#deliver(to);
    }
  }

  /** After the barrier: takes in what others sent. */
  collect(shard: Shard): void {
    for (let from = 0; from < this.#shards; from++) {
      const box = this.#in[from];
      if (box === undefined) continue;
      const at = this.#start(box);
      const used = box[at] as number;
      if (used === 0) continue;
      const unpacker = this.#unpackers[from] as Unpacker;
      unpacker.open(box[at + 1] === 1 ? this.#fromPort(from) : box.subarray(at + HEADER, at + HEADER + used));
      while (unpacker.at < used) {
        const time = unpacker.number();
        const counter = unpacker.number();
        const source = unpacker.int();
        const target = unpacker.int();
        const incarnation = unpacker.int();
        shard.accept(time, source, counter, target, incarnation, unpacker.message());
      }
    }
  }

  /** After the barrier: every shard's earliest event, messages on their way to it included. The same numbers on every shard. */
  nextTimes(into: Float64Array): void {
    const base = this.#base();
    const pairs = base + this.#shards * FIELDS;
    for (let shard = 0; shard < this.#shards; shard++) {
      let next = this.#board[base + shard * FIELDS + NEXT] as number;
      for (let from = 0; from < this.#shards; from++) next = Math.min(next, this.#board[pairs + from * this.#shards + shard] as number);
      into[shard] = next;
    }
  }

  /** After the barrier: the wishes to end the run, in shard order. */
  stops(): { at: Instant; host: HostId; reason: string }[] {
    const base = this.#base();
    const found: { at: Instant; host: HostId; reason: string }[] = [];
    for (let shard = 0; shard < this.#shards; shard++) {
      const at = this.#board[base + shard * FIELDS + STOP_AT] as number;
      if (at !== Infinity) found.push({ at, host: this.#board[base + shard * FIELDS + STOP_HOST] as number, reason: '' });
    }
    return found;
  }

  /** Whether shard 0 had heard a cancellation: it decides for all. */
  get cancelled(): boolean {
    return this.#board[this.#base() + CANCELLED] === 1;
  }

  #base(): number {
    return (this.#half * this.#board.length) / 2;
  }

  #start(box: Int32Array): number {
    return (this.#half * box.length) / 2;
  }

  #deliver(to: number): void {
    const box = this.#out[to];
    if (box === undefined) return;
    const packer = this.#packers[to] as Packer;
    const at = this.#start(box);
    const fits = packer.used <= box.length / 2 - HEADER;
    box[at] = packer.used;
    box[at + 1] = fits ? 0 : 1;
    if (fits) box.set(packer.words.subarray(0, packer.used), at + HEADER);
    else this.#ports[to]?.postMessage(packer.words.slice(0, packer.used));
    packer.used = 0;
  }

  #fromPort(from: number): Int32Array {
    const port = this.#ports[from];
    const received = port === undefined ? undefined : receiveMessageOnPort(port);
    if (received === undefined) throw new Error(`shard ${this.#me} was promised a batch from shard ${from} that is not there`);
    return received.message as Int32Array;
  }
}
