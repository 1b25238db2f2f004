/** How long the API servers took to answer. */

import type { Result } from '#experiment';
import type { Section } from '../chart.ts';
import { percentileBars, percentileChart } from '../series.ts';

const metric = 'apiserver_request_duration_seconds';

export function apiLatencySection(result: Result): Section {
  const verbs = Object.keys(result.distributions).filter((name) => name.startsWith('apiRequest/'));
  const charts = [
    percentileChart(result, ['apiRequest', metric], {
      id: 'apiLatency',
      title: 'API request latency',
      caption: `${metric}: at the server, watches left out, all verbs and resources together. Milliseconds, logarithmic.`,
    }),
    percentileBars(
      result,
      verbs.filter((name) => !name.endsWith('/WATCH')).map((name) => ({ name, label: name.slice('apiRequest/'.length) })),
      {
        id: 'apiLatencyByVerb',
        title: 'API request latency by verb',
        caption: `${metric} over the whole run. Milliseconds, logarithmic.`,
      },
    ),
  ].filter((chart) => chart !== undefined);
  const head = { id: 'api-latency', title: 'API latency' };
  return charts.length === 0 ? { ...head, empty: 'The API servers recorded no request.' } : { ...head, charts };
}
