/** Faults and phases: the letters on every time axis, and what they stand for. */

import type { Result } from '#experiment';
import type { Section } from '../chart.ts';
import { escapeHtml, htmlTable, unbroken } from '../html.ts';
import { secondsText } from '../number-text.ts';

/** A, B, ..., Z, A1, B1, ...: short enough to stand at the top of a chart. */
export function markLetter(i: number): string {
  const letter = String.fromCharCode(65 + (i % 26));
  return i < 26 ? letter : `${letter}${Math.floor(i / 26)}`;
}

/** Marks of one name within one time bucket are one mark: fifty nodes lost at once need one line, not fifty. */
export function marksForCharts(result: Result): { atSeconds: number; name: string; detail: string; count: number }[] {
  const merged: { atSeconds: number; name: string; detail: string; count: number }[] = [];
  for (const { atSeconds, name, detail = '' } of result.marks.toSorted((a, b) => a.atSeconds - b.atSeconds)) {
    const last = merged.findLast((mark) => mark.name === name && atSeconds - mark.atSeconds < Math.max(1, result.bucketSeconds));
    if (last === undefined) merged.push({ atSeconds, name, detail, count: 1 });
    else last.count++;
  }
  return merged;
}

export function whatHappenedSection(result: Result): Section {
  const head = { id: 'what-happened', title: 'What happened when' };
  const marks = marksForCharts(result);
  if (marks.length === 0) return { ...head, empty: 'No fault or phase is marked in this run.' };
  const rows = marks.map(({ atSeconds, name, detail, count }, i) => [
    `<span class="mark">${markLetter(i)}</span>`,
    unbroken(secondsText(atSeconds)),
    escapeHtml(count > 1 ? `${name} (${count} times)` : name),
    escapeHtml(detail),
  ]);
  const columns = marks.some(({ detail }) => detail !== '') ? ['Mark', 'At', 'What', 'Detail'] : ['Mark', 'At', 'What'];
  return {
    ...head,
    html: htmlTable(
      'The letters on the time axes',
      columns,
      rows.map((row) => row.slice(0, columns.length)),
    ),
  };
}
