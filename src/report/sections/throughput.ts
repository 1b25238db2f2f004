/** Work done a second: pods through their stations, and requests through the API. */

import type { Result, Series } from '#experiment';
import type { Dataset, Section, TimeChart } from '../chart.ts';
import { byLabel, labelText, perSecond, seriesOf, timeAxis, total } from '../series.ts';

/** What may count pods at a station of their way, and what the station is called. The first recorded of each station is drawn. */
const stations: readonly (readonly [label: string, ...metrics: (readonly [name: string, labels: Readonly<Record<string, string>>])[]])[] = [
  ['created', ['wavetank_pods_created_total', {}]],
  ['bound', ['wavetank_pods_bound_total', {}], ['scheduler_schedule_attempts_total', { result: 'scheduled' }]],
  ['started', ['wavetank_pods_started_total', {}]],
  ['deleted', ['wavetank_pods_deleted_total', {}]],
];

export function throughputSection(result: Result): Section {
  const charts = [podsChart(result), requestsChart(result)].filter((chart) => chart !== undefined);
  const head = { id: 'throughput', title: 'Throughput' };
  return charts.length === 0 ? { ...head, empty: 'The run counted neither pods nor requests over time.' } : { ...head, charts };
}

function podsChart(result: Result): TimeChart | undefined {
  const datasets = stations.flatMap(([label, ...metrics], colour): Dataset[] => {
    for (const [name, labels] of metrics) {
      const found = seriesOf(result, name, 'counter').filter((series) =>
        Object.keys(labels).every((key) => series.labels[key] === labels[key]),
      );
      if (found.length > 0) return [{ label, values: added(found.map((series) => perSecond(result, series))), colour }];
    }
    return [];
  });
  if (datasets.length === 0) return undefined;
  const caption = 'Pods created in the API, bound to a node, started (all containers ready) and deleted, a second of simulated time.';
  return {
    id: 'podThroughput',
    kind: 'lines',
    title: 'Pods a second',
    caption,
    yLabel: 'pods / s',
    x: timeAxis(result, datasets),
    datasets,
  };
}

function requestsChart(result: Result): TimeChart | undefined {
  const counters = seriesOf(result, 'apiserver_request_total', 'counter');
  const found = counters.length > 0 ? counters : seriesOf(result, 'apiserver_request_duration_seconds', 'count');
  const verbs = new Map<string, Series[]>();
  for (const series of byLabel(found, found.length, total)) {
    const verb = series.labels.verb ?? labelText(series);
    verbs.set(verb, [...(verbs.get(verb) ?? []), series]);
  }
  if (verbs.size === 0 && found.length > 0) verbs.set('all requests', found);
  const datasets = [...verbs]
    .slice(0, 8)
    .map(([label, all], colour) => ({ label, values: added(all.map((series) => perSecond(result, series))), colour }));
  if (datasets.length === 0) return undefined;
  const caption = 'Requests answered by the API servers, by verb, a second of simulated time.';
  return {
    id: 'apiThroughput',
    kind: 'stack',
    title: 'API requests a second',
    caption,
    yLabel: 'requests / s',
    x: timeAxis(result, datasets),
    datasets,
  };
}

/** Bucket by bucket; a bucket is empty only where all are. */
function added(all: readonly (readonly (number | null)[])[]): (number | null)[] {
  const length = all.reduce((most, values) => Math.max(most, values.length), 0);
  return Array.from({ length }, (_, i) =>
    all.reduce<number | null>((sum, values) => (values[i] == null ? sum : (sum ?? 0) + values[i]), null),
  );
}
