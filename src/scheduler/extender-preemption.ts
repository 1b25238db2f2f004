/** Extenders that have a say in whom to evict. Mirrors kube-scheduler v1.34 pkg/scheduler/framework/preemption/preemption.go (callExtenders) and
 *  pkg/scheduler/extender.go (ProcessPreemption, convertToVictims). */

import type { Pod } from '#api';
import type { Context, Duration } from '#sim';
import type { Extender, ExtenderClient } from './extender-client.ts';
import { type MetaVictims, readPreemptionResult } from './extender-wire.ts';
import { podUid } from './pod-fields.ts';
import { type Candidate, chooseCandidate } from './preemption.ts';
import type { QueuedPodInfo } from './queue/queued-pod-info.ts';
import type { Decision, Failure, PodScheduler } from './schedule-pod.ts';
import { messageOf, type Status, unschedulable } from './status.ts';

export class ExtenderPreemption {
  readonly #info: QueuedPodInfo;
  readonly #scheduler: PodScheduler;
  readonly #extenders: ExtenderClient;
  /** No node fits, and who might be evicted where. */
  readonly #decision: Decision;
  readonly #cost: (scored: number) => Duration;
  #candidates: readonly Candidate[];

  constructor(
    info: QueuedPodInfo,
    scheduler: PodScheduler,
    extenders: ExtenderClient,
    decision: Decision,
    cost: (scored: number) => Duration,
  ) {
    this.#info = info;
    this.#scheduler = scheduler;
    this.#extenders = extenders;
    this.#decision = decision;
    this.#cost = cost;
    this.#candidates = decision.failure?.postFilter.candidates ?? [];
  }

  begin(ctx: Context): Decision | undefined {
    return this.#ask(0, ctx);
  }

  answered(index: number, body: unknown, error: string | undefined, ctx: Context): Decision | undefined {
    const extender = this.#extenders.all[index] as Extender;
    const victims = error ?? readPreemptionResult(body);
    const candidates = typeof victims === 'string' ? victims : this.#candidatesOf(extender, victims);
    if (typeof candidates !== 'string') this.#candidates = candidates;
    else if (!extender.isIgnorable) return this.#end({ code: 'Error', reasons: [`preemption: ${candidates}`] });
    return this.#ask(index + 1, ctx);
  }

  #ask(from: number, ctx: Context): Decision | undefined {
    const { pod, attempts } = this.#info;
    for (let index = from; index < this.#extenders.all.length && this.#candidates.length > 0; index++) {
      const extender = this.#extenders.all[index] as Extender;
      if (extender.verbs.preempt === '' || !extender.isInterestedIn(pod)) continue;
      const args = argsFor(extender, pod, this.#candidates);
      this.#extenders.call(extender, 'preempt', args, pod, attempts, { for: 'preempt', index }, ctx, this.#cost(0));
      return undefined;
    }
    if (this.#candidates.length === 0) return this.#end(unschedulable('preemption: no candidate node for preemption'));
    const { node, victims } = chooseCandidate(this.#candidates, pod, this.#scheduler.handle);
    const failure = this.#decision.failure as Failure;
    const postFilter = { nominatedNodeName: node, victims };
    return { ...this.#decision, failure: { ...failure, postFilter } };
  }

  /** Pods of the snapshot instead of their uids; a text is an error. */
  #candidatesOf(extender: Extender, byNode: ReadonlyMap<string, MetaVictims | undefined>): Candidate[] | string {
    const { snapshot } = this.#scheduler.handle;
    const candidates: Candidate[] = [];
    for (const [name, meta] of byNode) {
      const node = snapshot.get(name);
      if (node === undefined) return `nodeinfo not found for node name "${name}"`;
      const victims: Pod[] = [];
      for (const { UID: uid } of meta?.Pods ?? []) {
        const info = node.pods.find(({ pod }) => podUid(pod) === uid);
        if (info === undefined)
          return `extender: ${extender.name} claims to preempt pod (UID: &{${uid}}) on node: ${name}, but the pod is not found on that node`;
        victims.push(info.pod);
      }
      if (victims.length > 0) candidates.push({ node: name, victims, pdbViolations: meta?.NumPDBViolations ?? 0 });
      else if (!extender.isIgnorable) return `expected at least one victim pod on node "${name}"`;
    }
    return candidates;
  }

  /** Nobody is evicted: the reason joins the FitError, after what earlier plugins said. An error stands alone. */
  #end(status: Status): Decision {
    const failure = this.#decision.failure as Failure;
    const { candidates, earlierReasons = [], ...rest } = failure.postFilter;
    const said = status.code === 'Error' ? [messageOf(status)] : [...earlierReasons, messageOf(status)];
    const message = `${failure.message} ${said.join(', ')}`;
    return { ...this.#decision, failure: { ...failure, message, postFilter: { ...rest, status } } };
  }
}

function argsFor(extender: Extender, pod: Pod, candidates: readonly Candidate[]): object {
  const byNode = <T>(of: (candidate: Candidate) => T): Record<string, T> =>
    Object.fromEntries(candidates.map((candidate) => [candidate.node, of(candidate)]));
  return extender.hasNodeCache
    ? {
        Pod: pod,
        NodeNameToVictims: null,
        NodeNameToMetaVictims: byNode(({ victims, pdbViolations }) => ({
          Pods: victims.map((victim) => ({ UID: podUid(victim) })),
          NumPDBViolations: pdbViolations,
        })),
      }
    : {
        Pod: pod,
        NodeNameToVictims: byNode(({ victims, pdbViolations }) => ({ Pods: victims, NumPDBViolations: pdbViolations })),
        NodeNameToMetaVictims: null,
      };
}
