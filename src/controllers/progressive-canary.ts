/** Canary: the new version takes its share of the pods step by step, and gives it back when a step finds it wanting. Follows Argo Rollouts v1.8
 *  rollout/canary.go and utils/replicaset/canary.go (without a traffic router: the share of requests is the share of pods). */

import { durationOf } from './progressive-analysis.ts';
import type { Pass } from './progressive-pass.ts';
import { abort, analyse, type Measuring, note, phase, say, scale, wakeAt } from './progressive-pass.ts';
import type { Canary, Step } from './progressive-rollout.ts';
import { amountOf, availableOf, desiredOf, pointService, setHash, sizeOf } from './progressive-rollout.ts';

/** How many pods a weight is, neither version left out before the end. */
export function canaryPods(replicas: number, weight: number): number {
  if (weight <= 0) return 0;
  if (weight >= 100) return replicas;
  return Math.max(1, Math.min(replicas > 1 ? replicas - 1 : 1, Math.round((replicas * weight) / 100)));
}

const describe = ({ setWeight, pause }: Step): string =>
  setWeight !== undefined ? `setWeight: ${setWeight}` : pause !== undefined ? 'pause' : 'analysis';

/** The weight that holds at a step: that of the last setWeight up to it. */
function weightAt(steps: readonly Step[], index: number): number {
  if (index >= steps.length) return 100;
  for (let i = index; i >= 0; i--) if (steps[i]?.setWeight !== undefined) return steps[i]?.setWeight as number;
  return 0;
}

export function reconcileCanary(pass: Pass, canary: Canary): Measuring | undefined {
  const { rollout, hash, fresh, stable, status } = pass;
  const replicas = desiredOf(rollout);
  const steps = canary.steps ?? [];
  const isFirst = stable === undefined || setHash(stable) === hash;
  const index = status.isAborted === true ? 0 : (status.currentStepIndex ?? 0);
  const weight = status.isAborted === true ? 0 : isFirst ? 100 : weightAt(steps, index);
  if (status.weight !== weight) note(pass, { weight });
  const wanted = isFirst ? replicas : canaryPods(replicas, weight);
  adjust(pass, canary, wanted, isFirst ? 0 : replicas - wanted);
  if (canary.canaryService !== undefined)
    point(pass, canary.canaryService, status.isAborted === true && stable !== undefined ? setHash(stable) : hash);
  if (canary.stableService !== undefined) point(pass, canary.stableService, stable === undefined ? hash : setHash(stable));
  if (status.isAborted === true) return undefined;
  const isThere =
    sizeOf(fresh) === wanted && availableOf(fresh) >= wanted && (stable === undefined || isFirst || sizeOf(stable) === replicas - wanted);
  if (isFirst || index >= steps.length) {
    if (isThere && othersAreGone(pass)) complete(pass);
    else phase(pass, 'Progressing', 'more replicas need to be updated');
    return undefined;
  }
  return atStep(pass, canary, steps, index, isThere);
}

function atStep(pass: Pass, canary: Canary, steps: readonly Step[], index: number, isThere: boolean): Measuring | undefined {
  const step = steps[index] as Step;
  const { clock } = pass.view;
  if (pass.promote === 'full') {
    say(pass, 'Normal', 'RolloutResumed', 'Rollout is promoted in full: what steps there are left are skipped');
    note(pass, { currentStepIndex: steps.length, pausedSince: undefined, analysis: undefined });
    return undefined;
  }
  if (step.setWeight !== undefined) {
    phase(pass, 'Progressing', 'more replicas need to be updated');
    if (isThere) nextStep(pass, steps, index);
    return undefined;
  }
  if (step.pause !== undefined) {
    const since = pass.status.pausedSince;
    if (since === undefined) {
      note(pass, { pausedSince: clock });
      say(pass, 'Normal', 'RolloutPaused', `Rollout is paused (CanaryPauseStep) at step ${index + 1}/${steps.length}`);
    }
    phase(pass, 'Paused', 'CanaryPauseStep');
    const until = step.pause.duration === undefined ? Number.POSITIVE_INFINITY : (since ?? clock) + durationOf(step.pause.duration, 0);
    if (pass.promote !== undefined || until <= clock) nextStep(pass, steps, index);
    else wakeAt(pass, until);
    return undefined;
  }
  if (step.analysis === undefined) return undefined;
  phase(pass, 'Progressing', 'analysis is running');
  if (pass.promote !== undefined) {
    nextStep(pass, steps, index);
    return undefined;
  }
  const found = analyse(pass, `step ${index + 1}`, step.analysis, canary.service ?? canary.canaryService ?? '');
  if ('requests' in found) return found;
  if (found.phase === 'Successful') nextStep(pass, steps, index);
  else if (found.phase !== 'Running') abort(pass, found.message ?? '');
  return undefined;
}

