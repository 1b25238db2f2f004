/** The nodes that an attempt was refused, and what PostFilter says of them without looking. Mirrors pkg/scheduler/framework/types.go v1.34 (Diagnosis, NodeToStatus). */

import { composeFitError } from './diagnosis.ts';
import type { NodeStatuses, PostFilterResult } from './framework.ts';
import type { Status } from './status.ts';

export function statusesOf({ count, nameAt, statusAt, absent }: Rejections): NodeStatuses {
  const byNode = new Map<string, Status>();
  for (let i = 0; i < count; i++) byNode.set(nameAt(i), statusAt(i));
  return { byNode, absent };
}

/** Why the nodes looked at do not fit, read on demand. */
export interface Rejections {
  readonly total: number;
  readonly preFilter: Status | undefined;
  readonly absent: Status | undefined;
  readonly count: number;
  readonly statusAt: (i: number) => Status;
  readonly nameAt: (i: number) => string;
  /** By node, where there is a shorter way than one by one. */
  readonly statuses?: () => NodeStatuses;
}

/** What DynamicResources and DefaultPreemption answer when no pod has a lower priority: the dry run would find no victim anywhere. */
export function withoutVictims(total: number, mayPreempt: number): PostFilterResult {
  const counts = new Map<string, number>();
  if (mayPreempt > 0) counts.set('No preemption victims found for incoming pod', mayPreempt);
  if (total > mayPreempt) counts.set('Preemption is not helpful for scheduling', total - mayPreempt);
  const message = composeFitError(total, counts, '', '');
  return { nominatedNodeName: '', status: { code: 'Unschedulable', reasons: ['no new claims to deallocate', `preemption: ${message}`] } };
}
