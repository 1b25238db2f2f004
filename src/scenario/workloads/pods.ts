/** `pods`: bare pods, without a controller, created at a rate. */

import { type ArrivalSpec, arrivalFields, arrivalPhases, arrivalTimes } from '../arrivals.ts';
import { type PodFields, podFields, podTemplate } from '../pod-template.ts';
import { count, fields, label, oneOf } from '../schema-pieces.ts';
import type { TimedRequest, WorkloadKind, WorkloadScope } from '../workload.ts';

interface PodsSpec extends ArrivalSpec, PodFields {
  readonly name?: string;
  readonly namespace?: string;
  readonly count?: number;
  readonly restartPolicy?: 'Always' | 'Never' | 'OnFailure';
}

export const pods: WorkloadKind<PodsSpec> = {
  name: 'pods',
  schema: fields('bare pods, created at a rate', {
    name: label('prefix of their names (default pod)'),
    namespace: label('default: default'),
    count: count('how many (default: as many as arrive)', 1),
    restartPolicy: oneOf(['Always', 'OnFailure', 'Never'], 'default Always'),
    ...arrivalFields,
    ...podFields,
  }),
  pods: (spec) => spec.count ?? 0,
  phases: arrivalPhases,
  mistake: (spec) =>
    spec.count === undefined && spec.podsPerSecond === undefined && spec.phases === undefined
      ? "says neither 'count' nor 'podsPerSecond' nor 'phases'"
      : undefined,
  *requests(spec: PodsSpec, scope: WorkloadScope): Iterable<TimedRequest> {
    const namespace = spec.namespace ?? 'default';
    const prefix = spec.name ?? 'pod';
    const template = podTemplate(prefix, spec, spec.restartPolicy ?? 'Always');
    const most = spec.count ?? Number.POSITIVE_INFINITY;
    let index = 0;
    for (const at of arrivalTimes(spec, 1, scope.stream(`workload/${scope.ordinal}/arrivals`))) {
      if (at > scope.until || index >= most) return;
      const name = `${prefix}-${index++}`;
      const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, ...template.metadata }, spec: template.spec };
      yield { at, verb: 'create', resource: 'pods', namespace, body, pods: 1 };
    }
  },
};
