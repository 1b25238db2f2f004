/** The report of the GPU-sharing study: allocation and fragmentation against arrived load, a curve for each policy, as the FGD paper draws them. */

import { basename } from 'node:path';
import type { MeasuredGpuStudy } from '#experiment';
import type { CurveChart, Dataset } from '../chart.ts';
import { escapeHtml, htmlTable, unbroken } from '../html.ts';
import { type Page, pageHtml } from '../page-shell.ts';

export interface GpuStudiesAbout {
  readonly version: string;
  readonly nodes: string;
  readonly pods: string;
  readonly seed: number;
  readonly arrivals: number;
}

/** Without what belongs to a machine where it is drawn from JSON. */
export type ShownGpuStudy = Omit<MeasuredGpuStudy, 'cpuMsPerPlacement'> & Partial<Pick<MeasuredGpuStudy, 'cpuMsPerPlacement'>>;

type Point = MeasuredGpuStudy['curve'][number];
const DASHES: readonly Dataset['dash'][] = ['solid', 'dashed', 'dotted'];

export const renderGpuStudies = (studies: readonly ShownGpuStudy[], about: GpuStudiesAbout): string => pageHtml(gpuPage(studies, about));

export function gpuPage(studies: readonly ShownGpuStudy[], about: GpuStudiesAbout): Page {
  const best = studies.toSorted((a, b) => b.allocation - a.allocation)[0];
  const tiles: readonly (readonly [string, string])[] = [
    [String(studies.length), 'policies'],
    [about.arrivals.toLocaleString('en-US'), 'pods arrived for each'],
    ...(best === undefined ? [] : [[`${best.allocation.toFixed(2)} %`, `most cards in use: ${best.policy}`] as const]),
  ];
  return {
    title: 'GPU sharing: policies against each other',
    head: `<header>
<h1>GPU sharing: policies against each other</h1>
<p class="question">Pods arrive one by one, never leave, and are dropped when they fit nowhere. How many cards are in use, and how much of the rest is of no use?</p>
<ul class="tiles">${tiles.map(([value, name]) => `<li><b>${escapeHtml(value)}</b><span>${escapeHtml(name)}</span></li>`).join('')}</ul>${studies.some(isPartial) ? '\n<p><strong>Partial: stopped before all pods had arrived.</strong></p>' : ''}
</header>`,
    sections: [
      { id: 'allocation', title: 'Allocation', charts: [allocation(studies), fullCluster(studies)] },
      { id: 'fragmentation', title: 'Fragmentation', charts: [amount(studies), ratio(studies)] },
      { id: 'table', title: 'At the end', html: endTable(studies) },
    ],
    footer: `Nodes: ${escapeHtml(basename(about.nodes))}; pods: ${escapeHtml(basename(about.pods))}; seed ${about.seed}. Drawn by Wavetank ${escapeHtml(about.version)}.${studies.some(isMeasured) ? ' CPU time is that of the machine that drew this.' : ''}`,
  };
}

function curve(
  studies: readonly ShownGpuStudy[],
  chart: Pick<CurveChart, 'id' | 'title' | 'caption' | 'yLabel'>,
  value: (point: Point) => number,
): CurveChart {
  const x = [...new Set(studies.flatMap((study) => study.curve.map(({ arrived }) => arrived)))].sort((a, b) => a - b);
  return {
    kind: 'curve',
    ...chart,
    xLabel: 'arrived load, % of all cards',
    x,
    datasets: studies.map((study, colour) => {
      const by = new Map(study.curve.map((point) => [point.arrived, value(point)]));
      return {
        label: study.policy,
        colour,
        dash: DASHES[colour % DASHES.length] ?? 'solid',
        values: x.map((arrived) => by.get(arrived) ?? null),
      };
    }),
  };
}

const allocation = (studies: readonly ShownGpuStudy[]): CurveChart =>
  curve(
    studies,
    {
      id: 'allocation-curve',
      title: 'Cards in use by arrived load',
      caption:
        'Card capacity given to pods, in percent of all cards, against the card capacity that all pods so far asked for, dropped ones too. Mean over the arrivals within one percent of load.',
      yLabel: '% of all cards',
    },
    (point) => point.allocation,
  );

/** Where the policies part. */
const FULL_FROM = 80;

const fullCluster = (studies: readonly ShownGpuStudy[]): CurveChart =>
  curve(
    studies.map((study) => ({ ...study, curve: study.curve.filter(({ arrived }) => arrived >= FULL_FROM) })),
    {
      id: 'allocation-full',
      title: `Cards in use from ${FULL_FROM} % of arrived load on`,
      caption: 'The end of the curve above, closer: here the cluster fills up, and the policies part.',
      yLabel: '% of all cards',
    },
    (point) => point.allocation,
  );

const amount = (studies: readonly ShownGpuStudy[]): CurveChart =>
  curve(
    studies,
    {
      id: 'fragmentation-amount',
      title: 'Fragmented cards by arrived load',
      caption:
        'Idle card capacity that typical pods of the trace cannot use where it lies, in percent of all cards (the paper’s figure 7a).',
      yLabel: '% of all cards',
    },
    (point) => point.fragmentationAmount,
  );

const ratio = (studies: readonly ShownGpuStudy[]): CurveChart =>
  curve(
    studies,
    {
      id: 'fragmentation-ratio',
      title: 'Fragmented share of idle cards by arrived load',
      caption: 'The same, in percent of the cards that are idle.',
      yLabel: '% of idle cards',
    },
    (point) => point.fragmentationRatio,
  );

const isPartial = ({ partial }: ShownGpuStudy): boolean => partial === true;
const isMeasured = ({ cpuMsPerPlacement }: ShownGpuStudy): boolean => cpuMsPerPlacement !== undefined;

function endTable(studies: readonly ShownGpuStudy[]): string {
  const percent = (value: number): string => unbroken(`${value.toFixed(2)} %`);
  const rows = studies.map(({ policy, arrived, allocation: used, fragmentation, placed, dropped, cpuMsPerPlacement }) => [
    escapeHtml(policy),
    unbroken(`${arrived} %`),
    percent(used),
    percent(fragmentation),
    String(placed),
    String(dropped),
    ...(cpuMsPerPlacement === undefined ? [] : [unbroken(`${cpuMsPerPlacement.toFixed(3)} ms`)]),
  ]);
  const head = ['Policy', 'Arrived load', 'Cards in use', 'Fragmented, of idle cards', 'Placed', 'Dropped'];
  if (studies.some(isMeasured)) head.push('CPU a placement');
  return htmlTable('Where each policy stands at the last bucket of arrived load', head, rows);
}
