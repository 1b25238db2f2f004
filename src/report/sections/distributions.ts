/** Every distribution of the run in numbers, with its sample count. */

import type { Result } from '#experiment';
import type { Section } from '../chart.ts';
import { escapeHtml, htmlTable } from '../html.ts';
import { numberText } from '../number-text.ts';
import { unitOfDistribution } from '../series.ts';

export function distributionsSection(result: Result): Section {
  const head = { id: 'distributions', title: 'Distributions' };
  const entries = Object.entries(result.distributions).filter(([, { count }]) => count > 0);
  if (entries.length === 0) return { ...head, empty: 'The run kept no distributions.' };
  const rows = entries.map(([name, d]) => [
    `<code>${escapeHtml(name)}</code>`,
    escapeHtml(unitOfDistribution(result, name)),
    numberText(d.count),
    ...[d.mean, d.p50, d.p90, d.p95, d.p99, d.max].map((value) => numberText(value)),
  ]);
  const caption = 'Over the whole run; a name after a slash is a part (a verb, a result, a queue)';
  return { ...head, html: htmlTable(caption, ['Metric', 'Unit', 'Samples', 'Mean', 'p50', 'p90', 'p95', 'p99', 'Max'], rows) };
}
