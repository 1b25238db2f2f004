/** In-place resize of pods, second half: what was allocated is given to the running containers, with a restart where their resizePolicy asks for one. Mirrors
 *  v1.34 pkg/kubelet/kuberuntime/kuberuntime_manager.go (computePodResizeAction, validateMemoryResizeAction). Its one Event
 *  beside a restart's Killing, ResizeCompleted, is allocation_manager.go's (CheckPodResizeInProgress, podResizeCompletionMsg). */

import { type Container, resourceAmount } from '#api';
import { type Context, MICROSECOND, SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import { limitReachedAt, workingSet } from './node-memory.ts';
import { podEvent } from './pod-events.ts';
import { stopContainer } from './pod-termination.ts';
import type { ContainerRecord, PodWorker } from './pod-worker.ts';

type Resources = NonNullable<Container['resources']>;

const DEFAULT_GRACE_SECONDS = 30;

/** A pass begins: what was given last time has reached the containers. */
export function resizeSettled(agent: NodeAgent, worker: PodWorker, ctx: Context): void {
  const { resize } = worker;
  if (resize?.progress === undefined || worker.containers.some(({ allocated }) => allocated !== undefined)) return;
  resize.progress = undefined;
  podEvent(agent, worker, undefined, 'Normal', 'ResizeCompleted', `Pod resize completed: ${allocationsText(worker)}`, ctx);
}

/** podResourceSummary as Go's encoding/json writes it: keys of maps in order, empty parts left out. */
function allocationsText({ containers, initCount }: PodWorker): string {
  const sorted = (list: Resources['limits']): Resources['limits'] =>
    list === undefined ? undefined : Object.fromEntries(Object.entries(list).sort(([a], [b]) => (a < b ? -1 : 1)));
  const summary = containers.map(({ spec: { name, resources } }) => ({
    name,
    resources: { limits: sorted(resources?.limits), requests: sorted(resources?.requests), claims: resources?.claims },
  }));
  return JSON.stringify({
    initContainers: initCount === 0 ? undefined : summary.slice(0, initCount),
    containers: summary.slice(initCount),
  });
}

/** Gives the running containers what was allocated. True when some are stopped for it. */
export function actuateResize(agent: NodeAgent, worker: PodWorker, ctx: Context): boolean {
  let stops = false;
  worker.containers.forEach((record, index) => {
    if (record.allocated === undefined) return;
    if (record.state !== 'running') return takeAllocation(record);
    if (needsRestart(record)) {
      stops = true;
      const until = ctx.now + Math.max(2, worker.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * SECOND;
      stopContainer(agent, worker, record, index, 'killed', until, `Container ${record.spec.name} resize requires restart`, ctx);
      return;
    }
    const limit = amountOf(record.allocated.limits, 'memory');
    const used = workingSet(agent, record, ctx.now).now;
    if (limit !== undefined && limit < (amountOf(record.spec.resources?.limits, 'memory') ?? Number.POSITIVE_INFINITY) && used >= limit) {
      const message = `attempting to set container "${record.spec.name}" memory limit (${limit}) below current usage (${Math.floor(used)})`;
      if (worker.resize?.progress !== undefined) worker.resize.progress = { ...worker.resize.progress, reason: 'Error', message };
      worker.syncFailed = true;
      return;
    }
    takeAllocation(record);
    agent.cpu.resized(record, ctx);
    agent.memory.resized(ctx);
    const at = limitReachedAt(agent, record);
    if (at !== Number.POSITIVE_INFINITY) agent.after(ctx, Math.max(MICROSECOND, at - ctx.now), 'oom', worker.slot, index);
    agent.markPleg(worker, ctx);
  });
  if (stops) worker.stage = 'busy';
  return stops;
}

/** The next start, or the running container, has what was allocated. */
export function takeAllocation(record: ContainerRecord): void {
  if (record.allocated === undefined) return;
  record.spec = { ...record.spec, resources: record.allocated };
  record.allocated = undefined;
}

const amountOf = (list: Resources['limits'], name: string): number | undefined =>
  list?.[name] === undefined ? undefined : resourceAmount(name, list[name]);

/** A changed limit, or CPU request, whose resizePolicy says RestartContainer. */
function needsRestart({ spec, allocated }: ContainerRecord): boolean {
  const policies = (spec as { readonly resizePolicy?: readonly { readonly resourceName: string; readonly restartPolicy: string }[] })
    .resizePolicy;
  if (policies === undefined) return false;
  const changes = (list: 'limits' | 'requests', name: string): boolean =>
    amountOf(allocated?.[list], name) !== amountOf(spec.resources?.[list], name);
  return policies.some(
    ({ resourceName, restartPolicy }) =>
      restartPolicy === 'RestartContainer' &&
      (changes('limits', resourceName) || (resourceName === 'cpu' && changes('requests', resourceName))),
  );
}
