/** From result.json to what people look at. */
export { pictures, REPORT_FORMATS, type ReportFormat } from './formats.ts';
export { renderReport } from './page.ts';
export { chartJs, reportCss } from './page-shell.ts';
export { renderCapacity } from './studies/capacity-page.ts';
export { changeWords, ciJunit, ciMarkdown } from './studies/ci-summary.ts';
export { type JudgedComparison, renderComparison } from './studies/comparison-page.ts';
export { renderSweep } from './studies/sweep-page.ts';
