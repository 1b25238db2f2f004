/** How sections find their series in a result, and what they turn them into. A series that a run did not record is simply absent. */

import type { Result, Series } from '#experiment';
import type { BarChart, Dataset, TimeChart } from './chart.ts';
import { numberText } from './number-text.ts';

/** Every series of that kind and of the first of the names that the run recorded, in the result's order. */
export function seriesOf(result: Result, names: string | readonly string[], kind: Series['kind']): Series[] {
  for (const name of [names].flat()) {
    const found = result.series.filter((series) => series.name === name && series.kind === kind);
    if (found.length > 0) return found;
  }
  return [];
}

/** The series over all labels, or, where the run kept none, the one with the most samples (or the only one). */
export function overall(result: Result, names: string | readonly string[], kind: Series['kind']): Series | undefined {
  const all = seriesOf(result, names, kind);
  return all.find(({ labels }) => Object.keys(labels).length === 0) ?? all.toSorted((a, b) => samples(result, b) - samples(result, a))[0];
}

/** How many samples stand behind a percentile: the sum of the 'count' series beside it. */
function samples(result: Result, series: Series): number {
  return total(result.series.find((other) => other.kind === 'count' && other.name === series.name && sameLabels(other, series)));
}

export function sameLabels(a: Series, b: Series): boolean {
  return labelText(a) === labelText(b);
}

export function total(series: Series | undefined): number {
  return series?.values.reduce<number>((sum, value) => sum + (value ?? 0), 0) ?? 0;
}

export function highest(series: Series): number {
  return series.values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}

/** 'GET pods', 'active': the label values, in the order of their keys. */
export function labelText({ labels }: Series): string {
  return Object.keys(labels)
    .sort()
    .map((key) => labels[key])
    .join(' ');
}

/** Those series that differ in labels, the greatest first, at most `limit`. */
export function byLabel(all: readonly Series[], limit: number, size: (series: Series) => number = highest): Series[] {
  return all
    .filter((series) => Object.keys(series.labels).length > 0 && size(series) > 0)
    .toSorted((a, b) => size(b) - size(a))
    .slice(0, limit);
}

/** Starts of the time buckets, in seconds, as many as the longest series has. */
export function timeAxis(result: Result, all: readonly { readonly values: readonly unknown[] }[]): number[] {
  const length = all.reduce((most, { values }) => Math.max(most, values.length), 0);
  return Array.from({ length }, (_, i) => Number((i * result.bucketSeconds).toFixed(3)));
}

/** Durations in another unit of time, whichever the series came in. */
export function durationsIn(unit: 'ms' | 's', series: Series): (number | null)[] {
  const factor = secondsIn(series.unit) / secondsIn(unit);
  return series.values.map((value) => (value === null ? null : value * factor));
}

/** How many seconds one of this unit is; milliseconds where nothing else is said. */
export function secondsIn(unit: string): number {
  return unit === 's' || unit === 'seconds' ? 1 : unit === 'us' || unit === 'µs' ? 1e-6 : 1e-3;
}

/** The unit of a distribution is that of the series of its name ('apiRequest/GET' is a part of 'apiRequest'). */
export function unitOfDistribution(result: Result, name: string): string {
  const key = name.split('/')[0];
  return result.series.find((series) => series.name === key && series.kind !== 'count')?.unit ?? 'ms';
}

/** Counts per bucket as counts per second. */
export function perSecond(result: Result, { values }: Series): (number | null)[] {
  return values.map((value) => (value === null ? null : value / result.bucketSeconds));
}

export const percentiles = [
  { kind: 'p50', label: 'p50', dash: 'dotted' },
  { kind: 'p95', label: 'p95', dash: 'dashed' },
  { kind: 'p99', label: 'p99', dash: 'solid' },
] as const;

/** p50, p95 and p99 of one metric over time, on a logarithmic axis; undefined when the run has no sample of it. */
export function percentileChart(
  result: Result,
  names: readonly string[],
  head: Pick<TimeChart, 'id' | 'title' | 'caption'>,
  unit: 'ms' | 's' = 'ms',
): TimeChart | undefined {
  const datasets: Dataset[] = [];
  for (const [colour, { kind, label, dash }] of percentiles.entries()) {
    const series = overall(result, names, kind);
    if (series?.values.some((value) => value !== null)) datasets.push({ label, values: durationsIn(unit, series), colour, dash });
  }
  if (datasets.length === 0) return undefined;
  return {
    ...head,
    kind: 'lines',
    yLabel: unit === 's' ? 'seconds' : 'milliseconds',
    scale: 'log',
    x: timeAxis(result, datasets),
    datasets,
  };
}

/** Percentiles over the whole run of several distributions side by side, as lying bars; undefined when none has a sample. */
export function percentileBars(
  result: Result,
  rows: readonly { readonly name: string; readonly label: string }[],
  head: Pick<BarChart, 'id' | 'title' | 'caption'>,
  unit: 'ms' | 's' = 'ms',
): BarChart | undefined {
  const found = rows.flatMap(({ name, label }) => {
    const distribution = result.distributions[name];
    if (distribution === undefined || distribution.count === 0) return [];
    return [{ label, distribution, factor: secondsIn(unitOfDistribution(result, name)) / secondsIn(unit) }];
  });
  if (found.length === 0) return undefined;
  const caption = `${head.caption} Samples: ${found.map(({ label, distribution }) => `${label} ${numberText(distribution.count)}`).join(', ')}.`;
  return {
    ...head,
    caption,
    kind: 'bars',
    lying: true,
    scale: 'log',
    xLabel: unit === 's' ? 'seconds' : 'milliseconds',
    yLabel: '',
    categories: found.map(({ label }) => label),
    datasets: percentiles.map(({ kind, label }, colour) => ({
      label,
      colour,
      values: found.map(({ distribution, factor }) => distribution[kind] * factor),
    })),
  };
}
