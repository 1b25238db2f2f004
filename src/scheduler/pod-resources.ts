/** What a pod counts for on a node: its requests, and the same with floors for what is missing.
 *  Mirrors component-helpers v1.34 resource/helpers.go (PodRequests with UseStatusResources and NonMissingContainerRequests),
 *  pkg/scheduler/framework/types.go (calculateResource) and pkg/scheduler/util/pod_resources.go (defaults). */

import type { Container, Pod } from '#api';
import { podRequests, resourceAmount } from '#api';

/** Amounts by resource name: cpu in milli-cores, all else in whole units. */
export type Amounts = Readonly<Record<string, number>>;

/** DefaultMilliCPURequest: what a container without a CPU request counts for in scoring. */
export const DEFAULT_MILLI_CPU = 100;
/** DefaultMemoryRequest: 200 MiB. */
export const DEFAULT_MEMORY = 200 * 1024 * 1024;

export interface PodUsage {
  readonly requests: Amounts;
  /** Request for cpu and memory as NodeInfo.NonZeroRequested counts them once the pod is bound. */
  readonly nonZeroCpu: number;
  readonly nonZeroMemory: number;
  /** What NodeResourcesFit's scorer counts for the incoming pod: floors per container, and pod-level resources left out
   *  (plugins/noderesources/fit.go makes its scorer without that feature, balanced_allocation.go with it). */
  readonly scored: Amounts;
}

interface ContainerStatusLike {
  readonly name: string;
  readonly resources?: { readonly requests?: Readonly<Record<string, string | number>> };
  readonly allocatedResources?: Readonly<Record<string, string | number>>;
}

const isPodLevel = (name: string): boolean => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

function raise(total: Record<string, number>, list: Readonly<Record<string, string | number>> | undefined): void {
  for (const name in list) total[name] = Math.max(total[name] ?? 0, resourceAmount(name, list[name] as string | number));
}

function addAmounts(total: Record<string, number>, list: Amounts): void {
  for (const name in list) total[name] = (total[name] ?? 0) + (list[name] as number);
}

/** In-place resizing: while it is under way the larger of what is asked, allocated and actual counts; an infeasible one counts what is there. */
function containerAmounts(container: Container, status: ContainerStatusLike | undefined, infeasible: boolean): Record<string, number> {
  const amounts: Record<string, number> = {};
  if (status?.resources === undefined) raise(amounts, container.resources?.requests);
  else {
    if (!infeasible) raise(amounts, container.resources?.requests);
    raise(amounts, status.resources.requests);
    raise(amounts, status.allocatedResources);
  }
  return amounts;
}

/** PodRequests with floors per container for cpu and memory (0: none), with or without pod-level resources. */
export function aggregateRequests(pod: Pod, floorCpu: number, floorMemory: number, skipPodLevel = false): Record<string, number> {
  const spec = pod.spec;
  const total: Record<string, number> = {};
  if (spec === undefined) return total;
  const statuses = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
  ] as readonly ContainerStatusLike[];
  const infeasible = (pod.status?.conditions ?? []).some((c) => c.type === 'PodResizePending' && c.reason === 'Infeasible');
  const amountsOf = (container: Container, isResizable: boolean): Record<string, number> => {
    const status = isResizable ? statuses.find((s) => s.name === container.name) : undefined;
    const amounts = containerAmounts(container, status, infeasible);
    if (floorCpu > 0 && amounts.cpu === undefined) amounts.cpu = floorCpu;
    if (floorMemory > 0 && amounts.memory === undefined) amounts.memory = floorMemory;
    return amounts;
  };
  for (const container of spec.containers) addAmounts(total, amountsOf(container, true));
  const sidecars: Record<string, number> = {};
  const initMax: Record<string, number> = {};
  for (const container of spec.initContainers ?? []) {
    const isSidecar = container.restartPolicy === 'Always';
    const amounts = amountsOf(container, isSidecar);
    if (isSidecar) addAmounts(total, amounts);
    if (isSidecar) addAmounts(sidecars, amounts);
    else addAmounts(amounts, sidecars);
    const during = isSidecar ? sidecars : amounts;
    for (const name in during) initMax[name] = Math.max(initMax[name] ?? 0, during[name] as number);
  }
  for (const name in initMax) total[name] = Math.max(total[name] ?? 0, initMax[name] as number);
  const podLevel = (spec as { resources?: { requests?: Record<string, string | number> } }).resources?.requests;
  if (!skipPodLevel)
    for (const name in podLevel) if (isPodLevel(name)) total[name] = resourceAmount(name, podLevel[name] as string | number);
  for (const name in spec.overhead) total[name] = (total[name] ?? 0) + resourceAmount(name, spec.overhead[name] as string | number);
  return total;
}

function measure(pod: Pod, requests: Amounts): PodUsage {
  const podLevel = (pod.spec as { resources?: { requests?: Record<string, unknown> } } | undefined)?.resources?.requests;
  const isPodLevelSet = podLevel !== undefined && Object.keys(podLevel).some(isPodLevel);
  const scored = aggregateRequests(pod, DEFAULT_MILLI_CPU, DEFAULT_MEMORY, true);
  let counted: Amounts = scored;
  if (isPodLevelSet) {
    const floorCpu = requests.cpu === undefined ? DEFAULT_MILLI_CPU : 0;
    const floorMemory = requests.memory === undefined ? DEFAULT_MEMORY : 0;
    counted = floorCpu === 0 && floorMemory === 0 ? requests : aggregateRequests(pod, floorCpu, floorMemory);
  }
  return {
    requests,
    nonZeroCpu: counted.cpu ?? 0,
    nonZeroMemory: counted.memory ?? 0,
    scored,
  };
}

function isBeingResized(pod: Pod): boolean {
  for (const status of pod.status?.containerStatuses ?? []) if ((status as ContainerStatusLike).resources !== undefined) return true;
  for (const status of pod.status?.initContainerStatuses ?? []) if ((status as ContainerStatusLike).resources !== undefined) return true;
  return false;
}

// podRequests remembers by template; its result is then the key to the rest.
const memo = new WeakMap<Amounts, PodUsage>();

/** A pod's usage; shared by pods of one template. */
export function podUsage(pod: Pod): PodUsage {
  if (isBeingResized(pod)) return measure(pod, aggregateRequests(pod, 0, 0));
  const requests = podRequests(pod);
  let usage = memo.get(requests);
  if (usage === undefined) {
    usage = measure(pod, requests);
    memo.set(requests, usage);
  }
  return usage;
}

/** schedutil.IsScalarResourceName: extended resources, huge pages, attachable volumes, native prefixed names. */
export function isScalarResource(name: string): boolean {
  if (name.startsWith('hugepages-') || name.startsWith('attachable-volumes-')) return true;
  if (!name.includes('/')) return false;
  return !name.startsWith('requests.');
}
