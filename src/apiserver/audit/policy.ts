/** Which requests are written down, and how much of them. Mirrors apiserver v1.34 pkg/audit/policy/checker.go. */

import type { ApiRequest } from '#api';
import type { UserInfo } from '../authentication/users.ts';
import { splitResource } from '../authorization/attributes.ts';

export type AuditLevel = 'None' | 'Metadata' | 'Request' | 'RequestResponse';
export type AuditStage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete';

/** audit.k8s.io/v1 GroupResources. */
export interface AuditedResources {
  readonly group?: string;
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}
export interface AuditRule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly AuditedResources[];
  /** '' is what stands in no namespace. */
  readonly namespaces?: readonly string[];
  readonly omitStages?: readonly AuditStage[];
}
/** audit.k8s.io/v1 Policy. */
export interface AuditPolicy {
  readonly rules: readonly AuditRule[];
  readonly omitStages?: readonly AuditStage[];
}

export interface AuditDecision {
  readonly level: AuditLevel;
  readonly omits: readonly AuditStage[];
}
const NONE: AuditDecision = { level: 'None', omits: [] };

const covers = (list: readonly string[] | undefined, one: string): boolean => (list ?? []).length === 0 || list?.includes(one) === true;

function matchesResource({ group = '', resources = [], resourceNames }: AuditedResources, request: ApiRequest): boolean {
  const { resource, group: own } = splitResource(request.resource);
  if (group !== own && group !== '*') return false;
  if (resources.length === 0) return true;
  if ((resourceNames ?? []).length > 0 && !resourceNames?.includes(request.name ?? '')) return false;
  const { subresource } = request;
  const combined = subresource === undefined ? resource : `${resource}/${subresource}`;
  return resources.some((one) => {
    if (one === '*' || one === combined) return true;
    if (subresource === undefined) return false;
    return one === `*/${subresource}` || one === `${resource}/*`;
  });
}

function matches(rule: AuditRule, request: ApiRequest, user: UserInfo): boolean {
  if (!covers(rule.users, user.username) || !covers(rule.verbs, request.verb)) return false;
  if ((rule.userGroups ?? []).length > 0 && !rule.userGroups?.some((group) => user.groups.includes(group))) return false;
  if (!covers(rule.namespaces, request.namespace ?? '')) return false;
  return (rule.resources ?? []).length === 0 || rule.resources?.some((one) => matchesResource(one, request)) === true;
}

/** The first rule that matches decides; what none matches is not written. */
export function decide(policy: AuditPolicy, request: ApiRequest, user: UserInfo): AuditDecision {
  for (const rule of policy.rules)
    if (matches(rule, request, user)) return { level: rule.level, omits: [...(policy.omitStages ?? []), ...(rule.omitStages ?? [])] };
  return NONE;
}
