/** Chance, implemented: every draw is a hash of (seed, purpose, keys), so no draw depends on how many were made before it. */

import seedrandom from 'seedrandom';
import type { Chance, Purpose, Stream } from './chance.ts';

const HIGH = 0x1_0000_0000;
const TO_UNIT = 1 / 0x1_0000_0000;

/** Mixes one 32-bit word into a state (murmur3's block step). */
function mix(state: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51 | 0);
  k = (k << 15) | (k >>> 17);
  k = Math.imul(k, 0x1b873593);
  const h = state ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** murmur3's finalizer: every input bit reaches every output bit. */
function finish(state: number): number {
  let h = state;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b | 0);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35 | 0);
  return h ^ (h >>> 16);
}

/** Folds in an integer key of up to 53 bits. */
function mixKey(state: number, key: number): number {
  const low = key | 0;
  const next = mix(state, low);
  return low === key ? next : mix(next, Math.floor(key / HIGH) | 0);
}

function hashAll(text: string, start: number): number {
  let state = start;
  for (let i = 0; i < text.length; i++) state = mix(state, text.charCodeAt(i));
  return finish(state ^ text.length);
}

/** Hashes a purpose's name; once, at module level. */
export const purpose = (name: string): Purpose => hashAll(name, 0x51ed270b);

/** A 52-bit integer key for a name (a workload, a node, an image). */
export const hashName = (name: string): number => (hashAll(name, 0x2545f491) >>> 0) * 0x10_0000 + (hashAll(name, 0x6a09e667) >>> 12);

/** sfc32 (Doty-Humphrey, PractRand): 128 bits of state, 32 of output. */
export class Sfc32 implements Stream {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(a: number, b: number, c: number) {
    this.#a = a | 0;
    this.#b = b | 0;
    this.#c = c | 0;
    for (let i = 0; i < 12; i++) this.next();
  }

  next(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    this.#c |= 0;
    return (t >>> 0) * TO_UNIT;
  }
}

/** A short stream that is re-keyed in place: the kernel's own draws for links and disks allocate nothing. */
export class KeyedDraws implements Stream {
  readonly #seed: number;
  #state = 0;

  constructor(seed: number, of: Purpose) {
    this.#seed = finish(mix(mixKey(0x3c6ef372, seed), of));
  }

  key(a: number, b: number, c: number): this {
    this.#state = finish(mixKey(mixKey(mixKey(this.#seed, a), b), c));
    return this;
  }

  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return (finish(this.#state) >>> 0) * TO_UNIT;
  }
}

/** The run's luck for one seed. */
export class Luck implements Chance {
  readonly seed: number;
  readonly #base: number;

  constructor(seed: number) {
    this.seed = seed;
    this.#base = finish(mixKey(0x1f83d9ab, seed));
  }

  uniform(of: Purpose, a = 0, b = 0, c = 0): number {
    return (finish(this.#hash(of, a, b, c)) >>> 0) * TO_UNIT;
  }

  stream(of: Purpose, a = 0, b = 0, c = 0): Stream {
    const hash = this.#hash(of, a, b, c);
    return new Sfc32(finish(hash), finish(mix(hash, 1)), finish(mix(hash, 2)));
  }

  scenario(name: string): Stream {
    const alea = seedrandom.alea(`${this.seed}/${name}`);
    return { next: () => alea() };
  }

  #hash(of: Purpose, a: number, b: number, c: number): number {
    return mixKey(mixKey(mixKey(mix(this.#base, of), a), b), c);
  }
}
