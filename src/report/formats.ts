/** The forms in which a result can be read, each drawn from result.json alone. Adding one is a file and a line. */

import type { CapacityResult, CiResult, Result, StudyName, SweepResult } from '#experiment';
import { renderCsv } from './csv.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import { chartsOf, renderReport } from './page.ts';
import { type Page, pageHtml } from './page-shell.ts';
import { renderParquet } from './parquet.ts';
import { type Picture, renderPictures } from './png.ts';
import { renderPrometheus } from './prometheus.ts';
import { capacityData } from './studies/capacity-data.ts';
import { capacityPage } from './studies/capacity-page.ts';
import { ciData, ciPage } from './studies/ci-page.ts';
import { ciJunit, ciMarkdown } from './studies/ci-summary.ts';
import { comparisonData } from './studies/comparison-data.ts';
import { comparisonPage, type JudgedComparison } from './studies/comparison-page.ts';
import { gpuData } from './studies/gpu-data.ts';
import { type GpuStudiesAbout, gpuPage, type ShownGpuStudy } from './studies/gpu-page.ts';
import type { StudyData } from './studies/study-data.ts';
import { studyCsv, studyJunit, studyMarkdown, studyParquet, studyPrometheus } from './studies/study-forms.ts';
import { sweepData } from './studies/sweep-data.ts';
import { sweepPage } from './studies/sweep-page.ts';

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
const pagePictures = ({ sections }: Page): Promise<readonly Picture[]> => renderPictures(sections.flatMap(({ charts }) => charts ?? []));

export const REPORT_FORMATS: Readonly<Record<string, ReportFormat>> = {
  html: { file: 'report.html', render: renderReport },
  markdown: { file: 'report.md', render: renderMarkdown },
  junit: { file: 'junit.xml', render: renderJunit },
  parquet: { file: 'series.parquet', render: renderParquet },
  csv: { file: 'series.csv', render: renderCsv },
  prometheus: { file: 'metrics.prom', render: renderPrometheus },
};

/** Each kind of study as a page and as data, and where a form of its own is better than what is made of the data. */
interface StudyKind {
  readonly page: (study: never) => Page;
  readonly data: (study: never) => StudyData;
  readonly own?: Readonly<Record<string, (study: never) => string>>;
}

const STUDIES: Readonly<Record<StudyName, StudyKind>> = {
  comparison: { page: (study: JudgedComparison) => comparisonPage(study), data: (study: JudgedComparison) => comparisonData(study) },
  sweep: { page: (study: SweepResult) => sweepPage(study), data: (study: SweepResult) => sweepData(study) },
  capacity: { page: (study: CapacityResult) => capacityPage(study), data: (study: CapacityResult) => capacityData(study) },
  ci: {
    page: (study: CiResult) => ciPage(study),
    data: (study: CiResult) => ciData(study),
    own: { junit: (study: CiResult) => ciJunit(study), markdown: (study: CiResult) => ciMarkdown(study) },
  },
  'gpu-study': {
    page: (study: GpuStudyJson | readonly GpuStudyJson[]) => gpuPage([study].flat(), aboutOf(study)),
    data: (study: GpuStudyJson | readonly GpuStudyJson[]) => gpuData([study].flat(), aboutOf(study)),
  },
};

/** What `wavetank gpu-study --json` prints of a policy. */
type GpuStudyJson = ShownGpuStudy & { readonly about: GpuStudiesAbout };
const aboutOf = (study: GpuStudyJson | readonly GpuStudyJson[]): GpuStudiesAbout => ([study].flat()[0] as GpuStudyJson).about;

const FORMS: Readonly<
  Record<string, { readonly file: (kind: string) => string; readonly render: (data: StudyData) => string | Uint8Array }>
> = {
  markdown: { file: () => 'report.md', render: studyMarkdown },
  junit: { file: () => 'junit.xml', render: studyJunit },
  parquet: { file: (kind) => `${kind}.parquet`, render: studyParquet },
  csv: { file: (kind) => `${kind}.csv`, render: studyCsv },
  prometheus: { file: () => 'metrics.prom', render: studyPrometheus },
};

/** A study in one of the formats of `wavetank report`: the files that it makes. */
export async function renderStudy(kind: StudyName, study: unknown, format: string): Promise<readonly Drawn[]> {
  const { page, data, own } = STUDIES[kind];
  if (format === 'html') return [{ file: 'report.html', content: pageHtml(page(study as never)) }];
  if (format === 'png') return pagePictures(page(study as never));
  const form = FORMS[format];
  if (form === undefined) return [];
  const content = own?.[format]?.(study as never) ?? form.render(data(study as never));
  return [{ file: form.file(kind), content }];
}

/** For the command that writes one of its own beside its result. */
export const STUDY_FORMATS = { csv: (kind: StudyName, study: unknown): string => studyCsv(STUDIES[kind].data(study as never)) };

export interface Drawn {
  readonly file: string;
  readonly content: string | Uint8Array;
}
