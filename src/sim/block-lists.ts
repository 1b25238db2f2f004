/** A few long lists of (offset, row), written and read in sequence. */

import { Occupied } from './occupied.ts';

export class BlockLists {
  readonly occupied: Occupied;
  /** Pairs of offset and row. */
  readonly pairs: Int32Array[];
  /** Words used of each list. */
  readonly used: Int32Array;
  readonly #spare: Int32Array[] = [];

  constructor(count: number) {
    this.occupied = new Occupied(count);
    this.used = new Int32Array(count);
    this.pairs = new Array<Int32Array>(count).fill(new Int32Array(0));
  }

  add(list: number, offset: number, row: number): void {
    const at = this.used[list] as number;
    let pairs = this.pairs[list] as Int32Array;
    if (at === pairs.length) pairs = this.#grow(list, pairs);
    pairs[at] = offset;
    pairs[at + 1] = row;
    this.used[list] = at + 2;
  }

  /** Empties a list whose pairs have been read. */
  clear(list: number): void {
    this.#spare.push(this.pairs[list] as Int32Array);
    this.pairs[list] = new Int32Array(0);
    this.used[list] = 0;
    this.occupied.remove(list);
  }

  #grow(list: number, pairs: Int32Array): Int32Array {
    if (pairs.length === 0) this.occupied.add(list);
    const spare = this.#spare.pop();
    const wider = spare !== undefined && spare.length > pairs.length ? spare : new Int32Array(Math.max(64, pairs.length * 2));
    wider.set(pairs);
    this.pairs[list] = wider;
    return wider;
  }
}
