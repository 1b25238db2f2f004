/** How an API server is set up. Survives structured clone. */

import type { Resource } from '#api';
import type { Duration, HostId } from '#sim';
import type { AuditPolicy } from './audit/policy.ts';
import type { Costs } from './costs.ts';
import type { FlowControlKind } from './flow-control/flow-control.ts';
import type { KubeletRange } from './subresources/pod-log.ts';

/** --etcd-servers and --etcd-servers-overrides. */
export interface EtcdEndpoints {
  /** Members of the main cluster; requests go to the first that answers as leader. */
  readonly default: readonly HostId[];
  /** Resources with a cluster of their own ('events'). */
  readonly overrides?: Readonly<Record<Resource, readonly HostId[]>>;
}

export interface ApiServerConfig {
  readonly name: string;
  /** 0, 1, 2, ...: tells the instances apart (timers start out of step). */
  readonly instance: number;
  readonly etcd: EtcdEndpoints;
  /** Keeps what is asked of etcd and what it answers, with times (etcd-history.ts). Default false. */
  readonly recordHistory?: boolean;
  /** --disable-admission-plugins: without TaintNodesByCondition new nodes are not tainted not-ready (clusters without a node lifecycle controller);
   *  without Priority pods keep the number they bring. Names: admission/registry.ts. */
  readonly disabledAdmission?: readonly string[];
  /** --enable-admission-plugins: besides those that are on anyway. */
  readonly enabledAdmission?: readonly string[];
  /** --authorization-mode: 'RBAC' is Node,RBAC with the bootstrap policy. Default AlwaysAllow. */
  readonly authorization?: 'AlwaysAllow' | 'RBAC';
  /** --audit-policy-file; absent: nothing is written down. */
  readonly audit?: AuditPolicy;
  /** Groups of users that do not follow from their names, as a certificate's organizations would say. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  /** --token-auth-file: users by bearer token. */
  readonly tokens?: Readonly<Record<string, { readonly user: string; readonly uid?: string; readonly groups?: readonly string[] }>>;
  /** Hosts that answer for webhooks: by the name of their service, or the first label of their URL's host. */
  readonly webhooks?: Readonly<Record<string, HostId>>;
  /** Hosts that serve an API group behind this server ('metrics.k8s.io'). */
  readonly aggregated?: Readonly<Record<string, HostId>>;
  /** Where kubelets are, for what only they can answer: the logs of their pods. */
  readonly kubelets?: readonly KubeletRange[];
  /** Changes to the cost table. */
  readonly costs?: Partial<Costs>;
  /** --etcd-compaction-interval; 0 turns compaction off. Default 5 minutes. */
  readonly compactionInterval?: Duration;
  /** Upper bound of events kept per resource for watchers to resume from. Upstream: 102,400. */
  readonly watchCacheSize?: number;
  /** --event-ttl. Default 1 hour; 0 keeps events for ever. */
  readonly eventTtlSeconds?: number;
  /** Who is served first when many ask at once. 'priorityAndFairness' is what a real server has; 'none' lets all requests share the cores. Default none. */
  readonly flowControl?: FlowControlKind;
  /** --max-requests-inflight (400) and --max-mutating-requests-inflight (200): together, the seats of priority and fairness. */
  readonly maxRequestsInFlight?: number;
  readonly maxMutatingRequestsInFlight?: number;
  /** --request-timeout. Default 60 s. */
  readonly requestTimeout?: Duration;
  /** Least life of a watch without timeoutSeconds (--min-request-timeout); lives are drawn up to twice that. Default 1,800 s. */
  readonly minRequestTimeoutSeconds?: number;
  /** Between bookmarks of one watch. Default 1 minute. */
  readonly bookmarkInterval?: Duration;
}
