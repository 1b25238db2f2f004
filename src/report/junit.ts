/** The verdicts as JUnit XML: one test case an expectation, as CI systems show them. */

import type { Result, Verdict } from '#experiment';
import { measureText } from './number-text.ts';

export function renderJunit(result: Result): string {
  const failures = result.verdicts.filter(({ pass }) => !pass).length;
  const counts = `tests="${result.verdicts.length}" failures="${failures}" errors="${result.partial ? 1 : 0}" time="${result.wallSeconds}"`;
  const ended = result.partial ? `    <system-err>${xml(`partial: ${result.ended ?? 'ended early'}`)}</system-err>\n` : '';
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${counts}>
  <testsuite name="${xml(result.scenario)}" ${counts}>
    <properties>
      <property name="seed" value="${result.seed}"/>
      <property name="digest" value="${xml(result.digest)}"/>
    </properties>
${result.verdicts.map((verdict) => testCase(result, verdict)).join('')}${ended}  </testsuite>
</testsuites>
`;
}

function testCase({ scenario }: Result, { metric, expected, measured, unit, pass, note }: Verdict): string {
  const head = `    <testcase classname="${xml(scenario)}" name="${xml(`${metric} ${expected}`)}"`;
  if (pass) return `${head}/>\n`;
  return `${head}><failure message="${xml(`measured ${measureText(measured, unit)}, expected ${expected}`)}">${xml(note ?? '')}</failure></testcase>\n`;
}

/** Escaped, and without the control characters that XML 1.0 cannot hold. */
function xml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  const legal = Array.from(text).filter((character) => character >= ' ' || character === '\n' || character === '\t');
  return legal.join('').replace(/[&<>"]/g, (character) => entities[character] as string);
}
