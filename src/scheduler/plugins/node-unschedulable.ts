/** Keeps pods off cordoned nodes unless they tolerate the taint that stands for it. Mirrors kube-scheduler v1.34 plugins/nodeunschedulable. */

import type { Node, Pod } from '#api';
import type { CycleState, EnqueueExtensions, FilterPlugin } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { isSamePod } from '../pod-hints.ts';
import { ADD, type EventRegistration, UPDATE_NODE_TAINT, UPDATE_POD_TOLERATION } from '../queueing-events.ts';
import { type Status, unresolvable } from '../status.ts';
import { toleratesUnschedulable } from '../unschedulable-taint.ts';

const REJECTED = unresolvable('node(s) were unschedulable');

export class NodeUnschedulable implements FilterPlugin, EnqueueExtensions {
  readonly name = 'NodeUnschedulable';

  filter(_state: CycleState, pod: Pod, { node }: NodeInfo): Status | undefined {
    return node.spec?.unschedulable === true && !toleratesUnschedulable(pod) ? REJECTED : undefined;
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: 'Node',
        action: ADD | UPDATE_NODE_TAINT,
        hint: (_pod, before, after) => {
          const wasOff = before !== undefined && (before as Node).spec?.unschedulable === true;
          const isOff = (after as Node).spec?.unschedulable === true;
          return (before === undefined && !isOff) || (wasOff && !isOff) ? 'Queue' : 'QueueSkip';
        },
      },
      {
        resource: 'Pod',
        action: UPDATE_POD_TOLERATION,
        hint: (pod, _before, after) => (isSamePod(pod, after) && toleratesUnschedulable(after as Pod) ? 'Queue' : 'QueueSkip'),
      },
    ];
  }
}
