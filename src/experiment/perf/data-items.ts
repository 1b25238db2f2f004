/** The data-items JSON that perf-dash reads (kubernetes v1.36 test/integration/scheduler_perf/util.go, DataItems): one item a metric, labels filled up. */

import type { Percentiles } from './percentiles.ts';
import type { PerfResult } from './perf-bench.ts';

interface DataItem {
  readonly data: Readonly<Record<string, number>>;
  readonly unit: string;
  readonly labels: Record<string, string>;
}

export function dataItems(results: readonly PerfResult[]): { readonly version: 'v1'; readonly dataItems: readonly DataItem[] } {
  const items = results.filter((result) => result.failure === undefined).flatMap(itemsOf);
  // Every item carries every label.
  const names = [...new Set(items.flatMap((item) => Object.keys(item.labels)))].sort();
  for (const item of items) for (const name of names) item.labels[name] ??= 'not applicable';
  return { version: 'v1', dataItems: items };
}

function itemsOf({ workload, throughput, wallPodsPerSecond, histograms }: PerfResult): DataItem[] {
  const name = `${workload.testCase}/${workload.name}`;
  const items: DataItem[] = [];
  if (throughput !== undefined) {
    const threshold: Record<string, number> =
      workload.threshold > 0 ? { [`${workload.thresholdBucket}Threshold`]: workload.threshold } : {};
    items.push({ data: { ...buckets(throughput), ...threshold }, unit: 'pods/s', labels: { Name: name, Metric: 'SchedulingThroughput' } });
  }
  if (wallPodsPerSecond !== undefined)
    items.push({ data: { Average: wallPodsPerSecond }, unit: 'pods/s', labels: { Name: name, Metric: 'WallClockThroughput' } });
  for (const { metric, labels, values } of histograms)
    items.push({ data: buckets(values), unit: 'ms', labels: { Name: name, Metric: metric, ...labels } });
  return items;
}

const buckets = ({ average, p50, p90, p95, p99 }: Percentiles): Record<string, number> => ({
  Average: average,
  Perc50: p50,
  Perc90: p90,
  Perc95: p95,
  Perc99: p99,
});
