/** The time series as Parquet, in the same long form as the CSV: for data frames and query engines. */

import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Result } from '#experiment';

/** Columns: series, labels, kind, unit, at_seconds, value. A bucket without samples has no row. */
export function renderParquet(result: Result): Uint8Array {
  const [names, labels, kinds, units]: [string[], string[], string[], string[]] = [[], [], [], []];
  const [times, values]: [number[], number[]] = [[], []];
  for (const series of result.series) {
    const labelText = Object.entries(series.labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(';');
    series.values.forEach((value, i) => {
      if (value === null) return;
      names.push(series.name);
      labels.push(labelText);
      kinds.push(series.kind);
      units.push(series.unit);
      times.push(Number((i * result.bucketSeconds).toFixed(6)));
      values.push(value);
    });
  }
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'series', data: names, type: 'STRING' },
        { name: 'labels', data: labels, type: 'STRING' },
        { name: 'kind', data: kinds, type: 'STRING' },
        { name: 'unit', data: units, type: 'STRING' },
        { name: 'at_seconds', data: times, type: 'DOUBLE' },
        { name: 'value', data: values, type: 'DOUBLE' },
      ],
    }),
  );
}
