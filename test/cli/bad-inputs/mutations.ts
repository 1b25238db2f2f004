/** Ways to spoil a file, each by a few numbers that are drawn: bytes, lines, values and shapes. The same number spoils the same way on every machine. */

/** Numbers from 0 to below 1 (mulberry32). */
export function luck(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Draw = () => number;
const below = (draw: Draw, most: number): number => Math.floor(draw() * Math.max(1, most));
const one = <T>(draw: Draw, all: readonly T[]): T => all[below(draw, all.length)] as T;

/** What somebody might write where a value is expected. */
const VALUES: readonly string[] = [
  'NaN',
  '.nan',
  '.inf',
  '-.inf',
  'Infinity',
  '-1',
  '0',
  '-0',
  '1e308',
  '1e-309',
  '9007199254740993',
  '99999999999999999999999999',
  '0x10',
  '1_000',
  '1,5',
  '1Ki',
  '9e99Gi',
  '1e-9',
  '1.5.2',
  '5 parsecs',
  '-5s',
  '1e30h',
  'null',
  '~',
  'true',
  "''",
  '""',
  '[]',
  '{}',
  '[[]]',
  '{a: {b: {c: 1}}}',
  '{__proto__: {polluted: 1}}',
  '{constructor: {prototype: {polluted: 1}}}',
  'toString',
  '*nobody',
  '&a [*a]',
  '!!binary aGVsbG8=',
  '!!js/function "function () {}"',
  '2026-02-30T25:61:61Z',
  '../../../etc/passwd',
  '/dev/zero',
  '\u202e\u0000x',
  '\u{1F4A5}',
  'x'.repeat(5000),
  "'> 99 % and < 3'",
  '<script>alert(1)</script>',
];

const lines = (text: string): string[] => text.split('\n');

/** Each takes the text of a valid file. Bytes where text would hide what is meant. */
export const MUTATIONS: Readonly<Record<string, (text: string, draw: Draw) => string | Buffer>> = {
  truncated: (text, draw) => text.slice(0, below(draw, text.length)),
  'bytes flipped': (text, draw) => {
    const bytes = Buffer.from(text);
    for (let n = 1 + below(draw, 4); n > 0; n--) {
      const at = below(draw, bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << below(draw, 8));
    }
    return bytes;
  },
  'invalid UTF-8': (text, draw) => {
    const at = below(draw, text.length);
    return Buffer.concat([
      Buffer.from(text.slice(0, at)),
      Buffer.from(one(draw, [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf8, 0x88]])),
      Buffer.from(text.slice(at)),
    ]);
  },
  'a NUL byte': (text, draw) => {
    const at = below(draw, text.length);
    return `${text.slice(0, at)}\u0000${text.slice(at)}`;
  },
  'a line twice': (text, draw) => {
    const all = lines(text);
    const at = below(draw, all.length);
    all.splice(at, 0, all[at] as string);
    return all.join('\n');
  },
  'a line gone': (text, draw) => {
    const all = lines(text);
    all.splice(below(draw, all.length), 1);
    return all.join('\n');
  },
  'lines exchanged': (text, draw) => {
    const all = lines(text);
    const [a, b] = [below(draw, all.length), below(draw, all.length)];
    [all[a], all[b]] = [all[b] as string, all[a] as string];
    return all.join('\n');
  },
  'another value': (text, draw) => replaced(text, draw, /(?<=[:=,[] ?)[^\s:=,[\]{}]+/g, () => one(draw, VALUES)),
  'another number': (text, draw) => replaced(text, draw, /-?\d+(\.\d+)?/g, () => one(draw, VALUES)),
  'another key': (text, draw) =>
    replaced(text, draw, /[A-Za-z_]\w+(?="?:)/g, (key) =>
      one(draw, [`${key}s`, '__proto__', 'constructor', 'prototype', 'toString', key.toUpperCase(), '']),
    ),
  'a letter of a word': (text, draw) => replaced(text, draw, /[A-Za-z]{4,}/g, (word) => word.slice(0, 2) + word.slice(3)),
  'a bracket more or less': (text, draw) =>
    replaced(text, draw, /[[\]{}"':]/g, (sign) => one(draw, ['', sign + sign, '{', '}', ']', '[', '"', "'"])),
  'indented otherwise': (text, draw) => replaced(text, draw, /^ +/gm, (blank) => one(draw, ['\t', `${blank} `, blank.slice(1), ''])),
  'deep nesting': (text, draw) =>
    replaced(text, draw, /(?<=[:=,[] ?)[^\s:=,[\]{}]+/g, () => {
      const depth = one(draw, [101, 500, 5000, 50_000]);
      return draw() < 0.5 ? '['.repeat(depth) + ']'.repeat(depth) : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    }),
  'an alias bomb': (text) =>
    `bomb0: &b0 [x,x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, n) => `bomb${n + 1}: &b${n + 1} [${`*b${n},`.repeat(9)}*b${n}]\n`).join('')}${text}`,
  'a byte order mark in the middle': (text, draw) => {
    const at = below(draw, text.length);
    return `${text.slice(0, at)}\ufeff${text.slice(at)}`;
  },
  'carriage returns': (text, draw) => (draw() < 0.5 ? text.replaceAll('\n', '\r\n') : text.replaceAll('\n', '\r')),
  'nothing but the head': (text) => lines(text)[0] ?? '',
  'twice in a row': (text) => text + text,
  'with rubbish behind it': (text, draw) => text + one(draw, ['\n---\n', '}', '\u0000', '\n%YAML 9.9\n', ',,,,\n', 'x'.repeat(100_000)]),
  'a huge scalar': (text, draw) => replaced(text, draw, /(?<=[:=,[] ?)[^\s:=,[\]{}]+/g, () => 'y'.repeat(2_000_000)),
  'another file altogether': (_text, draw) =>
    one(draw, [
      '',
      '\n',
      '0',
      'null',
      '[]',
      '{}',
      '"text"',
      '- 1\n',
      '#',
      '\u001f\u008b\u0008',
      'PK\u0003\u0004',
      '%PDF-1.7',
      '<?xml version="1.0"?>',
      '---\n...\n',
    ]),
};

/** Replaces one of the places that match. */
function replaced(text: string, draw: Draw, pattern: RegExp, by: (found: string) => string): string {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text.slice(1);
  const { 0: word, index } = one(draw, found) as RegExpExecArray;
  return text.slice(0, index) + by(word) + text.slice(index + word.length);
}

/** Options that somebody might give to any command. */
export const OPTION_VALUES: readonly string[] = VALUES.filter((value) => !value.includes('\u0000'));
