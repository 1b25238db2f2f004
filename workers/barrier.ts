/** Where shards wait: for all to come (once a simulated second), or for news from any of them. A bounded spin, then a sleep with an end, so that a shard
 *  hears when another has failed. */

import { performance } from 'node:perf_hooks';

const ARRIVED = 0;
const GENERATION = 1;
const ABORTED = 2;
const CANCEL = 3;
const BELLS = 4;
const WAIT_MS = 100;
/** Who lets others wait for longer collects garbage. */
const PAUSE_MS = 5;

/** Thrown on the shards that did nothing wrong when another one failed. */
export class Aborted extends Error {
  constructor() {
    super('another shard failed');
    this.name = 'Aborted';
  }
}

/** Four words, and a bell for each shard: 1 while it sleeps. */
export const barrierMemory = (shards: number): SharedArrayBuffer => new SharedArrayBuffer((BELLS + shards) * 4);

/** Ends the run on all shards with an error. */
export function abort(memory: SharedArrayBuffer): void {
  const words = new Int32Array(memory);
  Atomics.store(words, ABORTED, 1);
  Atomics.add(words, GENERATION, 1);
  Atomics.notify(words, GENERATION);
  for (let bell = BELLS; bell < words.length; bell++) ring(words, bell);
}

function ring(words: Int32Array, bell: number): void {
  if (Atomics.load(words, bell) === 0) return;
  Atomics.store(words, bell, 0);
  Atomics.notify(words, bell);
}

/** Asks the shards to end the run at the next simulated second. */
export function cancel(memory: SharedArrayBuffer): void {
  Atomics.store(new Int32Array(memory), CANCEL, 1);
}

export class Barrier {
  readonly #words: Int32Array;
  readonly #shards: number;
  readonly #spins: number;
  /** Spent waiting for others. */
  seconds = 0;

  readonly #idle: () => void;

  /** `spins`: how often to look before sleeping; few where there are more shards than cores. `idle`: called when the wait for news becomes long. */
  constructor(memory: SharedArrayBuffer, shards: number, spins: number, idle: () => void = () => {}) {
    this.#words = new Int32Array(memory);
    this.#shards = shards;
    this.#spins = spins;
    this.#idle = idle;
  }

  get cancelled(): boolean {
    return Atomics.load(this.#words, CANCEL) === 1;
  }

  /** Returns when all shards have come. */
  meet(): void {
    if (this.#shards === 1) return;
    const words = this.#words;
    const generation = Atomics.load(words, GENERATION);
    if (Atomics.add(words, ARRIVED, 1) === this.#shards - 1) {
      Atomics.store(words, ARRIVED, 0);
      Atomics.add(words, GENERATION, 1);
      Atomics.notify(words, GENERATION);
      this.check();
      return;
    }
    const since = performance.now();
    let spins = this.#spins;
    while (Atomics.load(words, GENERATION) === generation) {
      if (spins-- > 0) continue;
      Atomics.wait(words, GENERATION, generation, WAIT_MS);
      this.check();
    }
    this.seconds += (performance.now() - since) / 1000;
    this.check();
  }

  /** Returns when there is news, which a sender must say by waking this shard. */
  awaitNews(me: number, hasNews: () => boolean): void {
    if (hasNews()) return;
    const words = this.#words;
    const bell = BELLS + me;
    const since = performance.now();
    let spins = this.#spins;
    let patience = PAUSE_MS;
    while (!hasNews()) {
      if (spins-- > 0) continue;
      Atomics.store(words, bell, 1);
      // What came before the bell was up rings it no more.
      const isLong = !hasNews() && Atomics.wait(words, bell, 1, patience) === 'timed-out';
      Atomics.store(words, bell, 0);
      this.check();
      if (isLong && patience === PAUSE_MS) this.#idle();
      patience = WAIT_MS;
    }
    this.seconds += (performance.now() - since) / 1000;
  }

  /** Wakes a shard that sleeps. */
  wake(shard: number): void {
    ring(this.#words, BELLS + shard);
  }

  /** Throws when another shard has failed: there is nobody to wait for. */
  check(): void {
    if (Atomics.load(this.#words, ABORTED) === 1) throw new Aborted();
  }
}
