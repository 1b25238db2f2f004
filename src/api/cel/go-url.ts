/** URLs as Go's net/url reads them, with its refusals: what url() and format.uri() of CEL go by. Mirrors url.Parse and url.ParseRequestURI. */

import { goQuoted } from './go-quoted.ts';
import { parseAddress } from './net-address.ts';

type Part = 'host' | 'zone' | 'path' | 'query' | 'user';

const HOST_CHARS = '!$&\'()*+,;=:[]<>"';
const isPlain = (char: string): boolean => /[A-Za-z0-9\-_.~]/.test(char);
const isHostChar = (char: string): boolean => isPlain(char) || HOST_CHARS.includes(char);
const isPathChar = (char: string): boolean => isPlain(char) || '$&+,/:;=@'.includes(char);

const bytesText = (escaped: string): string => {
  try {
    return decodeURIComponent(escaped);
  } catch {
    return '\uFFFD';
  }
};

function unescaped(text: string, part: Part): string {
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char === '%') {
      const piece = text.slice(i, i + 3);
      if (!/^%[0-9a-fA-F]{2}$/.test(piece)) throw new Error(`invalid URL escape ${goQuoted(piece)}`);
      const byte = Number.parseInt(piece.slice(1), 16);
      const isBad =
        (part === 'host' && byte < 0x80 && piece !== '%25') ||
        (part === 'zone' && piece !== '%25' && byte !== 0x20 && !isHostChar(String.fromCharCode(byte)));
      if (isBad) throw new Error(`invalid URL escape ${goQuoted(piece)}`);
      i += 2;
    } else if ((part === 'host' || part === 'zone') && char < '\x80' && !isHostChar(char))
      throw new Error(`invalid character ${goQuoted(char)} in host name`);
  }
  return (part === 'query' ? text.replaceAll('+', ' ') : text).replace(/(?:%[0-9a-fA-F]{2})+/g, bytesText);
}

const escapedPath = (path: string): string => [...path].map((char) => (isPathChar(char) ? char : encodeStrictly(char))).join('');
const encodeStrictly = (char: string): string =>
  encodeURIComponent(char).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
/** Whether a path may stay as it was written. */
const isEncoded = (path: string): boolean => [...path].every((char) => isPlain(char) || "/!$&'()*+,;=:@[]%".includes(char));

const isPort = (text: string): boolean => text === '' || /^:\d*$/.test(text);

function checkPort(text: string): string {
  if (!isPort(text)) throw new Error(`invalid port ${goQuoted(text)} after host`);
  return text;
}

function bracketed(host: string): string {
  const close = host.lastIndexOf(']');
  if (close < 0) throw new Error("missing ']' in host");
  const port = unescaped(checkPort(host.slice(close + 1)), 'host');
  const name = host.slice(1, close);
  const zone = name.indexOf('%25');
  const address = zone < 0 ? unescaped(name, 'host') : unescaped(name.slice(0, zone), 'host') + unescaped(name.slice(zone), 'zone');
  let isFour = false;
  try {
    isFour = parseAddress(address).bytes.length === 4;
  } catch (error) {
    throw new Error(`invalid host: ${(error as Error).message}`);
  }
  if (isFour) throw new Error('invalid IP-literal');
  return `[${address}]${port}`;
}

function parsedHost(host: string): string {
  const open = host.lastIndexOf('[');
  if (open > 0) throw new Error('invalid IP-literal');
  if (open === 0) return bracketed(host);
  const colon = host.lastIndexOf(':');
  if (colon >= 0) checkPort(host.slice(colon));
  return unescaped(host, 'host');
}

function schemeOf(text: string): readonly [string, string] {
  const end = /^[a-zA-Z][a-zA-Z0-9+\-.]*:/.exec(text)?.[0].length;
  if (end !== undefined) return [text.slice(0, end - 1).toLowerCase(), text.slice(end)];
  if (text.startsWith(':')) throw new Error('missing protocol scheme');
  return ['', text];
}

export interface GoUrl {
  readonly scheme: string;
  readonly host: string;
  /** With its password; undefined: none given. */
  readonly user: string | undefined;
  readonly fragment: string;
  readonly escapedPath: string;
  readonly rawQuery: string;
  /** All of it, in one form. */
  readonly text: string;
}

const NONE: GoUrl = { scheme: '', host: '', user: undefined, fragment: '', escapedPath: '', rawQuery: '', text: '' };

function parsed(text: string, isRequest: boolean): GoUrl {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those that Go refuses
  if (/[\x00-\x1f\x7f]/.test(text)) throw new Error('net/url: invalid control character in URL');
  if (text === '' && isRequest) throw new Error('empty url');
  if (text === '*') return { ...NONE, escapedPath: '*', text };
  const [scheme, after] = schemeOf(text);
  const question = after.indexOf('?');
  let rest = question < 0 ? after : after.slice(0, question);
  const rawQuery = question < 0 ? '' : after.slice(question + 1);
  const end = question < 0 ? '' : `?${rawQuery}`;
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { ...NONE, scheme, rawQuery, text: `${scheme}:${rest}${end}` };
    if (isRequest) throw new Error('invalid URI for request');
    if ((rest.split('/')[0] as string).includes(':')) throw new Error('first path segment in URL cannot contain colon');
  }
  let host = '';
  let user: string | undefined;
  const hasAuthority = rest.startsWith('//') && (scheme !== '' || (!isRequest && !rest.startsWith('///')));
  if (hasAuthority) {
    const slash = rest.indexOf('/', 2);
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    rest = slash < 0 ? '' : rest.slice(slash);
    const at = authority.lastIndexOf('@');
    host = parsedHost(authority.slice(at + 1));
    if (at >= 0) {
      user = authority.slice(0, at);
      if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) throw new Error('net/url: invalid userinfo');
      user = unescaped(user, 'user');
    }
  }
  const path = unescaped(rest, 'path');
  const shown = isEncoded(rest) ? rest : escapedPath(path);
  const authority = `${user === undefined ? '' : `${user}@`}${host}`;
  return {
    ...NONE,
    scheme,
    host,
    user,
    escapedPath: shown,
    rawQuery,
    text: `${scheme}:${hasAuthority ? '//' : ''}${authority}${shown}${end}`,
  };
}

const named = (text: string, error: unknown): Error => new Error(`parse ${goQuoted(text)}: ${(error as Error).message}`);

/** url.ParseRequestURI: an absolute URL or path, fragments not told apart. */
export function parseRequestUri(text: string): GoUrl {
  try {
    return parsed(text, true);
  } catch (error) {
    throw named(text, error);
  }
}

/** url.Parse. */
export function parseUrl(text: string): GoUrl {
  const hash = text.indexOf('#');
  try {
    const url = parsed(hash < 0 ? text : text.slice(0, hash), false);
    const fragment = hash < 0 ? '' : unescaped(text.slice(hash + 1), 'path');
    return fragment === '' ? url : { ...url, fragment, text: `${url.text}#${fragment}` };
  } catch (error) {
    throw named(text, error);
  }
}

/** Each name's values in their order; pairs that cannot be read are left out. */
export function queryValues(rawQuery: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const pair of rawQuery.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const equals = pair.indexOf('=');
    try {
      const name = unescaped(equals < 0 ? pair : pair.slice(0, equals), 'query');
      const value = unescaped(equals < 0 ? '' : pair.slice(equals + 1), 'query');
      const known = values.get(name);
      if (known === undefined) values.set(name, [value]);
      else known.push(value);
    } catch {
      // Left out.
    }
  }
  return values;
}
