/** What a pod as a whole asks for, where it says so only in part. Mirrors Kubernetes v1.34 pkg/apis/core/v1/defaults.go (defaultHugePagePodLimits,
 *  defaultPodRequests; KEP-2837): huge pages that containers limit limit the pod; requests are those of its containers, and limits where they have none. */

import { type Container, formatQuantity, type PodSpec, parseQuantity, type Quantity, type QuantityText } from '#api';

type Amounts = Readonly<Record<string, QuantityText>>;
interface PodLevel {
  readonly requests?: Amounts;
  readonly limits?: Amounts;
}

const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
const isSupported = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePages(name);

function plus(total: Map<string, Quantity>, list: Amounts | undefined): void {
  for (const name in list) {
    const more = parseQuantity(list[name] as QuantityText);
    if (more === undefined) continue;
    const sum = total.get(name);
    total.set(name, sum === undefined ? more : { ...sum, nano: sum.nano + more.nano });
  }
}

function atLeast(total: Map<string, Quantity>, other: ReadonlyMap<string, Quantity>): void {
  for (const [name, quantity] of other) {
    const sum = total.get(name);
    if (sum === undefined || sum.nano < quantity.nano) total.set(name, quantity);
  }
}

/** AggregateContainerRequests, AggregateContainerLimits: sidecars stay, other init containers come one by one with the sidecars before them. */
function ofContainers(spec: PodSpec, which: 'requests' | 'limits'): Map<string, Quantity> {
  const total = new Map<string, Quantity>();
  const sidecars = new Map<string, Quantity>();
  const during = new Map<string, Quantity>();
  const list = (container: Container): Amounts | undefined => container.resources?.[which];
  for (const container of spec.containers) plus(total, list(container));
  for (const container of spec.initContainers ?? []) {
    const isSidecar = container.restartPolicy === 'Always';
    if (isSidecar) {
      plus(total, list(container));
      plus(sidecars, list(container));
    }
    const now = new Map(sidecars);
    if (!isSidecar) plus(now, list(container));
    atLeast(during, now);
  }
  atLeast(total, during);
  return total;
}

/** The spec with the pod's own resources filled in; the same spec where it has none. */
export function defaultPodLevelResources(spec: PodSpec): PodSpec {
  const resources = (spec as { resources?: PodLevel }).resources;
  if (!resources || !Array.isArray(spec.containers)) return spec;
  const limits: Record<string, QuantityText> = { ...resources.limits };
  const requests: Record<string, QuantityText> = { ...resources.requests };
  if (Object.keys(limits).length === 0 && Object.keys(requests).length === 0) return spec;
  for (const [name, quantity] of ofContainers(spec, 'limits'))
    if (isHugePages(name) && requests[name] === undefined) limits[name] ??= formatQuantity(quantity);
  if (Object.keys(limits).length > 0) {
    // Huge pages are no resource to overcommit: what containers ask of them does not count here.
    for (const [name, quantity] of ofContainers(spec, 'requests'))
      if (isSupported(name) && !isHugePages(name)) requests[name] ??= formatQuantity(quantity);
    for (const name in limits) if (isSupported(name)) requests[name] ??= limits[name] as QuantityText;
  }
  const own = {
    ...resources,
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(Object.keys(requests).length === 0 ? {} : { requests }),
  };
  return { ...spec, resources: own } as PodSpec;
}
