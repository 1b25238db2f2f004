/** `--fail-if 'schedulingLatencyMsP99 > +5%'`: what must not happen to B against A, for a job that judges a change. */

import { nearest, parseBytes, parseDuration, printable, UserError } from '#scenario';
import type { Comparison, MetricComparison } from './compare.ts';
import { STUDY_METRICS, studyMetric } from './study-metrics.ts';
import { inUnit } from './verdict-words.ts';

export interface FailRule {
  readonly text: string;
  readonly metric: string;
  readonly comparison: '<' | '<=' | '>' | '>=';
  /** `change`: of B against A, as a share; `difference`: the same in the metric's unit; `level`: of B alone. */
  readonly of: 'change' | 'difference' | 'level';
  readonly bound: number;
}

export interface FailVerdict {
  readonly rule: string;
  readonly holds: boolean;
  readonly words: string;
}

const EXAMPLE = "'schedulingLatencyMsP99 > +5%', 'podsScheduled < -0.5%', 'submissionToBindingP99 > +20ms' or 'fragmentation > 30%'";

export function parseFailRule(text: string): FailRule {
  const where = `--fail-if '${printable(text)}'`;
  const found = /^\s*([A-Za-z][\w./-]*)\s*(<=|>=|<|>|≤|≥)\s*([+\-−]?)\s*(\S.*?)\s*$/.exec(text);
  if (found === null) throw UserError.at({}, `${where}: expected a metric, a comparison and a bound, such as ${EXAMPLE}`);
  const [, metric, sign, plusMinus, amount] = found as unknown as [string, string, string, string, string];
  const info = studyMetric(metric);
  if (info === undefined) {
    const near = nearest(metric, Object.keys(STUDY_METRICS));
    throw UserError.at(
      {},
      `${where}: there is no metric '${printable(metric)}'${near === undefined ? '; `wavetank compare --list-metrics` names them' : `; did you mean '${near}'?`}`,
    );
  }
  const comparison = (sign === '≤' ? '<=' : sign === '≥' ? '>=' : sign) as FailRule['comparison'];
  const factor = plusMinus === '' || plusMinus === '+' ? 1 : -1;
  const share = /^(\d+(?:\.\d+)?)\s*%$/.exec(amount);
  const of = plusMinus === '' ? 'level' : share === null ? 'difference' : 'change';
  const bound = share !== null && (of === 'change' || info.unit === 'share') ? Number(share[1]) / 100 : boundOf(amount, info.unit);
  if (bound === undefined)
    throw UserError.at(
      {},
      `${where}: '${printable(amount)}' is no bound for ${metric}${info.unit === '' ? '' : `, which is measured in ${info.unit}`}; expected ${EXAMPLE}`,
    );
  return { text, metric, comparison, of, bound: factor * bound };
}

function boundOf(amount: string, unit: string): number | undefined {
  if (unit === 'share') return undefined;
  if (/^\d+(?:\.\d+)?$/.test(amount)) return Number(amount);
  if (unit === 'ms' || unit === 's') {
    const microseconds = parseDuration(amount);
    return microseconds === undefined ? undefined : microseconds / (unit === 'ms' ? 1e3 : 1e6);
  }
  if (unit === 'bytes') return parseBytes(amount);
  const plain = new RegExp(`^(\\d+(?:\\.\\d+)?)\\s*${unit.replace('/', '\\/')}$`).exec(amount);
  return plain === null ? undefined : Number(plain[1]);
}

/** Judged by the mean over all pairs. A metric that was not measured cannot pass for unharmed. */
export function judgeFailRules(rules: readonly FailRule[], comparison: Comparison): readonly FailVerdict[] {
  return rules.map((rule) => {
    const found = comparison.metrics.find(({ metric }) => metric === rule.metric);
    if (found === undefined) return { rule: rule.text, holds: true, words: `${rule.metric} was not measured on both sides` };
    return verdict(rule, found, comparison.level);
  });
}

function verdict(rule: FailRule, found: MetricComparison, level: number): FailVerdict {
  const { change, difference, a, b, interval, intervalOf, unit } = found;
  // From nothing to something is more than any percentage.
  const measured = rule.of === 'level' ? b.mean : rule.of === 'difference' ? difference : (change ?? grown(difference));
  const holds = meets(measured, rule);
  const signed = (share: number): string => `${share > 0 ? '+' : ''}${Number((share * 100).toPrecision(3))} %`.replace('-', '−');
  const size = change === null ? `${difference > 0 ? '+' : ''}${inUnit(difference, unit)}` : signed(change);
  const shown =
    rule.of === 'change' && intervalOf === 'change' && interval !== null
      ? `, ${Number((level * 100).toFixed(1))} % CI ${signed(interval[0])} to ${signed(interval[1])}`
      : '';
  return { rule: rule.text, holds, words: `${rule.metric} went from ${inUnit(a.mean, unit)} to ${inUnit(b.mean, unit)} (${size}${shown})` };
}

const grown = (difference: number): number => (difference === 0 ? 0 : difference > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);

function meets(measured: number, { comparison, bound }: FailRule): boolean {
  if (comparison === '<') return measured < bound;
  if (comparison === '<=') return measured <= bound;
  if (comparison === '>') return measured > bound;
  return measured >= bound;
}
