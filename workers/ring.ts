/** One direction between two threads: a ring of 32-bit words in shared memory, written by one and read by the other without a lock. What is in it are batches:
 *  their length, the sender's promise (see Promises), and packed messages. */

const HEAD = 0;
const TAIL = 1;
/** Words before the data. */
const FRONT = 2;
/** Words before a batch's messages: how many words these are, and the promise. */
const HEADER = 3;
/** In place of a length: the ring goes on at its start; the messages come through a port. */
const WRAP = -1;
const BY_PORT = -2;

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

/** Memory for one ring. `words`: a power of two, at least 16. */
export const ringMemory = (words: number): SharedArrayBuffer => new SharedArrayBuffer((FRONT + words) * 4);

export class RingWriter {
  readonly #words: Int32Array;
  readonly #room: number;
  #tail = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#room = this.#words.length - FRONT;
  }

  /** Whether a batch of so many words may go this way at all. */
  takes(used: number): boolean {
    return HEADER + used <= this.#room / 2;
  }

  /** False while the reader is too far behind. `words` undefined: they went by port. */
  tryWrite(words: Int32Array | undefined, used: number, promise: number): boolean {
    const ring = this.#words;
    const room = this.#room;
    const need = HEADER + (words === undefined ? 0 : used);
    let at = this.#tail & (room - 1);
    const skipped = room - at < need ? room - at : 0;
    const taken = (this.#tail - Atomics.load(ring, HEAD)) | 0;
    if (taken + skipped + need > room) return false;
    if (skipped > 0) {
      ring[FRONT + at] = WRAP;
      at = 0;
    }
    double[0] = promise;
    ring[FRONT + at] = words === undefined ? BY_PORT : used;
    ring[FRONT + at + 1] = halves[0] as number;
    ring[FRONT + at + 2] = halves[1] as number;
    if (words !== undefined && used > 0) ring.set(used === words.length ? words : words.subarray(0, used), FRONT + at + HEADER);
    this.#tail = (this.#tail + skipped + need) | 0;
    Atomics.store(ring, TAIL, this.#tail);
    return true;
  }
}

/** Takes in a batch: undefined for messages that come through the port. The words are the ring's own and soon overwritten. */
export type TakeBatch = (words: Int32Array | undefined, promise: number) => void;

export class RingReader {
  readonly #words: Int32Array;
  readonly #room: number;
  #head = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#room = this.#words.length - FRONT;
  }

  get hasNews(): boolean {
    return Atomics.load(this.#words, TAIL) !== this.#head;
  }

  read(take: TakeBatch): void {
    const ring = this.#words;
    const tail = Atomics.load(ring, TAIL);
    if (tail === this.#head) return;
    while (this.#head !== tail) {
      const at = this.#head & (this.#room - 1);
      const length = ring[FRONT + at] as number;
      if (length === WRAP) {
        this.#head = (this.#head + this.#room - at) | 0;
        continue;
      }
      halves[0] = ring[FRONT + at + 1] as number;
      halves[1] = ring[FRONT + at + 2] as number;
      const promise = double[0] as number;
      const from = FRONT + at + HEADER;
      take(length === BY_PORT ? undefined : ring.subarray(from, from + length), promise);
      this.#head = (this.#head + HEADER + Math.max(0, length)) | 0;
    }
    Atomics.store(ring, HEAD, tail);
  }
}
