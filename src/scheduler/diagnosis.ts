/** Why no node fits, in upstream's words. Mirrors pkg/scheduler/framework/types.go v1.34 (FitError.Error, Diagnosis, NodeToStatus). */

import type { NodeStatuses } from './framework.ts';

export interface Diagnosis {
  readonly nodeCount: number;
  readonly statuses: NodeStatuses;
  /** What PreFilter said when it rejected the pod as a whole. */
  readonly preFilterMessage: string;
  readonly postFilterMessage: string;
}

/** Reasons with how many nodes gave them. */
export function countReasons({ nodeCount, statuses }: Pick<Diagnosis, 'nodeCount' | 'statuses'>): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (reasons: readonly string[], times: number): void => {
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + times);
  };
  for (const status of statuses.byNode.values()) add(status.reasons, 1);
  const absent = nodeCount - statuses.byNode.size;
  if (absent > 0 && statuses.absent !== undefined) add(statuses.absent.reasons, absent);
  return counts;
}

/** '0/5 nodes are available: ' + what was counted, sorted as texts; then PostFilter's own message. */
export function composeFitError(
  nodeCount: number,
  counts: ReadonlyMap<string, number>,
  preFilterMessage: string,
  postFilterMessage: string,
): string {
  let text = `0/${nodeCount} nodes are available:`;
  if (preFilterMessage !== '') text += ` ${preFilterMessage}.`;
  else {
    const lines = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
    if (lines.length > 0) text += ` ${lines.join(', ')}.`;
  }
  return postFilterMessage === '' ? text : `${text} ${postFilterMessage}`;
}

export const fitErrorMessage = (diagnosis: Diagnosis): string =>
  composeFitError(diagnosis.nodeCount, countReasons(diagnosis), diagnosis.preFilterMessage, diagnosis.postFilterMessage);
