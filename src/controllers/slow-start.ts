/** Sends few writes at first, and twice as many each time that all went well. Mirrors kubernetes v1.34 pkg/controller/statefulset/stateful_set_control.go
 *  (slowStartBatch). */

import type { RequestSpec } from '#client';

/** Writes that are sent at once. */
export type Lot = readonly RequestSpec[];

/** MaxBatchSize. */
const LOT_MAX = 500;

/** slowStartBatch: 1, 2, 4, ... pods at a time, those counted that need nothing. */
export function slowStart(byPod: readonly Lot[]): readonly Lot[] {
  const lots: Lot[] = [];
  for (let from = 0, size = 1; from < byPod.length; from += size, size = Math.min(2 * size, LOT_MAX))
    lots.push(byPod.slice(from, from + size).flat());
  return lots;
}
