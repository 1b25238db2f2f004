/** A comparison on the terminal: the verdict, then a line a metric. */

import { type Comparison, comparisonCells, digits, type FailVerdict, judgementOf, type MetricComparison } from '#experiment';
import { columns } from './verdict-table.ts';

export function comparisonTable(comparison: Comparison, fails: readonly FailVerdict[]): string {
  const { a, b, seeds, level, digest, equalRuns, partial, metrics, notes } = comparison;
  const rows = metrics.map((metric) => [...comparisonCells(metric).slice(0, -1), judgement(metric)]);
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

/** What differs for better or worse is seen at once. */
const judgement = (metric: MetricComparison): string => {
  const judged = judgementOf(metric);
  return judged === 'better' || judged === 'worse' ? judged.toUpperCase() : judged;
};
