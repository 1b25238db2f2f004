/** The GPU-sharing study as data: a row a policy and percent of arrived load. */

import { basename } from 'node:path';
import type { GpuStudiesAbout, ShownGpuStudy } from './gpu-page.ts';
import type { StudyData, Value } from './study-data.ts';

export function gpuData(studies: readonly ShownGpuStudy[], about: GpuStudiesAbout): StudyData {
  const best = studies.toSorted((a, b) => b.allocation - a.allocation)[0];
  const percent = (value: number): string => `${value.toFixed(2)} %`;
  const samples = (of: (study: ShownGpuStudy) => number) => studies.map((study) => [{ policy: study.policy }, of(study)] as const);
  return {
    kind: 'gpu-study',
    title: 'GPU sharing: policies against each other',
    answer:
      best === undefined
        ? 'No policy was tried.'
        : `Most cards in use: ${best.policy}, ${percent(best.allocation)} at ${best.arrived} % of arrived load.`,
    partial: studies.some(({ partial }) => partial === true),
    version: about.version,
    digest: '',
    notes: [
      `${about.arrivals} pods arrived for each policy; nodes ${basename(about.nodes)}, pods ${basename(about.pods)}, seed ${about.seed}`,
    ],
    columns: [
      { name: 'policy', type: 'text' },
      ...(['arrived_percent', 'allocation_percent', 'fragmented_percent_of_all', 'fragmented_percent_of_idle'] as const).map((name) => ({
        name,
        type: 'number' as const,
      })),
    ],
    rows: studies.flatMap(({ policy, curve }) =>
      curve.map((point): readonly Value[] => [
        policy,
        point.arrived,
        point.allocation,
        point.fragmentationAmount,
        point.fragmentationRatio,
      ]),
    ),
    head: ['policy', 'arrived load', 'cards in use', 'fragmented, of idle cards', 'placed', 'dropped'],
    table: studies.map(({ policy, arrived, allocation, fragmentation, placed, dropped }) => [
      policy,
      `${arrived} %`,
      percent(allocation),
      percent(fragmentation),
      String(placed),
      String(dropped),
    ]),
    cases: studies.map(({ policy }) => ({ name: policy })),
    gauges: [
      {
        name: 'allocation_percent',
        help: 'Cards in use, in percent of all, at the end.',
        samples: samples(({ allocation }) => allocation),
      },
      {
        name: 'fragmentation_percent',
        help: 'Fragmented, in percent of idle cards, at the end.',
        samples: samples(({ fragmentation }) => fragmentation),
      },
      { name: 'placed_pods', help: 'Pods placed.', samples: samples(({ placed }) => placed) },
      { name: 'dropped_pods', help: 'Pods that fitted nowhere.', samples: samples(({ dropped }) => dropped) },
    ],
  };
}
