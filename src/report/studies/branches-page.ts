/** The report of what-ifs: what each branch did otherwise, their metrics beside those of the run as it was, and pods and latencies over one axis of time. */

import { type Branches, chiefBranchMetrics, digits, inUnit, type Result, studyMetric } from '#experiment';
import type { Chart, Dataset, Section } from '../chart.ts';
import { escapeHtml, htmlTable, unbroken } from '../html.ts';
import { type Page, pageHtml } from '../page-shell.ts';
import { timeAxis } from '../series.ts';

export const renderBranches = (all: Branches, results: readonly Result[]): string => pageHtml(branchesPage(all, results));

export function branchesPage(all: Branches, results: readonly Result[]): Page {
  const { scenario, seed, atSeconds, branches, version } = all;
  const partial = branches.some((branch) => branch.partial) ? ' <strong>(partial: interrupted)</strong>' : '';
  return {
    title: `Branches of ${scenario}`,
    head: `<header><h1>Branches of ${escapeHtml(scenario)}</h1>
<p class="question">One past until ${digits(atSeconds)} s, seed ${seed}; from there ${branches.length - 1} other way${branches.length === 2 ? '' : 's'}.${partial}</p></header>`,
    sections: [actsSection(all), metricsSection(all), verdictsSection(all), chartsSection(all, results)],
    marks: [{ atSeconds, letter: 'B' }],
    footer: `Made by Wavetank ${escapeHtml(version)}. B on the axis of time: the branches leave the run.`,
  };
}

function actsSection({ branches }: Branches): Section {
  const rows = branches.map(({ name, set, acts, digest }) => [
    escapeHtml(name),
    set.map((one) => `<code>${escapeHtml(one)}</code>`).join('<br>') || 'nothing',
    escapeHtml(acts.join('; ') || 'nothing'),
    `<code class="value">${escapeHtml(digest)}</code>`,
  ]);
  return {
    id: 'branches',
    title: 'What was otherwise',
    html: htmlTable('The branches', ['Branch', 'Settings', 'What happened at that instant', 'Digest'], rows),
  };
}

function metricsSection(all: Branches): Section {
  const { branches } = all;
  const base = branches[0];
  const rows = chiefBranchMetrics(all).map((metric) => {
    const { unit = '', description = '' } = studyMetric(metric) ?? {};
    const was = base?.metrics[metric];
    return [
      `<span title="${escapeHtml(description)}">${escapeHtml(metric)}</span>`,
      ...branches.map(({ metrics }, index) => {
        const value = metrics[metric];
        if (value === undefined) return '-';
        const change =
          index === 0 || was === undefined || was === 0 || value === was
            ? ''
            : ` (${value > was ? '+' : ''}${digits((value / was - 1) * 100)} %)`;
        return unbroken(`${inUnit(value, unit)}${change}`);
      }),
    ];
  });
  return {
    id: 'metrics',
    title: 'Metrics',
    html: htmlTable('Over the whole run, past included', ['Metric', ...branches.map(({ name }) => escapeHtml(name))], rows),
  };
}

function verdictsSection({ branches }: Branches): Section {
  const names = [...new Set(branches.flatMap(({ verdicts }) => verdicts.map(({ metric, expected }) => `${metric} ${expected}`)))];
  if (names.length === 0) return { id: 'verdicts', title: 'Expectations', empty: 'The scenario expects nothing.' };
  const rows = names.map((name) => [
    escapeHtml(name),
    ...branches.map(({ verdicts }) => {
      const found = verdicts.find(({ metric, expected }) => `${metric} ${expected}` === name);
      if (found === undefined) return '-';
      return `${found.pass ? '✓' : '✗'} ${found.measured === null ? 'not measured' : unbroken(inUnit(found.measured, found.unit))}`;
    }),
  ]);
  return {
    id: 'verdicts',
    title: 'Expectations',
    html: htmlTable('Of each branch', ['Expectation', ...branches.map(({ name }) => escapeHtml(name))], rows),
  };
}

const CHARTS = [
  {
    id: 'running',
    name: 'wavetank_pods',
    kind: 'gauge',
    state: 'Running',
    title: 'Running pods',
    yLabel: 'pods',
    caption: 'Pods that run, as a watcher sees them.',
  },
  {
    id: 'waiting',
    name: 'wavetank_pods',
    kind: 'gauge',
    state: 'Unscheduled',
    title: 'Pods without a node',
    yLabel: 'pods',
    caption: 'Pods that wait for a node.',
  },
  {
    id: 'ready',
    name: 'wavetank_nodes_ready',
    kind: 'gauge',
    state: undefined,
    title: 'Ready nodes',
    yLabel: 'nodes',
    caption: 'Nodes whose Ready condition is True.',
  },
  {
    id: 'api',
    name: 'apiRequest',
    kind: 'p95',
    state: undefined,
    title: 'API requests, 95th percentile',
    yLabel: 'ms',
    caption: 'API requests without watches, at the server, 95th percentile in milliseconds.',
  },
] as const;

function chartsSection({ branches }: Branches, results: readonly Result[]): Section {
  const longest = [...results].sort((a, b) => b.simulatedSeconds - a.simulatedSeconds)[0];
  const charts = CHARTS.flatMap(({ id, name, kind, state, title, yLabel, caption }): Chart[] => {
    const datasets = results.flatMap((result, index): Dataset[] => {
      const found = result.series.find(
        (series) => series.name === name && series.kind === kind && (state === undefined || series.labels['state'] === state),
      );
      return found === undefined
        ? []
        : [{ label: branches[index]?.name ?? '', values: found.values, colour: index, dash: index === 0 ? 'dashed' : 'solid' }];
    });
    if (datasets.length === 0 || longest === undefined) return [];
    return [{ id, kind: 'lines', title, caption, yLabel, x: timeAxis(longest, datasets), datasets }];
  });
  return { id: 'over-time', title: 'Over time', charts };
}
