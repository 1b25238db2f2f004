/** The verdicts as a table for the terminal: what a run prints last. */

import type { Result } from '#experiment';
import { measureText } from './number-text.ts';

/** Lines ending in a sentence that counts; empty text when the scenario expects nothing. */
export function renderVerdictTable(result: Result): string {
  if (result.verdicts.length === 0) return '';
  const head = ['', 'metric', 'measured', 'expected'];
  const rows = result.verdicts.map(({ metric, expected, measured, unit, pass }) => [
    pass ? 'ok' : 'FAIL',
    metric,
    measureText(measured, unit),
    expected,
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] as string).length)));
  // Numbers stand right, so that their digits line up.
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 2 ? cell.padStart(widths[column] as number) : cell.padEnd(widths[column] as number)))
      .join('  ')
      .trimEnd();
  const failed = rows.filter(([mark]) => mark === 'FAIL').length;
  const count = failed === 0 ? `all ${rows.length} expectations hold` : `${failed} of ${rows.length} expectations fail`;
  return `${[head, ...rows].map(line).join('\n')}\n${count}${result.partial ? ' (partial run)' : ''}\n`;
}
