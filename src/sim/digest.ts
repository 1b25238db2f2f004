/** The running digest: two 32-bit lanes a host, folded over every delivery (time, source, counter, payload) and combined in host order at the end.
 *  Integer multiplications only, so the value is the same on every Node version. */

import type { HostId } from './host.ts';
import type { Hasher } from './message.ts';

const P1 = 0x85ebca6b | 0;
const P2 = 0xc2b2ae35 | 0;
const double = new Float64Array(1);
const words = new Int32Array(double.buffer);

/** Two lanes and the ways to fold into them. */
export class LaneHasher implements Hasher {
  a = 0x243f6a88 | 0;
  b = 0x13198a2e | 0;

  /** Folds one word into each lane. */
  fold(first: number, second: number): void {
    const a = Math.imul(this.a ^ first, P1);
    this.a = a ^ (a >>> 15);
    const b = Math.imul((this.b + second) | 0, P2);
    this.b = b ^ (b >>> 13);
  }

  int(value: number): void {
    this.fold(value, value);
  }

  number(value: number): void {
    const low = value | 0;
    if (low === value) {
      this.int(low);
      return;
    }
    double[0] = value;
    this.int(words[0] as number);
    this.int(words[1] as number);
  }

  string(value: string): void {
    this.int(hashText(value));
    this.int(value.length);
  }
}

/** A 32-bit hash of a string, two code units a step. */
export function hashText(text: string): number {
  let hash = 0x9e3779b9 | 0;
  const length = text.length;
  const even = length & ~1;
  for (let i = 0; i < even; i += 2) {
    hash = Math.imul(hash ^ (text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16)), P1);
    hash ^= hash >>> 15;
  }
  if (even < length) {
    hash = Math.imul(hash ^ text.charCodeAt(even), P2);
    hash ^= hash >>> 13;
  }
  return hash;
}

/** The lanes of one host after a run. */
export interface HostDigest {
  readonly host: HostId;
  readonly a: number;
  readonly b: number;
}

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

/** Sixteen hex digits over all hosts in host order. `world` folds in what belongs to no host: the changes of the world that took place. */
export function combineDigests(lanes: Int32Array, world: (hasher: Hasher) => void): string {
  const hasher = new LaneHasher();
  for (let i = 0; i < lanes.length; i++) hasher.int(lanes[i] as number);
  world(hasher);
  hasher.int(lanes.length);
  return hex(hasher.a) + hex(hasher.b);
}
