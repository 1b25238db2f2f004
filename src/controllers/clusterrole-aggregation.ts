/** Fills the cluster roles that are the sum of others (admin, edit, view). Mirrors kubernetes v1.34
 *  pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go. */

import { deepEqual, type KubeObject, type LabelSelector, matchesLabelSelector } from '#api';
import type { Controller, InformerEvent, Lister, Plan, View, WatchSpec } from '#client';

const ROLES = 'clusterroles.rbac.authorization.k8s.io';

interface ClusterRole extends KubeObject {
  readonly rules?: readonly unknown[] | null;
  readonly aggregationRule?: { readonly clusterRoleSelectors?: readonly LabelSelector[] };
}

export class ClusterRoleAggregationController implements Controller {
  readonly name = 'clusterrole-aggregation';
  readonly queue = 'ClusterRoleAggregator';
  readonly workers: number;
  readonly watches: readonly WatchSpec[] = [{ resource: ROLES, keys }];

  constructor(workers = 5) {
    this.workers = workers;
  }

  reconcile(key: string, view: View): Plan {
    const roles = view.lister<ClusterRole>(ROLES);
    const role = roles.get(key);
    if (role?.aggregationRule === undefined) return {};
    const rules = summed(role, roles);
    if (deepEqual(rules, role.rules ?? [])) return {};
    return { requests: [{ verb: 'update', resource: ROLES, name: key, body: { ...role, rules }, discardBody: true }] };
  }
}

/** The rules of all roles that a selector names, by name, none twice; a role is no part of itself. */
function summed(role: ClusterRole, roles: Lister<ClusterRole>): readonly unknown[] {
  const rules: unknown[] = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const found = [...roles.list()].filter(
      (one) => one.metadata?.name !== role.metadata?.name && matchesLabelSelector(selector, one.metadata?.labels),
    );
    found.sort((a, b) => ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1));
    for (const one of found) for (const rule of one.rules ?? []) if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule);
  }
  return rules;
}

/** Any role may be part of any sum. */
function keys(_event: InformerEvent, view: View): readonly string[] {
  const found: string[] = [];
  for (const { metadata, aggregationRule } of view.lister<ClusterRole>(ROLES).list())
    if (aggregationRule !== undefined) found.push(metadata?.name ?? '');
  return found;
}
