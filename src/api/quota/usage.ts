/** What an object of any kind takes of a quota. Mirrors kubernetes v1.34 pkg/quota/v1/evaluator/core (registry.go, services.go,
 *  persistent_volume_claims.go) and apiserver pkg/quota/v1/generic/evaluator.go (object counts). */

import { parseTime } from '../calendar-time.ts';
import type { KubeObject, PersistentVolumeClaim, Pod, Resource, ResourceQuota, Service } from '../objects.ts';
import { countsForQuota, podUsage } from './pod-usage.ts';
import { maskList, type ResourceList } from './resource-list.ts';
import { isInScopes } from './scopes.ts';

/** Core resources that quotas also know by their bare names (legacyObjectCountAliases). */
const BARE: ReadonlySet<Resource> = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets']);
const CLASS_SUFFIX = '.storageclass.storage.k8s.io/';
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

function serviceUsage({ spec }: Service): ResourceList {
  const ports = spec?.ports?.length ?? 0;
  const usage: Record<string, number> = { 'count/services': 1, services: 1, 'services.loadbalancers': 0, 'services.nodeports': 0 };
  if (spec?.type === 'NodePort') usage['services.nodeports'] = ports;
  if (spec?.type === 'LoadBalancer') {
    usage['services.loadbalancers'] = 1;
    const allocates = spec.allocateLoadBalancerNodePorts !== false;
    usage['services.nodeports'] = allocates ? ports : (spec.ports ?? []).filter((port) => (port.nodePort ?? 0) !== 0).length;
  }
  return usage;
}

function claimUsage(claim: PersistentVolumeClaim): ResourceList {
  const storage = claim.spec?.resources?.requests?.['storage'];
  const name = claim.metadata?.annotations?.[CLASS_ANNOTATION] ?? claim.spec?.storageClassName;
  const usage: Record<string, string | number> = { 'count/persistentvolumeclaims': 1, persistentvolumeclaims: 1 };
  if (name) usage[`${name}${CLASS_SUFFIX}persistentvolumeclaims`] = 1;
  if (storage === undefined) return usage;
  usage['requests.storage'] = storage;
  if (name) usage[`${name}${CLASS_SUFFIX}requests.storage`] = storage;
  return usage;
}

/** `now`: microseconds since the epoch. */
export function usageOf(resource: Resource, object: KubeObject, now: number): ResourceList {
  switch (resource) {
    case 'pods':
      return podUsage(object as Pod, countsForQuota(object as Pod, now, parseTime));
    case 'services':
      return serviceUsage(object as Service);
    case 'persistentvolumeclaims':
      return claimUsage(object as PersistentVolumeClaim);
    default:
      return BARE.has(resource) ? { [`count/${resource}`]: 1, [resource]: 1 } : { [`count/${resource}`]: 1 };
  }
}

/** The names among `hard` that objects of this resource can take of (MatchingResources). */
export function quotaNamesFor(resource: Resource, hard: readonly string[]): string[] {
  return hard.filter((name) => {
    if (name === `count/${resource}`) return true;
    if (resource === 'pods') return isPodAmount(name);
    if (resource === 'services') return name === 'services' || name === 'services.nodeports' || name === 'services.loadbalancers';
    if (resource === 'persistentvolumeclaims')
      return name === 'persistentvolumeclaims' || name === 'requests.storage' || name.includes(CLASS_SUFFIX);
    return BARE.has(resource) && name === resource;
  });
}

const AMOUNTS = new Set(['pods', 'cpu', 'memory', 'ephemeral-storage', 'requests.cpu', 'requests.memory', 'requests.ephemeral-storage']);
const LIMITS = new Set(['limits.cpu', 'limits.memory', 'limits.ephemeral-storage']);

function isPodAmount(name: string): boolean {
  if (AMOUNTS.has(name) || LIMITS.has(name) || name.startsWith('hugepages-') || name.startsWith('requests.hugepages-')) return true;
  return name.startsWith('requests.') && name.includes('/') && !name.includes('kubernetes.io/');
}

/** Of what the quota limits, what this object takes; undefined: the quota is not about it. */
export function quotaUsage(quota: ResourceQuota, resource: Resource, object: KubeObject, now: number): ResourceList | undefined {
  const names = quotaNamesFor(resource, Object.keys(quota.status?.hard ?? quota.spec?.hard ?? {}));
  if (names.length === 0 || !isInScopes(quota, resource === 'pods' ? (object as Pod) : undefined)) return undefined;
  return maskList(usageOf(resource, object, now), names);
}

/** The resource behind a name of a quota: which objects to count for it. */
export function countedResource(name: string): Resource | undefined {
  if (name.startsWith('count/')) return name.slice(6);
  if (isPodAmount(name)) return 'pods';
  if (name === 'services' || name.startsWith('services.')) return 'services';
  if (name === 'persistentvolumeclaims' || name === 'requests.storage' || name.includes(CLASS_SUFFIX)) return 'persistentvolumeclaims';
  return BARE.has(name) ? name : undefined;
}
