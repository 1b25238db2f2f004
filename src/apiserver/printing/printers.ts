/** Which printer a resource has. Mirrors Kubernetes v1.34 pkg/printers/internalversion/printers.go (AddHandlers). */

import type { Resource } from '#api';
import { VIEWS } from '../views/views.ts';
import { componentStatuses, flowSchemas, priorityLevels, runtimeClasses, signingRequests } from './access.ts';
import { autoscalers } from './autoscalers.ts';
import {
  anything,
  configMaps,
  leases,
  namespaces,
  priorityClasses,
  resourceQuotas,
  roleBindings,
  secrets,
  serviceAccounts,
  validatingPolicies,
  validatingPolicyBindings,
  webhooks,
} from './configuration.ts';
import { claims, named, slices } from './devices.ts';
import { events } from './events.ts';
import { addresses, endpointSlices, endpoints, ingressClasses, ingresses, networkPolicies, serviceRanges, services } from './networking.ts';
import { nodes } from './nodes.ts';
import { pods, podTemplates } from './pods.ts';
import { type Printer, printer } from './printer.ts';
import {
  attachments,
  attributesClasses,
  drivers,
  nodeDrivers,
  persistentVolumeClaims,
  persistentVolumes,
  storageCapacities,
  storageClasses,
} from './storage.ts';
import {
  controllerRevisions,
  cronJobs,
  daemonSets,
  deployments,
  disruptionBudgets,
  jobs,
  replicaSets,
  replicationControllers,
  statefulSets,
} from './workloads.ts';

const PRINTERS: Readonly<Record<Resource, Printer>> = {
  componentstatuses: printer(componentStatuses),
  configmaps: printer(configMaps),
  endpoints: printer(endpoints),
  events: printer(events),
  namespaces: printer(namespaces),
  nodes: printer(nodes),
  persistentvolumeclaims: printer(persistentVolumeClaims),
  persistentvolumes: printer(persistentVolumes),
  pods: printer(pods),
  podtemplates: printer(podTemplates),
  replicationcontrollers: printer(replicationControllers),
  resourcequotas: printer(resourceQuotas),
  secrets: printer(secrets),
  serviceaccounts: printer(serviceAccounts),
  services: printer(services),
  'controllerrevisions.apps': printer(controllerRevisions),
  'daemonsets.apps': printer(daemonSets),
  'deployments.apps': printer(deployments),
  'replicasets.apps': printer(replicaSets),
  'statefulsets.apps': printer(statefulSets),
  'horizontalpodautoscalers.autoscaling': printer(autoscalers),
  'cronjobs.batch': printer(cronJobs),
  'jobs.batch': printer(jobs),
  'leases.coordination.k8s.io': printer(leases),
  'certificatesigningrequests.certificates.k8s.io': printer(signingRequests),
  'flowschemas.flowcontrol.apiserver.k8s.io': printer(flowSchemas),
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': printer(priorityLevels),
  'runtimeclasses.node.k8s.io': printer(runtimeClasses),
  'endpointslices.discovery.k8s.io': printer(endpointSlices),
  'ingressclasses.networking.k8s.io': printer(ingressClasses),
  'ingresses.networking.k8s.io': printer(ingresses),
  'ipaddresses.networking.k8s.io': printer(addresses),
  'networkpolicies.networking.k8s.io': printer(networkPolicies),
  'servicecidrs.networking.k8s.io': printer(serviceRanges),
  'poddisruptionbudgets.policy': printer(disruptionBudgets),
  'clusterrolebindings.rbac.authorization.k8s.io': printer(roleBindings),
  'rolebindings.rbac.authorization.k8s.io': printer(roleBindings),
  'deviceclasses.resource.k8s.io': named,
  'resourceclaims.resource.k8s.io': printer(claims),
  'resourceclaimtemplates.resource.k8s.io': named,
  'resourceslices.resource.k8s.io': printer(slices),
  'priorityclasses.scheduling.k8s.io': printer(priorityClasses),
  'csidrivers.storage.k8s.io': printer(drivers),
  'csinodes.storage.k8s.io': printer(nodeDrivers),
  'csistoragecapacities.storage.k8s.io': printer(storageCapacities),
  'storageclasses.storage.k8s.io': printer(storageClasses),
  'volumeattachments.storage.k8s.io': printer(attachments),
  'volumeattributesclasses.storage.k8s.io': printer(attributesClasses),
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': printer(webhooks),
  'validatingwebhookconfigurations.admissionregistration.k8s.io': printer(webhooks),
  'validatingadmissionpolicies.admissionregistration.k8s.io': printer(validatingPolicies),
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': printer(validatingPolicyBindings),
};

/** Other versions of what is stored are printed as what is stored. */
const VIEW_PRINTERS = new Map(
  VIEWS.map(({ name, view }): readonly [Resource, Printer] => {
    const stored = PRINTERS[view.stored.resource] ?? anything;
    return [name, { ...stored, cells: (object, now) => stored.cells(view.absorb(object), now) }];
  }),
);

/** The printer of a built-in resource, by its name in requests: name and time of creation when it has none of its own. Custom resources:
 *  custom-columns.ts. */
export const printerOf = (resource: Resource): Printer => PRINTERS[resource] ?? VIEW_PRINTERS.get(resource) ?? anything;
