/** The page: one self-contained HTML file with Chart.js, the data and the drawing code inside. It asks the network for nothing. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Result } from '#experiment';
import type { Chart, Section } from './chart.ts';
import { escapeHtml, jsonForScript } from './html.ts';
import { bytesText, numberText, secondsText } from './number-text.ts';
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

/** The whole report as HTML, drawn from the result alone. */
export function renderReport(result: Result): string {
  const made = sections.flatMap((section) => section(result) ?? []);
  const charts = made.flatMap((section) => section.charts ?? []);
  const marks = marksForCharts(result).map(({ atSeconds, letter }) => ({ atSeconds, letter }));
  const asset = (name: string) => readFileSync(new URL(`./browser/${name}`, import.meta.url), 'utf8');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeHtml(result.scenario)} · Wavetank</title>
<link rel="icon" href="data:,">
<style>
${asset('report.css')}</style>
</head>
<body>
${head(result)}
<nav aria-label="Sections"><ul>${made.map(({ id, title }) => `<li><a href="#${id}">${escapeHtml(title)}</a></li>`).join('')}</ul></nav>
<main>
${made.map(sectionHtml).join('\n')}
</main>
<footer>Drawn from result.json alone by Wavetank ${escapeHtml(result.version)}. Digest <code class="value">${escapeHtml(result.digest)}</code>.</footer>
<script type="application/json" id="charts">${jsonForScript({ charts: charts.map(rounded), marks })}</script>
<script>${chartJs()}</script>
<script type="module">
${asset('charts.js')}</script>
</body>
</html>
`;
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

function sectionHtml({ id, title, html = '', charts = [], empty }: Section): string {
  const figures = charts.length > 0 ? `<div class="charts">${charts.map((chart) => figureHtml(chart, title)).join('\n')}</div>` : '';
  return `<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${escapeHtml(title)}</h2>
${html}${figures}${empty === undefined ? '' : `<p class="empty">${escapeHtml(empty)}</p>`}</section>`;
}

function figureHtml(chart: Chart, sectionTitle: string): string {
  const tall = chart.kind === 'bars' && chart.lying === true && chart.categories.length > 4;
  return `<figure><h3 id="title-${chart.id}"${chart.title === sectionTitle ? ' class="unseen"' : ''}>${escapeHtml(chart.title)}</h3>
<div class="frame${tall ? ' tall' : ''}"><canvas id="canvas-${chart.id}" role="img" aria-labelledby="title-${chart.id}" aria-describedby="caption-${chart.id}"></canvas></div>
<figcaption id="caption-${chart.id}">${escapeHtml(chart.caption)}</figcaption></figure>`;
}

/** Four digits that count are more than a screen shows, and keep the page small. */
function rounded(chart: Chart): Chart {
  if (chart.kind === 'heat') return chart;
  const round = (value: number | null) => (value === null || Number.isNaN(value) ? null : Number(value.toPrecision(4)));
  return { ...chart, datasets: chart.datasets.map((dataset) => ({ ...dataset, values: dataset.values.map(round) })) } as Chart;
}

/** Chart.js as a classic script. Its last line would ask for a source map that is not there. */
function chartJs(): string {
  const require = createRequire(import.meta.url);
  const file = require.resolve('chart.js').replace(/chart\.c?js$/, 'chart.umd.min.js');
  return readFileSync(file, 'utf8')
    .replace(/\/\/# sourceMappingURL=.*/, '')
    .replaceAll('</script', '<\\/script');
}
