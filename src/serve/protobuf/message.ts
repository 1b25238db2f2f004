/** A message as the JSON that Go's encoder makes of the same struct: fields in the struct's order, those that are absent from the wire with their zero
 *  value or left out, as their tags say. Unknown fields are passed over; of a field that comes twice the last one stays, inner messages are merged. */

import { type Description, describe, type Field, type FieldType, type Scalar } from './description.ts';
import { type BinaryReader, expectForm, readerOf, WireType } from './reader.ts';
import { readSpecial } from './special-types.ts';

export type Json = Record<string, unknown>;

/** Only the schemas of custom resources contain themselves. */
const DEEPEST = 500;
const NOTHING = new Uint8Array();
const FORMS: Readonly<Record<Scalar, WireType>> = {
  string: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
  bool: WireType.Varint,
  int32: WireType.Varint,
  int64: WireType.Varint,
  float64: WireType.Bit64,
};
const ZEROES: Readonly<Record<Scalar, unknown>> = { string: '', bytes: null, bool: false, int32: 0, int64: 0, float64: 0 };

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');

function readScalar(reader: BinaryReader, scalar: Scalar): unknown {
  switch (scalar) {
    case 'string':
      return reader.string();
    case 'bytes':
      return base64(reader.bytes());
    case 'bool':
      return reader.bool();
    case 'int32':
      return reader.int32();
    case 'int64':
      return Number(reader.int64());
    case 'float64':
      return reader.double();
  }
}

const zeroOf = (type: FieldType, depth: number): unknown =>
  type.sort === 'scalar' ? ZEROES[type.scalar] : readBytes(type, NOTHING, depth);

function readBytes(type: FieldType, bytes: Uint8Array, depth: number): unknown {
  if (depth > DEEPEST) throw new Error(`messages stand inside each other more than ${DEEPEST} times`);
  if (type.sort === 'message') return readMessage(type.message(), bytes, depth);
  return readSpecial((type as { readonly name: string }).name, bytes, (name, inner) => readMessage(describe(name), inner, depth + 1));
}

/** One occurrence of a field, as far as it can be read before the others are known: messages stay bytes. */
function readOne(reader: BinaryReader, form: WireType, { name, type }: Field): unknown {
  if (type.sort !== 'scalar') {
    expectForm(form, WireType.LengthDelimited, name);
    return reader.bytes();
  }
  expectForm(form, FORMS[type.scalar], name);
  return readScalar(reader, type.scalar);
}

function readEntry(field: Field, bytes: Uint8Array, depth: number): [string, unknown] {
  const reader = readerOf(bytes);
  let key = '';
  let value: unknown;
  while (reader.pos < reader.len) {
    const [number, form] = reader.tag();
    if (number === 1) {
      expectForm(form, WireType.LengthDelimited, field.name);
      key = reader.string();
    } else if (number === 2) value = readOne(reader, form, field);
    else reader.skip(form, number);
  }
  if (field.type.sort !== 'scalar') return [key, readBytes(field.type, (value as Uint8Array | undefined) ?? NOTHING, depth + 1)];
  // The zero value of bytes is no null here: an entry that is there has a value.
  return [key, value ?? (field.type.scalar === 'bytes' ? '' : zeroOf(field.type, depth))];
}

/** Numbers may come packed behind one tag. */
function readPacked(reader: BinaryReader, scalar: Scalar, into: unknown[]): void {
  const inner = readerOf(reader.bytes());
  while (inner.pos < inner.len) into.push(readScalar(inner, scalar));
}

function collect(reader: BinaryReader, form: WireType, field: Field, before: unknown, depth: number): unknown {
  const { shape, type } = field;
  if (shape === 'map') {
    expectForm(form, WireType.LengthDelimited, field.name);
    const entries = (before as Map<string, unknown> | undefined) ?? new Map<string, unknown>();
    return entries.set(...readEntry(field, reader.bytes(), depth));
  }
  if (shape === 'list') {
    const list = (before as unknown[] | undefined) ?? [];
    if (type.sort === 'scalar' && form === WireType.LengthDelimited && FORMS[type.scalar] !== form) readPacked(reader, type.scalar, list);
    else {
      const item = readOne(reader, form, field);
      list.push(type.sort === 'scalar' ? item : readBytes(type, item as Uint8Array, depth + 1));
    }
    return list;
  }
  const now = readOne(reader, form, field);
  // Two halves of a message, one behind the other, are the message merged.
  return type.sort === 'message' && before !== undefined ? Buffer.concat([before as Uint8Array, now as Uint8Array]) : now;
}

/** What JSON has of a field, or undefined when nothing. */
function finish({ shape, type, omitsZero }: Field, raw: unknown, depth: number): unknown {
  const absent = omitsZero ? undefined : null;
  if (shape === 'map') return raw === undefined ? absent : Object.fromEntries(raw as Map<string, unknown>);
  if (shape === 'list') return raw ?? absent;
  if (shape === 'pointer') {
    if (raw === undefined) return absent;
    return type.sort === 'scalar' ? raw : readBytes(type, raw as Uint8Array, depth + 1);
  }
  const value =
    type.sort === 'scalar' ? (raw ?? zeroOf(type, depth)) : readBytes(type, (raw as Uint8Array | undefined) ?? NOTHING, depth + 1);
  const isZero = value === '' || value === 0 || value === false || value === null;
  return omitsZero && isZero ? undefined : value;
}

export function readMessage(description: Description, bytes: Uint8Array, depth = 0): Json {
  const { fields, places } = description;
  const raw: unknown[] = new Array(fields.length);
  const reader = readerOf(bytes);
  while (reader.pos < reader.len) {
    const [number, form] = reader.tag();
    const place = places.get(number);
    if (place === undefined) reader.skip(form, number);
    else raw[place] = collect(reader, form, fields[place] as Field, raw[place], depth);
  }
  const json: Json = {};
  fields.forEach((field, place) => {
    const value = finish(field, raw[place], depth);
    if (field.name === '') Object.assign(json, value);
    else if (value !== undefined) json[field.name] = value;
  });
  return json;
}
