/** A comparison as data: each side's value of each metric with each seed; the conditions to fail as cases. */

import { comparisonCells, digits, judgementOf } from '#experiment';
import type { JudgedComparison } from './comparison-page.ts';
import type { Gauge, StudyData, Value } from './study-data.ts';

export function comparisonData(comparison: JudgedComparison): StudyData {
  const { a, b, metrics, seeds, verdict, failIf, level } = comparison;
  const rows = metrics.flatMap(({ metric, unit, a: left, b: right }): (readonly Value[])[] => {
    // Where some pairs did not measure it, which seeds did is not kept.
    const seedOf = (i: number): number | null => (left.values.length === seeds.length ? (seeds[i] as number) : null);
    const side = (name: string, label: string, values: readonly number[]): Value[][] =>
      values.map((value, i) => [metric, unit, name, label, i + 1, seedOf(i), value]);
    return [...side('A', a.name, left.values), ...side('B', b.name, right.values)];
  });
  return {
    kind: 'comparison',
    title: `${a.name} against ${b.name}`,
    answer: `${verdict}.`,
    partial: comparison.partial,
    version: comparison.version,
    digest: comparison.digest,
    notes: [`A: ${a.what}`, `B: ${b.what}`, `${seeds.length} paired seeds`, ...comparison.notes],
    columns: [
      { name: 'metric', type: 'text' },
      { name: 'unit', type: 'text' },
      { name: 'side', type: 'text' },
      { name: 'name', type: 'text' },
      { name: 'pair', type: 'number' },
      { name: 'seed', type: 'number' },
      { name: 'value', type: 'number' },
    ],
    rows,
    head: ['metric', 'A', 'B', 'change', `${digits(level * 100)} % CI`, 'p (Holm)', 'effect', 'verdict'],
    table: metrics.map(comparisonCells),
    // What is worse fails nothing but a condition that says so.
    cases: [
      ...failIf.map(({ rule, holds, words }) => ({ name: `not ${rule}`, ...(holds ? { failure: words } : {}) })),
      ...metrics.map((one) => ({ name: `${one.metric}: ${judgementOf(one)}` })),
    ],
    gauges: gaugesOf(comparison),
  };
}

function gaugesOf({ metrics, failIf, a, b }: JudgedComparison): readonly Gauge[] {
  const each = (name: string, help: string, of: (one: JudgedComparison['metrics'][number]) => number | null): Gauge => ({
    name,
    help,
    samples: metrics.flatMap((one) => {
      const value = of(one);
      return value === null ? [] : [[{ metric: one.metric, unit: one.unit }, value] as const];
    }),
  });
  return [
    {
      name: 'mean',
      help: 'Mean over seeds, in the unit that the label says.',
      samples: metrics.flatMap(({ metric, unit, a: left, b: right }) => [
        [{ metric, unit, side: 'A', name: a.name }, left.mean] as const,
        [{ metric, unit, side: 'B', name: b.name }, right.mean] as const,
      ]),
    },
    each('change_ratio', 'Change of the mean from A to B, as a share of A.', ({ change }) => change),
    each('p_value', "Of Wilcoxon's signed-rank test, after Holm's correction.", ({ pCorrected }) => pCorrected),
    each('different', '1 where a difference was shown.', ({ verdict }) => (verdict === 'different' ? 1 : 0)),
    { name: 'fail_condition_holds', help: '1 where it holds.', samples: failIf.map(({ rule, holds }) => [{ rule }, holds ? 1 : 0]) },
  ];
}
