/** Nobody gives away a right that they do not have: writes of roles and bindings are held to what the writer may do. Mirrors Kubernetes v1.34
 *  pkg/registry/rbac (policybased storage) and pkg/registry/rbac/validation/rule.go (ConfirmNoEscalation, Covers). */

import { deepEqual, forbidden, type KubeObject, type StatusObject } from '#api';
import type { Attributes } from '../admission/attributes.ts';
import { MASTERS, type UserInfo } from '../authentication/users.ts';
import type { Core } from '../core.ts';
import type { Authorizer } from './attributes.ts';
import type { RbacAuthorizer } from './rbac.ts';
import { type PolicyRule, ruleText } from './rules.ts';

const GROUP = 'rbac.authorization.k8s.io';

interface RoleOrBinding extends KubeObject {
  readonly rules?: readonly PolicyRule[] | null;
  readonly roleRef?: { readonly kind: string; readonly name: string };
}

const among = (list: readonly string[] | undefined, one: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(one));

/** A rule taken apart: one verb, one group, one resource, one name, or one verb and one path. */
function* parts(rule: PolicyRule): Generator<PolicyRule> {
  for (const verb of rule.verbs) {
    for (const path of rule.nonResourceURLs ?? []) yield { verbs: [verb], nonResourceURLs: [path] };
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const base = { verbs: [verb], apiGroups: [group], resources: [resource] };
        if ((rule.resourceNames ?? []).length === 0) yield base;
        for (const name of rule.resourceNames ?? []) yield { ...base, resourceNames: [name] };
      }
    }
  }
}

const hasResource = (list: readonly string[] | undefined, one: string): boolean => {
  if (among(list, one)) return true;
  const slash = one.indexOf('/');
  return slash >= 0 && list?.includes(`*${one.slice(slash)}`) === true;
};

const hasPath = (list: readonly string[] | undefined, one: string): boolean =>
  list?.some((path) => path === '*' || path === one || (path.endsWith('*') && one.startsWith(path.slice(0, -1)))) === true;

function isCovered(part: PolicyRule, owned: readonly PolicyRule[]): boolean {
  const [verb = ''] = part.verbs;
  return owned.some((rule) => {
    if (!among(rule.verbs, verb)) return false;
    if (part.nonResourceURLs !== undefined) return hasPath(rule.nonResourceURLs, part.nonResourceURLs[0] ?? '');
    if (!among(rule.apiGroups, part.apiGroups?.[0] ?? '') || !hasResource(rule.resources, part.resources?.[0] ?? '')) return false;
    const names = rule.resourceNames ?? [];
    return names.length === 0 || (part.resourceNames !== undefined && names.includes(part.resourceNames[0] ?? ''));
  });
}

/** What of `wanted` the owner of `owned` lacks, put together again by group and resource (CompactRules). */
export function uncovered(wanted: readonly PolicyRule[], owned: readonly PolicyRule[]): readonly PolicyRule[] {
  const compact: PolicyRule[] = [];
  for (const rule of wanted) {
    for (const part of parts(rule)) {
      if (isCovered(part, owned)) continue;
      const { verbs, ...rest } = part;
      const at = compact.findIndex(({ verbs: _verbs, ...known }) => deepEqual(known, rest));
      const known = compact[at];
      if (known === undefined) compact.push(part);
      else if (!known.verbs.includes(verbs[0] ?? '')) compact[at] = { ...known, verbs: [...known.verbs, ...verbs] };
    }
  }
  return compact;
}

/** ConfirmNoEscalation. Undefined: the writer may. */
export function escalation(
  core: Core,
  authorizer: Authorizer & { readonly rbac: RbacAuthorizer },
  user: UserInfo,
  attributes: Attributes,
): StatusObject | undefined {
  const { resource, object, old, namespace, subresource, name } = attributes;
  if (!resource.endsWith(`.${GROUP}`) || object === undefined || subresource !== '' || user.groups.includes(MASTERS)) return undefined;
  const plural = resource.slice(0, -GROUP.length - 1);
  const { rules, roleRef } = object as RoleOrBinding;
  const isRole = plural === 'roles' || plural === 'clusterroles';
  if (isRole && deepEqual(rules, (old as RoleOrBinding | undefined)?.rules)) return undefined;
  const target = isRole ? name || (object.metadata?.name ?? '') : (roleRef?.name ?? '');
  const verb = isRole ? 'escalate' : 'bind';
  const kind = isRole ? plural : roleRef?.kind === 'Role' ? 'roles' : 'clusterroles';
  const may = authorizer.authorize({ user, verb, group: GROUP, resource: kind, subresource: '', namespace, name: target });
  if (may.isAllowed) return undefined;
  const wanted = isRole ? (rules ?? []) : rulesOf(core, kind, target, namespace);
  const missing = uncovered(wanted, authorizer.rbac.rulesFor(user, namespace));
  if (missing.length === 0) return undefined;
  const texts = missing.map(ruleText).sort();
  const groups = user.groups.map((group) => `"${group}"`).join(' ');
  const why = `user "${user.username}" (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${texts.join('\n')}`;
  return forbidden(resource, name || (object.metadata?.name ?? ''), why);
}

function rulesOf(core: Core, kind: string, name: string, namespace: string): readonly PolicyRule[] {
  const state = core.resource(`${kind}.${GROUP}`);
  const found = state?.cache.get(state.prefix + (kind === 'roles' ? `${namespace}/${name}` : name)) as RoleOrBinding | undefined;
  return found?.rules ?? [];
}
