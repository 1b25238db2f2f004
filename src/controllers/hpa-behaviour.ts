/** How fast an autoscaler may follow its recommendations: bounds, stabilization windows and policies. Mirrors kubernetes v1.34
 *  pkg/controller/podautoscaler/horizontal.go, normalizeDesiredReplicas and normalizeDesiredReplicasWithBehaviors. */

import type { HorizontalPodAutoscaler } from '#api';
import type { Duration } from '#sim';
import { SECOND } from '#sim';

type Behaviour = NonNullable<NonNullable<HorizontalPodAutoscaler['spec']>['behavior']>;
export type ScalingRules = NonNullable<Behaviour['scaleUp']>;

interface Recommendation {
  readonly replicas: number;
  readonly at: number;
}
interface ScaleEvent {
  readonly change: number;
  readonly at: number;
}

/** What an autoscaler remembers; lost with the process. */
export interface History {
  recommendations: readonly Recommendation[];
  ups: readonly ScaleEvent[];
  downs: readonly ScaleEvent[];
}

export interface Verdict {
  readonly replicas: number;
  /** Reason and message of AbleToScale, then of ScalingLimited. */
  readonly able: readonly [reason: string, message: string];
  readonly isLimited: boolean;
  readonly limit: readonly [reason: string, message: string];
}

export interface Bounds {
  readonly current: number;
  readonly min: number;
  readonly max: number;
  /** --horizontal-pod-autoscaler-downscale-stabilization. */
  readonly downscaleStabilization: Duration;
}

const READY = ['ReadyForNewScale', 'recommended size matches current size'] as const;
const DOWN_STABILIZED = [
  'ScaleDownStabilized',
  'recent recommendations were higher than current one, applying the highest recent recommendation',
] as const;
const UP_STABILIZED = [
  'ScaleUpStabilized',
  'recent recommendations were lower than current one, applying the lowest recent recommendation',
] as const;
const WITHIN = ['DesiredWithinRange', 'the desired count is within the acceptable range'] as const;
const UP_LIMIT = ['ScaleUpLimit', 'the desired replica count is increasing faster than the maximum scale rate'] as const;
const DOWN_LIMIT = ['ScaleDownLimit', 'the desired replica count is decreasing faster than the maximum scale rate'] as const;
const TOO_MANY = ['TooManyReplicas', 'the desired replica count is more than the maximum replica count'] as const;
const TOO_FEW = ['TooFewReplicas', 'the desired replica count is less than the minimum replica count'] as const;

export const newHistory = (current: number, clock: number): History => ({
  recommendations: [{ replicas: current, at: clock }],
  ups: [],
  downs: [],
});

/** Without `behavior`: at most twice as many (or 4), and down only to the highest recommendation of the last 5 min. */
export function normalize(
  history: History,
  desired: number,
  { current, min, max, downscaleStabilization }: Bounds,
  clock: number,
): Verdict {
  let stabilized = desired;
  const cutoff = clock - downscaleStabilization;
  for (const { replicas, at } of history.recommendations) if (at >= cutoff) stabilized = Math.max(stabilized, replicas);
  history.recommendations = [...history.recommendations.filter(({ at }) => at >= cutoff), { replicas: desired, at: clock }];
  const fastest = Math.max(2 * current, 4);
  const most = Math.min(max, fastest);
  let replicas = stabilized;
  let limit: Verdict['limit'] = WITHIN;
  if (stabilized < min) [replicas, limit] = [min, TOO_FEW];
  else if (stabilized > most) [replicas, limit] = [most, max > fastest ? UP_LIMIT : TOO_MANY];
  return { replicas, able: stabilized === desired ? READY : DOWN_STABILIZED, isLimited: replicas !== stabilized, limit };
}

