/** From measurements to a number of replicas: what pods without measurements, unready or dying pods count for, and when a difference is too small to act.
 *  Mirrors kubernetes v1.34 pkg/controller/podautoscaler/replica_calculator.go and metrics/utilization.go. All values are milli-units. */

import type { Pod } from '#api';
import { parseTime, quantityMilliValue } from '#api';
import type { Duration } from '#sim';
import { podCondition } from './pod-state.ts';

export interface Measurement {
  readonly value: number;
  /** Microseconds since the Unix epoch. */
  readonly timestamp: number;
  readonly window: Duration;
}

export interface Tolerances {
  readonly up: number;
  readonly down: number;
}

export interface Proposal {
  readonly replicas: number;
  /** Mean use a pod, in milli-units; the whole for Value targets. */
  readonly usage: number;
  /** Percent of requests. */
  readonly utilization?: number;
}

/** What the calculation looks at besides the measurements. */
export interface Scene {
  readonly currentReplicas: number;
  readonly pods: readonly Pod[];
  readonly tolerances: Tolerances;
  /** Microseconds since the Unix epoch. */
  readonly clock: number;
  /** --horizontal-pod-autoscaler-cpu-initialization-period and -initial-readiness-delay. */
  readonly initializationPeriod: Duration;
  readonly initialReadinessDelay: Duration;
}

export type Measurements = ReadonlyMap<string, Measurement>;

export class CannotCompute extends Error {}

const isWithin = ({ up, down }: Tolerances, ratio: number): boolean => 1 - down <= ratio && ratio <= 1 + up;

interface Groups {
  readonly readyCount: number;
  readonly unready: ReadonlySet<string>;
  readonly missing: ReadonlySet<string>;
  /** Those of the ready. */
  readonly values: Map<string, number>;
}

/** groupPods. */
function groupPods(scene: Scene, measurements: Measurements, isCpu: boolean): Groups {
  if (scene.pods.length === 0) throw new CannotCompute('no pods returned by selector while calculating replica count');
  const unready = new Set<string>();
  const missing = new Set<string>();
  const left = new Map<string, number>();
  for (const [name, { value }] of measurements) left.set(name, value);
  let readyCount = 0;
  for (const pod of scene.pods) {
    const name = pod.metadata?.name ?? '';
    const phase = pod.status?.phase;
    const measured = measurements.get(name);
    if (pod.metadata?.deletionTimestamp !== undefined || phase === 'Failed') {
      left.delete(name);
    } else if (phase === 'Pending' || phase === undefined) {
      unready.add(name);
      left.delete(name);
    } else if (measured === undefined) {
      missing.add(name);
    } else if (isCpu && isUnready(pod, measured, scene)) {
      unready.add(name);
      left.delete(name);
    } else {
      readyCount++;
    }
  }
  if (left.size === 0) throw new CannotCompute('did not receive metrics for targeted pods (pods might be unready)');
  return { readyCount, unready, missing, values: left };
}

/** The CPU of a pod that starts says little: not until it is ready, and was so for one window. */
function isUnready(pod: Pod, measured: Measurement, { clock, initializationPeriod, initialReadinessDelay }: Scene): boolean {
  const ready = podCondition(pod, 'Ready');
  const start = parseTime(pod.status?.startTime ?? '');
  if (ready === undefined || start === undefined) return true;
  const since = parseTime(ready.lastTransitionTime ?? '') ?? 0;
  if (start + initializationPeriod > clock) return ready.status === 'False' || measured.timestamp < since + measured.window;
  return ready.status === 'False' && start + initialReadinessDelay > since;
}

/** How much more than wanted is used, for pods with these values. */
type Ratio = (values: ReadonlyMap<string, number>) => { readonly ratio: number; readonly usage: number; readonly utilization?: number };

/** The shape that GetResourceReplicas and calcPlainMetricReplicas share. `ofMissing`: what a pod without measurement is taken to use on the way down;
 *  `isPlain`: where use and target are equal, such pods are taken to use nothing too. */
function propose(scene: Scene, groups: Groups, ratioOf: Ratio, ofMissing: (name: string) => number, isPlain: boolean): Proposal {
  const { readyCount, unready, missing, values } = groups;
  const { currentReplicas, tolerances } = scene;
  const { ratio, usage, utilization } = ratioOf(values);
  const as = (replicas: number): Proposal => ({ replicas, usage, ...(utilization === undefined ? {} : { utilization }) });
  const addsUnready = unready.size > 0 && ratio > 1;
  if (!addsUnready && missing.size === 0) return as(isWithin(tolerances, ratio) ? currentReplicas : Math.ceil(ratio * readyCount));
  if (ratio < 1) for (const name of missing) values.set(name, ofMissing(name));
  else if (ratio > 1 || isPlain) for (const name of missing) values.set(name, 0);
  if (addsUnready) for (const name of unready) values.set(name, 0);
  const { ratio: again } = ratioOf(values);
  const turnsRound = (ratio < 1 && again > 1) || (ratio > 1 && again < 1);
  if (isWithin(tolerances, again) || turnsRound) return as(currentReplicas);
  const replicas = Math.ceil(again * values.size);
  return as((again < 1 && replicas > currentReplicas) || (again > 1 && replicas < currentReplicas) ? currentReplicas : replicas);
}

