/** The bootstrap policy as the objects that a server writes when it starts. Mirrors Kubernetes v1.34
 *  pkg/registry/rbac/rest/storage_rbac.go (its post-start hook) and bootstrappolicy/namespace_policy.go. */

import type { KubeObject, Resource } from '#api';
import { CONTROLLER_ROLES } from './bootstrap-controller-roles.ts';
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, type RoleSpec } from './bootstrap-roles.ts';
import { rule } from './policy-writing.ts';
import type { PolicyRule } from './rules.ts';

export interface BootstrapObject {
  readonly resource: Resource;
  readonly object: KubeObject;
}

const GROUP = 'rbac.authorization.k8s.io';
const apiVersion = `${GROUP}/v1`;
const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };
const LABEL = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const CONTROLLER = 'system:controller:';

interface SubjectSpec {
  readonly kind: string;
  readonly name: string;
  readonly apiGroup?: string;
  readonly namespace?: string;
}

function role({ name, rules, labels, aggregates }: RoleSpec): BootstrapObject {
  const metadata = { name, labels: { ...LABEL, ...labels }, annotations };
  const aggregationRule =
    aggregates === undefined ? {} : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregates]: 'true' } }] } };
  const object = {
    apiVersion,
    kind: 'ClusterRole',
    metadata,
    rules: rulesOf(rules, aggregates),
    ...aggregationRule,
  } as unknown as KubeObject;
  return { resource: `clusterroles.${GROUP}`, object };
}

/** A role that sums up others is written with their sum, as the aggregation controller would a moment later. */
function rulesOf(rules: readonly PolicyRule[], aggregates: string | undefined): readonly PolicyRule[] {
  if (aggregates === undefined) return rules;
  return CLUSTER_ROLES.filter(({ labels }) => labels?.[aggregates] === 'true')
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((one) => rulesOf(one.rules, one.aggregates));
}

function subject(kind: string, name: string): SubjectSpec {
  return kind === 'ServiceAccount' ? { kind, name, namespace: 'kube-system' } : { kind, name, apiGroup: GROUP };
}

function clusterBinding(name: string, kind: string, names: readonly string[]): BootstrapObject {
  const object = {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: LABEL, annotations },
    subjects: names.map((one) => subject(kind, one)),
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name },
  } as unknown as KubeObject;
  return { resource: `clusterrolebindings.${GROUP}`, object };
}

function namespaced(namespace: string, name: string, rules: readonly PolicyRule[], to: readonly SubjectSpec[]): BootstrapObject[] {
  const metadata = { name, namespace, labels: LABEL, annotations };
  const bound = { apiVersion, kind: 'RoleBinding', metadata, subjects: to, roleRef: { apiGroup: GROUP, kind: 'Role', name } };
  return [
    { resource: `roles.${GROUP}`, object: { apiVersion, kind: 'Role', metadata, rules } as KubeObject },
    ...(to.length === 0 ? [] : [{ resource: `rolebindings.${GROUP}`, object: bound as KubeObject }]),
  ];
}

const readMap = (name: string): PolicyRule => rule('get list watch', '', 'configmaps', name);
const leaderLocking = (name: string): readonly PolicyRule[] => [
  rule('watch', '', 'configmaps'),
  rule('get update', '', 'configmaps', name),
];

let all: readonly BootstrapObject[] | undefined;

/** Made once. */
export function bootstrapObjects(): readonly BootstrapObject[] {
  all ??= [
    ...CLUSTER_ROLES.map(role),
    ...Object.entries(CONTROLLER_ROLES).map(([name, rules]) => role({ name: CONTROLLER + name, rules })),
    ...CLUSTER_ROLE_BINDINGS.map(([name, kind, names]) => clusterBinding(name, kind, names)),
    ...Object.keys(CONTROLLER_ROLES).map((name) => clusterBinding(CONTROLLER + name, 'ServiceAccount', [name])),
    ...namespaced(
      'kube-system',
      'extension-apiserver-authentication-reader',
      [readMap('extension-apiserver-authentication')],
      [subject('User', 'system:kube-controller-manager'), subject('User', 'system:kube-scheduler')],
    ),
    ...namespaced('kube-system', 'system::leader-locking-kube-controller-manager', leaderLocking('kube-controller-manager'), [
      subject('User', 'system:kube-controller-manager'),
      subject('ServiceAccount', 'kube-controller-manager'),
    ]),
    ...namespaced('kube-system', 'system::leader-locking-kube-scheduler', leaderLocking('kube-scheduler'), [
      subject('User', 'system:kube-scheduler'),
      subject('ServiceAccount', 'kube-scheduler'),
    ]),
  ];
  return all;
}
