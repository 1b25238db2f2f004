/** What a reader must know before trusting a number: lifted limits, assumed costs, an early end. */

import type { Result } from '#experiment';
import type { Section } from '../chart.ts';
import { escapeHtml } from '../html.ts';

export function notesSection(result: Result): Section {
  const notes = [
    'Decisions (placement, admission, reconciling) are real; durations are modelled from a cost table.',
    ...(result.partial ? [`This result is partial${result.ended ? `: ${result.ended}` : ''}.`] : result.ended ? [result.ended] : []),
    ...result.notes,
  ];
  return {
    id: 'notes',
    title: 'Before you trust a number',
    html: `<ul>${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('')}</ul>`,
  };
}
