/** '%s of %d'.format([...]) and strings.quote(). Mirrors cel-go v0.26 ext/formatting.go and ext/strings.go. */

import type { Environment } from '@marcbachmann/cel-js';
import { goQuoted } from './go-quoted.ts';

const PRECISION = 6;

/** A value's type as CEL calls it. */
function typeOf(value: unknown): string {
  if (value === null) return 'null_type';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'double';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Uint8Array) return 'bytes';
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (tag === 'Date') return 'google.protobuf.Timestamp';
  if (tag.startsWith('value = ')) return 'uint';
  if (tag.startsWith('Type<')) return 'type';
  if (tag === 'google.protobuf.Duration') return tag;
  return value instanceof Map || Object.getPrototypeOf(value) === Object.prototype ? 'map' : 'object';
}

const shownDouble = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
/** What the library keeps times in. */
interface Instant {
  toISOString(): string;
}
const shownTime = (value: Instant): string => value.toISOString().replace(/\.?0*Z$/, 'Z');
const hexByte = (byte: number): string => byte.toString(16).padStart(2, '0');

function shownBytes(bytes: Uint8Array): string {
  try {
    return decodeURIComponent([...bytes].map((byte) => `%${hexByte(byte)}`).join(''));
  } catch {
    return '\uFFFD';
  }
}
/** UTF-8. */
const bytesOf = (text: string): readonly number[] =>
  [...encodeURIComponent(text).matchAll(/%(..)|[\s\S]/g)].map(([char, byte]) =>
    byte === undefined ? char.charCodeAt(0) : Number.parseInt(byte, 16),
  );

/** Inside a list or a map. */
function shownMember(value: unknown): string {
  switch (typeOf(value)) {
    case 'string':
      return goQuoted(value as string);
    case 'bytes':
      return `b${goQuoted(shownBytes(value as Uint8Array))}`;
    case 'double':
      return Number.isFinite(value) ? (value as number).toFixed(PRECISION) : goQuoted(shownDouble(value as number));
    case 'google.protobuf.Timestamp':
      return `timestamp(${goQuoted(shownTime(value as Instant))})`;
    case 'google.protobuf.Duration':
      return `duration(${goQuoted(String(value))})`;
    default:
      return shown(value);
  }
}

function shown(value: unknown): string {
  const type = typeOf(value);
  switch (type) {
    case 'null_type':
      return 'null';
    case 'double':
      return shownDouble(value as number);
    case 'list':
      return `[${(value as readonly unknown[]).map(shownMember).join(', ')}]`;
    case 'map': {
      const entries = value instanceof Map ? [...value] : Object.entries(value as object);
      const pairs = entries.map(([key, member]) => [shownMember(key), shownMember(member)] as const);
      pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      return `{${pairs.map((pair) => pair.join(':')).join(', ')}}`;
    }
    case 'bytes':
      return shownBytes(value as Uint8Array);
    case 'google.protobuf.Timestamp':
      return shownTime(value as Instant);
    case 'type':
      return (value as { readonly name: string }).name;
    case 'object':
      throw new Error(
        `error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given object`,
      );
    default:
      return String(value);
  }
}

const wrong = (what: string, value: unknown): never => {
  throw new Error(`error during formatting: ${what}, was given ${typeOf(value)}`);
};
const isWhole = (value: unknown): boolean => typeOf(value) === 'int' || typeOf(value) === 'uint';
const wholeOf = (value: unknown): bigint => (typeof value === 'bigint' ? value : BigInt(String(value)));
const inBase = (value: unknown, base: number): string => wholeOf(value).toString(base);

function hexadecimal(value: unknown): string {
  if (isWhole(value)) return inBase(value, 16);
  const bytes = typeof value === 'string' ? bytesOf(value) : value instanceof Uint8Array ? [...value] : undefined;
  if (bytes === undefined) return wrong('only integers, byte buffers, and strings can be formatted as hex', value);
  return bytes.map(hexByte).join('');
}

const SPECIAL = new Set(['NaN', 'Infinity', '-Infinity']);
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

function floating(value: unknown, kind: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && SPECIAL.has(value)) return Number(value);
  return wrong(`${kind} clause can only be used on doubles`, value);
}

const special = (value: number): string => (Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '-∞');

