/** The time series as CSV in long form (RFC 4180): one row a value, which every table program and data frame takes. */

import type { Result, Series } from '#experiment';
import { csvField } from './escape.ts';

/** Columns: series, labels, kind, unit, at_seconds, value. A bucket without samples has no row. */
export function renderCsv(result: Result): string {
  const rows = ['series,labels,kind,unit,at_seconds,value'];
  for (const series of result.series) {
    const head = [series.name, labelsOf(series), series.kind, series.unit].map(csvField).join(',');
    series.values.forEach((value, i) => {
      if (value !== null) rows.push(`${head},${Number((i * result.bucketSeconds).toFixed(6))},${value}`);
    });
  }
  return `${rows.join('\r\n')}\r\n`;
}

function labelsOf({ labels }: Series): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(';');
}
