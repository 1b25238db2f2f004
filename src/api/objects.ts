/** Kubernetes objects as the API server serves them: deeply immutable JSON, shared by reference inside a thread.
 *  Types come from kubernetes-models; times are RFC 3339 strings, quantities strings or numbers. */

export type { ILabelSelector as LabelSelector } from '@kubernetes-models/apimachinery/apis/meta/v1/LabelSelector';
export type { IObjectMeta as ObjectMeta } from '@kubernetes-models/apimachinery/apis/meta/v1/ObjectMeta';
export type { IOwnerReference as OwnerReference } from '@kubernetes-models/apimachinery/apis/meta/v1/OwnerReference';
export type { ICustomResourceDefinition as CustomResourceDefinition } from 'kubernetes-models/apiextensions.k8s.io/v1/CustomResourceDefinition';
export type { ICustomResourceDefinitionVersion as CustomResourceDefinitionVersion } from 'kubernetes-models/apiextensions.k8s.io/v1/CustomResourceDefinitionVersion';
export type { IJSONSchemaProps as JSONSchemaProps } from 'kubernetes-models/apiextensions.k8s.io/v1/JSONSchemaProps';
export type { IControllerRevision as ControllerRevision } from 'kubernetes-models/apps/v1/ControllerRevision';
export type { IDaemonSet as DaemonSet } from 'kubernetes-models/apps/v1/DaemonSet';
export type { IDeployment as Deployment } from 'kubernetes-models/apps/v1/Deployment';
export type { IReplicaSet as ReplicaSet } from 'kubernetes-models/apps/v1/ReplicaSet';
export type { IStatefulSet as StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
export type { IHorizontalPodAutoscaler as HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
export type { ICronJob as CronJob } from 'kubernetes-models/batch/v1/CronJob';
export type { IJob as Job } from 'kubernetes-models/batch/v1/Job';
export type { ICertificateSigningRequest as CertificateSigningRequest } from 'kubernetes-models/certificates.k8s.io/v1/CertificateSigningRequest';
export type { ILease as Lease } from 'kubernetes-models/coordination.k8s.io/v1/Lease';
export type { IEndpointSlice as EndpointSlice } from 'kubernetes-models/discovery.k8s.io/v1/EndpointSlice';
export type { IFlowSchema as FlowSchema } from 'kubernetes-models/flowcontrol.apiserver.k8s.io/v1/FlowSchema';
export type { IPriorityLevelConfiguration as PriorityLevelConfiguration } from 'kubernetes-models/flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration';
export type { IIngress as Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
export type { IIngressClass as IngressClass } from 'kubernetes-models/networking.k8s.io/v1/IngressClass';
export type { IIPAddress as IPAddress } from 'kubernetes-models/networking.k8s.io/v1/IPAddress';
export type { INetworkPolicy as NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
export type { IServiceCIDR as ServiceCIDR } from 'kubernetes-models/networking.k8s.io/v1/ServiceCIDR';
export type { IRuntimeClass as RuntimeClass } from 'kubernetes-models/node.k8s.io/v1/RuntimeClass';
export type { IPodDisruptionBudget as PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
export type { IClusterRole as ClusterRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRole';
export type { IClusterRoleBinding as ClusterRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRoleBinding';
export type { IRoleBinding as RoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding';
export type { IPriorityClass as PriorityClass } from 'kubernetes-models/scheduling.k8s.io/v1/PriorityClass';
export type { ICSIDriver as CSIDriver } from 'kubernetes-models/storage.k8s.io/v1/CSIDriver';
export type { ICSINode as CSINode } from 'kubernetes-models/storage.k8s.io/v1/CSINode';
export type { ICSIStorageCapacity as CSIStorageCapacity } from 'kubernetes-models/storage.k8s.io/v1/CSIStorageCapacity';
export type { IStorageClass as StorageClass } from 'kubernetes-models/storage.k8s.io/v1/StorageClass';
export type { IVolumeAttachment as VolumeAttachment } from 'kubernetes-models/storage.k8s.io/v1/VolumeAttachment';
export type { IVolumeAttributesClass as VolumeAttributesClass } from 'kubernetes-models/storage.k8s.io/v1/VolumeAttributesClass';
export type { IAffinity as Affinity } from 'kubernetes-models/v1/Affinity';
export type { IConfigMap as ConfigMap } from 'kubernetes-models/v1/ConfigMap';
export type { IContainer as Container } from 'kubernetes-models/v1/Container';
export type { IContainerStatus as ContainerStatus } from 'kubernetes-models/v1/ContainerStatus';
export type { IEndpoints as Endpoints } from 'kubernetes-models/v1/Endpoints';
export type { IEvent as Event } from 'kubernetes-models/v1/Event';
export type { ILimitRange as LimitRange } from 'kubernetes-models/v1/LimitRange';
export type { INamespace as Namespace } from 'kubernetes-models/v1/Namespace';
export type { INode as Node } from 'kubernetes-models/v1/Node';
export type { INodeCondition as NodeCondition } from 'kubernetes-models/v1/NodeCondition';
export type { INodeSelector as NodeSelector } from 'kubernetes-models/v1/NodeSelector';
export type { INodeSelectorTerm as NodeSelectorTerm } from 'kubernetes-models/v1/NodeSelectorTerm';
export type { IPersistentVolume as PersistentVolume } from 'kubernetes-models/v1/PersistentVolume';
export type { IPersistentVolumeClaim as PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
export type { IPod as Pod } from 'kubernetes-models/v1/Pod';
export type { IPodCondition as PodCondition } from 'kubernetes-models/v1/PodCondition';
export type { IPodSpec as PodSpec } from 'kubernetes-models/v1/PodSpec';
export type { IPodStatus as PodStatus } from 'kubernetes-models/v1/PodStatus';
export type { IPodTemplate as PodTemplate } from 'kubernetes-models/v1/PodTemplate';
export type { IPodTemplateSpec as PodTemplateSpec } from 'kubernetes-models/v1/PodTemplateSpec';
export type { IProbe as Probe } from 'kubernetes-models/v1/Probe';
export type { IReplicationController as ReplicationController } from 'kubernetes-models/v1/ReplicationController';
export type { IResourceQuota as ResourceQuota } from 'kubernetes-models/v1/ResourceQuota';
export type { ISecret as Secret } from 'kubernetes-models/v1/Secret';
export type { IService as Service } from 'kubernetes-models/v1/Service';
export type { IServiceAccount as ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
export type { ITaint as Taint } from 'kubernetes-models/v1/Taint';
export type { IToleration as Toleration } from 'kubernetes-models/v1/Toleration';

import type { IObjectMeta } from '@kubernetes-models/apimachinery/apis/meta/v1/ObjectMeta';

/** Any object: what the registry, watch cache and informers handle without knowing its kind. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: IObjectMeta;
}

/** `namespace/name`, or `name` for cluster-scoped objects: the key of listers and work queues (client-go's MetaNamespaceKeyFunc). */
export type ObjectKey = string;

export function keyOf(object: KubeObject): ObjectKey {
  const namespace = object.metadata?.namespace;
  const name = object.metadata?.name ?? '';
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** Plural resource with its group, as kubectl writes it: 'pods', 'deployments.apps', 'leases.coordination.k8s.io'. */
export type Resource = string;