/** As golang.org/x/text writes it in American English. */
function scientific(value: number, precision: number): string {
  if (!Number.isFinite(value)) return special(value);
  const [mantissa, exponent = '+0'] = value.toExponential(precision).split('e') as [string, string];
  const digits = exponent.slice(1).padStart(2, '0');
  return `${mantissa}\u202f×\u202f10${exponent.startsWith('-') ? '⁻' : ''}${[...digits].map((digit) => SUPERSCRIPTS[Number(digit)]).join('')}`;
}

function clause(kind: string, precision: number | undefined, value: unknown): string {
  switch (kind) {
    case 's':
      return shown(value);
    case 'd':
      return isWhole(value) ? String(value) : wrong('decimal clause can only be used on integers', value);
    case 'f': {
      const number = floating(value, 'fixed-point');
      if (!Number.isFinite(number)) return special(number);
      const [whole = '', part] = number.toFixed(precision ?? PRECISION).split('.');
      const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
      return part === undefined ? grouped : `${grouped}.${part}`;
    }
    case 'e':
      return scientific(floating(value, 'scientific'), precision ?? PRECISION);
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0';
      return isWhole(value) ? inBase(value, 2) : wrong('only integers and bools can be formatted as binary', value);
    case 'x':
      return hexadecimal(value);
    case 'X':
      return hexadecimal(value).toUpperCase();
    case 'o':
      return isWhole(value) ? inBase(value, 8) : wrong('octal clause can only be used on integers', value);
    default:
      throw new Error(`could not parse formatting clause: unrecognized formatting clause ${goQuoted(kind)}`);
  }
}

const CLAUSE = /%(?:(%)|(?:\.(\d+))?([^%]|$))/gsu;

function formatted(text: string, args: readonly unknown[]): string {
  let next = 0;
  const result = text.replace(CLAUSE, (_, percent: string | undefined, precision: string | undefined, kind: string) => {
    if (percent !== undefined) return '%';
    if (next >= args.length) throw new Error(`index ${next} out of range`);
    if (kind === '') throw new Error('unexpected end of string');
    return clause(kind, precision === undefined ? undefined : Number(precision), args[next++]);
  });
  if (next < args.length) throw new Error(`too many arguments supplied to string.format (expected ${next}, got ${args.length})`);
  return result;
}

/** `strings.quote(...)`: a namespace in cel-go, a constant with a method here. */
class StringFunctions {}

export function registerFormatting(environment: Environment): void {
  environment
    .registerType('kubernetes.StringFunctions', { ctor: StringFunctions as never, fields: {} })
    .registerConstant('strings', 'kubernetes.StringFunctions', new StringFunctions())
    .registerFunction('kubernetes.StringFunctions.quote(string): string', (_: StringFunctions, text: string) => goQuoted(text))
    .registerFunction('string.format(list): string', formatted);
}

interface Node {
  readonly op: string;
  readonly args: unknown;
  readonly meta: { readonly alternate?: Node; readonly macro?: Readonly<Record<string, unknown>> };
  setMeta(key: string, value: unknown): Node;
}
interface Checker {
  check(node: Node, scope: unknown): unknown;
  getType(name: string): unknown;
}
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'op' in value && 'setMeta' in value;

/** What format() is given may be of many types, where other lists in an expression must be of one. */
export function allowMixedArguments(value: unknown, seen = new Set<unknown>()): void {
  if (Array.isArray(value)) for (const one of value) allowMixedArguments(one, seen);
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (!isNode(value)) return;
  const { alternate, macro } = value.meta;
  if (alternate !== undefined) allowMixedArguments(alternate, seen);
  if (macro !== undefined) for (const name in macro) allowMixedArguments(macro[name], seen);
  if (value.op === 'comprehension') {
    const { iterable, init, step } = value.args as { readonly iterable: Node; readonly init: Node; readonly step: Node };
    allowMixedArguments([iterable, init, step], seen);
  } else allowMixedArguments(value.args, seen);
  if (value.op !== 'rcall') return;
  const [name, , given] = value.args as readonly [string, Node, readonly Node[]];
  const [list] = given;
  if (name !== 'format' || list?.op !== 'list' || (list.args as readonly Node[]).length === 0) return;
  list.setMeta('check', (checker: Checker, node: Node, scope: unknown) => {
    for (const one of node.args as readonly Node[]) checker.check(one, scope);
    return checker.getType('list<dyn>');
  });
}
