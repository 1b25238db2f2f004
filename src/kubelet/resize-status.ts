/** What a pod's status says of its resizes: conditions, and per container what is allocated and what it runs with. Mirrors v1.34
 *  pkg/kubelet/status/status_manager.go (SetPodResizePendingCondition, SetPodResizeInProgressCondition) and kubelet_pods.go (convertContainerStatusResources).
 *  Departure: said once a resize was asked for, so that pods that nobody resizes cost nothing. */

import { type Container, rfc3339 } from '#api';
import type { ContainerRecord, PodWorker, ResizeCondition } from './pod-worker.ts';

type Resources = NonNullable<Container['resources']>;
const NONE: Resources = {};

/** What a container has been given, whether it runs with it yet or not. */
export const allocatedOf = (record: ContainerRecord): Resources => record.allocated ?? record.spec.resources ?? NONE;

export interface ResizePart {
  readonly conditions: readonly object[];
  /** By the container's place. */
  readonly containers: readonly object[];
}

/** A condition that is not there is taken out of the list that the server has. */
function condition(type: string, found: ResizeCondition | undefined, epoch: number): object {
  if (found === undefined) return { type, $patch: 'delete' };
  const { reason, message, since, generation } = found;
  return {
    type,
    status: 'True',
    lastTransitionTime: rfc3339(epoch + since),
    reason: reason ?? null,
    message: message ?? null,
    observedGeneration: generation,
  };
}

export function resizePart(worker: PodWorker, epoch: number): ResizePart {
  return {
    conditions: [
      condition('PodResizePending', worker.resize?.pending, epoch),
      condition('PodResizeInProgress', worker.resize?.progress, epoch),
    ],
    containers: worker.containers.map((record) => {
      if (record.role === 'init') return {};
      const { requests } = allocatedOf(record);
      const { requests: used, limits } = record.spec.resources ?? {};
      if (record.state !== 'running') return { allocatedResources: requests ?? null };
      return { allocatedResources: requests ?? null, resources: { requests: used ?? null, limits: limits ?? null } };
    }),
  };
}
