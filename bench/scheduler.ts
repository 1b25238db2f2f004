/** Decisions per second of CPU time with every node scored, beside the real kube-scheduler's, and how the cost of one grows with the cluster.
 *  Ties go to the lowest name here, so that each checked decision can be compared with the reference's whole set of best nodes.
 *  Usage: npm run bench:scheduler [-- --quick] */

import {
  antiAffinityTemplates,
  Dice,
  makePod,
  nodeAffinityTemplates,
  plainTemplates,
  podAffinityTemplates,
  spreadTemplates,
  type Template,
} from './scheduler/cluster.ts';
import { type Case, type Measured, runCase } from './scheduler/run.ts';

/** kube-scheduler v1.34.3 in process, pods per CPU second on 5,000 nodes: with every feasible node scored, and with upstream's sampling of 500. */
const REAL: Readonly<Record<string, { readonly all?: number; readonly sampled?: number }>> = {
  plain: { all: 47, sampled: 385 },
  'node affinity': { all: 47, sampled: 385 },
  spread: { all: 41, sampled: 206 },
  'pod affinity': { all: 50, sampled: 122 },
  'pod anti-affinity': { sampled: 200 },
};
/** What must be reached, in decisions per CPU second. */
const FLOORS: Readonly<Record<string, number>> = { plain: 10_000, spread: 3 * 206, 'pod affinity': 3 * 122, 'pod anti-affinity': 3 * 200 };

const podsOf = (templates: readonly Template[], count: number, seed: number) => {
  const dice = new Dice(seed);
  return Array.from({ length: count }, (_, i) => makePod(templates[dice.roll(templates.length)] as Template, i));
};

function casesOf(scale: number, nodes: number): Case[] {
  const n = (count: number): number => Math.max(20, Math.round(count * scale));
  const every = (count: number): number => Math.max(1, Math.floor(n(count) / 12));
  const all = [
    ...plainTemplates(8),
    ...nodeAffinityTemplates().slice(0, 3),
    ...spreadTemplates().slice(0, 3),
    ...podAffinityTemplates().slice(0, 3),
    ...antiAffinityTemplates().slice(0, 3),
  ];
  const fillers = plainTemplates(4, { priority: 0 }, 'filler').map((t) => ({
    ...t,
    spec: { ...t.spec, containers: [{ name: 'main', image: 'x:1', resources: { requests: { cpu: '15', memory: '60Gi' } } }] },
  }));
  const important = plainTemplates(4, { priority: 1000 }, 'important').map((t) => ({
    ...t,
    spec: { ...t.spec, containers: [{ name: 'main', image: 'x:1', resources: { requests: { cpu: '8', memory: '32Gi' } } }] },
  }));
  return [
    { name: 'plain', pods: podsOf(plainTemplates(20), n(10_000), 1), checkEvery: every(10_000) },
    { name: 'node affinity', pods: podsOf(nodeAffinityTemplates(), n(5_000), 2), checkEvery: every(5_000) },
    { name: 'spread', pods: podsOf(spreadTemplates(), n(5_000), 3), checkEvery: every(5_000) },
    { name: 'pod affinity', pods: podsOf(podAffinityTemplates(), n(5_000), 4), checkEvery: every(5_000) },
    { name: 'pod anti-affinity', pods: podsOf(antiAffinityTemplates(), n(5_000), 5), checkEvery: every(5_000) },
    {
      name: 'preemption',
      before: podsOf(fillers, Math.round((nodes * 7) / 3), 6),
      pods: podsOf(important, n(1_000), 7),
      checkEvery: 0,
      preempts: true,
    },
    { name: 'mix', pods: podsOf(all, n(5_000), 8), checkEvery: every(5_000) },
  ];
}

const rate = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1));

function print({ name, perSecond, bound, decisions, checked, different }: Measured): void {
  const real = REAL[name];
  const against = [
    real?.all === undefined ? '' : `${rate(perSecond / real.all)}x real, all scored`,
    real?.sampled === undefined ? '' : `${rate(perSecond / real.sampled)}x real, sampled`,
  ];
  const floor = FLOORS[name];
  const verdict = floor === undefined ? '' : perSecond >= floor ? `  ok (must ${rate(floor)})` : `  TOO SLOW (must ${rate(floor)})`;
  const equality = checked === 0 ? 'not compared' : different === 0 ? `${checked} compared, equal` : `${different} of ${checked} DIFFER`;
  console.log(
    `${name.padEnd(18)} ${rate(perSecond).padStart(9)}/s  ${String(bound).padStart(6)} of ${String(decisions).padEnd(6)} bound  ${equality.padEnd(20)} ${against.filter((t) => t !== '').join(', ')}${verdict}`,
  );
}

const isQuick = process.argv.includes('--quick');
const scale = isQuick ? 0.1 : 1;
console.log('decisions per CPU second, 5,000 nodes, every node scored');
const measured = casesOf(scale, 5_000).map((of) => {
  const result = runCase(of, 5_000);
  print(result);
  return result;
});
console.log("\nthe same with upstream's sampling (500 of 5,000)");
for (const of of casesOf(scale, 5_000).filter((c) => c.preempts !== true)) print(runCase({ ...of, checkEvery: 0 }, 5_000, 0));
console.log('\nmicroseconds of CPU a decision, every node scored, by size of the cluster');
for (const name of ['plain', 'spread', 'pod affinity', 'pod anti-affinity']) {
  const cells = [500, 5_000, 15_000].map((nodes) => {
    const of = casesOf(scale, nodes).find((c) => c.name === name) as Case;
    const { cpuSeconds, decisions } = runCase({ ...of, checkEvery: 0 }, nodes);
    return `${nodes} nodes ${((cpuSeconds / decisions) * 1e6).toFixed(1)}`;
  });
  console.log(`${name.padEnd(18)} ${cells.join('   ')}`);
}
const failed = measured.filter((m) => m.different > 0 || m.perSecond < (FLOORS[m.name] ?? 0)).length;
console.log(`\n${measured.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
