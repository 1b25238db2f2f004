/** The verdicts as Markdown, for a pull request or a job's summary. */

import type { Result } from '#experiment';
import { markdownCell } from './escape.ts';
import { bytesText, measureText, numberText, secondsText } from './number-text.ts';

export function renderMarkdown(result: Result): string {
  const failed = result.verdicts.filter(({ pass }) => !pass).length;
  const answer =
    result.verdicts.length === 0
      ? 'no expectations'
      : failed === 0
        ? `all ${result.verdicts.length} hold`
        : `${failed} of ${result.verdicts.length} fail`;
  const rows = result.verdicts.map(
    ({ metric, expected, measured, unit, pass }) =>
      `| ${pass ? '✓' : '✗'} | ${markdownCell(metric)} | ${markdownCell(measureText(measured, unit))} | ${markdownCell(expected)} |`,
  );
  const table = rows.length === 0 ? '' : `\n| | metric | measured | expected |\n|---|---|--:|---|\n${rows.join('\n')}\n`;
  const notes = result.notes.map((note) => `- ${markdownCell(note)}\n`).join('');
  return `### ${markdownCell(result.scenario)}: ${answer}${result.partial ? ` (partial${result.ended ? `: ${markdownCell(result.ended)}` : ''})` : ''}
${table}
${numberText(result.nodes)} nodes, ${numberText(result.podsCreated)} pods created, ${numberText(result.podsBound)} bound; ${secondsText(result.simulatedSeconds)} simulated in ${secondsText(result.wallSeconds)}, ${bytesText(result.peakRssBytes)}. Seed ${result.seed}, digest \`${markdownCell(result.digest)}\`.
${notes === '' ? '' : `\n${notes}`}`;
}
