/** `jobs`: so many batch/v1 Jobs of so many completions, created at a rate. */

import type { Job } from '#api';
import { type ArrivalSpec, arrivalFields, arrivalPhases, arrivalTimes } from '../arrivals.ts';
import { type PodFields, podFields, podTemplate } from '../pod-template.ts';
import { count, fields, label, oneOf } from '../schema-pieces.ts';
import type { TimedRequest, WorkloadKind, WorkloadScope } from '../workload.ts';

interface JobsSpec extends ArrivalSpec, PodFields {
  readonly name?: string;
  readonly namespace?: string;
  readonly count?: number;
  readonly completions?: number;
  readonly parallelism?: number;
  readonly backoffLimit?: number;
  readonly restartPolicy?: 'Never' | 'OnFailure';
  readonly completionMode?: 'NonIndexed' | 'Indexed';
}

export const jobs: WorkloadKind<JobsSpec> = {
  name: 'jobs',
  schema: fields('Jobs, created at a rate', {
    name: label('prefix of their names (default batch)'),
    namespace: label('default: default'),
    count: count('how many Jobs (default 1)', 1, 1_000_000),
    completions: count('completions of each (default 1)', 1, 1_000_000),
    parallelism: count('pods of one Job at once (default: completions)', 1, 1_000_000),
    backoffLimit: count('as in a Job (default 6)'),
    restartPolicy: oneOf(['Never', 'OnFailure'], 'default Never'),
    completionMode: oneOf(['NonIndexed', 'Indexed'], 'default NonIndexed'),
    ...arrivalFields,
    ...podFields,
  }),
  pods: (spec) => (spec.count ?? 1) * (spec.completions ?? 1),
  phases: arrivalPhases,
  *requests(spec: JobsSpec, scope: WorkloadScope): Iterable<TimedRequest> {
    const completions = spec.completions ?? 1;
    const times = arrivalTimes(spec, completions, scope.stream(`workload/${scope.ordinal}/arrivals`))[Symbol.iterator]();
    for (let index = 0; index < (spec.count ?? 1); index++) {
      const { value: at, done } = times.next();
      if (done === true || at > scope.until) return;
      yield {
        at,
        verb: 'create',
        resource: 'jobs.batch',
        namespace: spec.namespace ?? 'default',
        body: job(`${spec.name ?? 'batch'}-${index}`, spec, index),
        pods: completions,
      };
    }
  },
};

function job(name: string, spec: JobsSpec, ordinal: number): Job {
  const completions = spec.completions ?? 1;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: spec.namespace ?? 'default', labels: { app: name } },
    spec: {
      completions,
      parallelism: spec.parallelism ?? completions,
      ...(spec.backoffLimit === undefined ? {} : { backoffLimit: spec.backoffLimit }),
      ...(spec.completionMode === undefined ? {} : { completionMode: spec.completionMode }),
      template: podTemplate(name, spec, spec.restartPolicy ?? 'Never', ordinal),
    },
  } as Job;
}
