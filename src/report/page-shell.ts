/** The shell of every page: one self-contained HTML file with Chart.js, the data and the drawing code inside. It asks the network for nothing. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Chart, Section } from './chart.ts';
import { escapeHtml, jsonForScript } from './html.ts';

export interface Page {
  readonly title: string;
  /** The header's HTML; text in it is escaped already. */
  readonly head: string;
  readonly sections: readonly Section[];
  /** What stands on every axis of simulated time. */
  readonly marks?: readonly { readonly atSeconds: number; readonly letter: string }[];
  /** HTML. */
  readonly footer: string;
}

export const asset = (name: string): string => readFileSync(new URL(`./browser/${name}`, import.meta.url), 'utf8');

export function pageHtml({ title, head, sections, marks = [], footer }: Page): string {
  const charts = sections.flatMap((section) => section.charts ?? []);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeHtml(title)} · Wavetank</title>
<link rel="icon" href="data:,">
<style>
${asset('report.css')}</style>
</head>
<body>
${head}
<nav aria-label="Sections"><ul>${sections.map(({ id, title }) => `<li><a href="#${id}">${escapeHtml(title)}</a></li>`).join('')}</ul></nav>
<main>
${sections.map(sectionHtml).join('\n')}
</main>
<footer>${footer}</footer>
<script type="application/json" id="charts">${jsonForScript({ charts: charts.map(rounded), marks })}</script>
<script>${chartJs()}</script>
<script type="module">
${asset('charts.js')}</script>
</body>
</html>
`;
}

function sectionHtml({ id, title, html = '', charts = [], empty }: Section): string {
  const figures =
    charts.length > 0
      ? `<div class="charts${html === '' ? '' : ' below'}">${charts.map((chart) => figureHtml(chart, title)).join('\n')}</div>`
      : '';
  return `<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${escapeHtml(title)}</h2>
${html}${figures}${empty === undefined ? '' : `<p class="empty">${escapeHtml(empty)}</p>`}</section>`;
}

function figureHtml(chart: Chart, sectionTitle: string): string {
  const tall =
    (chart.kind === 'bars' && chart.lying === true && chart.categories.length > 4) || (chart.kind === 'forest' && chart.rows.length > 8);
  return `<figure><h3 id="title-${chart.id}"${chart.title === sectionTitle ? ' class="unseen"' : ''}>${escapeHtml(chart.title)}</h3>
<div class="frame${tall ? ' tall' : ''}"><canvas id="canvas-${chart.id}" role="img" aria-labelledby="title-${chart.id}" aria-describedby="caption-${chart.id}"></canvas></div>
<figcaption id="caption-${chart.id}">${escapeHtml(chart.caption)}</figcaption></figure>`;
}

/** Four digits that count are more than a screen shows, and keep the page small. */
export function rounded(chart: Chart): Chart {
  if (chart.kind !== 'lines' && chart.kind !== 'stack' && chart.kind !== 'bars') return chart;
  const round = (value: number | null) => (value === null || Number.isNaN(value) ? null : Number(value.toPrecision(4)));
  return { ...chart, datasets: chart.datasets.map((dataset) => ({ ...dataset, values: dataset.values.map(round) })) } as Chart;
}

export const reportCss = (): string => asset('report.css');

/** Chart.js as a classic script. Its last line would ask for a source map that is not there. */
export function chartJs(): string {
  const require = createRequire(import.meta.url);
  const file = require.resolve('chart.js').replace(/chart\.c?js$/, 'chart.umd.min.js');
  return readFileSync(file, 'utf8')
    .replace(/\/\/# sourceMappingURL=.*/, '')
    .replaceAll('</script', '<\\/script');
}
