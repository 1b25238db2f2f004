/** Which pods a quota with scopes is about. Mirrors kubernetes v1.34 pkg/quota/v1/evaluator/core/pods.go (podMatchesScopeFunc) and
 *  apiserver pkg/quota/v1/generic/evaluator.go. */

import type { Pod, ResourceQuota } from '../objects.ts';
import { podQosClass } from '../pod-resources.ts';

export interface ScopeRequirement {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** spec.scopes are short for Exists. */
export function scopesOf(quota: ResourceQuota): readonly ScopeRequirement[] {
  const short = (quota.spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' }));
  return [...short, ...((quota.spec?.scopeSelector?.matchExpressions ?? []) as readonly ScopeRequirement[])];
}

function matchesPriority({ operator, values }: ScopeRequirement, name: string | undefined): boolean {
  switch (operator) {
    case 'Exists':
      return Boolean(name);
    case 'DoesNotExist':
      return !name;
    case 'In':
      return values?.includes(name ?? '') === true;
    case 'NotIn':
      return values?.includes(name ?? '') !== true;
    default:
      return false;
  }
}

function crossesNamespaces(pod: Pod): boolean {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
  const terms = [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((weighted) => weighted.podAffinityTerm),
  ]);
  return terms.some((term) => (term.namespaces ?? []).length > 0 || term.namespaceSelector !== undefined);
}

function podInScope(requirement: ScopeRequirement, pod: Pod): boolean {
  const isTerminating = (pod.spec?.activeDeadlineSeconds ?? -1) >= 0;
  switch (requirement.scopeName) {
    case 'Terminating':
      return isTerminating;
    case 'NotTerminating':
      return !isTerminating;
    case 'BestEffort':
      return podQosClass(pod) === 'BestEffort';
    case 'NotBestEffort':
      return podQosClass(pod) !== 'BestEffort';
    case 'PriorityClass':
      return matchesPriority(requirement, pod.spec?.priorityClassName);
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(pod);
    default:
      return false;
  }
}

/** Every scope must match; a quota without scopes is about everything. Objects that are not pods are in no scope. */
export function isInScopes(quota: ResourceQuota, pod: Pod | undefined): boolean {
  for (const requirement of scopesOf(quota)) if (pod === undefined || !podInScope(requirement, pod)) return false;
  return true;
}
