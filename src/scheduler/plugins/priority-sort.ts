/** Orders the active queue: higher priority first, then who came first. Mirrors kube-scheduler v1.34 plugins/queuesort. */

import type { QueuedPod, QueueSortPlugin } from '../framework.ts';
import { podPriority } from '../pod-fields.ts';

export class PrioritySort implements QueueSortPlugin {
  readonly name = 'PrioritySort';

  less(a: QueuedPod, b: QueuedPod): boolean {
    const left = podPriority(a.pod);
    const right = podPriority(b.pod);
    return left > right || (left === right && a.timestamp < b.timestamp);
  }
}
