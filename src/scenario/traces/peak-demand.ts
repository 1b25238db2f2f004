/** The most that a trace asks for at one time: what a cluster must have, and what "so many times the cluster" is measured against. */

import type { ImportOptions } from './import-options.ts';
import type { ObjectDemand, ObjectPeak } from './object-demand.ts';
import type { Spool } from './spool.ts';
import { timesOf } from './stretch.ts';
import type { Demand } from './trace-item.ts';

export interface Peak extends Demand {
  readonly pods: number;
  /** The largest single pod's. */
  readonly largest: Demand;
  /** Extended resources that single pods ask for, but cards. */
  readonly extended: ReadonlyMap<string, number>;
}

/** Peaks of each resource, not necessarily at one instant; of pods with cards, or of those without. A pod that runs for a time counts from its arrival on. */
export function peakDemand(spool: Spool, chosen: (index: number) => boolean): Peak {
  const pods = Array.from({ length: spool.count }, (_, index) => index).filter((index) => spool.isPod(index) && chosen(index));
  const begin = [...pods].sort((a, b) => spool.get(a, 'at') - spool.get(b, 'at'));
  const endOf = (index: number): number => Math.min(spool.get(index, 'until'), spool.get(index, 'at') + spool.get(index, 'runs'));
  const end = [...pods].sort((a, b) => endOf(a) - endOf(b));
  const now = { cpuMilli: 0, memoryMib: 0, gpus: 0, pods: 0 };
  const most = { ...now };
  const largest = { cpuMilli: 0, memoryMib: 0, gpus: 0 };
  let gone = 0;
  for (const index of begin) {
    const at = spool.get(index, 'at');
    for (let other = end[gone]; other !== undefined && endOf(other) <= at && endOf(other) < Number.POSITIVE_INFINITY; other = end[++gone]) {
      // One that ends as it begins has not been counted yet.
      for (const field of ['cpuMilli', 'memoryMib', 'gpus', 'pods'] as const) now[field] -= spool.get(other, field);
    }
    for (const field of ['cpuMilli', 'memoryMib', 'gpus', 'pods'] as const) {
      now[field] += spool.get(index, field);
      most[field] = Math.max(most[field], now[field]);
    }
    for (const field of ['cpuMilli', 'memoryMib', 'gpus'] as const)
      largest[field] = Math.max(largest[field], spool.get(index, field) / spool.get(index, 'pods'));
  }
  return { ...most, largest, extended: extendedPeaks(spool, begin, end, endOf) };
}

/** The same for resources that have names of their own. */
function extendedPeaks(
  spool: Spool,
  begin: readonly number[],
  end: readonly number[],
  endOf: (index: number) => number,
): Map<string, number> {
  const most = new Map<string, number>();
  if (!spool.hasExtended()) return most;
  const now = new Map<string, number>();
  const count = (index: number, sign: 1 | -1): void => {
    for (const [name, amount] of spool.extendedOf(index)) {
      const sum = (now.get(name) ?? 0) + sign * amount * spool.get(index, 'pods');
      now.set(name, sum);
      most.set(name, Math.max(most.get(name) ?? 0, sum));
    }
  };
  let gone = 0;
  for (const index of begin) {
    const at = spool.get(index, 'at');
    for (let other = end[gone]; other !== undefined && endOf(other) <= at; other = end[++gone]) count(other, -1);
    count(index, 1);
  }
  return most;
}

const CARDS = [false, true] as const;

/** Of pods and objects together: those with cards, those without, or all. */
export function peakOf(spool: Spool, objects: ObjectDemand, options: ImportOptions, withCards?: boolean): Peak {
  const origin = spool.origin();
  const wanted = CARDS.filter((cards) => withCards === undefined || cards === withCards);
  const own = peakDemand(
    spool,
    (index) => wanted.includes(spool.get(index, 'gpus') > 0) && typeof timesOf(spool, index, origin, options) !== 'string',
  );
  const all: readonly ObjectPeak[] = [own, ...wanted.map((cards) => objects.peak(cards))];
  const sum = (of: (peak: ObjectPeak) => number): number => all.reduce((total, peak) => total + of(peak), 0);
  const most = (of: (peak: ObjectPeak) => number): number => all.reduce((highest, peak) => Math.max(highest, of(peak)), 0);
  return {
    extended: own.extended,
    cpuMilli: sum(({ cpuMilli }) => cpuMilli),
    memoryMib: sum(({ memoryMib }) => memoryMib),
    gpus: sum(({ gpus }) => gpus),
    pods: sum(({ pods }) => pods),
    largest: {
      cpuMilli: most(({ largest }) => largest.cpuMilli),
      memoryMib: most(({ largest }) => largest.memoryMib),
      gpus: most(({ largest }) => largest.gpus),
    },
  };
}
