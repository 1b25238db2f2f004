/** A comparison on the terminal: the verdict, then a line a metric. */

import { type Comparison, digits, type FailVerdict, inUnit, type MetricComparison } from '#experiment';
import { columns } from './verdict-table.ts';

export function comparisonTable(comparison: Comparison, fails: readonly FailVerdict[]): string {
  const { a, b, seeds, level, digest, equalRuns, partial, metrics, notes } = comparison;
  const rows = metrics.map((metric) => [
    metric.metric,
    inUnit(metric.a.mean, metric.unit),
    inUnit(metric.b.mean, metric.unit),
    changeText(metric),
    intervalText(metric),
    metric.pCorrected < 0.001 ? '<0.001' : metric.pCorrected.toFixed(3),
    effectText(metric),
    judgement(metric),
  ]);
  const head = ['metric', 'A', 'B', 'change', `${digits(level * 100)} % CI`, 'p (Holm)', 'effect', ''];
  const lines = [
    `A: ${a.what}`,
    `B: ${b.what}`,
    '',
    ...columns([head, ...rows]),
    '',
    `${comparison.verdict}.`,
    '',
    `${seeds.length} paired seed${seeds.length === 1 ? '' : 's'}, ${equalRuns} with equal digests; digest of all trials ${digest}${partial ? '; PARTIAL' : ''}`,
    ...fails.map(({ rule, holds, words }) => `${holds ? 'FAIL' : 'ok  '} fail if ${rule}: ${words}`),
    ...notes.map((note) => `note: ${note}`),
  ];
  return `${lines.join('\n')}\n`;
}

const signed = (value: number, text: string): string => (value > 0 ? `+${text}` : text);

function changeText({ change, difference, unit }: MetricComparison): string {
  if (difference === 0) return 'none';
  return change === null ? signed(difference, inUnit(difference, unit)) : signed(change, `${digits(change * 100)} %`);
}

function intervalText({ interval, intervalOf, unit }: MetricComparison): string {
  if (interval === null) return '';
  const text = (value: number): string => signed(value, intervalOf === 'change' ? `${digits(value * 100)} %` : inUnit(value, unit));
  return `${text(interval[0])} to ${text(interval[1])}`;
}

function effectText({ effect, difference }: MetricComparison): string {
  if (difference === 0) return '';
  if (effect === null) return 'always';
  const size = Math.abs(effect);
  return `${digits(effect)} ${size < 0.2 ? 'none' : size < 0.5 ? 'small' : size < 0.8 ? 'medium' : 'large'}`;
}

function judgement({ verdict, better, difference }: MetricComparison): string {
  if (verdict !== 'different') return verdict;
  if (better === 'neither') return 'different';
  return (better === 'lower') === difference < 0 ? 'BETTER' : 'WORSE';
}
