/** Slots sorted into cells by what tells them apart for a class of pods, and within a cell by score. All slots of a cell are worth the same but for their
 *  own score, so that a decision compares cells instead of nodes. A slot moves in constant time. */

const OFFSET = 134_217_728;
const SPAN = 268_435_456;

export class Cell {
  /** What its slots have in common. */
  readonly traits: Int32Array;
  /** How many slots it holds. */
  size = 0;
  /** The highest score among them; -1 in an empty cell. */
  top = -1;
  /** Slots by score. */
  readonly counts: Int32Array;
  /** By score: one bit a slot, where there is any. */
  readonly bits: (Int32Array | undefined)[] = [];
  /** Where it stands among the cells with slots. */
  at = -1;
  /** Of the decision at hand. */
  raw = 0;
  total = 0;

  constructor(traits: Int32Array, range: number) {
    this.traits = traits;
    this.counts = new Int32Array(range);
  }
}

const NO_CELL = new Cell(new Int32Array(0), 0);

export class ScoreCells {
  /** Cells that hold slots, in no order that matters. */
  readonly live: Cell[] = [];
  readonly #range: number;
  readonly #words: number;
  readonly #cellOf: Cell[];
  readonly #scoreOf: Int32Array;
  /** (what the traits so far are known as, next trait) -> what they are known as then. */
  readonly #known = new Map<number, number>();
  readonly #cells = new Map<number, Cell>();
  /** Cleared bits to use again. */
  readonly #spare: Int32Array[] = [];

  /** Scores are below `range`. */
  constructor(size: number, range: number) {
    this.#range = range;
    this.#words = (size + 31) >> 5;
    this.#cellOf = new Array<Cell>(size).fill(NO_CELL);
    this.#scoreOf = new Int32Array(size);
  }

  /** How many cells were ever in use. */
  get count(): number {
    return this.#cells.size;
  }

  /** Puts a slot where these traits and this score belong. `traits` is the caller's to reuse. */
  put(slot: number, traits: Int32Array, score: number): void {
    const before = this.#cellOf[slot] as Cell;
    const isSame = before !== NO_CELL && sameTraits(before.traits, traits);
    if (isSame && this.#scoreOf[slot] === score) return;
    const cell = isSame ? before : this.#cell(traits);
    if (before !== NO_CELL) this.#leave(before, slot);
    this.#cellOf[slot] = cell;
    this.#scoreOf[slot] = score;
    if (cell.size++ === 0) {
      cell.at = this.live.length;
      this.live.push(cell);
    }
    cell.counts[score] = (cell.counts[score] as number) + 1;
    if (score > cell.top) cell.top = score;
    let bits = cell.bits[score];
    if (bits === undefined) bits = cell.bits[score] = this.#spare.pop() ?? new Int32Array(this.#words);
    bits[slot >> 5] = (bits[slot >> 5] as number) | (1 << (slot & 31));
  }

  /** The slot is in no cell. */
  remove(slot: number): void {
    const before = this.#cellOf[slot] as Cell;
    if (before === NO_CELL) return;
    this.#leave(before, slot);
    this.#cellOf[slot] = NO_CELL;
  }

  /** The n-th (from 0) of the slots with the highest score of their cell, over these cells, in the order of slots. */
  nth(cells: readonly Cell[], n: number): number {
    let left = n;
    for (let word = 0; word < this.#words; word++) {
      let bits = 0;
      for (let i = 0; i < cells.length; i++) {
        const cell = cells[i] as Cell;
        bits |= (cell.bits[cell.top] as Int32Array)[word] as number;
      }
      if (bits === 0) continue;
      const count = onesOf(bits);
      if (left >= count) {
        left -= count;
        continue;
      }
      while (left-- > 0) bits &= bits - 1;
      return (word << 5) + (31 - Math.clz32(bits & -bits));
    }
    return -1;
  }

  #leave(cell: Cell, slot: number): void {
    const score = this.#scoreOf[slot] as number;
    const bits = cell.bits[score] as Int32Array;
    bits[slot >> 5] = (bits[slot >> 5] as number) & ~(1 << (slot & 31));
    const left = (cell.counts[score] as number) - 1;
    cell.counts[score] = left;
    if (left === 0) {
      cell.bits[score] = undefined;
      this.#spare.push(bits);
      if (score === cell.top) {
        let top = score - 1;
        while (top >= 0 && cell.counts[top] === 0) top--;
        cell.top = top;
      }
    }
    if (--cell.size > 0) return;
    const last = this.live.pop() as Cell;
    if (last !== cell) {
      this.live[cell.at] = last;
      last.at = cell.at;
    }
    cell.at = -1;
  }

  #cell(traits: Int32Array): Cell {
    let id = 0;
    for (let i = 0; i < traits.length; i++) {
      const key = id * SPAN + ((traits[i] as number) + OFFSET);
      let next = this.#known.get(key);
      if (next === undefined) {
        next = this.#known.size + 1;
        this.#known.set(key, next);
      }
      id = next;
    }
    let cell = this.#cells.get(id);
    if (cell === undefined) {
      cell = new Cell(traits.slice(), this.#range);
      this.#cells.set(id, cell);
    }
    return cell;
  }
}

function sameTraits(a: Int32Array, b: Int32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** How many bits are set. */
function onesOf(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
