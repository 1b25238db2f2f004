/** Spans as columns: 36 bytes each, strings interned. A full-size run leaves over a million. */

import type { HostId } from './host.ts';
import type { Duration, Instant } from './time.ts';

/** One step of a subject's way. */
export interface Span {
  readonly subject: string;
  readonly name: string;
  readonly host: HostId;
  readonly start: Instant;
  readonly duration: Duration;
  readonly detail?: string;
}

/** Plain data: columns of `count` rows, string columns as indexes into `strings` (-1: none). */
export interface SpanColumns {
  readonly count: number;
  readonly strings: readonly string[];
  readonly subject: Int32Array;
  readonly name: Int32Array;
  readonly detail: Int32Array;
  readonly host: Int32Array;
  readonly start: Float64Array;
  readonly duration: Float64Array;
}

export class SpanTable {
  #count = 0;
  readonly #ids = new Map<string, number>();
  #ints = new Int32Array(4 * 256);
  #times = new Float64Array(2 * 256);

  add(subject: string, name: string, host: HostId, start: Instant, duration: Duration, detail: string | undefined): void {
    const row = this.#count++;
    if (row * 4 >= this.#ints.length) this.#grow();
    const at = row * 4;
    this.#ints[at] = this.#id(subject);
    this.#ints[at + 1] = this.#id(name);
    this.#ints[at + 2] = detail === undefined ? -1 : this.#id(detail);
    this.#ints[at + 3] = host;
    this.#times[row * 2] = start;
    this.#times[row * 2 + 1] = duration;
  }

  columns(): SpanColumns {
    const count = this.#count;
    const int = (field: number): Int32Array => Int32Array.from({ length: count }, (_, row) => this.#ints[row * 4 + field] as number);
    const time = (field: number): Float64Array => Float64Array.from({ length: count }, (_, row) => this.#times[row * 2 + field] as number);
    return {
      count,
      strings: [...this.#ids.keys()],
      subject: int(0),
      name: int(1),
      detail: int(2),
      host: int(3),
      start: time(0),
      duration: time(1),
    };
  }

  #id(text: string): number {
    const found = this.#ids.get(text);
    if (found !== undefined) return found;
    this.#ids.set(text, this.#ids.size);
    return this.#ids.size - 1;
  }

  #grow(): void {
    const ints = new Int32Array(this.#ints.length * 2);
    ints.set(this.#ints);
    this.#ints = ints;
    const times = new Float64Array(this.#times.length * 2);
    times.set(this.#times);
    this.#times = times;
  }
}
