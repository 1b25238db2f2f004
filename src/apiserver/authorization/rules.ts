/** Whether a rule of a role lets something happen. Mirrors Kubernetes v1.34 pkg/apis/rbac/v1/evaluation_helpers.go. */

import type { Access } from './attributes.ts';

/** rbac/v1 PolicyRule. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

const has = (list: readonly string[] | undefined, one: string): boolean => list !== undefined && (list.includes('*') || list.includes(one));

/** '*' is everything with all its subresources, 'pods' only pods themselves, '*' + '/scale' that subresource of anything. */
function hasResource(rule: PolicyRule, resource: string, subresource: string): boolean {
  if (rule.resources === undefined) return false;
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  for (const one of rule.resources) {
    if (one === '*' || one === combined) return true;
    if (subresource !== '' && one === `*/${subresource}`) return true;
  }
  return false;
}

function hasPath(rule: PolicyRule, path: string): boolean {
  for (const one of rule.nonResourceURLs ?? []) {
    if (one === '*' || one === path) return true;
    if (one.endsWith('*') && path.startsWith(one.slice(0, -1))) return true;
  }
  return false;
}

export function ruleAllows(rule: PolicyRule, access: Access): boolean {
  if (!has(rule.verbs, access.verb)) return false;
  if (access.path !== undefined) return hasPath(rule, access.path);
  if (!has(rule.apiGroups, access.group) || !hasResource(rule, access.resource, access.subresource)) return false;
  return (rule.resourceNames ?? []).length === 0 || rule.resourceNames?.includes(access.name) === true;
}

/** CompactString, as refusals to grant show rules. */
export function ruleText(rule: PolicyRule): string {
  const parts: string[] = [];
  const part = (name: string, list: readonly string[] | undefined): void => {
    if ((list ?? []).length > 0) parts.push(`${name}:[${list?.map((one) => `"${one}"`).join(' ')}]`);
  };
  part('APIGroups', rule.apiGroups);
  part('Resources', rule.resources);
  part('NonResourceURLs', rule.nonResourceURLs);
  part('ResourceNames', rule.resourceNames);
  part('Verbs', rule.verbs);
  return `{${parts.join(', ')}}`;
}
