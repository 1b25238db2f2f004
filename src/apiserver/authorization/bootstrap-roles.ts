/** The cluster roles of people and components that every cluster begins with. Facts of Kubernetes v1.34
 *  plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go; roles of certificates, which nothing here issues, are left out. */

import { EVENTS, READ, rule, urls, WRITE } from './policy-writing.ts';
import type { PolicyRule } from './rules.ts';

export interface RoleSpec {
  readonly name: string;
  readonly rules: readonly PolicyRule[];
  readonly labels?: Readonly<Record<string, string>>;
  /** The label that roles bear which are summed up in this one. */
  readonly aggregates?: string;
}

const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';
const to = (role: string): Readonly<Record<string, string>> => ({ [AGGREGATE + role]: 'true' });

/** What every node may do; of some resources the Node authorizer lets it see its own alone. */
export const NODE_RULES: readonly PolicyRule[] = [
  rule('create', 'authentication.k8s.io', 'tokenreviews'),
  rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews subjectaccessreviews'),
  rule(READ, '', 'services'),
  rule(`create ${READ}`, '', 'nodes'),
  rule('patch update', '', 'nodes/status'),
  rule('patch update', '', 'nodes'),
  rule('create patch update', '', 'events'),
  rule(READ, '', 'pods'),
  rule('create delete', '', 'pods'),
  rule('patch update', '', 'pods/status'),
  rule('create', '', 'pods/eviction'),
  rule(READ, '', 'configmaps secrets'),
  rule('get', '', 'persistentvolumeclaims persistentvolumes'),
  rule('get', '', 'endpoints'),
  rule(`create ${READ}`, 'certificates.k8s.io', 'certificatesigningrequests'),
  rule('create delete get patch update', 'coordination.k8s.io', 'leases'),
  rule('get', 'storage.k8s.io', 'volumeattachments'),
  rule('create', '', 'serviceaccounts/token'),
  rule('get patch update', '', 'persistentvolumeclaims/status'),
  rule(READ, 'storage.k8s.io', 'csidrivers'),
  rule('create delete get patch update', 'storage.k8s.io', 'csinodes'),
  rule(READ, 'node.k8s.io', 'runtimeclasses'),
  rule('get', 'resource.k8s.io', 'resourceclaims'),
  rule(`deletecollection delete create patch update ${READ}`, 'resource.k8s.io', 'resourceslices'),
];

