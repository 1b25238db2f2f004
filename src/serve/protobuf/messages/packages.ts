/** The descriptions of every package, and the message of every kind, keyed by apiVersion and kind. Written by test/interop/protobuf. */

import { ADMISSIONREGISTRATION_V1 } from './admissionregistration-v1.ts';
import { APIEXTENSIONS_V1 } from './apiextensions-v1.ts';
import { APPS_V1 } from './apps-v1.ts';
import { AUTHENTICATION_V1 } from './authentication-v1.ts';
import { AUTHORIZATION_V1 } from './authorization-v1.ts';
import { AUTOSCALING_V1 } from './autoscaling-v1.ts';
import { AUTOSCALING_V2 } from './autoscaling-v2.ts';
import { BATCH_V1 } from './batch-v1.ts';
import { CERTIFICATES_V1 } from './certificates-v1.ts';
import { COORDINATION_V1 } from './coordination-v1.ts';
import { CORE_V1 } from './core-v1.ts';
import { DISCOVERY_V1 } from './discovery-v1.ts';
import { EVENTS_V1 } from './events-v1.ts';
import { FLOWCONTROL_V1 } from './flowcontrol-v1.ts';
import { META_V1 } from './meta-v1.ts';
import { NETWORKING_V1 } from './networking-v1.ts';
import { NODE_V1 } from './node-v1.ts';
import { POLICY_V1 } from './policy-v1.ts';
import { RBAC_V1 } from './rbac-v1.ts';
import { RESOURCE_V1 } from './resource-v1.ts';
import { SCHEDULING_V1 } from './scheduling-v1.ts';
import { STORAGE_V1 } from './storage-v1.ts';

export const PACKAGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'admissionregistration/v1': ADMISSIONREGISTRATION_V1,
  'apiextensions/v1': APIEXTENSIONS_V1,
  'apps/v1': APPS_V1,
  'authentication/v1': AUTHENTICATION_V1,
  'authorization/v1': AUTHORIZATION_V1,
  'autoscaling/v1': AUTOSCALING_V1,
  'autoscaling/v2': AUTOSCALING_V2,
  'batch/v1': BATCH_V1,
  'certificates/v1': CERTIFICATES_V1,
  'coordination/v1': COORDINATION_V1,
  'core/v1': CORE_V1,
  'discovery/v1': DISCOVERY_V1,
  'events/v1': EVENTS_V1,
  'flowcontrol/v1': FLOWCONTROL_V1,
  'meta/v1': META_V1,
  'networking/v1': NETWORKING_V1,
  'node/v1': NODE_V1,
  'policy/v1': POLICY_V1,
  'rbac/v1': RBAC_V1,
  'resource/v1': RESOURCE_V1,
  'scheduling/v1': SCHEDULING_V1,
  'storage/v1': STORAGE_V1,
};

