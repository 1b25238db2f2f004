/** Keeps pods off nodes where a host port they want is taken. Mirrors kube-scheduler v1.34 plugins/nodeports. */

import type { Pod } from '#api';
import type { CycleState, EnqueueExtensions, FilterPlugin, PreFilterPlugin, PreFilterResult } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { heldNoNode } from '../pod-hints.ts';
import { podHostPorts } from '../pod-info.ts';
import { ADD, DELETE, type EventRegistration } from '../queueing-events.ts';
import { SKIP, type Status, unschedulable } from '../status.ts';

const REJECTED = unschedulable("node(s) didn't have free ports for the requested pod ports");

export class NodePorts implements PreFilterPlugin, FilterPlugin, EnqueueExtensions {
  readonly name = 'NodePorts';

  preFilter(_state: CycleState, pod: Pod): PreFilterResult | undefined {
    return podHostPorts(pod).length === 0 ? { status: SKIP } : undefined;
  }

  filter(_state: CycleState, pod: Pod, node: NodeInfo): Status | undefined {
    for (const port of podHostPorts(pod)) if (node.isPortTaken(port)) return REJECTED;
    return undefined;
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: 'Pod',
        action: DELETE,
        hint: (pod, before) => {
          const gone = before as Pod | undefined;
          if (gone === undefined || heldNoNode(gone)) return 'QueueSkip';
          const wanted = podHostPorts(pod);
          const freed = podHostPorts(gone);
          const helps = freed.some((f) =>
            wanted.some(
              (w) => w.port === f.port && w.protocol === f.protocol && (w.ip === f.ip || w.ip === '0.0.0.0' || f.ip === '0.0.0.0'),
            ),
          );
          return helps ? 'Queue' : 'QueueSkip';
        },
      },
      { resource: 'Node', action: ADD },
    ];
  }
}
