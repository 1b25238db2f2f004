/** The functions that templates of KWOK's Stages may use: KWOK's own (pkg/utils/gotpl/funcs.go, pkg/kwok/controllers) and those of Sprig that depend on
 *  nothing but their arguments. What draws by lot, asks the clock twice or reads the environment is not known here. */

import { stringify } from 'yaml';
import { isTrue, printed, type TemplateFunction, type TemplateFunctions } from './go-template.ts';

const NOW = '2026-01-01T00:00:00Z';
const ADDRESS = '10.0.0.1';

const text =
  (of: (value: string, ...rest: readonly string[]) => unknown): TemplateFunction =>
  (...args) =>
    of(printed(args.at(-1)), ...args.slice(0, -1).map(printed));
const numbers =
  (of: (a: number, b: number) => number): TemplateFunction =>
  (...args) =>
    args.map(whole).reduce((a, b) => of(a, b));
const whole = (value: unknown): number => Math.trunc(Number(value ?? 0)) || 0;
const indent = (width: string, value: string): string =>
  value
    .split('\n')
    .map((line) => ' '.repeat(whole(width)) + line)
    .join('\n');
const yaml = (value: unknown): string => stringify(value ?? null);

function kwokYaml(value: unknown, levels?: unknown): string {
  const data = yaml(value);
  return levels === undefined || whole(levels) <= 0 ? data : `\n${data}`.replaceAll('\n', `\n${' '.repeat(whole(levels) * 2)}`);
}

function dict(...pairs: readonly unknown[]): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (let at = 0; at < pairs.length; at += 2) made[printed(pairs[at])] = pairs[at + 1];
  return made;
}

const condition = (type: string, status: string, reason: string, message: string): object => ({ type, status, reason, message });
const NODE_CONDITIONS = [
  condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
  condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
  condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
  condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
  condition('NetworkUnavailable', 'False', 'RouteCreated', 'RouteController created a route'),
];

const KWOK: TemplateFunctions = {
  Quote: (value) => (typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(JSON.stringify(value ?? null))),
  Now: () => NOW,
  StartTime: () => NOW,
  YAML: kwokYaml,
  Version: () => 'v0.7.0',
  NodeConditions: () => NODE_CONDITIONS,
  NodeIP: () => ADDRESS,
  NodeIPs: () => [ADDRESS],
  NodeName: () => 'node',
  NodePort: () => 10_250,
  NodeIPWith: () => ADDRESS,
  NodeIPsWith: () => [ADDRESS],
  PodIP: () => ADDRESS,
  PodIPs: () => [ADDRESS],
  PodIPWith: () => ADDRESS,
  PodIPsWith: () => [ADDRESS],
};

const SPRIG: TemplateFunctions = {
  now: () => NOW,
  default: (otherwise, value) => (isTrue(value) ? value : otherwise),
  empty: (value) => !isTrue(value),
  coalesce: (...args) => args.find(isTrue),
  ternary: (yes, no, test) => (isTrue(test) ? yes : no),
  all: (...args) => args.every(isTrue),
  any: (...args) => args.some(isTrue),
  fail: (message) => {
    throw new Error(printed(message));
  },
  dict,
  get: (map, key) => (map as Record<string, unknown> | undefined)?.[printed(key)] ?? '',
  set: (map, key, value) => ({ ...(map as object), [printed(key)]: value }),
  hasKey: (map, key) => typeof map === 'object' && map !== null && Object.hasOwn(map, printed(key)),
  keys: (map) => Object.keys((map ?? {}) as object),
  values: (map) => Object.values((map ?? {}) as object),
  merge: (...maps) => Object.assign({}, ...maps.toReversed()),
  list: (...args) => args,
  tuple: (...args) => args,
  first: (list) => (list as readonly unknown[])[0],
  last: (list) => (list as readonly unknown[]).at(-1),
  rest: (list) => (list as readonly unknown[]).slice(1),
  append: (list, item) => [...(list as readonly unknown[]), item],
  concat: (...lists) => lists.flat(),
  has: (item, list) => (list as readonly unknown[]).includes(item),
  until: (count) => Array.from({ length: Math.min(10_000, whole(count)) }, (_, index) => index),
  join: (separator, list) => (list as readonly unknown[]).map(printed).join(printed(separator)),
  splitList: text((value, separator = '') => value.split(separator)),
  quote: (...args) => args.map((arg) => JSON.stringify(printed(arg))).join(' '),
  squote: (...args) => args.map((arg) => `'${printed(arg)}'`).join(' '),
  toString: (value: unknown) => printed(value),
  toJson: (value) => JSON.stringify(value ?? null),
  toYaml: (value) => yaml(value).trimEnd(),
  upper: text((value) => value.toUpperCase()),
  lower: text((value) => value.toLowerCase()),
  title: text((value) => value.replace(/\b\p{L}/gu, (letter) => letter.toUpperCase())),
  trim: text((value) => value.trim()),
  trimPrefix: text((value, prefix = '') => (value.startsWith(prefix) ? value.slice(prefix.length) : value)),
  trimSuffix: text((value, suffix = '') => (suffix !== '' && value.endsWith(suffix) ? value.slice(0, -suffix.length) : value)),
  replace: text((value, from = '', to = '') => value.replaceAll(from, to)),
  contains: text((value, part = '') => value.includes(part)),
  hasPrefix: text((value, prefix = '') => value.startsWith(prefix)),
  hasSuffix: text((value, suffix = '') => value.endsWith(suffix)),
  repeat: text((value, times = '0') => value.repeat(Math.min(10_000, whole(times)))),
  trunc: text((value, length = '0') => (whole(length) < 0 ? value.slice(whole(length)) : value.slice(0, whole(length)))),
  indent: text((value, width = '0') => indent(width, value)),
  nindent: text((value, width = '0') => `\n${indent(width, value)}`),
  int: whole,
  int64: whole,
  float64: (value: unknown) => Number(value),
  atoi: whole,
  add: numbers((a, b) => a + b),
  add1: (value) => whole(value) + 1,
  sub: numbers((a, b) => a - b),
  mul: numbers((a, b) => a * b),
  div: numbers((a, b) => Math.trunc(a / b)),
  mod: numbers((a, b) => a % b),
  max: numbers(Math.max),
  min: numbers(Math.min),
};

export const STAGE_FUNCTIONS: TemplateFunctions = { ...SPRIG, ...KWOK };
