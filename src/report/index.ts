/** From result.json to what people look at. */
export { REPORT_FORMATS, type ReportFormat } from './formats.ts';
export { renderReport } from './page.ts';
export { type JudgedComparison, renderComparison } from './studies/comparison-page.ts';
