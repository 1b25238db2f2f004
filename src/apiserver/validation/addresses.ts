/** IP addresses and ranges. Mirrors apimachinery v1.34 pkg/util/validation/ip.go and Kubernetes' ValidateEndpointIP. */

import ipaddr from 'ipaddr.js';
import type { FieldError } from '#api';
import { invalidValue } from './field-error.ts';
import type { NameRule } from './names.ts';

// A CommonJS module: Node finds no names in it.
const { IPv4, IPv6 } = ipaddr;

const NOT_AN_IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const NOT_A_RANGE = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
const PLAIN_IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;

export const isIPv4 = (address: string): boolean => PLAIN_IPV4.test(address);
export const isIPv6 = (address: string): boolean => address.includes(':') && IPv6.isValid(address);

/** The form that Go prints. */
const canonical = (address: string): string => (isIPv4(address) ? address : IPv6.parse(address).toRFC5952String());

/** IsValidIP: an address in its canonical form. */
export function validateIP(address: string, field: string, errors: FieldError[]): boolean {
  if (!isIPv4(address) && !isIPv6(address)) {
    errors.push(invalidValue(field, address, NOT_AN_IP));
    return false;
  }
  const form = canonical(address);
  if (form !== address) errors.push(invalidValue(field, address, `must be in canonical form ("${form}")`));
  return form === address;
}

const SLOPPY_IPV4 = /^0*\d{1,3}(?:\.0*\d{1,3}){3}$/;

/** An IPv4 address without leading zeros (ParseIPSloppy). */
export const withoutZeros = (address: string): string => (SLOPPY_IPV4.test(address) ? address.split('.').map(Number).join('.') : address);

/** IsValidIPForLegacyField: old fields take any form, and parts with leading zeros. */
export function validateLegacyIP(address: string, field: string, errors: FieldError[]): boolean {
  const isWell = isIPv4(withoutZeros(address)) || isIPv6(address);
  if (!isWell) errors.push(invalidValue(field, address, NOT_AN_IP));
  return isWell;
}

/** A resource that is named by an address. */
export const addressName: NameRule = (name) => {
  const errors: FieldError[] = [];
  validateIP(name, '', errors);
  return errors.map(({ message }) => message.slice(message.indexOf(': ', 'Invalid value: '.length) + 2));
};

export interface Range {
  readonly base: string;
  readonly bits: number;
  readonly family: 'IPv4' | 'IPv6';
}

export function parseRange(text: string): Range | undefined {
  const slash = text.indexOf('/');
  if (slash < 0 || !/^(?:0|[1-9]\d{0,2})$/.test(text.slice(slash + 1))) return undefined;
  const base = text.slice(0, slash);
  const bits = Number(text.slice(slash + 1));
  if (isIPv4(base)) return bits <= 32 ? { base, bits, family: 'IPv4' } : undefined;
  return isIPv6(base) && bits <= 128 ? { base, bits, family: 'IPv6' } : undefined;
}

/** IsValidCIDRForLegacyField. */
export function validateRange(text: string, field: string, errors: FieldError[]): Range | undefined {
  const range = parseRange(text);
  if (range === undefined) errors.push(invalidValue(field, text, NOT_A_RANGE));
  return range;
}

/** IsValidCIDR: nothing beyond the prefix. */
export function validateNetwork(text: string, field: string, errors: FieldError[]): void {
  const range = validateRange(text, field, errors);
  if (range === undefined) return;
  const network = (range.family === 'IPv4' ? IPv4 : IPv6).networkAddressFromCIDR(text);
  const form = `${range.family === 'IPv4' ? network.toString() : canonical(network.toString())}/${range.bits}`;
  if (form !== text) errors.push(invalidValue(field, text, `must be in canonical form ("${form}")`));
}

/** Whether `inner` lies within `outer` and is smaller. */
export const isStrictlyWithin = (inner: Range, outer: Range): boolean =>
  inner.family === outer.family &&
  inner.bits > outer.bits &&
  (inner.family === 'IPv4'
    ? IPv4.parse(inner.base).match(IPv4.parse(outer.base), outer.bits)
    : IPv6.parse(inner.base).match(IPv6.parse(outer.base), outer.bits));

const SPECIAL: Readonly<Record<string, string>> = {
  loopback: 'may not be in the loopback range (127.0.0.0/8, ::1/128)',
  linkLocal: 'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
};
const LOCAL_MULTICAST = /^(?:224\.0\.0\.|ff[0-9a-f]2:)/i;

/** ValidateEndpointIP: addresses that no other machine can reach make no endpoints. */
export function validateEndpointIP(address: string, field: string, errors: FieldError[]): void {
  // Nearly all addresses are of pods.
  if (address.startsWith('10.')) return;
  const range = (isIPv4(address) ? IPv4 : IPv6).parse(address).range();
  if (range === 'unspecified') errors.push(invalidValue(field, address, `may not be unspecified (${address})`));
  else if (LOCAL_MULTICAST.test(address))
    errors.push(invalidValue(field, address, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'));
  else if (SPECIAL[range] !== undefined) errors.push(invalidValue(field, address, SPECIAL[range]));
}