const VIEWED: readonly PolicyRule[] = [
  rule(
    READ,
    '',
    'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
  ),
  rule(
    READ,
    '',
    'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
  ),
  rule(READ, '', 'namespaces'),
  rule(READ, 'discovery.k8s.io', 'endpointslices'),
  rule(
    READ,
    'apps',
    'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
  ),
  rule(READ, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
  rule(READ, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
  rule(READ, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
  rule(READ, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
  rule(READ, 'resource.k8s.io', 'resourceclaims resourceclaims/status resourceclaimtemplates'),
];

const EDITED: readonly PolicyRule[] = [
  rule(READ, '', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
  rule('impersonate', '', 'serviceaccounts'),
  rule(WRITE, '', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
  rule('create', '', 'pods/eviction'),
  rule(
    WRITE,
    '',
    'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
  ),
  rule('create', '', 'serviceaccounts/token'),
  rule(
    WRITE,
    'apps',
    'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
  ),
  rule(WRITE, 'autoscaling', 'horizontalpodautoscalers'),
  rule(WRITE, 'batch', 'cronjobs jobs'),
  rule(WRITE, 'policy', 'poddisruptionbudgets'),
  rule(WRITE, 'networking.k8s.io', 'ingresses networkpolicies'),
  rule(`${READ} ${WRITE}`, 'coordination.k8s.io', 'leases'),
  rule(WRITE, 'resource.k8s.io', 'resourceclaims resourceclaimtemplates'),
];

const ADMINISTERED: readonly PolicyRule[] = [
  rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews'),
  rule(`${READ} ${WRITE}`, 'rbac.authorization.k8s.io', 'rolebindings roles'),
];

const leader = (name: string): readonly PolicyRule[] => [
  rule('create', 'coordination.k8s.io', 'leases'),
  rule('get update', 'coordination.k8s.io', 'leases', name),
];

const SCHEDULER: readonly PolicyRule[] = [
  EVENTS,
  ...leader('kube-scheduler'),
  rule(READ, '', 'nodes'),
  rule(`delete ${READ}`, '', 'pods'),
  rule('create', '', 'bindings pods/binding'),
  rule('patch update', '', 'pods/status'),
  rule(READ, '', 'replicationcontrollers services'),
  rule(READ, 'apps extensions', 'replicasets'),
  rule(READ, 'apps', 'statefulsets'),
  rule(READ, 'policy', 'poddisruptionbudgets'),
  rule(READ, '', 'persistentvolumeclaims persistentvolumes'),
  rule('create', 'authentication.k8s.io', 'tokenreviews'),
  rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
  rule(READ, 'storage.k8s.io', 'csinodes'),
  rule(READ, '', 'namespaces'),
  rule(READ, 'storage.k8s.io', 'csidrivers csistoragecapacities volumeattachments'),
  rule(READ, 'resource.k8s.io', 'deviceclasses resourceclaims resourceslices'),
  rule('patch update', 'resource.k8s.io', 'resourceclaims/status'),
  rule('patch update', 'resource.k8s.io', 'resourceclaims'),
];

const CONTROLLER_MANAGER: readonly PolicyRule[] = [
  EVENTS,
  ...leader('kube-controller-manager'),
  rule('create', '', 'secrets serviceaccounts'),
  rule('delete', '', 'secrets'),
  rule('get', '', 'configmaps namespaces secrets serviceaccounts'),
  rule('update', '', 'secrets serviceaccounts'),
  rule('create', 'authentication.k8s.io', 'tokenreviews'),
  rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
  rule('list watch', '*', '*'),
  rule('create', '', 'serviceaccounts/token'),
];

export const CLUSTER_ROLES: readonly RoleSpec[] = [
  { name: 'cluster-admin', rules: [rule('*', '*', '*'), urls('*', '*')] },
  { name: 'system:discovery', rules: [urls('/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/')] },
  {
    name: 'system:monitoring',
    rules: [urls('/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*')],
  },
  {
    name: 'system:basic-user',
    rules: [
      rule('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
      rule('create', 'authentication.k8s.io', 'selfsubjectreviews'),
    ],
  },
  { name: 'system:public-info-viewer', rules: [urls('/healthz /livez /readyz /version /version/')] },
  { name: 'admin', rules: [], aggregates: `${AGGREGATE}admin` },
  { name: 'edit', rules: [], aggregates: `${AGGREGATE}edit`, labels: to('admin') },
  { name: 'view', rules: [], aggregates: `${AGGREGATE}view`, labels: to('edit') },
  { name: 'system:aggregate-to-admin', rules: ADMINISTERED, labels: to('admin') },
  { name: 'system:aggregate-to-edit', rules: EDITED, labels: to('edit') },
  { name: 'system:aggregate-to-view', rules: VIEWED, labels: to('view') },
  {
    name: 'system:heapster',
    rules: [rule(READ, '', 'events namespaces nodes pods'), rule(READ, 'extensions', 'deployments')],
  },
  { name: 'system:node', rules: NODE_RULES },
  {
    name: 'system:node-problem-detector',
    rules: [rule('get', '', 'nodes'), rule('patch', '', 'nodes/status'), EVENTS],
  },
  {
    name: 'system:kubelet-api-admin',
    rules: [rule(READ, '', 'nodes'), rule('proxy', '', 'nodes'), rule('*', '', 'nodes/log nodes/metrics nodes/proxy nodes/stats')],
  },
  { name: 'system:node-bootstrapper', rules: [rule(`create ${READ}`, 'certificates.k8s.io', 'certificatesigningrequests')] },
  {
    name: 'system:auth-delegator',
    rules: [rule('create', 'authentication.k8s.io', 'tokenreviews'), rule('create', 'authorization.k8s.io', 'subjectaccessreviews')],
  },
  { name: 'system:kube-aggregator', rules: [rule(READ, '', 'endpoints services')] },
  { name: 'system:kube-controller-manager', rules: CONTROLLER_MANAGER },
  { name: 'system:kube-dns', rules: [rule('list watch', '', 'endpoints services')] },
  { name: 'system:kube-scheduler', rules: SCHEDULER },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      rule(`create delete ${READ}`, '', 'persistentvolumes'),
      rule(`update ${READ}`, '', 'persistentvolumeclaims'),
      rule(READ, 'storage.k8s.io', 'storageclasses'),
      rule('watch', '', 'events'),
      EVENTS,
    ],
  },
  {
    name: 'system:volume-scheduler',
    rules: [
      rule(`patch update ${READ}`, '', 'persistentvolumes'),
      rule(READ, 'storage.k8s.io', 'storageclasses'),
      rule(`patch update ${READ}`, '', 'persistentvolumeclaims'),
    ],
  },
  {
    name: 'system:node-proxier',
    rules: [
      rule('list watch', '', 'endpoints services'),
      rule(READ, '', 'nodes'),
      EVENTS,
      rule('list watch', 'discovery.k8s.io', 'endpointslices'),
    ],
  },
  { name: 'system:service-account-issuer-discovery', rules: [urls('/.well-known/openid-configuration /openid/v1/jwks')] },
];

/** Role, and the groups and users that have it from the beginning. */
export const CLUSTER_ROLE_BINDINGS: readonly (readonly [
  role: string,
  kind: 'Group' | 'User' | 'ServiceAccount',
  names: readonly string[],
])[] = [
  ['cluster-admin', 'Group', ['system:masters']],
  ['system:monitoring', 'Group', ['system:monitoring']],
  ['system:discovery', 'Group', ['system:authenticated']],
  ['system:basic-user', 'Group', ['system:authenticated']],
  ['system:public-info-viewer', 'Group', ['system:authenticated', 'system:unauthenticated']],
  ['system:node-proxier', 'User', ['system:kube-proxy']],
  ['system:kube-controller-manager', 'User', ['system:kube-controller-manager']],
  ['system:kube-dns', 'ServiceAccount', ['kube-dns']],
  ['system:kube-scheduler', 'User', ['system:kube-scheduler']],
  ['system:volume-scheduler', 'User', ['system:kube-scheduler']],
  // The Node authorizer decides about nodes.
  ['system:node', 'Group', []],
  ['system:service-account-issuer-discovery', 'Group', ['system:serviceaccounts']],
];