export const KINDS: Readonly<Record<string, string>> = {
  'admissionregistration.k8s.io/v1 MutatingWebhookConfiguration': 'admissionregistration/v1.MutatingWebhookConfiguration',
  'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy': 'admissionregistration/v1.ValidatingAdmissionPolicy',
  'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding': 'admissionregistration/v1.ValidatingAdmissionPolicyBinding',
  'admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration': 'admissionregistration/v1.ValidatingWebhookConfiguration',
  'apiextensions.k8s.io/v1 ConversionReview': 'apiextensions/v1.ConversionReview',
  'apiextensions.k8s.io/v1 CustomResourceDefinition': 'apiextensions/v1.CustomResourceDefinition',
  'apps/v1 ControllerRevision': 'apps/v1.ControllerRevision',
  'apps/v1 DaemonSet': 'apps/v1.DaemonSet',
  'apps/v1 Deployment': 'apps/v1.Deployment',
  'apps/v1 ReplicaSet': 'apps/v1.ReplicaSet',
  'apps/v1 StatefulSet': 'apps/v1.StatefulSet',
  'authentication.k8s.io/v1 SelfSubjectReview': 'authentication/v1.SelfSubjectReview',
  'authentication.k8s.io/v1 TokenRequest': 'authentication/v1.TokenRequest',
  'authentication.k8s.io/v1 TokenReview': 'authentication/v1.TokenReview',
  'authorization.k8s.io/v1 LocalSubjectAccessReview': 'authorization/v1.LocalSubjectAccessReview',
  'authorization.k8s.io/v1 SelfSubjectAccessReview': 'authorization/v1.SelfSubjectAccessReview',
  'authorization.k8s.io/v1 SelfSubjectRulesReview': 'authorization/v1.SelfSubjectRulesReview',
  'authorization.k8s.io/v1 SubjectAccessReview': 'authorization/v1.SubjectAccessReview',
  'autoscaling/v1 HorizontalPodAutoscaler': 'autoscaling/v1.HorizontalPodAutoscaler',
  'autoscaling/v1 Scale': 'autoscaling/v1.Scale',
  'autoscaling/v2 HorizontalPodAutoscaler': 'autoscaling/v2.HorizontalPodAutoscaler',
  'batch/v1 CronJob': 'batch/v1.CronJob',
  'batch/v1 Job': 'batch/v1.Job',
  'certificates.k8s.io/v1 CertificateSigningRequest': 'certificates/v1.CertificateSigningRequest',
  'coordination.k8s.io/v1 Lease': 'coordination/v1.Lease',
  'discovery.k8s.io/v1 EndpointSlice': 'discovery/v1.EndpointSlice',
  'events.k8s.io/v1 Event': 'events/v1.Event',
  'flowcontrol.apiserver.k8s.io/v1 FlowSchema': 'flowcontrol/v1.FlowSchema',
  'flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration': 'flowcontrol/v1.PriorityLevelConfiguration',
  'networking.k8s.io/v1 IPAddress': 'networking/v1.IPAddress',
  'networking.k8s.io/v1 Ingress': 'networking/v1.Ingress',
  'networking.k8s.io/v1 IngressClass': 'networking/v1.IngressClass',
  'networking.k8s.io/v1 NetworkPolicy': 'networking/v1.NetworkPolicy',
  'networking.k8s.io/v1 ServiceCIDR': 'networking/v1.ServiceCIDR',
  'node.k8s.io/v1 RuntimeClass': 'node/v1.RuntimeClass',
  'policy/v1 Eviction': 'policy/v1.Eviction',
  'policy/v1 PodDisruptionBudget': 'policy/v1.PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1 ClusterRole': 'rbac/v1.ClusterRole',
  'rbac.authorization.k8s.io/v1 ClusterRoleBinding': 'rbac/v1.ClusterRoleBinding',
  'rbac.authorization.k8s.io/v1 Role': 'rbac/v1.Role',
  'rbac.authorization.k8s.io/v1 RoleBinding': 'rbac/v1.RoleBinding',
  'resource.k8s.io/v1 DeviceClass': 'resource/v1.DeviceClass',
  'resource.k8s.io/v1 ResourceClaim': 'resource/v1.ResourceClaim',
  'resource.k8s.io/v1 ResourceClaimTemplate': 'resource/v1.ResourceClaimTemplate',
  'resource.k8s.io/v1 ResourceSlice': 'resource/v1.ResourceSlice',
  'scheduling.k8s.io/v1 PriorityClass': 'scheduling/v1.PriorityClass',
  'storage.k8s.io/v1 CSIDriver': 'storage/v1.CSIDriver',
  'storage.k8s.io/v1 CSINode': 'storage/v1.CSINode',
  'storage.k8s.io/v1 CSIStorageCapacity': 'storage/v1.CSIStorageCapacity',
  'storage.k8s.io/v1 StorageClass': 'storage/v1.StorageClass',
  'storage.k8s.io/v1 VolumeAttachment': 'storage/v1.VolumeAttachment',
  'storage.k8s.io/v1 VolumeAttributesClass': 'storage/v1.VolumeAttributesClass',
  'v1 Binding': 'core/v1.Binding',
  'v1 ComponentStatus': 'core/v1.ComponentStatus',
  'v1 ConfigMap': 'core/v1.ConfigMap',
  'v1 DeleteOptions': 'meta/v1.DeleteOptions',
  'v1 Endpoints': 'core/v1.Endpoints',
  'v1 Event': 'core/v1.Event',
  'v1 LimitRange': 'core/v1.LimitRange',
  'v1 Namespace': 'core/v1.Namespace',
  'v1 Node': 'core/v1.Node',
  'v1 PersistentVolume': 'core/v1.PersistentVolume',
  'v1 PersistentVolumeClaim': 'core/v1.PersistentVolumeClaim',
  'v1 Pod': 'core/v1.Pod',
  'v1 PodStatusResult': 'core/v1.PodStatusResult',
  'v1 PodTemplate': 'core/v1.PodTemplate',
  'v1 RangeAllocation': 'core/v1.RangeAllocation',
  'v1 ReplicationController': 'core/v1.ReplicationController',
  'v1 ResourceQuota': 'core/v1.ResourceQuota',
  'v1 Secret': 'core/v1.Secret',
  'v1 SerializedReference': 'core/v1.SerializedReference',
  'v1 Service': 'core/v1.Service',
  'v1 ServiceAccount': 'core/v1.ServiceAccount',
  'v1 Status': 'meta/v1.Status',
};
