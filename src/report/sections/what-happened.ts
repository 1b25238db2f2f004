/** Faults and phases: the letters on every time axis, and what they stand for. */

import type { Result } from '#experiment';
import type { Section } from '../chart.ts';
import { escapeHtml, htmlTable, unbroken } from '../html.ts';
import { secondsText } from '../number-text.ts';

/** What happened within one time bucket: one line on the charts, one letter, as many sentences as there were kinds of it. */
export interface LetteredMarks {
  readonly letter: string;
  readonly atSeconds: number;
  readonly what: { readonly name: string; readonly detail: string; count: number }[];
}

/** A, B, ..., Z, A1, B1, ...: short enough to stand at the top of a chart. */
function markLetter(i: number): string {
  const letter = String.fromCharCode(65 + (i % 26));
  return i < 26 ? letter : `${letter}${Math.floor(i / 26)}`;
}

/** Fifty nodes lost at once need one line, not fifty; so do two phases that begin together. */
export function marksForCharts(result: Result): LetteredMarks[] {
  const lettered: LetteredMarks[] = [];
  for (const { atSeconds, name, detail = '' } of result.marks.toSorted((a, b) => a.atSeconds - b.atSeconds)) {
    let at = lettered.at(-1);
    if (at === undefined || atSeconds - at.atSeconds >= Math.max(1, result.bucketSeconds)) {
      at = { letter: markLetter(lettered.length), atSeconds, what: [] };
      lettered.push(at);
    }
    const same = at.what.find((known) => known.name === name);
    if (same === undefined) at.what.push({ name, detail, count: 1 });
    else same.count++;
  }
  return lettered;
}

export function whatHappenedSection(result: Result): Section {
  const head = { id: 'what-happened', title: 'What happened when' };
  const marks = marksForCharts(result);
  if (marks.length === 0) return { ...head, empty: 'No fault or phase is marked in this run.' };
  const rows = marks.flatMap(({ letter, atSeconds, what }) =>
    what.map(({ name, detail, count }) => [
      `<span class="mark">${letter}</span>`,
      unbroken(secondsText(atSeconds)),
      escapeHtml(count > 1 ? `${name} (${count} times)` : name),
      escapeHtml(detail),
    ]),
  );
  const columns = result.marks.some(({ detail }) => detail) ? ['Mark', 'At', 'What', 'Detail'] : ['Mark', 'At', 'What'];
  return {
    ...head,
    html: htmlTable(
      'The letters on the time axes',
      columns,
      rows.map((row) => row.slice(0, columns.length)),
    ),
  };
}
