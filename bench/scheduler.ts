/** Decisions per second of CPU time with every node scored, beside the real kube-scheduler's, and how the cost of one grows with the cluster.
 *  Decisions are compared with the slow, obvious scheduler under test/: all of them on a small cluster, and as many on 5,000 nodes as a budget of CPU time
 *  allows (not counted). Ties go to the lowest name here, so that the whole set of best nodes is compared; of preemptions the node and the victims.
 *  Each case is run on a small cluster first: what is measured is compiled code.
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
import { type Case, type Checks, type Measured, runCase } from './scheduler/run.ts';

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
    { name: 'plain', pods: podsOf(plainTemplates(20), n(10_000), 1) },
    { name: 'node affinity', pods: podsOf(nodeAffinityTemplates(), n(5_000), 2) },
    { name: 'spread', pods: podsOf(spreadTemplates(), n(5_000), 3) },
    { name: 'pod affinity', pods: podsOf(podAffinityTemplates(), n(5_000), 4) },
    { name: 'pod anti-affinity', pods: podsOf(antiAffinityTemplates(), n(5_000), 5) },
    {
      name: 'preemption',
      before: podsOf(fillers, Math.round((nodes * 7) / 3), 6),
      pods: podsOf(important, n(1_000), 7),
      preempts: true,
    },
    { name: 'mix', pods: podsOf(all, n(5_000), 8) },
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
const SCALE = isQuick ? 0.1 : 1;
/** Of the decisions on 5,000 nodes, as many are compared as fit into this much CPU time a case. */
const AT_FULL_SIZE: Checks = { every: isQuick ? 10 : 12, seconds: isQuick ? 0.5 : 6 };
const SMALL = 120;
const SIZES = [500, 5_000, 15_000];

/** A case on a cluster of its size, after one on a small cluster. */
function measure(name: string, nodes: number, percentage = 100): Measured {
  runCase(caseOf(name, SMALL, 0.05), SMALL);
  return runCase(caseOf(name, nodes, SCALE), nodes, undefined, percentage);
}

const caseOf = (name: string, nodes: number, scale: number): Case => casesOf(scale, nodes).find((one) => one.name === name) as Case;

/** Every decision of a small cluster, and some of a large one. */
function compare(name: string): Pick<Measured, 'checked' | 'different'> {
  const small = runCase(caseOf(name, SMALL, 0.05), SMALL, { every: 1, seconds: Number.POSITIVE_INFINITY });
  const full = runCase(caseOf(name, 5_000, SCALE), 5_000, AT_FULL_SIZE);
  return { checked: small.checked + full.checked, different: small.different + full.different };
}

const names = casesOf(SCALE, 1).map(({ name }) => name);
console.log('decisions per CPU second, 5,000 nodes, every node scored');
let failed = 0;
for (const name of names) {
  const measured = measure(name, 5_000);
  const compared = compare(name);
  print({ ...measured, ...compared });
  if (compared.different > 0 || measured.perSecond < (FLOORS[name] ?? 0)) failed++;
}
console.log("\nthe same with upstream's sampling (500 of 5,000)");
for (const name of names.filter((one) => one !== 'preemption')) print(measure(name, 5_000, 0));
console.log('\nmicroseconds of CPU a decision, every node scored, by size of the cluster');
for (const name of names) {
  const costs = SIZES.map((nodes) => {
    const { cpuSeconds, decisions } = measure(name, nodes);
    return (cpuSeconds / decisions) * 1e6;
  });
  const growth = (costs.at(-1) as number) / (costs[0] as number);
  const isSlower = growth < (SIZES.at(-1) as number) / (SIZES[0] as number);
  // A tenth of the pods is mostly the making of classes: no verdict.
  if (!isSlower && !isQuick) failed++;
  const cells = costs.map((cost, i) => `${SIZES[i]} nodes ${cost.toFixed(1).padStart(6)}`);
  console.log(
    `${name.padEnd(18)} ${cells.join('   ')}   ${growth.toFixed(1)} times for 30 times the nodes${isSlower ? '' : '  NOT SLOWER'}`,
  );
}
console.log(`\n${2 * names.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