function nextStep(pass: Pass, steps: readonly Step[], index: number): void {
  say(pass, 'Normal', 'RolloutStepCompleted', `Rollout step ${index + 1}/${steps.length} completed (${describe(steps[index] as Step)})`);
  note(pass, { currentStepIndex: index + 1, pausedSince: undefined });
  // The next step begins in a pass of its own, on what this one wrote.
  wakeAt(pass, pass.view.clock);
}

export function othersAreGone({ sets, fresh }: Pass): boolean {
  return sets.every((set) => set === fresh || (sizeOf(set) === 0 && (set.status?.replicas ?? 0) === 0));
}

export function complete(pass: Pass): void {
  const { hash, status } = pass;
  if (status.stableHash !== hash) {
    say(pass, 'Normal', 'RolloutCompleted', `Rollout completed update to ${hash}`);
    note(pass, { stableHash: hash, analysis: undefined });
  }
  phase(pass, 'Healthy', '');
}

export function point(pass: Pass, service: string, hash: string): void {
  const known = pass.view.lister('services').get(`${pass.rollout.metadata?.namespace}/${service}`) as
    | { readonly spec?: { readonly selector?: Readonly<Record<string, string>> } }
    | undefined;
  if (known === undefined || known.spec?.selector?.['pod-template-hash'] === hash) return;
  pass.requests.push(pointService(pass.rollout, service, hash));
  say(pass, 'Normal', 'SwitchService', `Switched selector for service '${service}' to ${hash}`);
}

/** Moves sizes towards their goals: no more than maxSurge above the replicas, no fewer available than maxUnavailable below. */
function adjust(pass: Pass, { maxSurge, maxUnavailable }: Canary, freshGoal: number, stableGoal: number): void {
  const { sets, fresh, stable, rollout } = pass;
  const replicas = desiredOf(rollout);
  const surge = amountOf(maxSurge, replicas, '25%', Math.ceil);
  let most = amountOf(maxUnavailable, replicas, '25%', Math.floor);
  if (surge === 0 && most === 0) most = 1;
  const goalOf = (set: (typeof sets)[number]): number => (set === fresh ? freshGoal : set === stable ? stableGoal : 0);
  let room = replicas + surge;
  let spare = -(replicas - most);
  for (const set of sets) {
    room -= Math.max(sizeOf(set), set.status?.replicas ?? 0);
    // What is to go by the size that was asked for counts no more.
    spare += Math.min(sizeOf(set), availableOf(set));
  }
  for (const set of [fresh, ...(stable === undefined || stable === fresh ? [] : [stable])]) {
    const grow = Math.min(goalOf(set) - sizeOf(set), Math.max(0, room));
    if (grow <= 0) continue;
    room -= grow;
    scale(pass, set, sizeOf(set) + grow);
  }
  // The oldest versions give way first, the new one last.
  const others = sets.filter((set) => set !== fresh && set !== stable);
  for (const set of [...others, ...(stable === undefined || stable === fresh ? [] : [stable]), fresh]) {
    const surplus = sizeOf(set) - goalOf(set);
    if (surplus <= 0) continue;
    const unavailable = Math.max(0, sizeOf(set) - availableOf(set));
    const free = Math.min(surplus, unavailable);
    const taken = Math.min(surplus - free, Math.max(0, spare));
    spare -= taken;
    if (free + taken > 0) scale(pass, set, sizeOf(set) - free - taken);
  }
}
