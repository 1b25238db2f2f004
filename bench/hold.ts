/** The hold model (take the earliest of N pending events, add one) as hosts and as a bare heap, on the same delays. */

import type { Context, Host, Message, WorldSpec } from '#sim';
import { messageKind, Shard } from '#sim';
import { Heap4 } from './heap.ts';

interface Hold extends Message {
  readonly kind: 'Hold';
}
messageKind<Hold>({ kind: 'Hold', digest() {} });

const HOSTS = 64;
const DELAYS = 1 << 16;
/** Mean delay: one simulated second. */
const MEAN = 1e6;

/** Exponential delays, drawn once. */
const delays = (() => {
  let state = 12345;
  return Float64Array.from({ length: DELAYS }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return 1 + Math.round(-MEAN * Math.log(1 - (state >>> 0) / 0x1_0000_0000));
  });
})();

const message: Hold = { kind: 'Hold' };

class HoldHost implements Host {
  #at: number;
  readonly #pending: number;

  constructor(id: number, pending: number) {
    this.#at = id * 997;
    this.#pending = pending;
  }

  start(ctx: Context): void {
    for (let i = 0; i < this.#pending; i++) this.#hold(ctx);
  }

  receive(_message: Message, ctx: Context): void {
    this.#hold(ctx);
  }

  #hold(ctx: Context): void {
    this.#at = (this.#at + 1) & (DELAYS - 1);
    ctx.after(delays[this.#at] as number, message);
  }
}

/** Nanoseconds an event through the kernel: queue, order, digest, delivery, `ctx.after`. The returned function runs another stretch. */
export function kernelHold(pending: number): (events: number) => number {
  const world: WorldSpec = {
    seed: 1,
    epoch: 0,
    hosts: Array.from({ length: HOSTS }, (_, id) => ({ name: `hold-${id}`, program: 'hold', config: null, group: 'hold', zone: 'z' })),
    links: [],
    changes: [],
    until: Infinity,
    bucket: 10e6,
  };
  const each = Math.ceil(pending / HOSTS);
  const shard = new Shard({ world, shard: 0, placement: new Int32Array(HOSTS), createHost: (_, id) => new HoldHost(id, each) });
  shard.start();
  let until = 0;
  return (events) => {
    const before = shard.events;
    const stretch = (events / (each * HOSTS)) * MEAN;
    const since = performance.now();
    until += stretch;
    shard.runUntil(Math.round(until));
    return ((performance.now() - since) * 1e6) / (shard.events - before);
  };
}

/** The same through the bare heap. */
export function heapHold(pending: number): (events: number) => number {
  const heap = new Heap4(pending + 1);
  let order = 0;
  let at = 0;
  for (let i = 0; i < pending; i++) heap.push(delays[at++ & (DELAYS - 1)] as number, order++, i);
  return (events) => {
    const since = performance.now();
    for (let i = 0; i < events; i++) {
      heap.pop();
      at = (at + 1) & (DELAYS - 1);
      heap.push(heap.time + (delays[at] as number), order++, heap.payload);
    }
    return ((performance.now() - since) * 1e6) / events;
  };
}
