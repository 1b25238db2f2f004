/** Every resource that the server stores. Adding one is a line here (or a file of its own when it has rules of its own). */

import { type Resource, resourceInfo } from '#api';
import { pathSegment } from '../validation/names.ts';
import { autoscalers } from './autoscalers.ts';
import { configMaps } from './config-maps.ts';
import { cronJobs } from './cron-jobs.ts';
import { customResourceDefinitions } from './custom-resource-definitions.ts';
import { daemonSets } from './daemon-sets.ts';
import { deployments } from './deployments.ts';
import type { ResourceDescriptor } from './descriptor.ts';
import { deviceClasses } from './device-classes.ts';
import { disruptionBudgets } from './disruption-budgets.ts';
import { events } from './events.ts';
import { jobs } from './jobs.ts';
import { leases } from './leases.ts';
import { limitRanges } from './limit-ranges.ts';
import { namespaces } from './namespaces.ts';
import { nodes } from './nodes.ts';
import { persistentVolumeClaims } from './persistent-volume-claims.ts';
import { persistentVolumes } from './persistent-volumes.ts';
import { podGroups } from './pod-groups.ts';
import { pods } from './pods.ts';
import { priorityClasses } from './priority-classes.ts';
import { replicaSets } from './replica-sets.ts';
import { replicationControllers } from './replication-controllers.ts';
import { resourceClaims, resourceClaimTemplates } from './resource-claims.ts';
import { resourceQuotas } from './resource-quotas.ts';
import { resourceSlices } from './resource-slices.ts';
import { secrets } from './secrets.ts';
import { services } from './services.ts';
import { statefulSets } from './stateful-sets.ts';
import { storageClasses } from './storage-classes.ts';

const simple = (resource: Resource, rest: Partial<ResourceDescriptor> = {}): ResourceDescriptor => ({ resource, ...rest });
const WITH_STATUS = { hasStatus: true, hasGeneration: true } as const;
const STATUS_ONLY = { hasStatus: true } as const;

/** In the order in which a starting server fills its caches. */
export const DESCRIPTORS: readonly ResourceDescriptor[] = [
  namespaces,
  nodes,
  pods,
  events,
  configMaps,
  secrets,
  services,
  deployments,
  replicaSets,
  jobs,
  leases,
  simple('endpoints', { storagePath: 'services/endpoints', allowsCreateOnUpdate: true }),
  limitRanges,
  persistentVolumeClaims,
  persistentVolumes,
  simple('podtemplates', { hasGeneration: true, returnsDeletedObject: true }),
  replicationControllers,
  resourceQuotas,
  simple('serviceaccounts', { returnsDeletedObject: true }),
  simple('controllerrevisions.apps'),
  daemonSets,
  statefulSets,
  autoscalers,
  cronJobs,
  simple('endpointslices.discovery.k8s.io', { hasGeneration: true }),
  simple('ingressclasses.networking.k8s.io', { hasGeneration: true }),
  simple('ingresses.networking.k8s.io', { ...WITH_STATUS, storagePath: 'ingress' }),
  simple('ipaddresses.networking.k8s.io', { hasGeneration: true }),
  simple('networkpolicies.networking.k8s.io', { hasGeneration: true }),
  disruptionBudgets,
  simple('clusterrolebindings.rbac.authorization.k8s.io', { nameRule: pathSegment, allowsCreateOnUpdate: true }),
  simple('clusterroles.rbac.authorization.k8s.io', { nameRule: pathSegment, allowsCreateOnUpdate: true }),
  simple('rolebindings.rbac.authorization.k8s.io', { nameRule: pathSegment, allowsCreateOnUpdate: true }),
  simple('roles.rbac.authorization.k8s.io', { nameRule: pathSegment, allowsCreateOnUpdate: true }),
  deviceClasses,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
  priorityClasses,
  podGroups,
  simple('csidrivers.storage.k8s.io', { hasGeneration: true, returnsDeletedObject: true }),
  simple('csinodes.storage.k8s.io', { returnsDeletedObject: true }),
  simple('csistoragecapacities.storage.k8s.io', { returnsDeletedObject: true }),
  storageClasses,
  customResourceDefinitions as unknown as ResourceDescriptor,
  simple('volumeattachments.storage.k8s.io', { ...STATUS_ONLY, returnsDeletedObject: true }),
];

/** Where a resource lies in etcd: '/registry/pods/'. Custom resources lie under their group; built-in ones do not. */
export function storagePrefix(descriptor: ResourceDescriptor): string {
  const plural = resourceInfo(descriptor.resource)?.plural ?? descriptor.resource;
  return `/registry/${descriptor.storagePath ?? plural}/`;
}
