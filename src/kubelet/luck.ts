/** A pod's luck belongs to its workload, not to the node it lands on: draws are keyed by (purpose, workload, ordinal, container and restart).
 *  The workload is the annotation `wavetank.dev/workload`, or the controller's name with an ordinal from `wavetank.dev/ordinal` or the Job's completion index;
 *  without an ordinal it is the pod's own name (random suffixes of ReplicaSets' pods come from the API server's luck, which is keyed too). */

import type { ObjectMeta } from '#api';
import { type Chance, type Distribution, type Duration, hashName, type Purpose, purpose, SECOND, sampleDistribution } from '#sim';

export const LUCK = {
  run: purpose('kubelet/run'),
  exit: purpose('kubelet/exit'),
  start: purpose('kubelet/start'),
  ready: purpose('kubelet/ready'),
  stop: purpose('kubelet/stop'),
  stage: purpose('kubelet/stage'),
  mount: purpose('kubelet/mount'),
  sandbox: purpose('kubelet/sandbox'),
  sandboxStop: purpose('kubelet/sandbox-stop'),
  resync: purpose('kubelet/resync'),
  probePhase: purpose('kubelet/probe-phase'),
  imageBytes: purpose('kubelet/image-bytes'),
  pull: purpose('kubelet/pull'),
  pullFails: purpose('kubelet/pull-fails'),
  startup: purpose('kubelet/startup'),
  runtimeReady: purpose('kubelet/runtime-ready'),
  pleg: purpose('kubelet/pleg'),
  lease: purpose('kubelet/lease'),
  nodeStatus: purpose('kubelet/node-status'),
  watch: purpose('kubelet/watch'),
  request: purpose('kubelet/request'),
  programming: purpose('kubelet/programming'),
  configSync: purpose('kubelet/config-sync'),
} as const;

export interface PodLuck {
  readonly workload: number;
  readonly ordinal: number;
}

export function podLuck(metadata: ObjectMeta | undefined): PodLuck {
  const annotations = metadata?.annotations;
  const namespace = metadata?.namespace ?? '';
  const ordinal = annotations?.['wavetank.dev/ordinal'] ?? annotations?.['batch.kubernetes.io/job-completion-index'];
  const workload = annotations?.['wavetank.dev/workload'];
  if (ordinal !== undefined && Number.isSafeInteger(Number(ordinal))) {
    const owner = workload ?? metadata?.ownerReferences?.find((reference) => reference.controller === true)?.name ?? metadata?.name ?? '';
    return { workload: hashName(`${namespace}/${owner}`), ordinal: Number(ordinal) };
  }
  return { workload: hashName(`${namespace}/${workload ?? ''}/${metadata?.name ?? ''}`), ordinal: 0 };
}

/** One number per container and restart: 4,096 restarts apart. */
export const occurrence = (container: number, restart: number): number => container * 4096 + (restart % 4096);

/** A drawn span in microseconds; a constant costs no draw. */
export function drawDuration(chance: Chance, which: Purpose, seconds: Distribution, a: number, b = 0, c = 0): Duration {
  if (typeof seconds === 'number') return Math.round(seconds * SECOND);
  return Math.max(0, Math.round(sampleDistribution(seconds, chance.stream(which, a, b, c)) * SECOND));
}
