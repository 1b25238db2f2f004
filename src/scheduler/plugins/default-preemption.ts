/** Makes room by evicting pods of lower priority. Mirrors kube-scheduler v1.34 plugins/defaultpreemption/default_preemption.go
 *  (SelectVictimsOnNode, PodEligibleToPreemptOthers) on top of ../preemption.ts (the evaluator). */

import type { Pod } from '#api';
import type {
  CycleState,
  EnqueueExtensions,
  Handle,
  NodeStatuses,
  PostFilterPlugin,
  PostFilterResult,
  PreEnqueuePlugin,
} from '../framework.ts';
import { podUid } from '../pod-fields.ts';
import {
  candidatesToFind,
  chooseCandidate,
  dryRun,
  isEligibleToPreempt,
  noCandidateMessage,
  potentialNodes,
  type QuickStatuses,
} from '../preemption.ts';
import { DELETE, type EventRegistration } from '../queueing-events.ts';
import { type Status, unresolvable, unschedulable } from '../status.ts';

export interface DefaultPreemptionArgs {
  /** Share of nodes that is dry-run at least, percent; default 10. */
  readonly minCandidateNodesPercentage?: number;
  /** Default 100. */
  readonly minCandidateNodesAbsolute?: number;
}

export class DefaultPreemption implements PostFilterPlugin, PreEnqueuePlugin, EnqueueExtensions {
  readonly name = 'DefaultPreemption';
  readonly minPercentage: number;
  readonly minAbsolute: number;
  /** Pods whose victims are being deleted: they wait outside the active queue (SchedulerAsyncPreemption). */
  readonly preempting = new Set<string>();

  constructor(args: DefaultPreemptionArgs = {}) {
    this.minPercentage = args.minCandidateNodesPercentage ?? 10;
    this.minAbsolute = args.minCandidateNodesAbsolute ?? 100;
  }

  preEnqueue(pod: Pod): Status | undefined {
    return this.preempting.has(podUid(pod)) ? unresolvable('waiting for the preemption for this pod to be finished') : undefined;
  }

  postFilter(state: CycleState, pod: Pod, statuses: NodeStatuses, handle: Handle): PostFilterResult {
    const refusal = isEligibleToPreempt(pod, statuses, handle);
    if (refusal !== undefined) return { status: unschedulable(`preemption: ${refusal}`) };
    const nodes = potentialNodes(statuses, handle);
    // The dry run starts at a random node and stops once it has enough candidates.
    const offset = nodes.length === 0 ? 0 : Math.floor(handle.draw('preemption/offset', pod) * nodes.length);
    const wanted = candidatesToFind(nodes.length, this.minPercentage, this.minAbsolute);
    const result = dryRun(state, pod, nodes, offset, wanted, handle, (statuses as Partial<QuickStatuses>).selectVictims);
    if (result.candidates.length === 0 && result.error !== '')
      return { dryRuns: result.count, status: { code: 'Error', reasons: [`preemption: ${result.error}`] } };
    if (result.candidates.length === 0) {
      const message = noCandidateMessage(result.statuses, handle.snapshot.nodes.length);
      return { nominatedNodeName: '', dryRuns: result.count, status: unschedulable(`preemption: ${message}`) };
    }
    if (handle.keepsCandidates) return { candidates: result.candidates, dryRuns: result.count };
    const chosen = chooseCandidate(result.candidates, pod, handle);
    return { nominatedNodeName: chosen.node, victims: chosen.victims, dryRuns: result.count };
  }

  /** Pods that it holds hear of deletions; whether one helps is said by the plugins that rejected them (isPodSchedulableAfterPodDeletion). */
  eventsToRegister(): readonly EventRegistration[] {
    return [{ resource: 'Pod', action: DELETE, hint: () => 'QueueSkip' }];
  }
}
