/** What the clients of a scenario's load saw: absent where it had none. */

import type { Result } from '#experiment';
import type { Section } from '../chart.ts';
import { labelText, percentileBars, percentileChart, perSecond, seriesOf, timeAxis } from '../series.ts';

const KINDS = [
  ['answered', 'wavetank_load_answered_total'],
  ['failed', 'wavetank_load_failed_total'],
] as const;

export function apiLoadSection(result: Result): Section | undefined {
  const datasets = KINDS.flatMap(([what, name]) =>
    seriesOf(result, name, 'counter').map((series) => ({ label: `${labelText(series)} ${what}`, values: perSecond(result, series) })),
  ).map((dataset, colour) => ({ ...dataset, colour }));
  if (datasets.length === 0) return undefined;
  const phases = Object.keys(result.distributions).filter((name) => name.startsWith('loadRequest/'));
  const charts = [
    percentileChart(result, ['loadRequest'], {
      id: 'loadLatency',
      title: 'Latency of the load',
      caption:
        'Requests of apiLoad that were answered well, as the clients saw them: from when they fell due to the answer. Milliseconds, logarithmic.',
    }),
    {
      id: 'loadAnswers',
      kind: 'lines' as const,
      title: 'Answers to the load a second',
      caption: 'Requests of apiLoad answered well, and those that failed or were given up, a second of simulated time.',
      yLabel: 'requests / s',
      x: timeAxis(result, datasets),
      datasets,
    },
    percentileBars(
      result,
      phases.map((name) => ({ name, label: name.slice('loadRequest/'.length) })),
      {
        id: 'loadByPhase',
        title: 'Latency of the load by phase and kind',
        caption: 'Over all of a phase, and of a kind. Milliseconds, logarithmic.',
      },
    ),
    percentileChart(result, ['loadWatch'], {
      id: 'loadWatch',
      title: 'Watch latency of the load',
      caption: 'From a write of apiLoad falling due to a watcher told of it. Milliseconds, logarithmic.',
    }),
  ].filter((chart) => chart !== undefined);
  return { id: 'api-load', title: 'API load', charts };
}
