/** A sweep as data: each metric at each point with its interval; a case a point: its expectations held in all runs, and repeats agreed. */

import { digits, inUnit, type SweepPoint, type SweepResult } from '#experiment';
import type { Case, Column, StudyData, Value } from './study-data.ts';

const ESTIMATE = ['n', 'mean', 'low95', 'high95', 'min', 'max'] as const;

export function sweepData(result: SweepResult): StudyData {
  const { axes, metrics, points } = result;
  const held = points.filter((point) => point.held === point.runs).length;
  const runs = points.reduce((sum, point) => sum + point.runs, 0);
  const axisColumns = axes.map(
    ({ name, values }): Column => ({ name, type: values.every((value) => typeof value === 'number') ? 'number' : 'text' }),
  );
  return {
    kind: 'sweep',
    title: result.name,
    answer: `${result.question === undefined ? '' : `${result.question} `}${points.length} points, ${runs} runs; all expectations held in all runs at ${held} of ${points.length} points.`,
    partial: result.partial,
    version: result.version,
    digest: result.digest,
    notes: result.notes,
    columns: [
      ...axisColumns,
      { name: 'metric', type: 'text' },
      { name: 'unit', type: 'text' },
      ...ESTIMATE.map((name): Column => ({ name, type: 'number' })),
    ],
    rows: points.flatMap((point) =>
      metrics.flatMap(({ name, unit }): (readonly Value[])[] => {
        const found = point.metrics[name];
        if (found === undefined) return [];
        const { n, mean, low, high, min, max } = found;
        return [[...axes.map((axis) => point.point[axis.name] ?? null), name, unit, n, mean, low, high, min, max]];
      }),
    ),
    head: [...axes.map(({ name }) => name), 'held', ...metrics.map(({ name }) => name)],
    table: points.map((point) => [
      ...axes.map(({ name }) => String(point.point[name])),
      `${point.held}/${point.runs}`,
      ...metrics.map(({ name, unit }) => estimateText(point, name, unit)),
    ]),
    cases: points.map((point) => caseOf(point)),
    gauges: [
      ...(['mean', 'low', 'high'] as const).map((part) => ({
        name: part === 'mean' ? 'mean' : `${part}95`,
        help:
          part === 'mean'
            ? 'Mean over seeds, in the unit that the label says.'
            : `${part === 'low' ? 'Lower' : 'Upper'} end of its 95 % interval.`,
        samples: points.flatMap((point) =>
          metrics.flatMap(({ name, unit }) => {
            const value = point.metrics[name]?.[part];
            return value === undefined || value === null ? [] : [[{ metric: name, unit, point: nameOf(point) }, value] as const];
          }),
        ),
      })),
      { name: 'runs', help: 'Runs of a point.', samples: points.map((point) => [{ point: nameOf(point) }, point.runs]) },
      {
        name: 'runs_held',
        help: 'Runs whose expectations all held.',
        samples: points.map((point) => [{ point: nameOf(point) }, point.held]),
      },
    ],
  };
}

const nameOf = ({ point }: SweepPoint): string =>
  Object.entries(point)
    .map(([axis, value]) => `${axis}=${value}`)
    .join(', ');

function estimateText(point: SweepPoint, name: string, unit: string): string {
  const found = point.metrics[name];
  if (found === undefined) return '';
  const half = found.high === null ? '' : ` ± ${digits((found.high - found.mean) * (unit === 'share' ? 100 : 1))}`;
  return `${inUnit(found.mean, unit)}${half}`;
}

function caseOf(point: SweepPoint): Case {
  const { held, runs, unlike } = point;
  if (unlike.length > 0) return { name: nameOf(point), failure: `run again, seeds ${unlike.join(', ')} gave another digest` };
  if (held < runs) return { name: nameOf(point), failure: `expectations held in ${held} of ${runs} runs` };
  return { name: nameOf(point) };
}
