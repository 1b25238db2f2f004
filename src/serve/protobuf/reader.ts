/** The library's reader of protobuf's wire format, set up as Kubernetes reads: a leading byte order mark is a character as any other. */

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

export { type BinaryReader, WireType } from '@bufbuild/protobuf/wire';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const decodeUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes);

export const readerOf = (bytes: Uint8Array): BinaryReader => new BinaryReader(bytes, decodeUtf8);

const NAMES: Readonly<Record<number, string>> = {
  0: 'a varint',
  1: '8 bytes',
  2: 'a length and bytes',
  3: 'a group',
  4: 'the end of a group',
  5: '4 bytes',
};

/** Upstream's decoder refuses a known field that is written in another form. */
export function expectForm(found: WireType, wanted: WireType, field: string): void {
  if (found !== wanted) throw new Error(`field ${field} must be ${NAMES[wanted]}, found ${NAMES[found]}`);
}

/** Small messages that only this program looks at: what is last under each number, varints as integers, all else as bytes. Fields of other forms are passed over. */
export function fieldsOf(bytes: Uint8Array): ReadonlyMap<number, Uint8Array | bigint> {
  const reader = readerOf(bytes);
  const found = new Map<number, Uint8Array | bigint>();
  while (reader.pos < reader.len) {
    const [number, form] = reader.tag();
    if (form === WireType.Varint) found.set(number, BigInt(reader.int64()));
    else if (form === WireType.LengthDelimited) found.set(number, reader.bytes());
    else reader.skip(form, number);
  }
  return found;
}

export const textOf = (value: Uint8Array | bigint | undefined): string => (value instanceof Uint8Array ? decodeUtf8(value) : '');
export const integerOf = (value: Uint8Array | bigint | undefined): bigint => (typeof value === 'bigint' ? value : 0n);
export const bytesOf = (value: Uint8Array | bigint | undefined): Uint8Array | undefined =>
  value instanceof Uint8Array ? value : undefined;
