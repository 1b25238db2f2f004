/** `cluster.apiServers`: how many, how big, and the flags of kube-apiserver that studies turn. */

import { ADMISSION_PLUGINS } from '#api';
import type { Duration } from '#sim';
import { type AuditPolicyPlan, auditPlan, auditSchema } from './audit-plan.ts';
import { count, duration, fields, type JsonSchema, list, mapOf, oneOf, text } from './schema-pieces.ts';
import { parseDuration } from './units.ts';

export interface ApiServersPlan {
  readonly count: number;
  readonly cores: number;
  readonly flowControl?: 'none' | 'maxInFlight' | 'priorityAndFairness';
  readonly maxRequestsInFlight?: number;
  readonly maxMutatingRequestsInFlight?: number;
  /** 0: compaction is off. */
  readonly compactionInterval?: Duration;
  readonly requestTimeout?: Duration;
  readonly eventTtlSeconds?: number;
  readonly watchCacheSize?: number;
  readonly authorization?: 'AlwaysAllow' | 'RBAC';
  readonly enabledAdmission?: readonly string[];
  readonly disabledAdmission?: readonly string[];
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  readonly audit?: AuditPolicyPlan;
}

export const apiServersSchema: JsonSchema = fields('API servers behind a balancer', {
  count: count('how many (default 1)', 1, 10),
  cores: count('cores of each (default 8)', 1, 256),
  flowControl: oneOf(
    ['none', 'maxInFlight', 'priorityAndFairness'],
    'who is served first: none, plain limits of requests in flight, or priority and fairness as a real server has it (default none)',
  ),
  maxRequestsInFlight: count('--max-requests-inflight (default 400)', 1),
  maxMutatingRequestsInFlight: count('--max-mutating-requests-inflight (default 200)', 1),
  compactionInterval: duration('--etcd-compaction-interval; 0s turns compaction off (default 5m)'),
  requestTimeout: duration('--request-timeout (default 60s)'),
  eventTtl: duration('--event-ttl; 0s keeps events for ever (default 1h)'),
  watchCacheSize: count('most events kept a resource for watchers to resume from (default 102400)', 1),
  authorization: oneOf(
    ['AlwaysAllow', 'RBAC'],
    'who may do what: everybody everything, or Node and RBAC with the bootstrap policy (default AlwaysAllow)',
  ),
  groups: mapOf(
    list(text('a group'), 'groups'),
    "groups of users, as certificates would say them; under RBAC the scenario's own user is in system:masters",
  ),
  admission: fields('admission plugins besides and without those that are on anyway', {
    enable: list(oneOf(ADMISSION_PLUGINS, 'a plugin'), '--enable-admission-plugins'),
    disable: list(oneOf(ADMISSION_PLUGINS, 'a plugin'), '--disable-admission-plugins'),
  }),
  audit: auditSchema,
});

type Written = Readonly<Record<string, unknown>>;

export function apiServersPlan(written: Written): ApiServersPlan {
  const whole = (key: string): number | undefined => written[key] as number | undefined;
  const admission = (written['admission'] ?? {}) as Written;
  const eventTtl = parseDuration(written['eventTtl']);
  return {
    count: whole('count') ?? 1,
    cores: whole('cores') ?? 8,
    ...present({
      flowControl: written['flowControl'] as ApiServersPlan['flowControl'],
      maxRequestsInFlight: whole('maxRequestsInFlight'),
      maxMutatingRequestsInFlight: whole('maxMutatingRequestsInFlight'),
      compactionInterval: parseDuration(written['compactionInterval']),
      requestTimeout: parseDuration(written['requestTimeout']),
      eventTtlSeconds: eventTtl === undefined ? undefined : Math.round(eventTtl / 1e6),
      watchCacheSize: whole('watchCacheSize'),
      authorization: written['authorization'] as ApiServersPlan['authorization'],
      enabledAdmission: admission['enable'] as readonly string[] | undefined,
      disabledAdmission: admission['disable'] as readonly string[] | undefined,
      groups: written['groups'] as ApiServersPlan['groups'],
      audit: auditPlan(written['audit']),
    }),
  };
}

/** Without what is not said: a server's own defaults hold then. */
function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
