/** From result.json to what people look at. */
export { pictures, REPORT_FORMATS, type ReportFormat, renderStudy, STUDY_FORMATS } from './formats.ts';
export { percentDecimals } from './number-text.ts';
export { renderReport } from './page.ts';
export { chartJs, pageHtml as renderPage, reportCss } from './page-shell.ts';
export { branchesPage, renderBranches } from './studies/branches-page.ts';
export { capacityPage, renderCapacity } from './studies/capacity-page.ts';
export { changeWords, ciJunit, ciMarkdown } from './studies/ci-summary.ts';
export { comparisonPage, type JudgedComparison, renderComparison } from './studies/comparison-page.ts';
export { type GpuStudiesAbout, renderGpuStudies } from './studies/gpu-page.ts';
export { renderSweep, sweepPage } from './studies/sweep-page.ts';
