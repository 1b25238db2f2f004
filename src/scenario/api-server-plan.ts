/** `cluster.apiServers`: how many, how big, and the flags of kube-apiserver that studies turn. */

import type { Duration } from '#sim';
import { count, duration, fields, type JsonSchema, oneOf } from './schema-pieces.ts';
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
});

type Written = Readonly<Record<string, unknown>>;

export function apiServersPlan(written: Written): ApiServersPlan {
  const whole = (key: string): number | undefined => written[key] as number | undefined;
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
    }),
  };
}

/** Without what is not said: a server's own defaults hold then. */
function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
