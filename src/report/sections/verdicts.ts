/** What the scenario expected and what came of it. */

import type { Result, Verdict } from '#experiment';
import type { Section } from '../chart.ts';
import { escapeHtml, htmlTable, unbroken } from '../html.ts';
import { measureText } from '../number-text.ts';

export function verdictsSection(result: Result): Section {
  const head = { id: 'verdicts', title: 'Verdicts' };
  if (result.verdicts.length === 0) return { ...head, empty: 'The scenario states no expectations.' };
  const failed = result.verdicts.filter(({ pass }) => !pass).length;
  const sentence =
    failed === 0
      ? `All ${result.verdicts.length} expectations hold.`
      : `${failed} of ${result.verdicts.length} expectations ${failed === 1 ? 'does' : 'do'} not hold.`;
  return {
    ...head,
    html: `<p>${sentence}</p>${htmlTable('Expectations of the scenario', ['Metric', 'Verdict', 'Measured', 'Expected', 'What it is'], result.verdicts.map(row))}`,
  };
}

function row({ metric, expected, measured, unit, pass, note }: Verdict): string[] {
  // The mark has a shape and a word as well as a colour: not everyone sees red and green apart.
  const mark = pass ? '<span class="pass">✓ holds</span>' : '<span class="fail">✗ fails</span>';
  return [`<code>${escapeHtml(metric)}</code>`, mark, unbroken(measureText(measured, unit)), unbroken(expected), escapeHtml(note ?? '')];
}
