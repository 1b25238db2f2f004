/** `expect`: a condition on a metric. '< 1 s', '>= 99 %', {max: 30s, during: steady}, or a list of those. */

import { parseBytes, parseDuration, parsePercent } from './units.ts';

export type Comparison = '<' | '<=' | '>' | '>=' | '=';

export interface Condition {
  readonly metric: string;
  readonly comparison: Comparison;
  /** In the metric's own unit: milliseconds, a share, bytes, or a plain number. */
  readonly bound: number;
  /** As written: '< 1 s'. */
  readonly text: string;
  /** Name of a phase. */
  readonly during?: string;
}

export type MetricUnit = 'ms' | 's' | 'share' | 'bytes' | '/s' | 'pods' | 'nodes' | 'requests' | 'times' | 'h' | 'money';

export interface MetricInfo {
  readonly unit: MetricUnit;
  readonly description: string;
  /** Whether `during` can narrow it to a phase. */
  readonly byPhase?: true;
}

/** Reads one written condition; a string instead of conditions is the mistake. */
export function parseCondition(metric: string, info: MetricInfo, written: unknown): readonly Condition[] | string {
  if (Array.isArray(written)) {
    const all: Condition[] = [];
    for (const one of written) {
      const parsed = parseCondition(metric, info, one);
      if (typeof parsed === 'string') return parsed;
      all.push(...parsed);
    }
    return all;
  }
  if (typeof written === 'object' && written !== null) return parseObject(metric, info, written as Record<string, unknown>);
  if (typeof written === 'number') return [{ metric, comparison: '=', bound: written, text: `= ${written}` }];
  const found = typeof written === 'string' ? /^\s*(<=|>=|<|>|=|≤|≥)\s*(.+?)\s*$/.exec(written) : null;
  if (found === null) return `expected a condition such as ${example(info)}, found ${JSON.stringify(written)}`;
  const comparison = (found[1] === '≤' ? '<=' : found[1] === '≥' ? '>=' : found[1]) as Comparison;
  const bound = parseBound(info, found[2]);
  if (bound === undefined) return `'${found[2]}' is not ${unitWords(info)} (such as ${example(info)})`;
  return [{ metric, comparison, bound, text: `${comparison} ${found[2]}` }];
}

function parseObject(
  metric: string,
  info: MetricInfo,
  { max, min, below, above, during }: Record<string, unknown>,
): readonly Condition[] | string {
  const out: Condition[] = [];
  const rules = [
    ['<=', max],
    ['>=', min],
    ['<', below],
    ['>', above],
  ] as const;
  if (during !== undefined && info.byPhase === undefined) return `${metric} cannot be narrowed with 'during'`;
  for (const [comparison, value] of rules) {
    if (value === undefined) continue;
    const bound = parseBound(info, value);
    if (bound === undefined) return `'${String(value)}' is not ${unitWords(info)} (such as ${example(info)})`;
    const during_ = during === undefined ? {} : { during: String(during) };
    out.push({ metric, comparison, bound, text: `${comparison} ${String(value)}`, ...during_ });
  }
  return out.length > 0 ? out : 'expected max, min, below or above';
}

function parseBound(info: MetricInfo, value: unknown): number | undefined {
  if (info.unit === 'ms' || info.unit === 's') {
    const microseconds = parseDuration(value);
    return microseconds === undefined ? undefined : microseconds / (info.unit === 'ms' ? 1e3 : 1e6);
  }
  if (info.unit === 'bytes') return parseBytes(value);
  if (info.unit === 'share') return parsePercent(value);
  const plain = typeof value === 'number' ? value : Number(String(value).replace(/\s*(\/s|pods|nodes|requests|times)$/, ''));
  return Number.isFinite(plain) ? plain : undefined;
}

function unitWords({ unit }: MetricInfo): string {
  if (unit === 'ms' || unit === 's') return 'a duration';
  if (unit === 'bytes') return 'a size';
  if (unit === 'share') return 'a percentage';
  return 'a number';
}

function example({ unit }: MetricInfo): string {
  if (unit === 'ms') return "'< 100 ms'";
  if (unit === 's') return "'< 30 s'";
  if (unit === 'bytes') return "'< 8 GB'";
  if (unit === 'share') return "'> 99 %'";
  return "'>= 100'";
}

/** Whether a measured value meets it. NaN and null never do. */
export function meets({ comparison, bound }: Condition, measured: number | null): boolean {
  if (measured === null || Number.isNaN(measured)) return false;
  if (comparison === '<') return measured < bound;
  if (comparison === '<=') return measured <= bound;
  if (comparison === '>') return measured > bound;
  if (comparison === '>=') return measured >= bound;
  return measured === bound;
}
