/** One pass over a Rollout: what it sees, and what it decides as it goes. */

import type { ReplicaSet } from '#api';
import type { RequestSpec, View } from '#client';
import type { Duration } from '#sim';
import type { Analysis, AnalysisStatus } from './progressive-analysis.ts';
import { begin, due, nextAt, query } from './progressive-analysis.ts';
import type { Phase, Rollout, RolloutStatus } from './progressive-rollout.ts';
import { HASH_LABEL, resize, sizeOf } from './progressive-rollout.ts';

export interface Pass {
  readonly key: string;
  readonly rollout: Rollout;
  readonly hash: string;
  readonly sets: readonly ReplicaSet[];
  readonly fresh: ReplicaSet;
  /** Of the version that was good before; undefined while the first version comes up. */
  readonly stable: ReplicaSet | undefined;
  readonly view: View;
  /** 'step' or 'full' when somebody promotes. */
  promote: string | undefined;
  status: RolloutStatus;
  readonly requests: RequestSpec[];
  wake: number;
}

/** Queries to send, and where their answers belong. */
export interface Measuring {
  readonly analysis: Analysis;
  readonly places: readonly number[];
  readonly requests: readonly RequestSpec[];
}

export function note(pass: Pass, change: Partial<RolloutStatus>): void {
  pass.status = { ...pass.status, ...change };
}

export function say(pass: Pass, type: 'Normal' | 'Warning', reason: string, message: string): void {
  pass.view.event(pass.rollout, type, reason, message);
}

export function wakeAt(pass: Pass, at: number): void {
  pass.wake = Math.min(pass.wake, at);
}

export const wakeIn = ({ wake, view }: Pass): Duration | undefined =>
  wake === Number.POSITIVE_INFINITY ? undefined : Math.max(1, wake - view.clock);

export function phase(pass: Pass, next: Phase, message: string): void {
  if (pass.status.phase !== next || pass.status.message !== message) note(pass, { phase: next, message });
}

export function scale(pass: Pass, set: ReplicaSet | undefined, replicas: number): void {
  if (set === undefined || sizeOf(set) === replicas) return;
  pass.requests.push(resize(set, replicas));
  const verb = replicas > sizeOf(set) ? 'up' : 'down';
  say(pass, 'Normal', 'ScalingReplicaSet', `Scaled ${verb} ReplicaSet ${set.metadata?.name} from ${sizeOf(set)} to ${replicas}`);
}

/** Back to the version before. */
export function abort(pass: Pass, message: string): void {
  note(pass, { isAborted: true, pausedSince: undefined, phase: 'Degraded', message: `RolloutAborted: ${message}` });
  say(pass, 'Warning', 'RolloutAborted', `Rollout aborted update to ${pass.hash}: ${message}`);
}

/** Runs the analysis `of` a step or stage: its state, and what is to be asked now. */
export function analyse(pass: Pass, of: string, analysis: Analysis, service: string): AnalysisStatus | Measuring {
  const { clock } = pass.view;
  let { analysis: status } = pass.status;
  if (status === undefined || status.of !== of) {
    status = begin(of, analysis, clock);
    note(pass, { analysis: status });
    say(pass, 'Normal', 'AnalysisRunRunning', `Analysis of ${of} began`);
  }
  if (status.phase !== 'Running') return status;
  wakeAt(pass, nextAt(status));
  const places = due(status, clock);
  if (places.length === 0) return status;
  const labels = `${HASH_LABEL}=${pass.hash}`;
  const requests = places.map((place) =>
    query(analysis.metrics[place] as Analysis['metrics'][number], pass.rollout.metadata?.namespace, service, labels),
  );
  return { analysis, places, requests };
}
