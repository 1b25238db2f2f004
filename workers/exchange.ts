/** What crosses between shards: messages and promises as they come, through a ring for each pair; and once a simulated second a board on which every shard
 *  posts its next event. The board is written before the barrier and read after it; its two halves take turns, so one barrier is enough. */

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { HostId, Instant, Message, Outlet, Promises, Shard } from '#sim';
import type { Barrier } from './barrier.ts';
import { Packer, Unpacker } from './packing.ts';
import { RingReader, RingWriter, ringMemory } from './ring.ts';

/** Words in a ring. A batch of more than half goes through a message port, which is slower and has no limit. */
export const RING_WORDS = 1 << 18;
/** Fields of a shard on one half of the board. */
const NEXT = 0;
const STOP_AT = 1;
const STOP_HOST = 2;
const EVENTS = 3;
const CANCELLED = 4;
const FIELDS = 5;

/** Memory that all shards share. Ring (i, j) is at i * shards + j. */
export interface SharedMemory {
  readonly barrier: SharedArrayBuffer;
  readonly board: SharedArrayBuffer;
  readonly rings: readonly (SharedArrayBuffer | undefined)[];
}

/** `words`: size of a ring; tests make it small. */
export function sharedMemory(barrier: SharedArrayBuffer, shards: number, words = RING_WORDS): SharedMemory {
  const rings = Array.from({ length: shards * shards }, (_, at) =>
    Math.floor(at / shards) === at % shards ? undefined : ringMemory(words),
  );
  return { barrier, board: new SharedArrayBuffer(2 * shards * FIELDS * 8), rings };
}

/** Reads the board from outside, for progress: events delivered so far by all shards, and the earliest pending event. */
export function readBoard(board: SharedArrayBuffer, shards: number): { events: number; next: Instant } {
  const fields = new Float64Array(board);
  let events = 0;
  let next = Infinity;
  for (let shard = 0; shard < shards; shard++) {
    const [a, b] = [shard * FIELDS, (shards + shard) * FIELDS];
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
  readonly #out: (RingWriter | undefined)[];
  readonly #in: (RingReader | undefined)[];
  readonly #ports: readonly (MessagePort | undefined)[];
  readonly #packers: Packer[];
  readonly #unpackers: Unpacker[];
  /** What each other shard was promised last. */
  readonly #told: Float64Array;
  #half = 0;
  readonly #hasNews = (): boolean => {
    for (const ring of this.#in) if (ring?.hasNews === true) return true;
    return false;
  };

  /** `ports[j]` leads to shard j. */
  constructor(memory: SharedMemory, me: number, shards: number, ports: readonly (MessagePort | undefined)[]) {
    this.#me = me;
    this.#shards = shards;
    this.#board = new Float64Array(memory.board);
    const all = Array.from({ length: shards }, (_, shard) => shard);
    const ring = <R>(at: number, open: new (memory: SharedArrayBuffer) => R): R | undefined => {
      const buffer = memory.rings[at];
      return buffer === undefined ? undefined : new open(buffer);
    };
    this.#out = all.map((to) => ring(me * shards + to, RingWriter));
    this.#in = all.map((from) => ring(from * shards + me, RingReader));
    this.#ports = ports;
    this.#packers = all.map(() => new Packer());
    this.#unpackers = all.map(() => new Unpacker());
    this.#told = new Float64Array(shards).fill(-1);
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
  }

  /** Hands over what was sent, with the promise to handle nothing before `promise` any more. */
  post(promise: Instant, shard: Shard, promises: Promises, barrier: Barrier): void {
    for (let to = 0; to < this.#shards; to++) {
      const ring = this.#out[to];
      const packer = this.#packers[to] as Packer;
      if (ring === undefined || (packer.used === 0 && promise <= (this.#told[to] as number))) continue;
      this.#told[to] = promise;
      const fits = ring.takes(packer.used);
      if (!fits) this.#ports[to]?.postMessage(packer.words.slice(0, packer.used));
      while (!ring.tryWrite(fits ? packer.words : undefined, packer.used, promise)) {
        // The other may be waiting for room of its own.
        barrier.wake(to);
        barrier.check();
        this.collect(shard, promises);
      }
      packer.used = 0;
      barrier.wake(to);
    }
  }

  /** Takes in what others have sent by now. */
  collect(shard: Shard, promises: Promises): void {
    for (let from = 0; from < this.#shards; from++) {
      this.#in[from]?.read((words, promise) => {
        if (words === undefined) this.#unpack(from, this.#fromPort(from), shard);
        else if (words.length > 0) this.#unpack(from, words, shard);
        promises.heard(from, promise);
      });
    }
  }

  /** Waits until another shard has said something. */
  awaitNews(barrier: Barrier): void {
    barrier.awaitNews(this.#me, this.#hasNews);
  }

  #unpack(from: number, words: Int32Array, shard: Shard): void {
    const unpacker = this.#unpackers[from] as Unpacker;
    unpacker.open(words);
    while (unpacker.at < words.length) {
      const time = unpacker.number();
      const counter = unpacker.number();
      const source = unpacker.int();
      const target = unpacker.int();
      const incarnation = unpacker.int();
      shard.accept(time, source, counter, target, incarnation, unpacker.message());
    }
  }

  /** Before the barrier: posts where this shard stands. Nothing is on its way any more. */
  postBoard(shard: Shard, cancelled: boolean): void {
    this.#half ^= 1;
    const mine = this.#base() + this.#me * FIELDS;
    this.#board[mine + NEXT] = shard.nextTime();
    this.#board[mine + STOP_AT] = shard.stopped?.at ?? Infinity;
    this.#board[mine + STOP_HOST] = shard.stopped?.host ?? -1;
    this.#board[mine + EVENTS] = shard.events;
    this.#board[mine + CANCELLED] = cancelled ? 1 : 0;
  }

  /** After the barrier: every shard's earliest event. The same numbers on every shard. */
  nextTimes(into: Float64Array): void {
    for (let shard = 0; shard < this.#shards; shard++) into[shard] = this.#board[this.#base() + shard * FIELDS + NEXT] as number;
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

  #fromPort(from: number): Int32Array {
    const port = this.#ports[from];
    const received = port === undefined ? undefined : receiveMessageOnPort(port);
    if (received === undefined) throw new Error(`shard ${this.#me} was promised a batch from shard ${from} that is not there`);
    return received.message as Int32Array;
  }
}
