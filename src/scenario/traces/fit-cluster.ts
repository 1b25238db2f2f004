/** A cluster for a trace that has none: nodes that hold what it asks for at its peak, with some room. Machines with cards and machines without. */

import { quantityMilliValue, quantityValue } from '#api';
import { UserError } from '../user-error.ts';
import type { ImportOptions } from './import-options.ts';
import type { Found } from './importer.ts';
import { nodePoolsOf, readNodeList } from './node-list.ts';
import type { ObjectDemand } from './object-demand.ts';
import { type Peak, peakOf } from './peak-demand.ts';
import type { Spool } from './spool.ts';
import type { Tally } from './tally.ts';
import { type Demand, GPU } from './trace-item.ts';

export interface WrittenPool {
  readonly name: string;
  readonly count: number;
  readonly names?: readonly string[];
  readonly capacity: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** How full the fitted nodes are at the peak. */
const FILL = 0.8;
const CARDS = 8;
/** assumed: common sizes of machines. */
const CPUS = [8, 16, 32, 64, 96, 128, 192, 256, 384, 512];
const DEFAULT_PODS = '250';
const MOST_NODES = 65_536;

/** `everyNode`: what each node has besides. */
export async function clusterFor(
  spool: Spool,
  objects: ObjectDemand,
  options: ImportOptions,
  tally: Tally,
  { everyNode, pools: own, labels }: Found,
): Promise<WrittenPool[]> {
  const pools =
    options.nodeList !== undefined
      ? nodePoolsOf(await readNodeList(options.nodeList, tally))
      : options.nodes !== undefined || options.nodeCapacity !== undefined
        ? [asked(peakOf(spool, objects, options), options, everyNode)]
        : own !== undefined && own.length > 0
          ? [...own]
          : fitted(spool, objects, options, tally, everyNode);
  const nodes = pools.reduce((sum, { count }) => sum + count, 0);
  if (options.nodeList !== undefined && options.inflate === undefined) sayIdle(peakOf(spool, objects, options), pools, tally);
  if (nodes > MOST_NODES)
    throw UserError.at({}, `the trace needs ${nodes} nodes and a cluster has at most ${MOST_NODES}: take a --sample, or say --nodes`);
  return pools.map((pool) => ({
    ...pool,
    capacity: { ...pool.capacity, ...everyNode },
    ...(labels === undefined ? {} : { labels: { ...labels } }),
  }));
}

/** Of a cluster that the trace fills to less than this, it is said: every idle node costs time. */
const IDLE = 0.1;

function sayIdle(peak: Demand, pools: readonly WrittenPool[], tally: Tally): void {
  const has = clusterTotal(pools);
  const shares = (['cpuMilli', 'memoryMib', 'gpus'] as const).map((what) => (has[what] === 0 ? 0 : peak[what] / has[what]));
  const most = Math.max(...shares);
  if (most > 0 && most < IDLE)
    tally.note(
      `at its peak the trace asks for ${Number((most * 100).toPrecision(2))} % of the listed nodes: --inflate fills them, and without --node-list a cluster of the trace's size is made, which runs many times faster`,
    );
}

function asked(peak: Peak, { nodes, nodeCapacity }: ImportOptions, everyNode: Readonly<Record<string, string>>): WrittenPool {
  const capacity = { cpu: '32', memory: '128Gi', pods: DEFAULT_PODS, ...nodeCapacity };
  return { name: 'node', count: nodes ?? needed(peak, amounts(capacity), everyNode), capacity };
}

function fitted(
  spool: Spool,
  objects: ObjectDemand,
  options: ImportOptions,
  tally: Tally,
  everyNode: Readonly<Record<string, string>>,
): WrittenPool[] {
  const pools: WrittenPool[] = [];
  const add = (name: string, peak: Peak, cards: number): void => {
    const perCpu = Math.max(1024, (peak.memoryMib / Math.max(1, peak.cpuMilli)) * 1000 * 1.1);
    const wanted =
      cards === 0
        ? Math.max(32, (peak.largest.cpuMilli / 1000) * 1.25)
        : Math.max(8, peak.largest.cpuMilli / 1000, (peak.cpuMilli / 1000 / Math.max(1, peak.gpus)) * cards * 1.1);
    const cpus = CPUS.find((size) => size >= wanted) ?? Math.ceil(wanted);
    const memoryGib = Math.ceil(Math.max((cpus * perCpu) / 1024, (peak.largest.memoryMib / 1024) * 1.1));
    const capacity = { cpu: String(cpus), memory: `${memoryGib}Gi`, pods: DEFAULT_PODS, ...(cards === 0 ? {} : { [GPU]: String(cards) }) };
    pools.push({ name, count: needed(peak, amounts(capacity), everyNode), capacity });
  };
  const plain = peakOf(spool, objects, options, false);
  const accelerated = peakOf(spool, objects, options, true);
  if (plain.pods > 0) add('node', plain, 0);
  if (accelerated.pods > 0) add('gpu', accelerated, Math.max(CARDS, accelerated.largest.gpus));
  if (pools.length === 0) return [{ name: 'node', count: 10, capacity: { cpu: '32', memory: '128Gi', pods: DEFAULT_PODS } }];
  tally.note(
    `the trace names no machines; made: ${pools.map(({ count, capacity }) => `${count} ${count === 1 ? 'node' : 'nodes'} of ${capacity['cpu']} CPUs, ${capacity['memory']}${capacity[GPU] === undefined ? '' : ` and ${capacity[GPU]} cards`}`).join(' and ')}, about ${FILL * 100} % full at its peak (--nodes, --node-capacity, --node-list)`,
  );
  return pools;
}

/** Enough nodes for the peak of every resource. */
function needed(peak: Peak, has: Demand, everyNode: Readonly<Record<string, string>>): number {
  const share = (asked: number, one: number): number => (asked === 0 ? 0 : one === 0 ? Number.POSITIVE_INFINITY : asked / one);
  const most = Math.max(share(peak.cpuMilli, has.cpuMilli), share(peak.memoryMib, has.memoryMib), share(peak.gpus, has.gpus));
  if (most === Number.POSITIVE_INFINITY)
    throw UserError.at({}, `--node-capacity: the trace asks for ${peak.gpus} cards and nodes have none (${GPU}=8, for example)`);
  const others = Object.entries(everyNode).map(([name, amount]) => share(peak.extended.get(name) ?? 0, quantityValue(amount)));
  return Math.max(1, Math.ceil(Math.max(most, ...others) / FILL), Math.ceil(peak.pods / Number(DEFAULT_PODS)));
}

export function amounts(capacity: Readonly<Record<string, string>>): Demand {
  return {
    cpuMilli: quantityMilliValue(capacity['cpu'] ?? '0'),
    memoryMib: quantityValue(capacity['memory'] ?? '0') / 1_048_576,
    gpus: quantityValue(capacity[GPU] ?? '0'),
  };
}

/** What a cluster has in all. */
export function clusterTotal(pools: readonly WrittenPool[]): Demand {
  const total = { cpuMilli: 0, memoryMib: 0, gpus: 0 };
  for (const { count, capacity } of pools) {
    const one = amounts(capacity);
    for (const field of ['cpuMilli', 'memoryMib', 'gpus'] as const) total[field] += one[field] * count;
  }
  return total;
}
