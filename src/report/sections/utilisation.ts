/** How full the nodes are: their spread over time as heat, and at the last instant as a distribution. */

import type { Result, UtilisationHeat } from '#experiment';
import type { Chart, Section } from '../chart.ts';

/** Decile 0 holds nodes under 10 %, decile 10 those that are full. */
const rows = ['0–10 %', '10–20 %', '20–30 %', '30–40 %', '40–50 %', '50–60 %', '60–70 %', '70–80 %', '80–90 %', '90–100 %', 'full'];
const resources = { cpu: 'CPU', memory: 'memory', pods: 'pod slots' };

export function utilisationSection(result: Result): Section {
  const head = { id: 'utilisation', title: 'Utilisation' };
  const heats = result.heat.filter(({ counts }) => counts.length > 0);
  if (heats.length === 0) return { ...head, empty: 'The run took no samples of how full the nodes were.' };
  return { ...head, charts: [...heats.map(heatChart), distributionChart(heats)] };
}

function heatChart({ resource, atSeconds, counts }: UtilisationHeat): Chart {
  const name = resources[resource];
  return {
    id: `heat${resource}`,
    kind: 'heat',
    title: `Nodes by share of ${name} requested`,
    caption: `Each column is an instant, each row a tenth of a node's allocatable ${name}; the stronger the colour, the more nodes have that share requested.`,
    yLabel: `${name} requested`,
    x: atSeconds,
    rows,
    cells: counts,
    cellLabel: 'nodes',
  };
}

function distributionChart(heats: readonly UtilisationHeat[]): Chart {
  const datasets = heats.map(({ resource, counts }, colour) => ({ label: resources[resource], values: counts.at(-1) ?? [], colour }));
  return {
    id: 'utilisationAtTheEnd',
    kind: 'bars',
    title: 'Nodes by share requested, at the end',
    caption: 'How many nodes have which share of their allocatable resources requested when the run ends.',
    xLabel: 'share requested',
    yLabel: 'nodes',
    categories: rows,
    datasets,
  };
}
