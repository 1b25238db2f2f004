/** Addresses and networks as Go's net/netip reads and prints them, with its refusals: what ip() and cidr() of CEL go by. */

import { goQuoted } from './go-quoted.ts';

/** Four bytes or sixteen. */
export type AddressBytes = readonly number[];

class Refusal extends Error {}

const refuse = (text: string, at?: string): never => {
  throw new Refusal(at === undefined ? text : `${text} (at ${goQuoted(at)})`);
};

function fourFields(text: string): number[] {
  const fields: number[] = [];
  let value = 0;
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char >= '0' && char <= '9') {
      if (digits === 1 && value === 0) refuse('IPv4 field has octet with leading zero');
      value = value * 10 + Number(char);
      digits++;
      if (value > 255) refuse('IPv4 field has value >255');
    } else if (char === '.') {
      if (i === 0 || i === text.length - 1 || text[i - 1] === '.') refuse('IPv4 field must have at least one digit', text.slice(i));
      if (fields.length === 3) refuse('IPv4 address too long');
      fields.push(value);
      value = 0;
      digits = 0;
    } else refuse('unexpected character', text.slice(i));
  }
  if (fields.length < 3) refuse('IPv4 address too short');
  return [...fields, value];
}

/** Reads fields of sixteen bits, an ellipsis, and four fields of eight at the end. */
function sixteenBytes(text: string): number[] {
  let rest = text;
  let ellipsis = -1;
  const bytes: number[] = [];
  if (rest.startsWith('::')) {
    ellipsis = 0;
    rest = rest.slice(2);
    if (rest === '') return Array.from({ length: 16 }, () => 0);
  }
  while (bytes.length < 16) {
    const field = /^[0-9a-fA-F]*/.exec(rest)?.[0] ?? '';
    if (field.length > 4) refuse('each group must have 4 or less digits', rest);
    if (field === '') refuse('each colon-separated field must have at least one digit', rest);
    if (rest[field.length] === '.') {
      if (ellipsis < 0 && bytes.length !== 12) refuse('embedded IPv4 address must replace the final 2 fields of the address', rest);
      if (bytes.length > 12) refuse('too many hex fields to fit an embedded IPv4 at the end of the address', rest);
      bytes.push(...fourFields(rest));
      rest = '';
      break;
    }
    const value = Number.parseInt(field, 16);
    bytes.push(value >> 8, value & 255);
    rest = rest.slice(field.length);
    if (rest === '') break;
    if (rest[0] !== ':') refuse('unexpected character, want colon', rest);
    if (rest.length === 1) refuse('colon must be followed by more characters', rest);
    rest = rest.slice(1);
    if (rest[0] !== ':') continue;
    if (ellipsis >= 0) refuse('multiple :: in address', rest);
    ellipsis = bytes.length;
    rest = rest.slice(1);
    if (rest === '') break;
  }
  if (rest !== '') refuse('trailing garbage after address', rest);
  if (bytes.length < 16 && ellipsis < 0) refuse('address string too short');
  if (bytes.length === 16 && ellipsis >= 0) refuse('the :: must expand to at least one field of zeros');
  const missing = Array.from({ length: 16 - bytes.length }, () => 0);
  return ellipsis < 0 ? bytes : [...bytes.slice(0, ellipsis), ...missing, ...bytes.slice(ellipsis)];
}

export interface ParsedAddress {
  readonly bytes: AddressBytes;
  readonly zone: string;
}

/** netip.ParseAddr. */
export function parseAddress(text: string): ParsedAddress {
  const first = /[.:%]/.exec(text)?.[0];
  try {
    if (first === '.') return { bytes: fourFields(text), zone: '' };
    if (first === undefined) refuse('unable to parse IP');
    if (first === '%') refuse('missing IPv6 address');
    const percent = text.indexOf('%');
    if (percent < 0) return { bytes: sixteenBytes(text), zone: '' };
    if (percent === text.length - 1) refuse('zone must be a non-empty string');
    return { bytes: sixteenBytes(text.slice(0, percent)), zone: text.slice(percent + 1) };
  } catch (error) {
    throw error instanceof Refusal ? new Error(`ParseAddr(${goQuoted(text)}): ${error.message}`) : error;
  }
}

/** netip.ParsePrefix. */
export function parsePrefix(text: string): { readonly bytes: AddressBytes; readonly bits: number } {
  const fail = (why: string): never => {
    throw new Error(`netip.ParsePrefix(${goQuoted(text)}): ${why}`);
  };
  const slash = text.lastIndexOf('/');
  if (slash < 0) return fail("no '/'");
  let address: ParsedAddress;
  try {
    address = parseAddress(text.slice(0, slash));
  } catch (error) {
    return fail((error as Error).message);
  }
  if (address.zone !== '') return fail('IPv6 zones cannot be present in a prefix');
  const bits = text.slice(slash + 1);
  if (!/^(?:\d|[1-9]\d+)$/.test(bits)) return fail(`bad bits after slash: ${goQuoted(bits)}`);
  if (Number(bits) > address.bytes.length * 8) return fail('prefix length out of range');
  return { bytes: address.bytes, bits: Number(bits) };
}

/** The form that Go prints: the longest run of two zero fields or more is left out. */
export function shownAddress(bytes: AddressBytes): string {
  if (bytes.length === 4) return bytes.join('.');
  const fields = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number));
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && fields[end] === 0) end++;
    if (end - i > length) [start, length] = [i, end - i];
  }
  const hex = (from: number, to: number): string =>
    fields
      .slice(from, to)
      .map((field) => field.toString(16))
      .join(':');
  return start < 0 ? hex(0, 8) : `${hex(0, start)}::${hex(start + length, 8)}`;
}

/** ::ffff:1.2.3.4 and its like. */
export const isFourInSix = (bytes: AddressBytes): boolean =>
  bytes.length === 16 && bytes.slice(0, 10).every((one) => one === 0) && bytes[10] === 255 && bytes[11] === 255;

/** The first bits of an address; zeros after them. */
export const maskedTo = (bytes: AddressBytes, bits: number): AddressBytes =>
  bytes.map((byte, i) => (bits >= (i + 1) * 8 ? byte : bits <= i * 8 ? 0 : byte & (255 << ((i + 1) * 8 - bits)) & 255));

export const sameBytes = (a: AddressBytes, b: AddressBytes): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);
