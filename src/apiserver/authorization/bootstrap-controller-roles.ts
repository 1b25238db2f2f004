/** The roles of the controller manager's controllers, each bound to its service account in kube-system. Facts of Kubernetes v1.34
 *  plugin/pkg/auth/authorizer/rbac/bootstrappolicy/controller_policy.go. */

import { APPS, EVENTS, READ, rule } from './policy-writing.ts';
import type { PolicyRule } from './rules.ts';

const STORAGE = 'storage.k8s.io';
const RESOURCE = 'resource.k8s.io';
const DISCOVERY = 'discovery.k8s.io';
const RBAC = 'rbac.authorization.k8s.io';
const POD_STATUS = rule('patch update', '', 'pods/status');
const PODS = rule('create delete list patch watch', '', 'pods');

/** By the name of the service account. */
export const CONTROLLER_ROLES: Readonly<Record<string, readonly PolicyRule[]>> = {
  'attachdetach-controller': [
    rule('list watch', '', 'persistentvolumeclaims persistentvolumes'),
    rule(READ, '', 'nodes'),
    rule('patch update', '', 'nodes/status'),
    rule('list watch', '', 'pods'),
    EVENTS,
    rule(`create delete ${READ}`, STORAGE, 'volumeattachments'),
    rule(READ, STORAGE, 'csidrivers'),
    rule(READ, STORAGE, 'csinodes'),
  ],
  'clusterrole-aggregation-controller': [rule(`escalate patch update ${READ}`, RBAC, 'clusterroles')],
  'cronjob-controller': [
    rule(`update ${READ}`, 'batch', 'cronjobs'),
    rule(`create delete patch update ${READ}`, 'batch', 'jobs'),
    rule('update', 'batch', 'cronjobs/status'),
    rule('update', 'batch', 'cronjobs/finalizers'),
    rule('delete list watch', '', 'pods'),
    EVENTS,
  ],
  'daemon-set-controller': [
    rule(READ, APPS, 'daemonsets'),
    rule('update', APPS, 'daemonsets/status'),
    rule('update', APPS, 'daemonsets/finalizers'),
    rule('list watch', '', 'nodes'),
    PODS,
    rule('create', '', 'pods/binding'),
    rule(`create delete patch update ${READ}`, 'apps', 'controllerrevisions'),
    EVENTS,
  ],
  'deployment-controller': [
    rule(`update ${READ}`, APPS, 'deployments'),
    rule('update', APPS, 'deployments/status'),
    rule('update', APPS, 'deployments/finalizers'),
    rule(`create delete patch update ${READ}`, APPS, 'replicasets'),
    rule(`update ${READ}`, '', 'pods'),
    EVENTS,
  ],
  'device-taint-eviction-controller': [
    rule(`delete ${READ}`, '', 'pods'),
    POD_STATUS,
    rule(READ, RESOURCE, 'deviceclasses resourceclaims resourceslices'),
    EVENTS,
  ],
  'disruption-controller': [
    rule(READ, APPS, 'deployments'),
    rule(READ, APPS, 'replicasets'),
    rule(READ, '', 'replicationcontrollers'),
    rule(READ, 'policy', 'poddisruptionbudgets'),
    rule(READ, 'apps', 'statefulsets'),
    rule('update', 'policy', 'poddisruptionbudgets/status'),
    POD_STATUS,
    rule('get', '*', '*/scale'),
    EVENTS,
  ],
  'endpoint-controller': [
    rule(READ, '', 'pods services'),
    rule(`create delete update ${READ}`, '', 'endpoints'),
    rule('create', '', 'endpoints/restricted'),
    EVENTS,
  ],
  'endpointslice-controller': [
    rule(READ, '', 'nodes pods services'),
    rule('update', '', 'services/finalizers'),
    rule(`create delete update ${READ}`, DISCOVERY, 'endpointslices'),
    EVENTS,
  ],
  'endpointslicemirroring-controller': [
    rule(READ, '', 'endpoints services'),
    rule('update', '', 'services/finalizers'),
    rule('update', '', 'endpoints/finalizers'),
    rule(`create delete update ${READ}`, DISCOVERY, 'endpointslices'),
    EVENTS,
  ],
  'ephemeral-volume-controller': [
    rule(READ, '', 'pods'),
    rule('update', '', 'pods/finalizers'),
    rule(`create ${READ}`, '', 'persistentvolumeclaims'),
    EVENTS,
  ],
  'expand-controller': [
    rule(`patch update ${READ}`, '', 'persistentvolumes'),
    rule('patch update', '', 'persistentvolumeclaims/status'),
    rule(READ, '', 'persistentvolumeclaims'),
    EVENTS,
  ],
  'generic-garbage-collector': [rule(`delete patch update ${READ}`, '*', '*'), EVENTS],
  'horizontal-pod-autoscaler': [
    rule(READ, 'autoscaling', 'horizontalpodautoscalers'),
    rule('update', 'autoscaling', 'horizontalpodautoscalers/status'),
    rule('get update', '*', '*/scale'),
    rule('list watch', '', 'pods'),
    rule('list watch', 'metrics.k8s.io', 'pods'),
    rule(READ, 'custom.metrics.k8s.io external.metrics.k8s.io', '*'),
    EVENTS,
  ],
  'job-controller': [
    rule(`patch update ${READ}`, 'batch', 'jobs'),
    rule('update', 'batch', 'jobs/status'),
    rule('update', 'batch', 'jobs/finalizers'),
    PODS,
    EVENTS,
  ],
  'namespace-controller': [
    rule(`delete ${READ}`, '', 'namespaces'),
    rule('update', '', 'namespaces/finalize namespaces/status'),
    rule(`delete deletecollection ${READ}`, '*', '*'),
  ],
  'node-controller': [
    rule(`delete patch update ${READ}`, '', 'nodes'),
    rule('patch update', '', 'nodes/status'),
    POD_STATUS,
    rule(`delete ${READ}`, '', 'pods'),
    EVENTS,
  ],
  'persistent-volume-binder': [
    rule(`create delete update ${READ}`, '', 'persistentvolumes'),
    rule('update', '', 'persistentvolumes/status'),
    rule(`update ${READ}`, '', 'persistentvolumeclaims'),
    rule('update', '', 'persistentvolumeclaims/status'),
    rule(`create delete ${READ}`, '', 'pods'),
    rule(READ, STORAGE, 'storageclasses'),
    rule('list watch', '', 'nodes'),
    EVENTS,
    rule('watch', '', 'events'),
  ],
  'pod-garbage-collector': [rule('delete list watch', '', 'pods'), rule(READ, '', 'nodes'), rule('patch', '', 'pods/status')],
  'pv-protection-controller': [rule(`update ${READ}`, '', 'persistentvolumes'), EVENTS],
  'pvc-protection-controller': [
    rule(`update ${READ}`, '', 'persistentvolumeclaims'),
    rule('update', '', 'persistentvolumeclaims/status'),
    rule(READ, '', 'pods'),
    EVENTS,
  ],
  'replicaset-controller': [
    rule(`update ${READ}`, APPS, 'replicasets'),
    rule('update', APPS, 'replicasets/status'),
    rule('update', APPS, 'replicasets/finalizers'),
    PODS,
    EVENTS,
  ],
  'replication-controller': [
    rule(`update ${READ}`, '', 'replicationcontrollers'),
    rule('update', '', 'replicationcontrollers/status'),
    rule('update', '', 'replicationcontrollers/finalizers'),
    PODS,
    EVENTS,
  ],
  'resource-claim-controller': [
    rule(READ, '', 'pods'),
    rule('update', '', 'pods/finalizers'),
    rule(`create delete ${READ}`, RESOURCE, 'resourceclaims'),
    rule('patch update', RESOURCE, 'resourceclaims resourceclaims/status'),
    POD_STATUS,
    EVENTS,
  ],
  'resourcequota-controller': [rule('list watch', '*', '*'), rule('update', '', 'resourcequotas/status'), EVENTS],
  'root-ca-cert-publisher': [rule('create update', '', 'configmaps'), EVENTS],
  'service-account-controller': [rule('create', '', 'serviceaccounts'), EVENTS],
  'service-controller': [rule(READ, '', 'services'), rule('patch update', '', 'services/status'), rule('list watch', '', 'nodes'), EVENTS],
  'statefulset-controller': [
    rule('list watch', '', 'pods'),
    rule(READ, 'apps', 'statefulsets'),
    rule('update', 'apps', 'statefulsets/status'),
    rule('update', 'apps', 'statefulsets/finalizers'),
    rule('create delete get patch update', '', 'pods'),
    rule(`create delete patch update ${READ}`, 'apps', 'controllerrevisions'),
    rule(`create ${READ}`, '', 'persistentvolumeclaims'),
    rule('delete update', '', 'persistentvolumeclaims'),
    rule('update', '', 'pods/finalizers'),
    EVENTS,
  ],
  'ttl-after-finished-controller': [rule(`delete ${READ}`, 'batch', 'jobs'), EVENTS],
  'ttl-controller': [rule('list patch update watch', '', 'nodes'), EVENTS],
  'validatingadmissionpolicy-status-controller': [
    rule(READ, 'admissionregistration.k8s.io', 'validatingadmissionpolicies'),
    rule('get patch update', 'admissionregistration.k8s.io', 'validatingadmissionpolicies/status'),
    EVENTS,
  ],
};
