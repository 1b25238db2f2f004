/** Gangs: the pods of a PodGroup are bound together or not at all. Each member that finds a node keeps it at Permit until minMember of them have one.
 *  Mirrors scheduler-plugins v0.32 pkg/coscheduling/coscheduling.go. */

import type { Pod } from '#api';
import { SECOND } from '#sim';
import type {
  CycleState,
  EnqueueExtensions,
  Handle,
  NodeStatuses,
  PermitPlugin,
  PostFilterPlugin,
  PostFilterResult,
  PreFilterPlugin,
  PreFilterResult,
  QueuedPod,
  QueueSortPlugin,
  ReservePlugin,
} from '../framework.ts';
import { PluginError } from '../plugin-error.ts';
import { podKey, podName, podPriority, podUid } from '../pod-fields.ts';
import { ADD, DELETE, type EventRegistration, UPDATE } from '../queueing-events.ts';
import { type Status, unresolvable, unschedulable } from '../status.ts';
import { CoschedulingGroups, groupKeyOf, POD_GROUPS } from './coscheduling-groups.ts';

export interface CoschedulingArgs {
  /** How long a pod waits for its group when the group does not say; default 60. */
  readonly permitWaitingTimeSeconds?: number;
  /** For how long a group that failed is not tried; default 0. */
  readonly podGroupBackoffSeconds?: number;
}

const ARGS = ['permitWaitingTimeSeconds', 'podGroupBackoffSeconds'];
const WAIT: Status = { code: 'Wait', reasons: [] };

export class Coscheduling implements QueueSortPlugin, PreFilterPlugin, PostFilterPlugin, PermitPlugin, ReservePlugin, EnqueueExtensions {
  readonly name = 'Coscheduling';
  readonly watches = [[POD_GROUPS, 'PodGroup']] as const;
  readonly #waitTime: number;
  readonly #backOff: number;
  readonly #groups: CoschedulingGroups;
  #handle: Handle | undefined;

  constructor(args: CoschedulingArgs = {}) {
    for (const [name, value] of Object.entries(args)) {
      if (name === 'apiVersion' || name === 'kind') continue;
      if (!ARGS.includes(name)) throw new PluginError(`strict decoding error: unknown field "${name}" in the arguments of Coscheduling`);
      if (!Number.isInteger(value) || (value as number) < 0)
        throw new PluginError(`Coscheduling: ${name}: Invalid value: ${JSON.stringify(value)}: must be a whole number of at least 0`);
    }
    this.#waitTime = (args.permitWaitingTimeSeconds ?? 60) * SECOND;
    this.#backOff = (args.podGroupBackoffSeconds ?? 0) * SECOND;
    this.#groups = new CoschedulingGroups(this.#waitTime);
  }

  attach(handle: Handle): void {
    this.#handle = handle;
  }

  /** By priority, then by when the group (or the pod) came, then by name. */
  less(a: QueuedPod, b: QueuedPod): boolean {
    const priority = podPriority(b.pod) - podPriority(a.pod);
    if (priority !== 0) return priority < 0;
    const earlier = this.#since(a) - this.#since(b);
    return earlier === 0 ? podKey(a.pod) < podKey(b.pod) : earlier < 0;
  }

  #since({ pod, initialAttemptTimestamp, timestamp }: QueuedPod): number {
    const handle = this.#handle;
    if (handle === undefined) return timestamp;
    return this.#groups.createdAt(pod, handle) ?? handle.epoch + (initialAttemptTimestamp ?? timestamp);
  }

  preFilter(_state: CycleState, pod: Pod, handle: Handle): PreFilterResult | undefined {
    const refusal = this.#groups.refusal(pod, handle);
    // Not to be helped by evicting others.
    return refusal === undefined ? undefined : { status: unresolvable(refusal) };
  }

  /** When one member fits nowhere, the others most likely will not either: those that wait are sent back, so that they keep no place for nothing. */
  postFilter(_state: CycleState, pod: Pod, _statuses: NodeStatuses, handle: Handle): PostFilterResult {
    const group = this.#groups.of(pod, handle);
    if (group === undefined) return { status: unschedulable('can not find pod group') };
    const minMember = group.spec?.minMember ?? 0;
    const assigned = this.#groups.assigned(pod, handle);
    // Enough have a place, or almost: the next ones may still make it.
    if (assigned >= minMember || (minMember - assigned) / minMember <= 0.1) return { status: unschedulable() };
    this.#rejectWaiting(pod, 'optimistic rejection in PostFilter', handle);
    if (this.#backOff > 0 && this.#groups.memberCount(pod, handle) >= minMember) this.#groups.backOff(pod, this.#backOff, handle);
    this.#groups.forgetPermitted(pod);
    const text = `PodGroup ${groupKeyOf(pod)} gets rejected due to Pod ${podName(pod)} is unschedulable even after PostFilter`;
    return { status: unschedulable(text) };
  }

  reserve(): undefined {
    return undefined;
  }

  /** One member that lost its place takes the others' waiting with it. */
  unreserve(_state: CycleState, pod: Pod, _nodeName: string, handle: Handle): void {
    if (this.#groups.of(pod, handle) === undefined) return;
    this.#rejectWaiting(pod, 'rejection in Unreserve', handle);
    this.#groups.forgetPermitted(pod);
  }

  permit(_state: CycleState, pod: Pod, _nodeName: string, handle: Handle): { readonly status?: Status; readonly timeout?: number } {
    const key = groupKeyOf(pod);
    if (key === '') return {};
    const group = this.#groups.of(pod, handle);
    if (group === undefined) return { status: unschedulable('PodGroup not found') };
    const assigned = this.#groups.assigned(pod, handle);
    if (assigned + 1 >= (group.spec?.minMember ?? 0)) {
      for (const waiting of handle.waitingPods) if (groupKeyOf(waiting.pod) === key) waiting.allow(this.name);
      return {};
    }
    // The first one brings its siblings back, wherever they wait.
    if (assigned === 0)
      for (const other of this.#groups.members(pod, handle)) if (podUid(other) !== podUid(pod)) handle.activate(podUid(other));
    return { status: WAIT, timeout: this.#groups.waitTime(group, this.#waitTime) };
  }

  #rejectWaiting(pod: Pod, message: string, handle: Handle): void {
    const key = groupKeyOf(pod);
    for (const waiting of handle.waitingPods) if (groupKeyOf(waiting.pod) === key) waiting.reject(this.name, message);
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      { resource: 'Pod', action: ADD | DELETE },
      { resource: 'PodGroup', action: ADD | UPDATE },
    ];
  }
}
