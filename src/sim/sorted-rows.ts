/** The few events at hand, sorted by (time, order) and taken from the front, with room for latecomers. An entry is the microsecond within the bucket
 *  (6 bits) and the row (24 bits), so that most comparisons look at no row. */

/** Up to here insertion sort is quickest. */
const RUN = 16;
export const ROW_MASK = 0xff_ffff;
export const ROW_BITS = 24;

/** Whether entry `a` comes after entry `b`; `fields` holds the order of row r at 4 r + 1. */
function after(fields: Float64Array, a: number, b: number): boolean {
  const difference = (a >>> ROW_BITS) - (b >>> ROW_BITS);
  if (difference !== 0) return difference > 0;
  return (fields[((a & ROW_MASK) << 2) + 1] as number) > (fields[((b & ROW_MASK) << 2) + 1] as number);
}

export class SortedRows {
  #entries = new Int32Array(256);
  #other = new Int32Array(256);
  /** Reading all rows of a bag at once fetches them side by side; one by one, each would be waited for. Kept so that the reads are not optimized away. */
  touched = 0.5;
  #head = 0;
  #tail = 0;

  get empty(): boolean {
    return this.#head === this.#tail;
  }

  /** The earliest entry; only when not empty. */
  get first(): number {
    return this.#entries[this.#head] as number;
  }

  shift(): void {
    if (++this.#head === this.#tail) {
      this.#head = 0;
      this.#tail = 0;
    }
  }

  insert(entry: number, fields: Float64Array): void {
    if (this.#tail === this.#entries.length) this.#grow(this.#tail + 1);
    const entries = this.#entries;
    let at = this.#tail++;
    while (at > this.#head && after(fields, entries[at - 1] as number, entry)) {
      entries[at] = entries[at - 1] as number;
      at--;
    }
    entries[at] = entry;
  }

  /** Takes in a bag, the entry added last first. Only when empty. */
  fill(batch: Int32Array, count: number, fields: Float64Array): void {
    if (count > this.#entries.length) this.#grow(count);
    const entries = this.#entries;
    let touched = 0;
    for (let i = 0; i < count; i++) {
      const entry = batch[count - 1 - i] as number;
      entries[i] = entry;
      touched += fields[(entry & ROW_MASK) << 2] as number;
    }
    this.touched = touched;
    this.#head = 0;
    this.#tail = count;
    if (count === 1) return;
    for (let from = 0; from < count; from += RUN) this.#sortRun(from, Math.min(count, from + RUN), fields);
    for (let width = RUN; width < count; width *= 2) this.#mergeRuns(count, width, fields);
  }

  #sortRun(from: number, to: number, fields: Float64Array): void {
    const entries = this.#entries;
    for (let i = from + 1; i < to; i++) {
      const entry = entries[i] as number;
      let at = i;
      while (at > from && after(fields, entries[at - 1] as number, entry)) {
        entries[at] = entries[at - 1] as number;
        at--;
      }
      entries[at] = entry;
    }
  }

  #mergeRuns(count: number, width: number, fields: Float64Array): void {
    const from = this.#entries;
    const into = this.#other;
    for (let start = 0; start < count; start += 2 * width) {
      const middle = Math.min(count, start + width);
      const end = Math.min(count, start + 2 * width);
      let left = start;
      let right = middle;
      for (let at = start; at < end; at++) {
        const takeRight = left === middle || (right < end && after(fields, from[left] as number, from[right] as number));
        into[at] = (takeRight ? from[right++] : from[left++]) as number;
      }
    }
    this.#entries = into;
    this.#other = from;
  }

  #grow(atLeast: number): void {
    const entries = new Int32Array(Math.max(atLeast, this.#entries.length * 2));
    entries.set(this.#entries);
    this.#entries = entries;
    this.#other = new Int32Array(entries.length);
  }
}
