/** Every resource that the server stores. Adding one is a line here and a file with its rules. */

import { resourceInfo } from '#api';
import { autoscalers } from './autoscalers.ts';
import { configMaps } from './config-maps.ts';
import { cronJobs } from './cron-jobs.ts';
import { customResourceDefinitions } from './custom-resource-definitions.ts';
import { daemonSets } from './daemon-sets.ts';
import { deployments } from './deployments.ts';
import type { ResourceDescriptor } from './descriptor.ts';
import { deviceClasses } from './device-classes.ts';
import { disruptionBudgets } from './disruption-budgets.ts';
import { endpointSlices, endpoints } from './endpoint-slices.ts';
import { events } from './events.ts';
import { flowSchemas } from './flow-schemas.ts';
import { ingressClasses } from './ingress-classes.ts';
import { ingresses } from './ingresses.ts';
import { jobs } from './jobs.ts';
import { leases } from './leases.ts';
import { limitRanges } from './limit-ranges.ts';
import { namespaces } from './namespaces.ts';
import { networkPolicies } from './network-policies.ts';
import { nodes } from './nodes.ts';
import { persistentVolumeClaims } from './persistent-volume-claims.ts';
import { persistentVolumes } from './persistent-volumes.ts';
import { podGroups } from './pod-groups.ts';
import { pods } from './pods.ts';
import { priorityClasses } from './priority-classes.ts';
import { priorityLevelConfigurations } from './priority-level-configurations.ts';
import { replicaSets } from './replica-sets.ts';
import { replicationControllers } from './replication-controllers.ts';
import { resourceClaims, resourceClaimTemplates } from './resource-claims.ts';
import { resourceQuotas } from './resource-quotas.ts';
import { resourceSlices } from './resource-slices.ts';
import { roleDescriptors } from './roles.ts';
import { runtimeClasses } from './runtime-classes.ts';
import { secrets } from './secrets.ts';
import { addresses, serviceRanges } from './service-ranges.ts';
import { services } from './services.ts';
import { signingRequests } from './signing-requests.ts';
import { statefulSets } from './stateful-sets.ts';
import { storageClasses } from './storage-classes.ts';
import { attachments, attributesClasses, drivers, nodeDrivers, storageCapacities } from './storage-drivers.ts';
import { controllerRevisions, podTemplates, serviceAccounts } from './templates.ts';
import {
  mutatingWebhookConfigurations,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
} from './webhook-configurations.ts';

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
  endpoints as ResourceDescriptor,
  limitRanges,
  persistentVolumeClaims,
  persistentVolumes,
  podTemplates as ResourceDescriptor,
  replicationControllers,
  resourceQuotas,
  serviceAccounts,
  controllerRevisions as ResourceDescriptor,
  daemonSets,
  statefulSets,
  autoscalers,
  cronJobs,
  endpointSlices as ResourceDescriptor,
  ingressClasses,
  ingresses,
  addresses,
  networkPolicies,
  disruptionBudgets,
  ...roleDescriptors,
  deviceClasses,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
  mutatingWebhookConfigurations,
  validatingWebhookConfigurations,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  priorityClasses,
  flowSchemas as ResourceDescriptor,
  priorityLevelConfigurations as ResourceDescriptor,
  signingRequests as ResourceDescriptor,
  runtimeClasses as ResourceDescriptor,
  podGroups,
  drivers,
  nodeDrivers,
  storageCapacities as ResourceDescriptor,
  storageClasses,
  customResourceDefinitions as unknown as ResourceDescriptor,
  attachments as ResourceDescriptor,
  serviceRanges,
  attributesClasses as ResourceDescriptor,
];

/** Where a resource lies in etcd: '/registry/pods/'. Custom resources lie under their group; built-in ones do not. */
export function storagePrefix(descriptor: ResourceDescriptor): string {
  const plural = resourceInfo(descriptor.resource)?.plural ?? descriptor.resource;
  return `/registry/${descriptor.storagePath ?? plural}/`;
}
