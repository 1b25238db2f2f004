/** A binary heap with removal by key. Equals leave in the order in which they came. */

export interface Keyed {
  readonly uid: string;
}

interface Entry<T> {
  readonly value: T;
  readonly order: number;
}

export class Heap<T extends Keyed> {
  readonly #less: (a: T, b: T) => boolean;
  readonly #entries: Entry<T>[] = [];
  readonly #index = new Map<string, number>();
  #next = 0;

  constructor(less: (a: T, b: T) => boolean) {
    this.#less = less;
  }

  get size(): number {
    return this.#entries.length;
  }

  has(uid: string): boolean {
    return this.#index.has(uid);
  }

  get(uid: string): T | undefined {
    const at = this.#index.get(uid);
    return at === undefined ? undefined : this.#entries[at]?.value;
  }

  peek(): T | undefined {
    return this.#entries[0]?.value;
  }

  values(): readonly T[] {
    return this.#entries.map((entry) => entry.value);
  }

  push(value: T): void {
    this.delete(value.uid);
    this.#entries.push({ value, order: this.#next++ });
    this.#index.set(value.uid, this.#entries.length - 1);
    this.#up(this.#entries.length - 1);
  }

  pop(): T | undefined {
    const first = this.#entries[0];
    if (first === undefined) return undefined;
    this.delete(first.value.uid);
    return first.value;
  }

  delete(uid: string): T | undefined {
    const at = this.#index.get(uid);
    if (at === undefined) return undefined;
    const entry = this.#entries[at] as Entry<T>;
    const last = this.#entries.pop() as Entry<T>;
    this.#index.delete(uid);
    if (at < this.#entries.length) {
      this.#place(at, last);
      this.#up(at);
      this.#down(this.#index.get(last.value.uid) as number);
    }
    return entry.value;
  }

  #isLess(a: Entry<T>, b: Entry<T>): boolean {
    if (this.#less(a.value, b.value)) return true;
    return a.order < b.order && !this.#less(b.value, a.value);
  }

  #place(at: number, entry: Entry<T>): void {
    this.#entries[at] = entry;
    this.#index.set(entry.value.uid, at);
  }

  #up(from: number): void {
    let at = from;
    const entry = this.#entries[at] as Entry<T>;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#entries[parent] as Entry<T>;
      if (!this.#isLess(entry, above)) break;
      this.#place(at, above);
      at = parent;
    }
    this.#place(at, entry);
  }

  #down(from: number): void {
    let at = from;
    const entry = this.#entries[at] as Entry<T>;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#entries.length) break;
      if (child + 1 < this.#entries.length && this.#isLess(this.#entries[child + 1] as Entry<T>, this.#entries[child] as Entry<T>)) child++;
      const below = this.#entries[child] as Entry<T>;
      if (!this.#isLess(below, entry)) break;
      this.#place(at, below);
      at = child;
    }
    this.#place(at, entry);
  }
}
