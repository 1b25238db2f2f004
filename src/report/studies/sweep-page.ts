/** The report of a sweep: lines over one axis, heat maps over two, and a table of everything. */

import { digits, inUnit, type SweepPoint, type SweepResult } from '#experiment';
import type { Chart, CurveChart, GridChart, Section } from '../chart.ts';
import { escapeHtml, htmlTable, unbroken } from '../html.ts';
import { type Page, pageHtml } from '../page-shell.ts';

/** Combinations of further axes that get a heat map of their own. */
const MOST_MAPS = 6;

export const renderSweep = (result: SweepResult): string => pageHtml(sweepPage(result));

export function sweepPage(result: SweepResult): Page {
  const tiles: [string, string][] = [
    [String(result.points.length), 'points'],
    [String(result.points.reduce((sum, { runs }) => sum + runs, 0)), 'runs'],
    [
      `${result.points.filter(({ held, runs }) => held === runs).length} of ${result.points.length}`,
      'points where all expectations held in all runs',
    ],
  ];
  return {
    title: result.name,
    head: `<header>
<h1>${escapeHtml(result.name)}</h1>
${result.question ? `<p class="question">${escapeHtml(result.question)}</p>` : ''}
${result.partial ? '<p class="answer fails">Partial: the study was interrupted</p>' : ''}
<ul class="tiles">${tiles.map(([value, name]) => `<li><b>${escapeHtml(value)}</b><span>${name}</span></li>`).join('')}</ul>
</header>`,
    sections: [...result.metrics.map((metric, i) => metricSection(result, metric, i)), tableSection(result)],
    footer: `Drawn from sweep.json alone by Wavetank ${escapeHtml(result.version)}. Digest of all trials <code class="value">${escapeHtml(result.digest)}</code>.`,
  };
}

type Metric = SweepResult['metrics'][number];

function metricSection(result: SweepResult, metric: Metric, i: number): Section {
  const charts: Chart[] = result.axes.length === 1 ? [lines(result, metric, i)] : [...maps(result, metric, i), lines(result, metric, i)];
  return { id: `metric${i}`, title: metric.name, charts };
}

const shown = (value: number | null | undefined, { unit }: Metric): number | null => {
  if (value === null || value === undefined) return null;
  return Number((unit === 'share' ? value * 100 : value).toPrecision(5));
};
const unitOf = ({ unit }: Metric): string => (unit === 'share' ? '%' : unit);

/** Over the first axis; a line for each combination of the others. */
function lines({ axes, points }: SweepResult, metric: Metric, i: number): CurveChart {
  const [first, ...others] = axes as [SweepResult['axes'][number], ...SweepResult['axes'][number][]];
  const groups = new Map<string, SweepPoint[]>();
  for (const point of points) {
    const label = others.map(({ name }) => `${name} ${point.point[name]}`).join(', ') || metric.name;
    groups.set(label, [...(groups.get(label) ?? []), point]);
  }
  const at = (all: readonly SweepPoint[], part: 'mean' | 'low' | 'high'): (number | null)[] =>
    first.values.map((value) => shown(all.find(({ point }) => point[first.name] === value)?.metrics[metric.name]?.[part], metric));
  return {
    kind: 'curve',
    id: `lines${i}`,
    title: `${metric.name} by ${first.name}`,
    caption: `${metric.description}. Mean over seeds; the band is its 95 % interval. In ${unitOf(metric) || 'plain numbers'}.`,
    xLabel: first.name,
    yLabel: unitOf(metric),
    x: first.values,
    datasets: [...groups].slice(0, 8).map(([label, all], colour) => ({
      label,
      colour,
      values: at(all, 'mean'),
      ...(groups.size > 4 ? {} : { low: at(all, 'low'), high: at(all, 'high') }),
    })),
  };
}

/** The first two axes as a table of colours, one for each combination of the others. */
function maps({ axes, points }: SweepResult, metric: Metric, i: number): GridChart[] {
  const [x, y, ...others] = axes as [SweepResult['axes'][number], SweepResult['axes'][number], ...SweepResult['axes'][number][]];
  const rest = new Map<string, SweepPoint[]>();
  for (const point of points) {
    const label = others.map(({ name }) => `${name} ${point.point[name]}`).join(', ');
    rest.set(label, [...(rest.get(label) ?? []), point]);
  }
  return [...rest].slice(0, MOST_MAPS).map(([label, all], at) => ({
    kind: 'grid',
    id: `map${i}n${at}`,
    title: label === '' ? `${metric.name} by ${x.name} and ${y.name}` : `${metric.name}, ${label}`,
    caption: `${metric.description}. Mean over seeds, in ${unitOf(metric) || 'plain numbers'}: the stronger the colour, the more.`,
    xLabel: x.name,
    yLabel: y.name,
    columns: x.values.map(String),
    rows: y.values.map(String),
    unit: unitOf(metric),
    values: y.values.map((row) =>
      x.values.map((column) =>
        shown(all.find(({ point }) => point[x.name] === column && point[y.name] === row)?.metrics[metric.name]?.mean, metric),
      ),
    ),
  }));
}

function tableSection({ axes, metrics, points, notes }: SweepResult): Section {
  const rows = points.map((point) => [
    ...axes.map(({ name }) => `<span class="plain">${escapeHtml(String(point.point[name]))}</span>`),
    `${point.runs}`,
    `${point.held}`,
    ...metrics.map(({ name, unit }) => {
      const found = point.metrics[name];
      if (found === undefined) return '–';
      const half = found.high === null ? '' : ` ± ${digits((found.high - found.mean) * (unit === 'share' ? 100 : 1))}`;
      return unbroken(`${inUnit(found.mean, unit)}${half}`);
    }),
  ]);
  const list = notes.length === 0 ? '' : `<ul>${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('')}</ul>`;
  const head = [...axes.map(({ name }) => escapeHtml(name)), 'Runs', 'All held', ...metrics.map(({ name }) => escapeHtml(name))];
  return {
    id: 'everything',
    title: 'Every point',
    html: `${list}${htmlTable('Means over seeds with half their 95 % intervals', head, rows)}`,
  };
}
