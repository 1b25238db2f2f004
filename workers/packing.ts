/** Messages as 32-bit words: fixed fields as they are, repeated strings and shared objects as ids that both ends agree on, the rest as MessagePack. */

import { Decoder, Encoder } from '@msgpack/msgpack';
import type { Kept, Message, MessageKind, PackReader, PackWriter } from '#sim';
import { kindOf } from '#sim';

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);
const NEW = -1;
const ABSENT = -2;

/** One direction's writer. Ids are given out in the order of first use; the reader does the same. */
export class Packer implements PackWriter {
  words = new Int32Array(1 << 14);
  used = 0;
  readonly #names = new Map<string, number>();
  readonly #shared = new WeakMap<object, number>();
  #sharedCount = 0;
  readonly #kept = new Map<string, { place: number; value: object }>();
  #places = 0;
  readonly #encoder = new Encoder({ ignoreUndefined: true });
  readonly #kinds = new Map<string, MessageKind<Message>>();

  int(value: number): void {
    if (this.used === this.words.length) this.#grow(1);
    this.words[this.used++] = value;
  }

  number(value: number): void {
    if (this.used + 2 > this.words.length) this.#grow(2);
    double[0] = value;
    this.words[this.used++] = halves[0] as number;
    this.words[this.used++] = halves[1] as number;
  }

  name(value: string): void {
    const id = this.#names.get(value);
    if (id !== undefined) {
      this.int(id);
      return;
    }
    this.#names.set(value, this.#names.size);
    this.int(NEW);
    this.text(value);
  }

  text(value: string): void {
    const length = value.length;
    const start = this.used;
    // Room for two units a word, in case it is not Latin-1.
    const room = 1 + ((length + 1) >> 1);
    if (start + room > this.words.length) this.#grow(room);
    const { words } = this;
    let used = start + 1;
    let seen = 0;
    let i = 0;
    for (; i + 4 <= length; i += 4) {
      const a = value.charCodeAt(i);
      const b = value.charCodeAt(i + 1);
      const c = value.charCodeAt(i + 2);
      const d = value.charCodeAt(i + 3);
      seen |= a | b | c | d;
      words[used++] = a | (b << 8) | (c << 16) | (d << 24);
    }
    if (i < length) {
      let word = 0;
      for (let shift = 0; i < length; i++, shift += 8) {
        const code = value.charCodeAt(i);
        seen |= code;
        word |= code << shift;
      }
      words[used++] = word;
    }
    words[start] = length << 1;
    this.used = seen < 256 ? used : this.#wideText(value, start);
  }

  #wideText(value: string, start: number): number {
    const { words } = this;
    const length = value.length;
    words[start] = (length << 1) | 1;
    let used = start + 1;
    for (let i = 0; i < length; i += 2) {
      const high = i + 1 < length ? value.charCodeAt(i + 1) : 0;
      words[used++] = value.charCodeAt(i) | (high << 16);
    }
    return used;
  }

  shared(value: object | undefined): void {
    if (value === undefined) {
      this.int(ABSENT);
      return;
    }
    const id = this.#shared.get(value);
    if (id !== undefined) {
      this.int(id);
      return;
    }
    this.#shared.set(value, this.#sharedCount++);
    this.int(NEW);
    this.value(value);
  }

  value(value: unknown): void {
    if (value === undefined) {
      this.int(ABSENT);
      return;
    }
    const bytes = this.#encoder.encodeSharedRef(value);
    const words = (bytes.length + 3) >> 2;
    if (this.used + 1 + words > this.words.length) this.#grow(1 + words);
    this.words[this.used++] = bytes.length;
    new Uint8Array(this.words.buffer, this.used * 4, bytes.length).set(bytes);
    this.used += words;
  }

  recall(key: string): Kept | undefined {
    return this.#kept.get(key);
  }

  keep(key: string, value: object | undefined): void {
    const kept = this.#kept.get(key);
    if (value === undefined) this.#kept.delete(key);
    else if (kept === undefined) this.#kept.set(key, { place: this.#places++, value });
    else kept.value = value;
  }

  message(message: Message): void {
    let kind = this.#kinds.get(message.kind);
    if (kind === undefined) {
      kind = kindOf(message.kind);
      this.#kinds.set(message.kind, kind);
    }
    this.name(message.kind);
    if (kind.pack === undefined) this.value(message);
    else kind.pack(message, this);
  }

  #grow(by: number): void {
    const words = new Int32Array(Math.max(this.used + by, this.words.length * 2));
    words.set(this.words);
    this.words = words;
  }
}

/** The other end of a Packer. */
export class Unpacker implements PackReader {
  #words: Int32Array = new Int32Array(0);
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  readonly #names: string[] = [];
  readonly #shared: unknown[] = [];
  readonly #kept: (object | undefined)[] = [];
  readonly #decoder = new Decoder();
  readonly #kinds = new Map<string, MessageKind<Message>>();

  /** Reads from here on. */
  open(words: Int32Array): void {
    this.#words = words;
    this.#bytes = Buffer.from(words.buffer, words.byteOffset, words.byteLength);
    this.#at = 0;
  }

  get at(): number {
    return this.#at;
  }

  int(): number {
    return this.#words[this.#at++] as number;
  }

  number(): number {
    halves[0] = this.#words[this.#at++] as number;
    halves[1] = this.#words[this.#at++] as number;
    return double[0] as number;
  }

  name(): string {
    const id = this.int();
    if (id !== NEW) return this.#names[id] as string;
    const name = this.text();
    this.#names.push(name);
    return name;
  }

  text(): string {
    const header = this.int();
    const length = header >>> 1;
    if ((header & 1) === 1) return this.#wideText(length);
    const from = this.#at << 2;
    this.#at += (length + 3) >> 2;
    return this.#bytes.toString('latin1', from, from + length);
  }

  #wideText(length: number): string {
    const units = new Uint16Array(length + 1);
    for (let i = 0; i < length; i += 2) {
      const word = this.#words[this.#at++] as number;
      units[i] = word & 0xffff;
      units[i + 1] = word >>> 16;
    }
    let text = '';
    for (let from = 0; from < length; from += 4096) {
      text += String.fromCharCode.apply(null, units.subarray(from, Math.min(length, from + 4096)) as unknown as number[]);
    }
    return text;
  }

  shared<T extends object>(): T | undefined {
    const id = this.int();
    if (id === ABSENT) return undefined;
    if (id !== NEW) return this.#shared[id] as T;
    const value = this.value<T>();
    this.#shared.push(value);
    return value;
  }

  value<T>(): T {
    const length = this.int();
    if (length === ABSENT) return undefined as T;
    // A copy: what is decoded must not point into memory that the next window overwrites.
    const bytes = new Uint8Array(length);
    bytes.set(new Uint8Array(this.#words.buffer, this.#words.byteOffset + this.#at * 4, length));
    this.#at += (length + 3) >> 2;
    return this.#decoder.decode(bytes) as T;
  }

  recall(place: number): object | undefined {
    return this.#kept[place];
  }

  keep(place: number, value: object | undefined): void {
    if (place < 0) this.#kept.push(value);
    else this.#kept[place] = value;
  }

  message(): Message {
    const name = this.name();
    let kind = this.#kinds.get(name);
    if (kind === undefined) {
      kind = kindOf(name);
      this.#kinds.set(name, kind);
    }
    return kind.unpack === undefined ? this.value<Message>() : kind.unpack(this);
  }
}
