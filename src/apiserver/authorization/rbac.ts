/** RBAC: what the bindings of a user and of the user's groups allow, cluster-wide and in one namespace.
 *  Mirrors Kubernetes v1.34 plugin/pkg/auth/authorizer/rbac/rbac.go and pkg/registry/rbac/validation/rule.go. */

import type { KubeObject } from '#api';
import { accountUser, type UserInfo } from '../authentication/users.ts';
import type { Core, ResourceState } from '../core.ts';
import type { Access, Authorizer, Verdict } from './attributes.ts';
import { type BootstrapObject, bootstrapObjects } from './bootstrap-objects.ts';
import { type PolicyRule, ruleAllows } from './rules.ts';

const GROUP = 'rbac.authorization.k8s.io';

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}
interface Binding extends KubeObject {
  readonly subjects?: readonly Subject[];
  readonly roleRef: { readonly kind: string; readonly name: string };
}
interface Role extends KubeObject {
  readonly rules?: readonly PolicyRule[] | null;
}

/** One binding's gift to one subject. */
interface Grant {
  /** '' is everywhere. */
  readonly namespace: string;
  readonly rules: readonly PolicyRule[];
  /** How a review explains it. */
  readonly why: string;
  /** Set when the role is not there. */
  readonly error?: string;
}

const subjectKey = ({ kind, name, namespace }: Subject, bindingNamespace: string): string => {
  if (kind === 'Group') return `g:${name}`;
  return kind === 'ServiceAccount' ? `u:${accountUser(namespace || bindingNamespace, name)}` : `u:${name}`;
};

function subjectText({ kind, name, namespace }: Subject, bindingNamespace: string): string {
  if (kind === 'ServiceAccount') return `ServiceAccount "${name}/${namespace || bindingNamespace}"`;
  return `${kind} "${name}"`;
}

export class RbacAuthorizer implements Authorizer {
  private readonly states: readonly (ResourceState | undefined)[];
  private readonly grants = new Map<string, Grant[]>();
  private version = -1;
  /** The policy that every cluster begins with holds until it has been written: nobody is refused because a server is young. */
  private isBootstrapped = false;

  constructor(core: Core) {
    this.states = ['clusterrolebindings', 'rolebindings', 'clusterroles', 'roles'].map((plural) => core.resource(`${plural}.${GROUP}`));
  }

  authorize(access: Access): Verdict {
    const errors: string[] = [];
    for (const grant of this.grantsOf(access.user, access.namespace)) {
      if (grant.error !== undefined) errors.push(grant.error);
      for (const rule of grant.rules) if (ruleAllows(rule, access)) return { isAllowed: true, reason: `RBAC: allowed by ${grant.why}` };
    }
    const different = [...new Set(errors)];
    if (different.length === 0) return { isAllowed: false, reason: '' };
    return { isAllowed: false, reason: `RBAC: ${different.length === 1 ? different[0] : `[${different.join(', ')}]`}` };
  }

  /** All rules that hold for the user, as SelfSubjectRulesReview lists them. */
  rulesFor(user: UserInfo, namespace: string): readonly PolicyRule[] {
    return [...this.grantsOf(user, namespace)].flatMap(({ rules }) => rules);
  }

  private *grantsOf(user: UserInfo, namespace: string): Generator<Grant> {
    this.refresh();
    const lists = [this.grants.get(`u:${user.username}`), ...user.groups.map((group) => this.grants.get(`g:${group}`))];
    for (const list of lists) for (const grant of list ?? []) if (grant.namespace === '') yield grant;
    if (namespace === '') return;
    for (const list of lists) for (const grant of list ?? []) if (grant.namespace === namespace) yield grant;
  }

  private refresh(): void {
    let version = 0;
    for (const state of this.states) version += (state?.cache.revision ?? 0) + (state?.cache.objects.size ?? 0);
    if (version === this.version) return;
    this.version = version;
    this.grants.clear();
    const missing = this.isBootstrapped ? [] : bootstrapObjects().filter((object) => this.stored(object) === undefined);
    this.isBootstrapped ||= missing.length === 0;
    for (const { object } of missing) if (object.kind?.endsWith('Binding')) this.add(object as Binding, missing);
    for (const state of this.states.slice(0, 2)) for (const { value } of state?.cache.inOrder() ?? []) this.add(value as Binding, missing);
  }

  private stored({ resource, object }: BootstrapObject): KubeObject | undefined {
    const state = this.states.find((one) => one?.info.resource === resource);
    const { namespace, name } = object.metadata ?? {};
    return state?.cache.get(state.prefix + (namespace === undefined ? name : `${namespace}/${name}`));
  }

  private role(kind: string, name: string, namespace: string, missing: readonly BootstrapObject[]): Role | undefined {
    const state = this.states[kind === 'Role' ? 3 : 2];
    const found = state?.cache.get(state.prefix + (kind === 'Role' ? `${namespace}/${name}` : name)) as Role | undefined;
    if (found !== undefined) return found;
    return missing.find(
      ({ object }) =>
        object.kind === kind && object.metadata?.name === name && object.metadata.namespace === (kind === 'Role' ? namespace : undefined),
    )?.object as Role | undefined;
  }

  private add(binding: Binding, missing: readonly BootstrapObject[]): void {
    const { name = '', namespace = '' } = binding.metadata ?? {};
    const { kind, name: roleName } = binding.roleRef ?? { kind: '', name: '' };
    const role = this.role(kind, roleName, namespace, missing);
    const of = namespace === '' ? `ClusterRoleBinding "${name}"` : `RoleBinding "${name}/${namespace}"`;
    for (const subject of binding.subjects ?? []) {
      const key = subjectKey(subject, namespace);
      const grant: Grant = {
        namespace,
        rules: role?.rules ?? [],
        why: `${of} of ${kind} "${roleName}" to ${subjectText(subject, namespace)}`,
        ...(role === undefined ? { error: `${kind.toLowerCase()}.${GROUP} "${roleName}" not found` } : {}),
      };
      const known = this.grants.get(key);
      if (known === undefined) this.grants.set(key, [grant]);
      else known.push(grant);
    }
  }
}