export function normalizeWithBehaviour(history: History, behaviour: Behaviour, desired: number, bounds: Bounds, clock: number): Verdict {
  const { scaleUp = {}, scaleDown = {} } = behaviour;
  const { current, min, max, downscaleStabilization } = bounds;
  const upCutoff = clock - (scaleUp.stabilizationWindowSeconds ?? 0) * SECOND;
  const downWindow = scaleDown.stabilizationWindowSeconds;
  const downCutoff = clock - (downWindow === undefined ? downscaleStabilization : downWindow * SECOND);
  let least = desired;
  let most = desired;
  for (const { replicas, at } of history.recommendations) {
    if (at > upCutoff) least = Math.min(least, replicas);
    if (at > downCutoff) most = Math.max(most, replicas);
  }
  const kept = history.recommendations.filter(({ at }) => at >= upCutoff || at >= downCutoff);
  history.recommendations = [...kept, { replicas: desired, at: clock }];
  let stabilized = current;
  if (stabilized < least) stabilized = least;
  if (stabilized > most) stabilized = most;
  const able = stabilized === desired ? READY : desired >= current ? UP_STABILIZED : DOWN_STABILIZED;
  let replicas = stabilized;
  let limit: Verdict['limit'] = WITHIN;
  if (stabilized > current) {
    const rate = Math.max(current, upLimit(scaleUp, current, history, clock));
    if (stabilized > Math.min(max, rate)) [replicas, limit] = [Math.min(max, rate), max > rate ? UP_LIMIT : TOO_MANY];
  } else if (stabilized < current) {
    const rate = Math.min(current, downLimit(scaleDown, current, history, clock));
    if (stabilized < Math.max(min, rate)) [replicas, limit] = [Math.max(min, rate), min < rate ? DOWN_LIMIT : TOO_FEW];
  }
  return { replicas, able, isLimited: replicas !== stabilized, limit };
}

/** The replicas at the start of the period, by what was added and taken since. */
function startOf(history: History, current: number, periodSeconds: number, clock: number): number {
  const cutoff = clock - periodSeconds * SECOND;
  let start = current;
  for (const { change, at } of history.ups) if (at > cutoff) start -= change;
  for (const { change, at } of history.downs) if (at > cutoff) start += change;
  return start;
}

/** calculateScaleUpLimitWithScalingRules. */
function upLimit({ selectPolicy, policies }: ScalingRules, current: number, history: History, clock: number): number {
  if (selectPolicy === 'Disabled') return current;
  const proposals = (policies ?? []).map(({ type, value, periodSeconds }) => {
    const start = startOf(history, current, periodSeconds, clock);
    return type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100));
  });
  return selectPolicy === 'Min' ? Math.min(...proposals) : Math.max(...proposals);
}

/** calculateScaleDownLimitWithBehaviors. */
function downLimit({ selectPolicy, policies }: ScalingRules, current: number, history: History, clock: number): number {
  if (selectPolicy === 'Disabled') return current;
  const proposals = (policies ?? []).map(({ type, value, periodSeconds }) => {
    const start = startOf(history, current, periodSeconds, clock);
    return type === 'Pods' ? start - value : Math.trunc(start * (1 - value / 100));
  });
  return selectPolicy === 'Min' ? Math.max(...proposals) : Math.min(...proposals);
}

/** storeScaleEvent: kept as long as some policy asks for it. */
export function noteScale(history: History, behaviour: Behaviour | undefined, before: number, after: number, clock: number): void {
  if (behaviour === undefined) return;
  const isUp = after > before;
  const rules = isUp ? behaviour.scaleUp : behaviour.scaleDown;
  let longest = 0;
  for (const { periodSeconds } of rules?.policies ?? []) longest = Math.max(longest, periodSeconds);
  const cutoff = clock - longest * SECOND;
  const events = [
    ...(isUp ? history.ups : history.downs).filter(({ at }) => at >= cutoff),
    { change: Math.abs(after - before), at: clock },
  ];
  if (isUp) history.ups = events;
  else history.downs = events;
}
