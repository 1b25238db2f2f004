/** `deployments`: so many apps/v1 Deployments of so many replicas, created at a rate. */

import type { Deployment } from '#api';
import { type ArrivalSpec, arrivalFields, arrivalPhases, arrivalTimes } from '../arrivals.ts';
import { type PodFields, podFields, podTemplate } from '../pod-template.ts';
import { count, fields, flag, label } from '../schema-pieces.ts';
import type { TimedRequest, WorkloadKind, WorkloadScope } from '../workload.ts';
import { service } from './deployment-service.ts';

export interface DeploymentsSpec extends ArrivalSpec, PodFields {
  readonly name?: string;
  readonly namespace?: string;
  readonly count?: number;
  readonly replicas?: number;
  readonly maxSurge?: string | number;
  readonly maxUnavailable?: string | number;
  readonly minReadySeconds?: number;
  readonly service?: boolean;
}

/** The names that an entry gives its objects: `web-0`, `web-1`, ... */
export const deploymentNames = (spec: DeploymentsSpec): readonly string[] =>
  Array.from({ length: spec.count ?? 1 }, (_, index) => `${spec.name ?? 'web'}-${index}`);

export const deployments: WorkloadKind<DeploymentsSpec> = {
  name: 'deployments',
  schema: fields(
    'Deployments, created at a rate',
    {
      name: label('prefix of their names (default web)'),
      namespace: label('default: default'),
      count: count('how many Deployments (default 1)', 1, 1_000_000),
      replicas: count('replicas of each (default 1)', 0, 1_000_000),
      maxSurge: { type: ['integer', 'string'], description: 'as in a Deployment (default 25%)' },
      maxUnavailable: { type: ['integer', 'string'], description: 'as in a Deployment (default 25%)' },
      minReadySeconds: count('as in a Deployment'),
      service: flag('each gets a Service of its name, port 80 to 8080 (default: where a `traffic` entry asks it)'),
      ...arrivalFields,
      ...podFields,
    },
    [],
  ),
  pods: (spec) => (spec.count ?? 1) * (spec.replicas ?? 1),
  phases: arrivalPhases,
  *requests(spec: DeploymentsSpec, scope: WorkloadScope): Iterable<TimedRequest> {
    const replicas = spec.replicas ?? 1;
    // Traffic makes the Services of those that it asks.
    const isAsked = scope.entries.some(({ kind, spec: one }) => kind === 'traffic' && (one as { of?: string }).of === (spec.name ?? 'web'));
    const times = arrivalTimes(spec, Math.max(1, replicas), scope.stream(`workload/${scope.ordinal}/arrivals`))[Symbol.iterator]();
    for (const [ordinal, name] of deploymentNames(spec).entries()) {
      const { value: at, done } = times.next();
      if (done === true || at > scope.until) return;
      const namespace = spec.namespace ?? 'default';
      if (spec.service === true && !isAsked) yield { at, verb: 'create', resource: 'services', namespace, body: service(name, namespace) };
      yield {
        at,
        verb: 'create',
        resource: 'deployments.apps',
        namespace,
        body: deployment(name, spec, ordinal),
        pods: replicas,
      };
    }
  },
};

function deployment(name: string, spec: DeploymentsSpec, ordinal: number): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: spec.namespace ?? 'default', labels: { app: name } },
    spec: {
      replicas: spec.replicas ?? 1,
      selector: { matchLabels: { app: name } },
      ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: spec.maxSurge ?? '25%', maxUnavailable: spec.maxUnavailable ?? '25%' },
      },
      template: podTemplate(name, spec, 'Always', ordinal),
    },
  };
}
