/** What it takes to make this result again, and what it cost. */

import type { Result } from '#experiment';
import type { Section } from '../chart.ts';
import { escapeHtml, htmlTable } from '../html.ts';
import { bytesText, numberText, secondsText } from '../number-text.ts';

export function runFactsSection(result: Result): Section {
  const { shards } = result;
  const facts: [string, string][] = [
    ['Scenario', result.scenario],
    ['Seed', String(result.seed)],
    ['Digest', result.digest],
    ['Version', `wavetank ${result.version} on Node ${result.node.replace(/^v/, '')}`],
    ['Simulated time', secondsText(result.simulatedSeconds)],
    [
      'Wall time',
      `${secondsText(result.wallSeconds)} (${numberText(result.simulatedSeconds / Math.max(result.wallSeconds, 0.001))} times real time)`,
    ],
    ['CPU time', secondsText(result.cpuSeconds)],
    ['Peak memory', bytesText(result.peakRssBytes)],
    ['Worker shards', shards.used === 0 ? '0 (all in one thread)' : String(shards.used)],
    ['Windows', `${numberText(shards.windows)}, ${numberText(shards.meanWindowMs)} ms of simulated time each on average`],
    ['Events', numberText(shards.events)],
    ['Messages between shards', numberText(shards.messages)],
    ['Time in barriers', secondsText(shards.barrierSeconds)],
    ['Nodes', numberText(result.nodes)],
    ['Pods created, bound, running at the end', [result.podsCreated, result.podsBound, result.podsRunning].map(numberText).join(', ')],
    ['Containers started', numberText(result.containersStarted)],
  ];
  const rows = facts.map(([name, value]) => [name, `<span class="value">${escapeHtml(value)}</span>`]);
  return { id: 'run', title: 'The run', html: `${htmlTable('Facts of the run', ['Fact', 'Value'], rows)}${scenarioText(result)}` };
}

function scenarioText({ scenarioSource }: Result): string {
  if (scenarioSource === undefined || scenarioSource === null) return '';
  const text = typeof scenarioSource === 'string' ? scenarioSource : JSON.stringify(scenarioSource, null, 2);
  return `<details><summary>The scenario as it ran</summary><pre>${escapeHtml(text)}</pre></details>`;
}
