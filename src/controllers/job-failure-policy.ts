/** What a Job does about a failed pod: the first rule of its podFailurePolicy that matches decides. Mirrors kubernetes v1.34
 *  pkg/controller/job/pod_failure_policy.go. */

import type { Job, Pod } from '#api';
import { isFailed } from './job-pods.ts';

type Policy = NonNullable<NonNullable<Job['spec']>['podFailurePolicy']>;
type ExitCodes = NonNullable<Policy['rules'][number]['onExitCodes']>;
type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];
type PodConditions = NonNullable<Policy['rules'][number]['onPodConditions']>;

export interface FailureMatch {
  /** Ignore, Count, FailIndex or FailJob; undefined when no rule matches. */
  readonly action: string | undefined;
  /** Whether the failure counts towards back-off limits. */
  readonly counts: boolean;
  /** Why the whole Job fails (FailJob). */
  readonly message?: string;
}

const COUNTED: FailureMatch = { action: undefined, counts: true };

export function matchFailurePolicy(policy: Policy | undefined, pod: Pod): FailureMatch {
  if (policy === undefined) return COUNTED;
  const { namespace, name } = pod.metadata ?? {};
  for (const [index, { action, onExitCodes, onPodConditions }] of policy.rules.entries()) {
    let why: string | undefined;
    if (onExitCodes !== undefined && onExitCodes !== null) {
      const container = withExitCode(pod, onExitCodes);
      if (container !== undefined)
        why = `Container ${container.name} for pod ${namespace}/${name} failed with exit code ${container.state?.terminated?.exitCode}`;
    } else if (onPodConditions !== undefined && onPodConditions !== null) {
      const type = conditionAmong(pod, onPodConditions);
      if (type !== undefined) why = `Pod ${namespace}/${name} has condition ${type}`;
    }
    if (why === undefined) continue;
    if (action === 'FailJob') return { action, counts: true, message: `${why} matching ${action} rule at index ${index}` };
    return { action, counts: action !== 'Ignore' };
  }
  return COUNTED;
}

/** The first container, then init container, that ended with a code the rule names. */
function withExitCode({ status }: Pod, rule: ExitCodes): ContainerStatus | undefined {
  const matches = ({ name, state }: ContainerStatus): boolean => {
    const code = state?.terminated?.exitCode;
    if (code === undefined || code === 0 || (rule.containerName !== undefined && rule.containerName !== name)) return false;
    return rule.operator === 'In' ? rule.values.includes(code) : rule.operator === 'NotIn' && !rule.values.includes(code);
  };
  return status?.containerStatuses?.find(matches) ?? status?.initContainerStatuses?.find(matches);
}

function conditionAmong({ status }: Pod, patterns: PodConditions): string | undefined {
  for (const condition of status?.conditions ?? [])
    for (const pattern of patterns)
      if (condition.type === pattern.type && condition.status === (pattern.status ?? 'True')) return condition.type;
  return undefined;
}

/** getFailJobMessage: the first failed pod that a FailJob rule matches fails the Job. */
export function failJobMessage(job: Job, pods: readonly Pod[]): string | undefined {
  const policy = job.spec?.podFailurePolicy;
  if (policy === undefined) return undefined;
  for (const pod of pods) {
    if (!isFailed(pod, job)) continue;
    const { message } = matchFailurePolicy(policy, pod);
    if (message !== undefined) return message;
  }
  return undefined;
}
