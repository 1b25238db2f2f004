/** A suite's outcome as Markdown, for a job's summary or a pull request, and as JUnit XML, for whatever shows tests. */

import { type CiResult, type CiScenario, inUnit, type MetricChange } from '#experiment';
import { markdownCell, xmlText } from '../escape.ts';

const SIGNS: Readonly<Record<CiScenario['status'], string>> = { passed: '✓', failed: '✗', regressed: '↘', 'not run': '–' };
const signed = (change: number | null): string =>
  change === null ? 'from 0' : `${change > 0 ? '+' : ''}${Number((change * 100).toPrecision(3))} %`;

export const changeWords = ({ metric, unit, before, after, change }: MetricChange): string =>
  `${metric} ${inUnit(before, unit)} to ${inUnit(after, unit)} (${signed(change)})`;

export function ciMarkdown({ scenarios, notes, partial, digest, gone }: CiResult): string {
  const bad = scenarios.filter(({ status }) => status !== 'passed').length;
  const rows = scenarios.map((one) => {
    const failed = one.verdicts
      .filter(({ pass }) => !pass)
      .map(
        ({ metric, expected, measured, unit }) =>
          `${metric} ${expected}: measured ${measured === null ? 'nothing' : inUnit(measured, unit)}`,
      );
    const why = [...(one.failure === undefined ? [] : [one.failure]), ...failed, ...one.regressions.map(changeWords)];
    const held = `${one.verdicts.filter(({ pass }) => pass).length}/${one.verdicts.length}`;
    return `| ${SIGNS[one.status]} ${one.status} | ${markdownCell(one.name)} | ${held} | ${one.baseline} | ${markdownCell(why.join('; '))} |`;
  });
  const better = scenarios.flatMap(({ name, changes }) =>
    changes.filter(({ kind }) => kind === 'better').map((change) => `- ${markdownCell(name)}: ${markdownCell(changeWords(change))}\n`),
  );
  return `### Wavetank: ${bad === 0 ? `all ${scenarios.length} scenarios pass` : `${bad} of ${scenarios.length} scenarios do not pass`}${partial ? ' (partial)' : ''}

| | scenario | expectations held | baseline | why |
|---|---|--:|---|---|
${rows.join('\n')}
${gone.length === 0 ? '' : `\nIn the baseline, and gone: ${gone.map(markdownCell).join(', ')}.\n`}${better.length === 0 ? '' : `\n<details><summary>${better.length} metrics are better than the baseline</summary>\n\n${better.join('')}\n</details>\n`}
${notes.map((note) => `- ${markdownCell(note)}\n`).join('')}
Digest of all runs \`${digest}\`.
`;
}

export function ciJunit({ scenarios, digest }: CiResult): string {
  const suites = scenarios.map(suiteOf);
  const total = (of: 'tests' | 'failures' | 'errors' | 'skipped'): number => suites.reduce((sum, suite) => sum + suite[of], 0);
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="wavetank ci" tests="${total('tests')}" failures="${total('failures')}" errors="${total('errors')}" skipped="${total('skipped')}">
  <properties><property name="digest" value="${xmlText(digest)}"/></properties>
${suites.map(({ text }) => text).join('')}</testsuites>
`;
}

function suiteOf(one: CiScenario): { text: string; tests: number; failures: number; errors: number; skipped: number } {
  const name = (what: string): string =>
    `    <testcase classname="${xmlText(one.name)}" name="${xmlText(what)}" file="${xmlText(one.file)}"`;
  const cases = one.verdicts.map(({ metric, expected, measured, unit, pass }) =>
    pass
      ? `${name(`${metric} ${expected}`)}/>`
      : `${name(`${metric} ${expected}`)}><failure message="${xmlText(`measured ${measured === null ? 'nothing' : inUnit(measured, unit)}, expected ${expected}`)}"/></testcase>`,
  );
  let failures = one.verdicts.filter(({ pass }) => !pass).length;
  if (one.baseline === 'same' || one.baseline === 'changed') {
    const worse = one.regressions.map(changeWords).join('; ');
    cases.push(
      worse === ''
        ? `${name('no worse than the baseline')}/>`
        : `${name('no worse than the baseline')}><failure message="${xmlText(worse)}"/></testcase>`,
    );
    if (worse !== '') failures++;
  }
  const errors = one.failure === undefined ? 0 : 1;
  if (one.failure !== undefined) cases.push(`${name('runs to its end')}><error message="${xmlText(one.failure)}"/></testcase>`);
  const skipped = one.status === 'not run' ? 1 : 0;
  if (skipped > 0) cases.push(`${name('runs')}><skipped message="not run"/></testcase>`);
  const counts = `tests="${cases.length}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${one.wallSeconds}"`;
  return {
    text: `  <testsuite name="${xmlText(one.name)}" ${counts}>\n${cases.join('\n')}\n  </testsuite>\n`,
    tests: cases.length,
    failures,
    errors,
    skipped,
  };
}
