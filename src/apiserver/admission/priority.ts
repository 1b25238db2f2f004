/** Turns a pod's class name into a number. Mirrors Kubernetes v1.34 plugin/pkg/admission/priority. */

import { forbidden, type KubeObject, type PodSpec, type StatusObject } from '#api';
import type { Core } from '../core.ts';

interface PriorityClass extends KubeObject {
  readonly value?: number;
  readonly globalDefault?: boolean;
  readonly preemptionPolicy?: 'Never' | 'PreemptLowerPriority';
}

/** scheduling.SystemPriorityClasses: always there. */
const SYSTEM: Readonly<Record<string, PriorityClass>> = {
  'system-cluster-critical': { metadata: { name: 'system-cluster-critical' }, value: 2_000_000_000 },
  'system-node-critical': { metadata: { name: 'system-node-critical' }, value: 2_000_001_000 },
};
const PREEMPT = 'PreemptLowerPriority';

/** What a pod's spec gets. */
export interface Priority {
  readonly className: string | undefined;
  readonly value: number;
  readonly preemptionPolicy: 'Never' | 'PreemptLowerPriority';
}
const NO_CLASS: Priority = { className: undefined, value: 0, preemptionPolicy: PREEMPT };

function classes(core: Core): Iterable<PriorityClass> {
  const objects = core.resource('priorityclasses.scheduling.k8s.io')?.cache.objects;
  return objects === undefined ? [] : [...objects.values()].map((kv) => kv.value as PriorityClass);
}

function defaultPriority(core: Core): Priority {
  const cache = core.resource('priorityclasses.scheduling.k8s.io')?.cache;
  if (cache === undefined || cache.objects.size === 0) return NO_CLASS;
  let lowest: PriorityClass | undefined;
  for (const candidate of classes(core)) {
    if (candidate.globalDefault === true && (lowest === undefined || (candidate.value ?? 0) < (lowest.value ?? 0))) lowest = candidate;
  }
  if (lowest === undefined) return NO_CLASS;
  return { className: lowest.metadata?.name, value: lowest.value ?? 0, preemptionPolicy: lowest.preemptionPolicy ?? PREEMPT };
}

/** The priority of a pod with this spec, or 403. */
export function priorityOf(core: Core, spec: PodSpec, podName: string): Priority | StatusObject {
  const name = spec.priorityClassName;
  let priority: Priority;
  if (!name) priority = defaultPriority(core);
  else {
    const found =
      (core.resource('priorityclasses.scheduling.k8s.io')?.cache.get(`/registry/priorityclasses/${name}`) as PriorityClass | undefined) ??
      SYSTEM[name];
    if (found === undefined) return forbidden('pods', podName, `no PriorityClass with name ${name} was found`);
    priority = { className: name, value: found.value ?? 0, preemptionPolicy: found.preemptionPolicy ?? PREEMPT };
  }
  if (spec.priority !== undefined && spec.priority !== priority.value) {
    return forbidden(
      'pods',
      podName,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority.value} from the given PriorityClass name`,
    );
  }
  return priority;
}
