/** The report of a capacity study: how many nodes, what they cost, how full they are, and how much more they hold. */

import { type CapacityResult, digits } from '#experiment';
import type { Chart, Section } from '../chart.ts';
import { escapeHtml, htmlTable, unbroken } from '../html.ts';
import { type Page, pageHtml } from '../page-shell.ts';

const share = (value: number | null): string => (value === null ? '–' : `${digits(value * 100)} %`);

export const renderCapacity = (result: CapacityResult): string => pageHtml(capacityPage(result));

export function capacityPage(result: CapacityResult): Page {
  const { scenario, answers, fortySaved, partial, version, digest, catalogue } = result;
  const best = bestOf(answers);
  const title = `Capacity of ${scenario}`;
  return {
    title,
    head: `<header>
<h1>${escapeHtml(title)}</h1>
<p class="question">${escapeHtml(best === undefined ? 'No number of nodes that was tried meets what is expected.' : bestWords(best, catalogue?.currency ?? ''))}${partial ? ' <strong>(partial: the study was interrupted)</strong>' : ''}</p>
<p class="question">40 % saved and 70 % utilised? ${escapeHtml(`${fortySaved.charAt(0).toUpperCase()}${fortySaved.slice(1)}.`)}</p>
</header>`,
    sections: [answersSection(result), headroomSection(result), methodSection(result)].filter((section) => section !== undefined),
    footer: `Drawn from capacity.json alone by Wavetank ${escapeHtml(version)}. Digest of all trials <code class="value">${escapeHtml(digest)}</code>.`,
  };
}

/** The cheapest of the kinds where they have prices, otherwise the fewest. */
function bestOf(answers: CapacityResult['answers']): CapacityResult['answers'][number] | undefined {
  const found = answers.filter(({ how, count }) => how === 'fewest' && count !== null);
  return found.toSorted((a, b) => (a.costPerHour ?? 0) - (b.costPerHour ?? 0) || (a.count ?? 0) - (b.count ?? 0))[0];
}

const bestWords = ({ nodes, costPerHour }: CapacityResult['answers'][number], currency: string): string =>
  `The fewest: ${nodes}${costPerHour === null ? '' : `, for ${digits(costPerHour)} ${currency} an hour`}.`;

function answersSection({ answers, catalogue }: CapacityResult): Section {
  const currency = catalogue?.currency ?? '';
  const rows = answers.map((one) => [
    escapeHtml(one.how),
    escapeHtml(one.nodes),
    one.nodeHours === null ? '–' : digits(one.nodeHours),
    one.costPerHour === null ? '–' : unbroken(`${digits(one.costPerHour)} ${currency}/h`),
    one.how === 'as it is' ? '–' : unbroken(share(one.saved)),
    unbroken(share(one.cpuUtilisation)),
    unbroken(share(one.cpuPeak)),
    unbroken(share(one.memoryUtilisation)),
    escapeHtml(one.note),
  ]);
  const priced = answers.filter(({ costPerHour }) => costPerHour !== null);
  const full = answers.filter(({ cpuUtilisation }) => cpuUtilisation !== null);
  const name = ({ how, nodes }: CapacityResult['answers'][number]): string =>
    how === 'as it is' || how.startsWith('autoscaled') ? how : `${how}: ${nodes}`;
  const charts: Chart[] = [
    {
      kind: 'bars',
      id: 'full',
      title: 'How full the nodes are',
      caption:
        'CPU that pods request, in per cent of what nodes can give: the mean over the time in which pods were on nodes, and the highest.',
      lying: true,
      xLabel: '%',
      yLabel: '',
      categories: full.map(name),
      datasets: [
        { label: 'mean', colour: 0, values: full.map(({ cpuUtilisation }) => (cpuUtilisation ?? 0) * 100) },
        { label: 'highest', colour: 1, values: full.map(({ cpuPeak }) => (cpuPeak ?? 0) * 100) },
      ],
    },
  ];
  if (priced.length > 0)
    charts.push({
      kind: 'bars',
      id: 'cost',
      title: 'What they cost',
      caption: `${currency} an hour, by the catalogue of ${catalogue?.date ?? ''}.`,
      lying: true,
      xLabel: `${currency} an hour`,
      yLabel: '',
      categories: priced.map(name),
      datasets: [{ label: 'cost', colour: 3, values: priced.map(({ costPerHour }) => costPerHour) }],
    });
  const head = ['How', 'Nodes', 'Node-hours', 'Cost', 'Saved', 'CPU mean', 'CPU highest', 'Memory mean', 'Note'];
  return {
    id: 'answers',
    title: 'How many nodes',
    html: htmlTable('Each is the least number from which on every expectation holds, save what comes and goes', head, rows),
    charts,
  };
}

function headroomSection({ headroom }: CapacityResult): Section | undefined {
  if (headroom === null) return undefined;
  const chart: Chart = {
    kind: 'curve',
    id: 'headroom',
    title: 'Headroom',
    caption: `How many more pods of ${headroom.pod} fit while everything expected still holds, by number of nodes.`,
    xLabel: 'nodes',
    yLabel: 'pods',
    x: headroom.curve.map(({ nodes }) => nodes),
    datasets: [{ label: 'more pods', colour: 0, values: headroom.curve.map(({ pods }) => pods) }],
  };
  return { id: 'headroom-section', title: 'How many more fit', charts: [chart] };
}

function methodSection({ expectations, seeds, catalogue, notes, runs }: CapacityResult): Section {
  const items = [
    `What had to hold with seeds ${seeds.join(', ')}: ${[...expectations, 'every pod has a node'].join('; ')}.`,
    `${runs} runs: the number of nodes was doubled until it worked, halved down, and its neighbours were looked at.`,
    ...(catalogue === null ? [] : [`Prices of ${catalogue.date}. Source: ${catalogue.source}.`]),
    ...notes,
  ];
  return { id: 'method', title: 'How this was found', html: `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>` };
}
