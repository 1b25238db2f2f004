/** The report of a run: which sections it has, in which order. */

import type { Result } from '#experiment';
import type { Chart, Section } from './chart.ts';
import { escapeHtml } from './html.ts';
import { bytesText, numberText, secondsText } from './number-text.ts';
import { type Page, pageHtml } from './page-shell.ts';
import { apiLatencySection } from './sections/api-latency.ts';
import { apiLoadSection } from './sections/api-load.ts';
import { distributionsSection } from './sections/distributions.ts';
import { etcdLatencySection } from './sections/etcd-latency.ts';
import { eventsRateSection } from './sections/events-rate.ts';
import { notesSection } from './sections/notes.ts';
import { podStartupSection } from './sections/pod-startup.ts';
import { podsByPhaseSection } from './sections/pods-by-phase.ts';
import { queueDepthsSection } from './sections/queue-depths.ts';
import { runFactsSection } from './sections/run-facts.ts';
import { schedulingLatencySection } from './sections/scheduling-latency.ts';
import { throughputSection } from './sections/throughput.ts';
import { utilisationSection } from './sections/utilisation.ts';
import { verdictsSection } from './sections/verdicts.ts';
import { marksForCharts, whatHappenedSection } from './sections/what-happened.ts';

/** In the order of the page. Adding a section is one file and one line. */
const sections: readonly ((result: Result) => Section | undefined)[] = [
  verdictsSection,
  notesSection,
  whatHappenedSection,
  podsByPhaseSection,
  throughputSection,
  schedulingLatencySection,
  podStartupSection,
  apiLoadSection,
  apiLatencySection,
  etcdLatencySection,
  queueDepthsSection,
  utilisationSection,
  eventsRateSection,
  distributionsSection,
  runFactsSection,
];

/** All charts of the report, in the order of the page, with what stands on their axes of time. */
export const chartsOf = (result: Result): { readonly charts: readonly Chart[]; readonly marks: Page['marks'] } => ({
  charts: sections.flatMap((section) => section(result)?.charts ?? []),
  marks: marksForCharts(result).map(({ atSeconds, letter }) => ({ atSeconds, letter })),
});

/** The whole report as HTML, drawn from the result alone. */
export function renderReport(result: Result): string {
  return pageHtml({
    title: result.scenario,
    head: head(result),
    sections: sections.flatMap((section) => section(result) ?? []),
    marks: marksForCharts(result).map(({ atSeconds, letter }) => ({ atSeconds, letter })),
    footer: `Drawn from result.json alone by Wavetank ${escapeHtml(result.version)}. Digest <code class="value">${escapeHtml(result.digest)}</code>.`,
  });
}

function head(result: Result): string {
  const failed = result.verdicts.filter(({ pass }) => !pass).length;
  const answer =
    result.verdicts.length === 0
      ? ''
      : failed === 0
        ? `<p class="answer holds">✓ All ${result.verdicts.length} expectations hold${result.partial ? ' so far (partial run)' : ''}</p>`
        : `<p class="answer fails">✗ ${failed} of ${result.verdicts.length} expectations fail</p>`;
  const tiles: [string, string][] = [
    [numberText(result.nodes), 'nodes'],
    [numberText(result.podsCreated), 'pods created'],
    [numberText(result.podsBound), 'pods bound'],
    [secondsText(result.simulatedSeconds), 'simulated'],
    [secondsText(result.wallSeconds), 'of wall time'],
    [bytesText(result.peakRssBytes), 'peak memory'],
  ];
  return `<header>
<h1>${escapeHtml(result.scenario)}</h1>
${result.question ? `<p class="question">${escapeHtml(result.question)}</p>` : ''}
${answer}
<ul class="tiles">${tiles.map(([value, name]) => `<li><b>${escapeHtml(value)}</b><span>${name}</span></li>`).join('')}</ul>
</header>`;
}
