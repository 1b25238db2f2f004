/** What a plugin answers. Mirrors kube-scheduler v1.34 staging/src/k8s.io/kube-scheduler/framework/interface.go (Status, Code).
 *  Success is `undefined`: nothing is allocated for the common case. */

export type Code = 'Error' | 'Unschedulable' | 'UnschedulableAndUnresolvable' | 'Wait' | 'Skip' | 'Pending';

/** A verdict other than success. */
export interface Status {
  readonly code: Code;
  readonly reasons: readonly string[];
  /** Which plugin said so; the framework fills it in. */
  readonly plugin?: string;
}

export const SKIP: Status = { code: 'Skip', reasons: [] };

/** This node or this moment does not fit; preemption may help. */
export const unschedulable = (...reasons: string[]): Status => ({ code: 'Unschedulable', reasons });
/** Nothing that evicting pods could change. */
export const unresolvable = (...reasons: string[]): Status => ({ code: 'UnschedulableAndUnresolvable', reasons });
export const failure = (reason: string): Status => ({ code: 'Error', reasons: [reason] });

/** Status.IsRejected: the pod goes back to the unschedulable pods rather than through the error path. */
export const isRejected = (status: Status): boolean =>
  status.code === 'Unschedulable' || status.code === 'UnschedulableAndUnresolvable' || status.code === 'Pending';

/** Status.Message. */
export const messageOf = (status: Status | undefined): string => (status === undefined ? '' : status.reasons.join(', '));

export const withPlugin = (status: Status, plugin: string): Status => (status.plugin === undefined ? { ...status, plugin } : status);
