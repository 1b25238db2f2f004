/** Types whose JSON is not the JSON of their fields: quantities, times, durations, text or number, and JSON inside of protobuf. Mirrors the marshalers of
 *  apimachinery and apiextensions-apiserver v0.34 (time_proto.go, micro_time_proto.go, quantity_proto.go, intstr.go, extension.go, marshal.go). */

import { durationText } from './duration-text.ts';
import { bytesOf, fieldsOf, integerOf, readerOf, textOf, WireType } from './reader.ts';

/** Reads an inner message that is not special: 'apiextensions/v1.JSONSchemaProps'. */
export type ReadMessage = (name: string, bytes: Uint8Array) => unknown;

const SCHEMA = 'apiextensions/v1.JSONSchemaProps';
const ZERO_TIME_SECONDS = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;

/** '2026-11-21T10:00:00', or undefined for the time that stands for none. */
function seconds(value: bigint): string | undefined {
  if (value === ZERO_TIME_SECONDS) return undefined;
  if (value < ZERO_TIME_SECONDS || value > LAST_SECOND) throw new Error(`a time ${value} s from 1970 is not between the years 1 and 9999`);
  return new Date(Number(value) * 1000).toISOString().slice(0, 19);
}

/** Whole seconds: upstream drops the rest, because its JSON has none. */
function time(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return null;
  const text = seconds(integerOf(fieldsOf(bytes).get(1)));
  return text === undefined ? null : `${text}Z`;
}

function microTime(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return null;
  const fields = fieldsOf(bytes);
  const nanos = BigInt.asIntN(32, integerOf(fields.get(2)));
  const micros = integerOf(fields.get(1)) * 1_000_000n + nanos / 1000n;
  const part = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const text = seconds((micros - part) / 1_000_000n);
  if (text === undefined && part === 0n) return null;
  return `${text ?? '0001-01-01T00:00:00'}.${String(part).padStart(6, '0')}Z`;
}

function intOrString(bytes: Uint8Array): string | number {
  const fields = fieldsOf(bytes);
  const kind = integerOf(fields.get(1));
  if (kind === 0n) return Number(BigInt.asIntN(32, integerOf(fields.get(2))));
  if (kind === 1n) return textOf(fields.get(3));
  throw new Error(`a value must be a number (0) or text (1), found type ${kind}`);
}

/** JSON that travels as bytes. */
function embedded(bytes: Uint8Array): unknown {
  const raw = bytesOf(fieldsOf(bytes).get(1));
  if (raw === undefined || raw.length === 0) return null;
  const text = textOf(raw);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${JSON.stringify(text.slice(0, 40))} is not JSON`);
  }
}

/** What is under each number of a message whose fields 1 and 2 are messages or text. */
function lists(bytes: Uint8Array): { readonly one: Uint8Array[]; readonly two: Uint8Array[]; readonly isTrue: boolean } {
  const reader = readerOf(bytes);
  const found = { one: [] as Uint8Array[], two: [] as Uint8Array[], isTrue: false };
  while (reader.pos < reader.len) {
    const [number, form] = reader.tag();
    if (form === WireType.LengthDelimited && number <= 2) found[number === 1 ? 'one' : 'two'].push(reader.bytes());
    else if (form === WireType.Varint && number === 1) found.isTrue = reader.bool();
    else reader.skip(form, number);
  }
  return found;
}

function items(bytes: Uint8Array): string[] | null {
  const { one } = lists(bytes);
  return one.length === 0 ? null : one.map(textOf);
}

const schema = (parts: readonly Uint8Array[], read: ReadMessage): unknown => read(SCHEMA, Buffer.concat(parts));

const READERS: Readonly<Record<string, (bytes: Uint8Array, read: ReadMessage) => unknown>> = {
  Quantity: (bytes) => textOf(fieldsOf(bytes).get(1) ?? ZERO),
  Time: time,
  MicroTime: microTime,
  Duration: (bytes) => durationText(integerOf(fieldsOf(bytes).get(1))),
  IntOrString: intOrString,
  FieldsV1: embedded,
  RawExtension: embedded,
  JSON: embedded,
  Items: items,
  JSONSchemaPropsOrBool: (bytes, read) => {
    const { two, isTrue } = lists(bytes);
    return two.length > 0 ? schema(two, read) : isTrue;
  },
  JSONSchemaPropsOrArray: (bytes, read) => {
    const { one, two } = lists(bytes);
    if (two.length > 0) return two.map((each) => read(SCHEMA, each));
    return one.length > 0 ? schema(one, read) : null;
  },
  JSONSchemaPropsOrStringArray: (bytes, read) => {
    const { one, two } = lists(bytes);
    if (two.length > 0) return two.map(textOf);
    return one.length > 0 ? schema(one, read) : null;
  },
};
const ZERO = new TextEncoder().encode('0');

export const isSpecial = (name: string): boolean => Object.hasOwn(READERS, name);

/** The JSON of a special type. No bytes: its zero value. */
export const readSpecial = (name: string, bytes: Uint8Array, read: ReadMessage): unknown =>
  (READERS[name] as (typeof READERS)[string])(bytes, read);
