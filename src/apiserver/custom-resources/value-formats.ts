/** Formats of strings that a schema may ask for. Mirrors kube-openapi pkg/validation/strfmt for the formats that apiextensions v1.34 checks. */

import ipaddr from 'ipaddr.js';
import { parseTime } from '#api';

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const EMAIL = /^[^\s@"(),:;<>[\\\]]+@[^\s@.]+(?:\.[^\s@.]+)*$/;
const HOSTNAME = /^(?:[a-zA-Z0-9](?:[-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)*$/;
const URI = /^[a-zA-Z][a-zA-Z0-9+.-]*:\S+$|^\/\S*$/;
const MAC = /^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;
const DURATION =
  /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)\s*(?:ns|us|µs|ms|s|m|h|d|w)(?:\s*(?:\d+(?:\.\d*)?|\.\d+)\s*(?:ns|us|µs|ms|s|m|h|d|w))*$|^0$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const COLOUR = /^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/;

const isCidr = (text: string): boolean => {
  const slash = text.indexOf('/');
  if (slash < 0 || !/^\d{1,3}$/.test(text.slice(slash + 1))) return false;
  const address = text.slice(0, slash);
  const bits = Number(text.slice(slash + 1));
  return ipaddr.IPv4.isValidFourPartDecimal(address) ? bits <= 32 : ipaddr.IPv6.isValid(address) && bits <= 128;
};

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': (text) => parseTime(text) !== undefined,
  datetime: (text) => parseTime(text) !== undefined,
  date: (text) => DATE.test(text) && parseTime(`${text}T00:00:00Z`) !== undefined,
  email: (text) => EMAIL.test(text),
  hostname: (text) => text.length <= 255 && HOSTNAME.test(text),
  ipv4: (text) => ipaddr.IPv4.isValidFourPartDecimal(text),
  ipv6: (text) => ipaddr.IPv6.isValid(text),
  cidr: isCidr,
  uri: (text) => URI.test(text),
  mac: (text) => MAC.test(text),
  uuid: (text) => UUID.test(text),
  uuid3: (text) => UUID.test(text),
  uuid4: (text) => UUID.test(text),
  uuid5: (text) => UUID.test(text),
  byte: (text) => BASE64.test(text),
  hexcolor: (text) => COLOUR.test(text),
  duration: (text) => DURATION.test(text),
};

/** Whether the text is of the format. A format that nobody knows says nothing. */
export const hasFormat = (text: string, format: string): boolean => FORMATS[format]?.(text) ?? true;
