/** The forms in which a result can be read, each drawn from result.json alone. Adding one is a file and a line. */

import type { Result } from '#experiment';
import { renderCsv } from './csv.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import { chartsOf, renderReport } from './page.ts';
import type { Page } from './page-shell.ts';
import { renderParquet } from './parquet.ts';
import { type Picture, renderPictures } from './png.ts';
import { renderPrometheus } from './prometheus.ts';

export interface ReportFormat {
  /** The file's name inside a run's folder. */
  readonly file: string;
  readonly render: (result: Result) => string | Uint8Array;
}

/** A chart a file. */
export async function pictures(result: Result): Promise<readonly Picture[]> {
  const { charts, marks } = chartsOf(result);
  return renderPictures(charts, marks);
}

/** The charts of a study's page. */
export const pagePictures = ({ sections }: Page): Promise<readonly Picture[]> =>
  renderPictures(sections.flatMap(({ charts }) => charts ?? []));

export const REPORT_FORMATS: Readonly<Record<string, ReportFormat>> = {
  html: { file: 'report.html', render: renderReport },
  markdown: { file: 'report.md', render: renderMarkdown },
  junit: { file: 'junit.xml', render: renderJunit },
  parquet: { file: 'series.parquet', render: renderParquet },
  csv: { file: 'series.csv', render: renderCsv },
  prometheus: { file: 'metrics.prom', render: renderPrometheus },
};
