/** How many pods were in which phase, over time. */

import type { Result, Series } from '#experiment';
import type { Dataset, Section } from '../chart.ts';
import { highest, labelText, seriesOf, timeAxis } from '../series.ts';

/** Phases as the observer tells them apart, bottom to top, with colours that mean the same on every page. */
const phases = [
  ['Running', 'good'],
  ['NotReady', 5],
  ['Starting', 0],
  ['Unscheduled', 1],
  ['Pending', 1],
  ['Terminating', 4],
  ['Succeeded', 'muted'],
  ['Failed', 'bad'],
  ['Unknown', 2],
] as const;
const phaseOf = ({ labels }: Series) => labels.state ?? labels.phase;

export function podsByPhaseSection(result: Result): Section {
  const head = { id: 'pods', title: 'Pods by phase' };
  const found = seriesOf(result, ['wavetank_pods', 'pods'], 'gauge').filter((series) => phaseOf(series) !== undefined);
  if (found.length === 0) return { ...head, empty: 'The run recorded no pods by phase.' };
  const known = phases.flatMap(([phase, colour]): Dataset[] => {
    const series = found.find((series) => phaseOf(series) === phase && highest(series) > 0);
    return series === undefined ? [] : [{ label: phase, values: series.values, colour }];
  });
  const others = found
    .filter((series) => !phases.some(([phase]) => phase === phaseOf(series)))
    .map((series, i): Dataset => ({ label: labelText(series), values: series.values, colour: 5 + i }));
  const datasets = [...known, ...others];
  return {
    ...head,
    charts: [
      {
        id: 'podsByPhase',
        kind: 'stack',
        title: 'Pods by phase',
        caption:
          'Pods in the API at the end of each time bucket: Running and ready, running but not ready, bound and starting, without a node, terminating, done.',
        yLabel: 'pods',
        x: timeAxis(result, datasets),
        datasets,
      },
    ],
  };
}
