/** Keeps pods with scheduling gates out of the active queue. Mirrors kube-scheduler v1.34 plugins/schedulinggates. */

import type { Pod } from '#api';
import type { EnqueueExtensions, PreEnqueuePlugin } from '../framework.ts';
import { isSamePod } from '../pod-hints.ts';
import { type EventRegistration, UPDATE_POD_SCHEDULING_GATES } from '../queueing-events.ts';
import { type Status, unresolvable } from '../status.ts';

export class SchedulingGates implements PreEnqueuePlugin, EnqueueExtensions {
  readonly name = 'SchedulingGates';

  preEnqueue(pod: Pod): Status | undefined {
    const gates = pod.spec?.schedulingGates ?? [];
    if (gates.length === 0) return undefined;
    return unresolvable(`waiting for scheduling gates: [${gates.map((gate) => gate.name).join(' ')}]`);
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: 'Pod',
        action: UPDATE_POD_SCHEDULING_GATES,
        hint: (pod, _before, after) => (isSamePod(pod, after) ? 'Queue' : 'QueueSkip'),
      },
    ];
  }
}
