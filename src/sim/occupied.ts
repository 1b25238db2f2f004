/** A set of small integers as a bitmap in three storeys: the next member is found in three steps. */

const NONE = -1;

/** The lowest set bit's number. */
const lowest = (bits: number): number => 31 - Math.clz32(bits & -bits);

export class Occupied {
  readonly #size: number;
  readonly #words: Int32Array;
  readonly #pages: Int32Array;
  #book = 0;

  /** Members are below `size`, a power of two from 1,024 to 32,768. */
  constructor(size: number) {
    this.#size = size;
    this.#words = new Int32Array(size >>> 5);
    this.#pages = new Int32Array(size >>> 10);
  }

  add(member: number): void {
    const word = member >>> 5;
    const page = member >>> 10;
    this.#words[word] = (this.#words[word] as number) | (1 << (member & 31));
    this.#pages[page] = (this.#pages[page] as number) | (1 << (word & 31));
    this.#book |= 1 << page;
  }

  remove(member: number): void {
    const word = member >>> 5;
    const left = (this.#words[word] as number) & ~(1 << (member & 31));
    this.#words[word] = left;
    if (left !== 0) return;
    const page = member >>> 10;
    const pages = (this.#pages[page] as number) & ~(1 << (word & 31));
    this.#pages[page] = pages;
    if (pages === 0) this.#book &= ~(1 << page);
  }

  /** The first member at or after `from`; -1 when there is none. */
  next(from: number): number {
    if (from >= this.#size) return NONE;
    let word = from >>> 5;
    const bits = (this.#words[word] as number) & (-1 << (from & 31));
    if (bits !== 0) return (word << 5) | lowest(bits);
    let page = word >>> 5;
    // Shifting by 32 shifts by 0, so the last bit of a word is a case of its own.
    let rest = (word & 31) === 31 ? 0 : (this.#pages[page] as number) & (-1 << ((word & 31) + 1));
    if (rest === 0) {
      const further = page === 31 ? 0 : this.#book & (-1 << (page + 1));
      if (further === 0) return NONE;
      page = lowest(further);
      rest = this.#pages[page] as number;
    }
    word = (page << 5) | lowest(rest);
    return (word << 5) | lowest(this.#words[word] as number);
  }
}
