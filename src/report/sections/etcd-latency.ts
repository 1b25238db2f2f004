/** How long etcd took: its disk, its commits, and the requests of the API servers. */

import type { Result } from '#experiment';
import type { Section } from '../chart.ts';
import { labelText, percentileChart, seriesOf, timeAxis } from '../series.ts';

export function etcdLatencySection(result: Result): Section {
  const sizes = seriesOf(result, 'etcd_mvcc_db_total_size_in_bytes', 'gauge');
  const charts = [
    percentileChart(result, ['etcdRequest', 'etcd_request_duration_seconds'], {
      id: 'etcdRequest',
      title: 'etcd request latency',
      caption: 'etcd_request_duration_seconds: from request to answer, as the API server sees it. Milliseconds, logarithmic.',
    }),
    percentileChart(result, ['etcdFsync', 'etcd_disk_wal_fsync_duration_seconds'], {
      id: 'etcdFsync',
      title: 'etcd write-ahead log fsync',
      caption: 'etcd_disk_wal_fsync_duration_seconds: one fsync carries all proposals that waited for it. Milliseconds, logarithmic.',
    }),
    sizes.length > 0
      ? {
          id: 'etcdSize',
          kind: 'lines' as const,
          title: 'etcd database size',
          caption: 'etcd_mvcc_db_total_size_in_bytes, by member: what the database file has grown to. MiB.',
          yLabel: 'MiB',
          x: timeAxis(result, sizes),
          datasets: sizes.map((series, colour) => ({
            label: labelText(series) || 'database',
            values: series.values.map((value) => (value === null ? null : value / 1048576)),
            colour,
          })),
        }
      : undefined,
  ].filter((chart) => chart !== undefined);
  const head = { id: 'etcd-latency', title: 'etcd latency' };
  return charts.length === 0 ? { ...head, empty: 'etcd recorded no request.' } : { ...head, charts };
}
