/** The verdicts as JUnit XML: one test case an expectation, as CI systems show them. */

import type { Result, Verdict } from '#experiment';
import { xmlText } from './escape.ts';
import { measureText } from './number-text.ts';

export function renderJunit(result: Result): string {
  const failures = result.verdicts.filter(({ pass }) => !pass).length;
  const counts = `tests="${result.verdicts.length}" failures="${failures}" errors="${result.partial ? 1 : 0}" time="${result.wallSeconds}"`;
  const ended = result.partial ? `    <system-err>${xmlText(`partial: ${result.ended ?? 'ended early'}`)}</system-err>\n` : '';
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${counts}>
  <testsuite name="${xmlText(result.scenario)}" ${counts}>
    <properties>
      <property name="seed" value="${result.seed}"/>
      <property name="digest" value="${xmlText(result.digest)}"/>
    </properties>
${result.verdicts.map((verdict) => testCase(result, verdict)).join('')}${ended}  </testsuite>
</testsuites>
`;
}

function testCase({ scenario }: Result, { metric, expected, measured, unit, pass, note }: Verdict): string {
  const head = `    <testcase classname="${xmlText(scenario)}" name="${xmlText(`${metric} ${expected}`)}"`;
  if (pass) return `${head}/>\n`;
  return `${head}><failure message="${xmlText(`measured ${measureText(measured, unit)}, expected ${expected}`)}">${xmlText(note ?? '')}</failure></testcase>\n`;
}
