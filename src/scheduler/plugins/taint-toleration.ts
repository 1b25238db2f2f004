/** Keeps pods off nodes whose taints they do not tolerate, and prefers nodes with fewer PreferNoSchedule taints they would mind.
 *  Mirrors kube-scheduler v1.34 plugins/tainttoleration. */

import type { Node, Pod } from '#api';
import {
  type CycleState,
  defaultNormalizeScore,
  type EnqueueExtensions,
  type FilterPlugin,
  type NodeScore,
  type ScorePlugin,
} from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { nodeTaints, podTolerations } from '../pod-fields.ts';
import { isSamePod } from '../pod-hints.ts';
import { ADD, type EventRegistration, UPDATE_NODE_TAINT, UPDATE_POD_TOLERATION } from '../queueing-events.ts';
import { type Status, unresolvable } from '../status.ts';
import { countIntolerable, isTolerated, preferTolerations } from '../tolerations.ts';

const REJECTED = unresolvable('node(s) had untolerated taint(s)');

export class TaintToleration implements FilterPlugin, ScorePlugin, EnqueueExtensions {
  readonly name = 'TaintToleration';

  filter(_state: CycleState, pod: Pod, { node }: NodeInfo): Status | undefined {
    return isTolerated(pod, node) ? undefined : REJECTED;
  }

  score(_state: CycleState, pod: Pod, { node }: NodeInfo): number {
    return countIntolerable(nodeTaints(node), preferTolerations(podTolerations(pod)));
  }

  normalizeScore(_state: CycleState, _pod: Pod, scores: NodeScore[]): void {
    defaultNormalizeScore(scores, true);
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: 'Node',
        action: ADD | UPDATE_NODE_TAINT,
        hint: (pod, before, after) => {
          const wasTolerated = before !== undefined && isTolerated(pod, before as Node);
          return !wasTolerated && isTolerated(pod, after as Node) ? 'Queue' : 'QueueSkip';
        },
      },
      {
        resource: 'Pod',
        action: UPDATE_POD_TOLERATION,
        hint: (pod, _before, after) => (isSamePod(pod, after) ? 'Queue' : 'QueueSkip'),
      },
    ];
  }
}
