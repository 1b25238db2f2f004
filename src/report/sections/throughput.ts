/** Work done a second: pods through their stations, and requests through the API. */

import type { Result } from '#experiment';
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
  const charts = [podsChart(result), requestsChart(result), refusalsChart(result)].filter((chart) => chart !== undefined);
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

/** Writes and reads where they are counted apart; else by whatever label the requests carry. */
function requestsChart(result: Result): TimeChart | undefined {
  const kinds = [
    ['writes', 'apiserver_writes_total'],
    ['reads', 'apiserver_reads_total'],
  ] as const;
  const head = { id: 'apiThroughput', kind: 'stack', title: 'API requests a second', yLabel: 'requests / s' } as const;
  const apart = kinds.flatMap(([label, name], colour): Dataset[] => {
    const found = seriesOf(result, name, 'counter');
    return found.length > 0 ? [{ label, values: added(found.map((series) => perSecond(result, series))), colour }] : [];
  });
  if (apart.length > 0) {
    const caption =
      'Requests answered by the API servers, a second of simulated time: what changes something, and gets, lists and watches.';
    return { ...head, caption, x: timeAxis(result, apart), datasets: apart };
  }
  const found = byLabel(seriesOf(result, 'apiserver_request_total', 'counter'), 8, total);
  if (found.length === 0) return undefined;
  const datasets = found.map((series, colour) => ({ label: labelText(series), values: perSecond(result, series), colour }));
  const caption = `Requests answered by the API servers, by ${Object.keys(found[0]?.labels ?? {}).join(' and ')}, a second of simulated time.`;
  return { ...head, caption, x: timeAxis(result, datasets), datasets };
}

/** Answers that were refusals: conflicts, throttling, and worse. */
function refusalsChart(result: Result): TimeChart | undefined {
  const refused = byLabel(seriesOf(result, 'apiserver_request_total', 'counter'), 8, total).filter(
    ({ labels }) => Number(labels.code) >= 400,
  );
  if (refused.length === 0) return undefined;
  const datasets = refused.map((series, colour) => ({ label: labelText(series), values: perSecond(result, series), colour }));
  const caption = 'Answers of the API servers by code, a second of simulated time: 409 conflict, 429 too many requests, 5xx failures.';
  return {
    id: 'apiRefusals',
    kind: 'lines',
    title: 'Refusals a second',
    caption,
    yLabel: 'answers / s',
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
