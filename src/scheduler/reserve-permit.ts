/** Reserve, Unreserve and Permit of a profile. Mirrors kube-scheduler v1.34 pkg/scheduler/framework/runtime/framework.go
 *  (RunReservePluginsReserve, RunReservePluginsUnreserve, RunPermitPlugins). */

import type { Pod } from '#api';
import type { Duration } from '#sim';
import { MINUTE } from '#sim';
import { composeFitError } from './diagnosis.ts';
import type { CycleState, Handle } from './framework.ts';
import { guarded, type Profile } from './profile.ts';
import type { Failure } from './schedule-pod.ts';
import { isRejected, messageOf, type Status, withPlugin } from './status.ts';

/** maxTimeout: no plugin may hold a pod for longer. */
const MOST_WAIT: Duration = 15 * MINUTE;

/** The error of a plugin, as the framework wraps it. */
export const pluginFailure = (point: string, plugin: string, message: string): Status => ({
  code: 'Error',
  reasons: [`running ${point} plugin "${plugin}": ${message}`],
});

export function runReserve(profile: Profile, state: CycleState, pod: Pod, nodeName: string, handle: Handle): Status | undefined {
  for (const plugin of profile.reserve) {
    const status = guarded(plugin, 'Reserve', pod, nodeName, () => plugin.reserve(state, pod, nodeName, handle));
    if (status === undefined) continue;
    return isRejected(status) ? withPlugin(status, plugin.name) : pluginFailure('Reserve', plugin.name, messageOf(status));
  }
  return undefined;
}

/** In the reverse order of Reserve; all plugins are told, also those that were never asked. */
export function runUnreserve(profile: Profile, state: CycleState, pod: Pod, nodeName: string, handle: Handle): void {
  for (let i = profile.reserve.length - 1; i >= 0; i--) {
    const plugin = profile.reserve[i] as Profile['reserve'][number];
    guarded(plugin, 'Unreserve', pod, nodeName, () => plugin.unreserve(state, pod, nodeName, handle));
  }
}

export interface PermitOutcome {
  /** The pod must not be bound. */
  readonly status?: Status;
  /** How long each plugin that asked to wait is given; empty when none did. */
  readonly waits: ReadonlyMap<string, Duration>;
}

const NO_WAITS: ReadonlyMap<string, Duration> = new Map();
const PERMITTED: PermitOutcome = { waits: NO_WAITS };

export function runPermit(profile: Profile, state: CycleState, pod: Pod, nodeName: string, handle: Handle): PermitOutcome {
  if (profile.permit.length === 0) return PERMITTED;
  const waits = new Map<string, Duration>();
  for (const plugin of profile.permit) {
    const { status, timeout = 0 } = guarded(plugin, 'Permit', pod, nodeName, () => plugin.permit(state, pod, nodeName, handle));
    if (status === undefined) continue;
    if (status.code === 'Wait') waits.set(plugin.name, Math.min(timeout, MOST_WAIT));
    else if (isRejected(status)) return { status: withPlugin(status, plugin.name), waits: NO_WAITS };
    else return { status: pluginFailure('Permit', plugin.name, messageOf(status)), waits: NO_WAITS };
  }
  return { waits };
}

/** What becomes of an attempt whose node was found but not kept: a rejection reads like a FitError about that one node. */
export function failureAfterDecision(status: Status): Failure {
  if (!isRejected(status)) return { message: messageOf(status), plugins: new Set(), postFilter: { nominatedNodeName: '' }, isError: true };
  const counts = new Map<string, number>();
  for (const reason of status.reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return {
    message: composeFitError(1, counts, '', ''),
    plugins: new Set(status.plugin === undefined ? [] : [status.plugin]),
    postFilter: { nominatedNodeName: '' },
    isError: false,
  };
}
