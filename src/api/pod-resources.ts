/** What a pod asks for. Mirrors component-helpers v1.34 resource/helpers.go (PodRequests, PodLimits): containers add up, sidecars (init containers
 *  with restartPolicy Always) stay, other init containers take the maximum with the sidecars started before them; pod-level resources
 *  (KEP-2837, cpu, memory, hugepages) override; overhead is added last. */

import type { Container, Pod, PodSpec } from './objects.ts';
import { type QuantityText, quantityMilliValue, quantityValue } from './quantity.ts';

/** Amounts by resource name: cpu in milli-cores, everything else in whole units. Shared: never mutate. */
export type Resources = Readonly<Record<string, number>>;

export function resourceAmount(name: string, quantity: QuantityText): number {
  return name === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity);
}

const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';

function add(total: Record<string, number>, list: Readonly<Record<string, QuantityText>> | undefined): void {
  for (const name in list) total[name] = (total[name] ?? 0) + resourceAmount(name, list[name] as QuantityText);
}

function raise(total: Record<string, number>, other: Resources): void {
  for (const name in other) total[name] = Math.max(total[name] ?? 0, other[name] as number);
}

/** Pod-level resources cover these (resource.go, supportedPodLevelResources). */
const isPodLevel = (name: string): boolean => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

function aggregate(spec: PodSpec, which: 'requests' | 'limits', overhead: boolean): Resources {
  const total: Record<string, number> = {};
  for (const container of spec.containers) add(total, container.resources?.[which]);
  const sidecars: Record<string, number> = {};
  const initMax: Record<string, number> = {};
  for (const container of spec.initContainers ?? []) {
    const list = container.resources?.[which];
    if (isSidecar(container)) {
      add(total, list);
      add(sidecars, list);
      raise(initMax, sidecars);
    } else {
      const during: Record<string, number> = { ...sidecars };
      add(during, list);
      raise(initMax, during);
    }
  }
  raise(total, initMax);
  const podLevel = (spec as { resources?: { requests?: Record<string, QuantityText>; limits?: Record<string, QuantityText> } }).resources;
  const override = podLevel?.[which];
  for (const name in override) if (isPodLevel(name)) total[name] = resourceAmount(name, override[name] as QuantityText);
  if (overhead && spec.overhead !== undefined) {
    for (const name in spec.overhead) {
      // Limits take overhead only where a limit is set.
      if (which === 'requests' || total[name] !== undefined)
        total[name] = (total[name] ?? 0) + resourceAmount(name, spec.overhead[name] as QuantityText);
    }
  }
  return total;
}

// Pods of one template share their containers array; what they ask for is then the same, unless another part that counts differs.
interface Memo {
  readonly initContainers: unknown;
  readonly overhead: unknown;
  readonly resources: unknown;
  readonly requests: Resources;
}
const memo = new WeakMap<object, Memo>();

/** What the scheduler and the kubelet's admission count against a node. */
export function podRequests(pod: Pod): Resources {
  const spec = pod.spec;
  if (spec === undefined) return {};
  const resources = (spec as { resources?: unknown }).resources;
  const known = memo.get(spec.containers);
  if (
    known !== undefined &&
    known.initContainers === spec.initContainers &&
    known.overhead === spec.overhead &&
    known.resources === resources
  )
    return known.requests;
  const requests = aggregate(spec, 'requests', true);
  memo.set(spec.containers, { initContainers: spec.initContainers, overhead: spec.overhead, resources, requests });
  return requests;
}

/** The sum of limits; a resource without any limit is absent. */
export function podLimits(pod: Pod): Resources {
  return pod.spec === undefined ? {} : aggregate(pod.spec, 'limits', true);
}

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** Mirrors pkg/apis/core/v1/helper/qos: Guaranteed when every container limits cpu and memory and requests equal limits; BestEffort when nothing is asked. */
export function podQosClass(pod: Pod): QosClass {
  const spec = pod.spec;
  if (spec === undefined) return 'BestEffort';
  let asked = false;
  let guaranteed = true;
  const podLevel = (spec as { resources?: Container['resources'] }).resources;
  const owners = podLevel === undefined ? [...spec.containers, ...(spec.initContainers ?? [])] : [{ resources: podLevel }];
  for (const { resources } of owners) {
    for (const name of ['cpu', 'memory']) {
      const limit = resourceAmount(name, resources?.limits?.[name] ?? 0);
      const request = resources?.requests?.[name] === undefined ? limit : resourceAmount(name, resources.requests[name] as QuantityText);
      if (limit > 0 || request > 0) asked = true;
      if (limit === 0 || request !== limit) guaranteed = false;
    }
  }
  if (!asked) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