/** GetResourceReplicas: a percentage of what the pods (or one container of each) request. */
export function byUtilization(
  scene: Scene,
  measurements: Measurements,
  target: number,
  resource: string,
  container: string | undefined,
): Proposal {
  const groups = groupPods(scene, measurements, resource === 'cpu');
  const requests = requestsOf(scene.pods, resource, container);
  const ratioOf: Ratio = (values) => {
    let used = 0;
    let requested = 0;
    let count = 0;
    for (const [name, value] of values) {
      const request = requests.get(name);
      if (request === undefined) continue;
      used += value;
      requested += request;
      count++;
    }
    if (requested === 0) throw new CannotCompute('no metrics returned matched known pods');
    const utilization = Math.trunc((used * 100) / requested);
    return { ratio: utilization / target, usage: Math.trunc(used / count), utilization };
  };
  return propose(scene, groups, ratioOf, (name) => Math.trunc(((requests.get(name) ?? 0) * Math.max(100, target)) / 100), false);
}

/** GetRawResourceReplicas and GetMetricReplicas: a mean value a pod. */
export function byAverageValue(scene: Scene, measurements: Measurements, target: number, resource: string): Proposal {
  const groups = groupPods(scene, measurements, resource === 'cpu');
  const ratioOf: Ratio = (values) => {
    let used = 0;
    for (const value of values.values()) used += value;
    const usage = Math.trunc(used / values.size);
    return { ratio: usage / target, usage };
  };
  return propose(scene, groups, ratioOf, () => target, true);
}

/** GetObjectMetricReplicas and GetExternalMetricReplicas: one value for all pods together. */
export function byValue(scene: Scene, usage: number, target: number): Proposal {
  const ratio = usage / target;
  if (scene.currentReplicas === 0) return { replicas: Math.ceil(ratio), usage };
  if (isWithin(scene.tolerances, ratio)) return { replicas: scene.currentReplicas, usage };
  if (scene.pods.length === 0)
    throw new CannotCompute('unable to calculate ready pods: no pods returned by selector while calculating replica count');
  let ready = 0;
  for (const pod of scene.pods) if (pod.status?.phase === 'Running' && podCondition(pod, 'Ready')?.status === 'True') ready++;
  return { replicas: Math.min(2_147_483_647, Math.ceil(ratio * ready)), usage };
}

/** GetObjectPerPodMetricReplicas and GetExternalPerPodMetricReplicas: one value, so much of it a pod. */
export function byValuePerPod(usage: number, target: number, statusReplicas: number, tolerances: Tolerances): Proposal {
  const ratio = usage / (target * statusReplicas);
  const replicas = isWithin(tolerances, ratio) ? statusReplicas : Math.min(2_147_483_647, Math.ceil(usage / target));
  return { replicas, usage: statusReplicas === 0 ? usage : Math.ceil(usage / statusReplicas) };
}

/** calculateRequests: of the pod as a whole where it says so, else of its containers and native sidecars; each must have one. */
function requestsOf(pods: readonly Pod[], resource: string, container: string | undefined): ReadonlyMap<string, number> {
  const requests = new Map<string, number>();
  for (const { metadata, spec } of pods) {
    const name = metadata?.name ?? '';
    const whole = container === undefined ? (spec?.resources?.requests as Record<string, string> | undefined) : undefined;
    if (whole !== undefined) {
      if (whole[resource] === undefined) throw new CannotCompute(`missing pod-level request for ${resource} in Pod ${name}`);
      requests.set(name, quantityMilliValue(whole[resource]));
      continue;
    }
    let sum = 0;
    let isFound = container === undefined;
    const sidecars = spec?.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always') ?? [];
    for (const { name: own, resources } of [...(spec?.containers ?? []), ...sidecars]) {
      if (container !== undefined && container !== own) continue;
      isFound = true;
      const request = resources?.requests?.[resource];
      if (request === undefined) throw new CannotCompute(`missing request for ${resource} in container ${own} of Pod ${name}`);
      sum += quantityMilliValue(request);
    }
    if (!isFound) throw new CannotCompute(`container ${container} not found in Pod ${name}`);
    requests.set(name, sum);
  }
  return requests;
}
