/** What a machine's disk has kept over a loss of power: images, and containers that ran are found ended with code 255 (containerd v2 internal/cri/server/
 *  restart.go: reason Unknown). The kubelet counts on from there: sandboxes are made anew, init containers run again, containers restart as their
 *  restartPolicy says, so that a pod that is never restarted has failed. Mirrors v1.34 pkg/kubelet/kuberuntime/kuberuntime_manager.go (computePodActions,
 *  for a pod without a ready sandbox). Back-offs are lost with the process. Departure: a pull under way begins anew. */

import type { Container, Pod } from '#api';
import type { Context } from '#sim';
import { traceOf } from './container-log.ts';
import type { ContainerRecord, PodWorker } from './pod-worker.ts';
import { allocatedOf } from './resize-status.ts';

const UNKNOWN_EXIT = 255;

/** The pod with what the checkpoint of allocations (allocated_pods_state) says was given to it, whatever has been asked for meanwhile. Mirrors v1.34
 *  pkg/kubelet/allocation/allocation_manager.go (UpdatePodFromAllocation). */
export function asAllocated(pod: Pod, former: PodWorker): Pod {
  const given = <T extends Container>(container: T): T => {
    const record = former.containers.find(({ spec }) => spec.name === container.name);
    return record === undefined ? container : { ...container, resources: allocatedOf(record) };
  };
  const { spec } = pod;
  if (spec === undefined) return pod;
  const initContainers = spec.initContainers?.map(given);
  return { ...pod, spec: { ...spec, containers: spec.containers.map(given), ...(initContainers === undefined ? {} : { initContainers }) } };
}

/** Brings the containers of a pod to what the disk has of them. */
export function recall(worker: PodWorker, former: PodWorker, ctx: Context): void {
  const isFinal = worker.spec.restartPolicy === 'Never';
  if (isFinal) worker.initialized = former.initialized;
  worker.sandboxLost = former.sandboxes > 0;
  worker.containers.forEach((record, index) => {
    const before = former.containers[index];
    if (before === undefined || before.spec.name !== record.spec.name || before.instance < 0) return;
    record.instance = before.instance;
    if (record.role !== 'main' && !isFinal) {
      record.restarts = before.restarts + 1;
      return;
    }
    record.restarts = before.restarts;
    record.termination = before.state === 'running' ? unknownEnd(before, ctx) : before.termination;
    if (record.termination !== undefined) record.state = 'terminated';
  });
}

function unknownEnd(record: ContainerRecord, ctx: Context): NonNullable<ContainerRecord['termination']> {
  const { startedAt, instance } = record;
  return { exitCode: UNKNOWN_EXIT, reason: 'Unknown', startedAt, finishedAt: ctx.now, instance, trace: traceOf(record) };
}
