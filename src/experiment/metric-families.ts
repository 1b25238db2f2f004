/** The metrics that components recorded under Kubernetes' and etcd's names, as a scrape at the run's end would have found them. What Wavetank itself measures
 *  (`wavetank_...`) is in the result's series and distributions. */

import type { Labels, RecordedRun, Samples } from '#sim';
import { boundsOf } from './metric-bounds.ts';
import type { FamilySample, MetricFamily } from './result.ts';

const OWN = 'wavetank_';

const rounded = (value: number): number => Number(value.toPrecision(12));

export function metricFamilies(recorded: RecordedRun): MetricFamily[] {
  const families = new Map<string, { type: MetricFamily['type']; bounds?: readonly number[]; samples: FamilySample[] }>();
  const add = (name: string, type: MetricFamily['type'], sample: FamilySample, bounds?: readonly number[]): void => {
    const found = families.get(name);
    if (found === undefined) families.set(name, { type, ...(bounds === undefined ? {} : { bounds }), samples: [sample] });
    else if (found.type === type) found.samples.push(sample);
  };
  for (const { name, labels, total } of recorded.counters)
    if (!name.startsWith(OWN)) add(name, 'counter', { labels: inOrder(labels), value: rounded(total) });
  for (const { name, labels, values } of recorded.gauges)
    if (!name.startsWith(OWN)) add(name, 'gauge', { labels: inOrder(labels), value: rounded(values.at(-1) ?? 0) });
  for (const { name, labels, samples } of recorded.distributions) {
    const bounds = name.startsWith(OWN) ? undefined : boundsOf(name);
    if (bounds === undefined) continue;
    add(name, 'histogram', { labels: inOrder(labels), sum: rounded(samples.sum), counts: countsOf(samples, bounds) }, bounds);
  }
  return [...families].map(([name, family]) => ({ name, ...family })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Samples of each bucket alone, without the zeros at the end. */
function countsOf(samples: Samples, bounds: readonly number[]): number[] {
  const counts: number[] = [];
  let below = 0;
  for (const bound of bounds) {
    const seen = samples.atMost(bound);
    counts.push(seen - below);
    below = seen;
  }
  counts.push(samples.count - below);
  while (counts.at(-1) === 0) counts.pop();
  return counts;
}

/** Labels in the order of their names, whoever recorded them. */
const inOrder = (labels: Labels): Labels => Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
