/** What the eviction manager looks at: its signals, the condition and the resource that each stands for, and thresholds on them. Mirrors v1.34
 *  pkg/kubelet/eviction/api/types.go, helpers.go (signalToNodeCondition, signalToResource, ParseThresholdConfig) and defaults_linux.go. */

import { formatQuantity } from '#api';
import { type Duration, SECOND } from '#sim';
import type { KubeletSettings } from './config.ts';

export type EvictionSignal =
  | 'memory.available'
  | 'allocatableMemory.available'
  | 'imagefs.available'
  | 'imagefs.inodesFree'
  | 'nodefs.available'
  | 'nodefs.inodesFree'
  | 'pid.available';

export type PressureCondition = 'DiskPressure' | 'MemoryPressure' | 'PIDPressure';

/** Bytes or a number of things, or a share of what the node has. */
export type ThresholdAmount = number | { readonly percent: number };

export type EvictionAmounts = Readonly<Partial<Record<EvictionSignal, ThresholdAmount>>>;

interface Meaning {
  readonly condition: PressureCondition;
  readonly resource: 'memory' | 'ephemeral-storage' | 'inodes' | 'pids';
}

/** In the order in which they are acted upon: memory before all others (byEvictionPriority); upstream leaves the order of those to chance. */
export const EVICTION_SIGNALS: Readonly<Record<EvictionSignal, Meaning>> = {
  'memory.available': { condition: 'MemoryPressure', resource: 'memory' },
  'allocatableMemory.available': { condition: 'MemoryPressure', resource: 'memory' },
  'imagefs.available': { condition: 'DiskPressure', resource: 'ephemeral-storage' },
  'imagefs.inodesFree': { condition: 'DiskPressure', resource: 'inodes' },
  'nodefs.available': { condition: 'DiskPressure', resource: 'ephemeral-storage' },
  'nodefs.inodesFree': { condition: 'DiskPressure', resource: 'inodes' },
  'pid.available': { condition: 'PIDPressure', resource: 'pids' },
};
const ORDER = Object.keys(EVICTION_SIGNALS) as readonly EvictionSignal[];

/** Linux' defaults; pid.available has none. */
export const DEFAULT_EVICTION_HARD: EvictionAmounts = {
  'memory.available': 104_857_600,
  'nodefs.available': { percent: 10 },
  'nodefs.inodesFree': { percent: 5 },
  'imagefs.available': { percent: 15 },
  'imagefs.inodesFree': { percent: 5 },
};

export interface Threshold {
  readonly signal: EvictionSignal;
  readonly amount: ThresholdAmount;
  /** 0: a hard one. */
  readonly grace: Duration;
  /** Once met, it counts as met until so much more is there. */
  readonly reclaim: ThresholdAmount | undefined;
}

/** A soft threshold without a grace period of its own, which a kubelet refuses. */
const DEFAULT_GRACE_SECONDS = 90;

const made = new WeakMap<KubeletSettings, readonly Threshold[]>();

/** One list for all nodes that share their settings. */
export function thresholdsFor(settings: KubeletSettings): readonly Threshold[] {
  let list = made.get(settings);
  if (list === undefined) made.set(settings, (list = thresholdsOf(settings)));
  return list;
}

/** Hard ones of all signals, then soft ones, each in the order of EVICTION_SIGNALS. */
function thresholdsOf(settings: KubeletSettings): readonly Threshold[] {
  const hard: EvictionAmounts = { ...DEFAULT_EVICTION_HARD, ...settings.evictionHard };
  const reclaim = settings.evictionMinimumReclaim;
  const list: Threshold[] = [];
  const add = (signal: EvictionSignal, amount: ThresholdAmount | undefined, grace: Duration): void => {
    if (amount !== undefined && !isNothing(amount)) list.push({ signal, amount, grace, reclaim: reclaim[signal] });
  };
  for (const signal of ORDER) {
    // enforceNodeAllocatable has pods: the hard threshold on memory holds for what pods may have together, too (addAllocatableThresholds).
    add(signal, hard[signal === 'allocatableMemory.available' ? 'memory.available' : signal], 0);
    const grace = settings.evictionSoftGraceSeconds[signal] ?? DEFAULT_GRACE_SECONDS;
    add(signal, settings.evictionSoft[signal], Math.max(1, grace * SECOND));
  }
  return list;
}

const isNothing = (amount: ThresholdAmount): boolean => (typeof amount === 'number' ? amount <= 0 : amount.percent <= 0);

/** GetThresholdQuantity: the share is a 32-bit float upstream, and shows in what is said of it. */
export const amountIn = (amount: ThresholdAmount, capacity: number): number =>
  typeof amount === 'number' ? amount : Math.trunc(capacity * Math.fround(Math.fround(amount.percent) / 100));

/** As resource.Quantity prints it: '102400Ki' is '100Mi', what no 1024 divides stays a number. */
export const binaryText = (value: number): string =>
  formatQuantity({ nano: BigInt(Math.max(0, Math.floor(value))) * 1_000_000_000n, format: 'BinarySI' });
