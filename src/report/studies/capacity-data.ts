/** A capacity study as data: an answer a row; an answer that was not found is a case that fails. */

import type { CapacityResult } from '#experiment';
import { measureText } from '../number-text.ts';
import type { StudyData, Value } from './study-data.ts';

type Answer = CapacityResult['answers'][number];

export function capacityData(result: CapacityResult): StudyData {
  const { answers, headroom, catalogue, expectations, seeds } = result;
  const currency = catalogue?.currency ?? '';
  const share = (value: number | null): string => (value === null ? '' : measureText(value, 'share'));
  const samples = (of: (answer: Answer) => number | null) =>
    answers.flatMap((answer) => {
      const value = of(answer);
      return value === null ? [] : [[{ how: answer.how, nodes: answer.nodes }, value] as const];
    });
  return {
    kind: 'capacity',
    title: `Capacity for ${result.scenario}`,
    answer: `40 % saved and 70 % utilised? ${result.fortySaved}.`,
    partial: result.partial,
    version: result.version,
    digest: result.digest,
    notes: [`${result.runs} runs over seeds ${seeds.join(', ')}; expected: ${expectations.join('; ')}`, ...result.notes],
    columns: [
      { name: 'how', type: 'text' },
      { name: 'nodes', type: 'text' },
      ...NUMBERS.map(([name]) => ({ name, type: 'number' as const })),
      { name: 'note', type: 'text' },
    ],
    rows: answers.map((answer): readonly Value[] => [answer.how, answer.nodes, ...NUMBERS.map(([, of]) => of(answer)), answer.note]),
    head: ['how', 'nodes', 'count', `${currency} an hour`.trim(), 'saved', 'CPU, mean', 'memory, mean', 'CPU, highest', 'note'],
    table: answers.map(({ how, nodes, count, costPerHour, saved, cpuUtilisation, memoryUtilisation, cpuPeak, note }) => [
      how,
      nodes,
      count === null ? '' : String(count),
      costPerHour === null ? '' : costPerHour.toFixed(2),
      share(saved),
      share(cpuUtilisation),
      share(memoryUtilisation),
      share(cpuPeak),
      note,
    ]),
    cases: answers.map(({ how, nodes, count, holds, note }) => {
      const failure = count === null ? 'no number of nodes was found' : holds === false ? 'what is expected does not hold' : undefined;
      const words = failure !== undefined && note !== '' ? `${failure}: ${note}` : failure;
      return { name: `${how}: ${nodes}`, ...(words === undefined ? {} : { failure: words }) };
    }),
    gauges: [
      { name: 'nodes', help: 'Nodes of an answer.', samples: samples(({ count }) => count) },
      {
        name: 'cost_per_hour',
        help: `What they cost an hour${currency === '' ? '' : `, in ${currency}`}.`,
        samples: samples(({ costPerHour }) => costPerHour),
      },
      { name: 'saved_ratio', help: 'Share of the cost that is saved.', samples: samples(({ saved }) => saved) },
      { name: 'cpu_utilisation_ratio', help: 'Requested share of CPU, mean.', samples: samples(({ cpuUtilisation }) => cpuUtilisation) },
      {
        name: 'headroom_pods',
        help: 'How many more pods fit, by number of nodes.',
        samples: (headroom?.curve ?? []).map(({ nodes, pods }) => [{ nodes: String(nodes), pod: headroom?.pod ?? '' }, pods]),
      },
    ],
  };
}

const NUMBERS: readonly (readonly [name: string, of: (answer: Answer) => number | null])[] = [
  ['count', ({ count }) => count],
  ['cost_per_hour', ({ costPerHour }) => costPerHour],
  ['saved', ({ saved }) => saved],
  ['cpu_utilisation', ({ cpuUtilisation }) => cpuUtilisation],
  ['memory_utilisation', ({ memoryUtilisation }) => memoryUtilisation],
  ['cpu_peak', ({ cpuPeak }) => cpuPeak],
  // Results before this field lack it.
  ['node_hours', ({ nodeHours }) => nodeHours ?? null],
];
