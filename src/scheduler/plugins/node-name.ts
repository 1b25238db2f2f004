/** A pod that names its node fits only there. Mirrors kube-scheduler v1.34 plugins/nodename. */

import type { Pod } from '#api';
import type { CycleState, EnqueueExtensions, FilterPlugin } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { ADD, type EventRegistration } from '../queueing-events.ts';
import { type Status, unresolvable } from '../status.ts';

const REJECTED = unresolvable("node(s) didn't match the requested node name");

export class NodeName implements FilterPlugin, EnqueueExtensions {
  readonly name = 'NodeName';

  filter(_state: CycleState, pod: Pod, { name }: NodeInfo): Status | undefined {
    const wanted = pod.spec?.nodeName ?? '';
    return wanted === '' || wanted === name ? undefined : REJECTED;
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [{ resource: 'Node', action: ADD }];
  }
}
