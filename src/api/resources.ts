/** The resources a client can name: plural and group, served version, kind, scope, short names. Facts of Kubernetes v1.34's discovery.
 *  Adding a resource is one line here and one descriptor in the API server's registry. */

import type { Resource } from './objects.ts';

export interface ResourceInfo {
  /** 'deployments.apps': how requests and messages name it. */
  readonly resource: Resource;
  /** 'deployments'. */
  readonly plural: string;
  /** 'apps', or '' for core. */
  readonly group: string;
  readonly version: string;
  /** 'apps/v1'. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
}

const line = (apiVersion: string, plural: string, kind: string, namespaced: boolean, ...shortNames: string[]): ResourceInfo => {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  return {
    resource: group === '' ? plural : `${plural}.${group}`,
    plural,
    group,
    version: apiVersion.slice(slash + 1),
    apiVersion,
    kind,
    namespaced,
    shortNames,
  };
};

/** Sorted by group as discovery prints it. */
export const RESOURCES: readonly ResourceInfo[] = [
  line('v1', 'bindings', 'Binding', true),
  line('v1', 'componentstatuses', 'ComponentStatus', false, 'cs'),
  line('v1', 'configmaps', 'ConfigMap', true, 'cm'),
  line('v1', 'endpoints', 'Endpoints', true, 'ep'),
  line('v1', 'events', 'Event', true, 'ev'),
  line('v1', 'limitranges', 'LimitRange', true, 'limits'),
  line('v1', 'namespaces', 'Namespace', false, 'ns'),
  line('v1', 'nodes', 'Node', false, 'no'),
  line('v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', true, 'pvc'),
  line('v1', 'persistentvolumes', 'PersistentVolume', false, 'pv'),
  line('v1', 'pods', 'Pod', true, 'po'),
  line('v1', 'podtemplates', 'PodTemplate', true),
  line('v1', 'replicationcontrollers', 'ReplicationController', true, 'rc'),
  line('v1', 'resourcequotas', 'ResourceQuota', true, 'quota'),
  line('v1', 'secrets', 'Secret', true),
  line('v1', 'serviceaccounts', 'ServiceAccount', true, 'sa'),
  line('v1', 'services', 'Service', true, 'svc'),
  line('apiextensions.k8s.io/v1', 'customresourcedefinitions', 'CustomResourceDefinition', false, 'crd', 'crds'),
  line('admissionregistration.k8s.io/v1', 'mutatingwebhookconfigurations', 'MutatingWebhookConfiguration', false),
  line('admissionregistration.k8s.io/v1', 'validatingadmissionpolicies', 'ValidatingAdmissionPolicy', false),
  line('admissionregistration.k8s.io/v1', 'validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', false),
  line('admissionregistration.k8s.io/v1', 'validatingwebhookconfigurations', 'ValidatingWebhookConfiguration', false),
  line('apps/v1', 'controllerrevisions', 'ControllerRevision', true),
  line('apps/v1', 'daemonsets', 'DaemonSet', true, 'ds'),
  line('apps/v1', 'deployments', 'Deployment', true, 'deploy'),
  line('apps/v1', 'replicasets', 'ReplicaSet', true, 'rs'),
  line('apps/v1', 'statefulsets', 'StatefulSet', true, 'sts'),
  line('autoscaling/v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', true, 'hpa'),
  line('batch/v1', 'cronjobs', 'CronJob', true, 'cj'),
  line('batch/v1', 'jobs', 'Job', true),
  line('coordination.k8s.io/v1', 'leases', 'Lease', true),
  line('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice', true),
  line('certificates.k8s.io/v1', 'certificatesigningrequests', 'CertificateSigningRequest', false, 'csr'),
  line('flowcontrol.apiserver.k8s.io/v1', 'flowschemas', 'FlowSchema', false),
  line('flowcontrol.apiserver.k8s.io/v1', 'prioritylevelconfigurations', 'PriorityLevelConfiguration', false),
  line('node.k8s.io/v1', 'runtimeclasses', 'RuntimeClass', false),
  line('events.k8s.io/v1', 'events', 'Event', true, 'ev'),
  line('networking.k8s.io/v1', 'ingressclasses', 'IngressClass', false),
  line('networking.k8s.io/v1', 'ingresses', 'Ingress', true, 'ing'),
  line('networking.k8s.io/v1', 'ipaddresses', 'IPAddress', false, 'ip'),
  line('networking.k8s.io/v1', 'networkpolicies', 'NetworkPolicy', true, 'netpol'),
  line('networking.k8s.io/v1', 'servicecidrs', 'ServiceCIDR', false),
  line('policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget', true, 'pdb'),
  line('rbac.authorization.k8s.io/v1', 'clusterrolebindings', 'ClusterRoleBinding', false),
  line('rbac.authorization.k8s.io/v1', 'clusterroles', 'ClusterRole', false),
  line('rbac.authorization.k8s.io/v1', 'rolebindings', 'RoleBinding', true),
  line('rbac.authorization.k8s.io/v1', 'roles', 'Role', true),
  line('resource.k8s.io/v1', 'deviceclasses', 'DeviceClass', false),
  line('resource.k8s.io/v1', 'resourceclaims', 'ResourceClaim', true),
  line('resource.k8s.io/v1', 'resourceclaimtemplates', 'ResourceClaimTemplate', true),
  line('resource.k8s.io/v1', 'resourceslices', 'ResourceSlice', false),
  line('scheduling.k8s.io/v1', 'priorityclasses', 'PriorityClass', false, 'pc'),
  line('scheduling.x-k8s.io/v1alpha1', 'podgroups', 'PodGroup', true, 'pg', 'pgs'),
  line('storage.k8s.io/v1', 'csidrivers', 'CSIDriver', false),
  line('storage.k8s.io/v1', 'csinodes', 'CSINode', false),
  line('storage.k8s.io/v1', 'csistoragecapacities', 'CSIStorageCapacity', true),
  line('storage.k8s.io/v1', 'storageclasses', 'StorageClass', false, 'sc'),
  line('storage.k8s.io/v1', 'volumeattachments', 'VolumeAttachment', false),
  line('storage.k8s.io/v1', 'volumeattributesclasses', 'VolumeAttributesClass', false, 'vac'),
];

const byResource = new Map(RESOURCES.map((info) => [info.resource, info]));
const byKind = new Map(RESOURCES.map((info) => [`${info.apiVersion}/${info.kind}`, info]));

/** By 'deployments.apps'; undefined when no such resource is served. */
export const resourceInfo = (resource: Resource): ResourceInfo | undefined => byResource.get(resource);

/** By an object's own apiVersion and kind. */
export const resourceForKind = (apiVersion: string, kind: string): ResourceInfo | undefined => byKind.get(`${apiVersion}/${kind}`);
