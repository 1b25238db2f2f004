/** How far a workload of scheduler_perf is: what its driver notes beside the run, weighed by how much work each operation is. */

import type { PerfOperation, PerfWorkload } from '#scenario';

/** Written by the driver as it goes: nothing in the run reads it. */
export interface PerfPosition {
  /** The operation under way, from 0. */
  operation: number;
  /** Pods that have a node, of the operation under way. */
  scheduled: number;
}

/** A node is made much faster than a pod is made and scheduled. */
const WEIGHT_OF_NODE = 0.1;
/** Every operation takes some time. */
const WEIGHT_OF_OPERATION = 1;

function weightOf(operation: PerfOperation): number {
  if (operation.op === 'createPods') return WEIGHT_OF_OPERATION + operation.count;
  if (operation.op === 'createNodes') return WEIGHT_OF_OPERATION + operation.count * WEIGHT_OF_NODE;
  return WEIGHT_OF_OPERATION;
}

/** The work of a whole workload, in pods. */
export const perfWeight = ({ operations }: PerfWorkload): number => operations.reduce((sum, each) => sum + weightOf(each), 0);

/** The share of a workload that is done, 0 to 1. */
export function perfShare(workload: PerfWorkload, { operation, scheduled }: PerfPosition): number {
  let done = 0;
  workload.operations.forEach((each, i) => {
    if (i < operation) done += weightOf(each);
    else if (i === operation && each.op === 'createPods') done += Math.min(scheduled, each.count);
  });
  return done / Math.max(1, perfWeight(workload));
}
