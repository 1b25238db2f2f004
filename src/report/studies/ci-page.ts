/** A suite's outcome as a page, and as data. */

import { type CiResult, type CiScenario, inUnit } from '#experiment';
import type { BarChart } from '../chart.ts';
import { escapeHtml, htmlTable, unbroken } from '../html.ts';
import type { Page } from '../page-shell.ts';
import { changeWords } from './ci-summary.ts';
import type { StudyData, Value } from './study-data.ts';

const MOST_BARS = 40;

const answerOf = ({ scenarios }: CiResult): string => {
  const bad = scenarios.filter(({ status }) => status !== 'passed').length;
  return bad === 0 ? `all ${scenarios.length} scenarios pass` : `${bad} of ${scenarios.length} scenarios do not pass`;
};

/** Why a scenario does not pass, in a line. */
function whyOf(one: CiScenario): string {
  const failed = one.verdicts
    .filter(({ pass }) => !pass)
    .map(
      ({ metric, expected, measured, unit }) => `${metric} ${expected}: measured ${measured === null ? 'nothing' : inUnit(measured, unit)}`,
    );
  return [...(one.failure === undefined ? [] : [one.failure]), ...failed, ...one.regressions.map(changeWords)].join('; ');
}

const heldOf = ({ verdicts }: CiScenario): string => `${verdicts.filter(({ pass }) => pass).length}/${verdicts.length}`;

export function ciPage(result: CiResult): Page {
  const { scenarios, partial, version, digest, folder, notes, gone } = result;
  const bad = scenarios.filter(({ status }) => status !== 'passed').length;
  const rows = scenarios.map((one) => [
    escapeHtml(one.name),
    `<span class="${one.status === 'passed' ? 'pass">✓' : 'fail">✗'} ${escapeHtml(one.status)}</span>`,
    heldOf(one),
    escapeHtml(one.baseline),
    unbroken(`${one.wallSeconds.toFixed(1)} s`),
    escapeHtml(whyOf(one)),
  ]);
  const slowest = scenarios.toSorted((a, b) => b.wallSeconds - a.wallSeconds).slice(0, MOST_BARS);
  const chart: BarChart = {
    kind: 'bars',
    id: 'wall',
    title: 'What each scenario took',
    caption: 'Wall time of each scenario in seconds, on the machine that ran the suite: the only numbers here with noise in them.',
    xLabel: 'wall time, s',
    yLabel: '',
    lying: true,
    categories: slowest.map(({ name }) => name),
    datasets: [{ label: 'wall time', colour: 0, values: slowest.map(({ wallSeconds }) => wallSeconds) }],
  };
  const list = [...gone.map((name) => `${name} is in the baseline and not in the folder.`), ...notes];
  return {
    title: `Scenarios under ${folder}`,
    head: `<header>
<h1>Scenarios under ${escapeHtml(folder)}</h1>
<p class="answer ${bad === 0 ? 'holds">✓' : 'fails">✗'} ${escapeHtml(answerOf(result))}${partial ? ' (partial: the suite was not run to its end)' : ''}</p>
</header>`,
    sections: [
      {
        id: 'scenarios',
        title: 'Every scenario',
        html: `${htmlTable('Expectations held, and how it compares with the baseline', ['Scenario', 'Verdict', 'Held', 'Baseline', 'Wall', 'Why'], rows)}<ul>${list.map((note) => `<li>${escapeHtml(note)}</li>`).join('')}</ul>`,
      },
      {
        id: 'wall-section',
        title: 'What each scenario took',
        ...(slowest.length === 0 ? { empty: 'Nothing was run.' } : { charts: [chart] }),
      },
    ],
    footer: `Drawn from ci.json alone by Wavetank ${escapeHtml(version)}. Digest of all runs <code class="value">${escapeHtml(digest)}</code>.`,
  };
}

/** JUnit and Markdown have forms of their own (ci-summary.ts); this is for tables and scrapes. */
export function ciData(result: CiResult): StudyData {
  const { scenarios } = result;
  const labels = ({ name }: CiScenario): Record<string, string> => ({ scenario: name });
  return {
    kind: 'ci',
    title: `Scenarios under ${result.folder}`,
    answer: answerOf(result),
    partial: result.partial,
    version: result.version,
    digest: result.digest,
    notes: result.notes,
    columns: [
      ...(['scenario', 'status', 'digest', 'metric', 'expected', 'unit'] as const).map((name) => ({ name, type: 'text' as const })),
      ...(['seed', 'measured', 'holds'] as const).map((name) => ({ name, type: 'number' as const })),
    ],
    rows: scenarios.flatMap((one) =>
      one.verdicts.map(({ metric, expected, unit, measured, pass }): readonly Value[] => [
        one.name,
        one.status,
        one.digest ?? null,
        metric,
        expected,
        unit,
        one.seed,
        measured,
        pass ? 1 : 0,
      ]),
    ),
    head: ['scenario', 'status', 'held', 'baseline', 'why'],
    table: scenarios.map((one) => [one.name, one.status, heldOf(one), one.baseline, whyOf(one)]),
    cases: scenarios.map((one) => ({ name: one.name, ...(one.status === 'passed' ? {} : { failure: whyOf(one) || one.status }) })),
    gauges: [
      {
        name: 'scenario_passed',
        help: '1 where it passed.',
        samples: scenarios.map((one) => [labels(one), one.status === 'passed' ? 1 : 0]),
      },
      { name: 'wall_seconds', help: 'Wall time of a scenario.', samples: scenarios.map((one) => [labels(one), one.wallSeconds]) },
      {
        name: 'expectation_holds',
        help: '1 where it holds.',
        samples: scenarios.flatMap((one) =>
          one.verdicts.map(({ metric, expected, pass }) => [{ ...labels(one), metric, expected }, pass ? 1 : 0] as const),
        ),
      },
    ],
  };
}
