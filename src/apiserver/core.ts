/** What the parts of one API server share. */

import type { ApiRequest, KubeObject, Resource, ResourceInfo, StatusObject } from '#api';
import type { KeyValue } from '#etcd';
import type { Context, Duration, Histogram, HostId, Instant } from '#sim';
import type { Admission } from './admission/admission.ts';
import type { Users } from './authentication/users.ts';
import type { WatchCache } from './cache/watch-cache.ts';
import type { ApiServerConfig } from './config.ts';
import type { Costs } from './costs.ts';
import type { Cluster, EtcdClient } from './etcd-client.ts';
import type { EventLeases } from './event-leases.ts';
import type { Ticket } from './flow-control/flow-control.ts';
import type { ResourceDescriptor } from './registry/descriptor.ts';
import type { RequestPath } from './request-path.ts';
import type { ResourceView } from './views/resource-view.ts';

/** One resource as this server serves it. */
export interface ResourceState {
  readonly descriptor: ResourceDescriptor;
  readonly info: ResourceInfo;
  /** '/registry/pods/'. */
  readonly prefix: string;
  readonly cluster: Cluster;
  readonly cache: WatchCache;
  /** By verb, taken when first needed. */
  readonly durations: Map<string, Histogram>;
  /** Set when this is another version of what is stored. */
  readonly view: ResourceView | undefined;
}

/** What a request asks to be done. */
export type Action = 'create' | 'get' | 'list' | 'watch' | 'update' | 'patch' | 'delete' | 'deletecollection' | 'bind' | 'evict';

/** A request under way. */
export interface Operation {
  readonly source: HostId;
  readonly request: ApiRequest;
  readonly resource: ResourceState;
  readonly action: Action;
  readonly receivedAt: Instant;
  /** etcd key; changes when a generated name collides. */
  key: string;
  /** Collisions of generated names, retries of guarded writes. */
  attempts: number;
  /** What was handed to etcd. */
  candidate: KubeObject | undefined;
  /** A PUT or an apply that found nothing and creates. */
  isNew: boolean;
  /** Seats to give back with the answer. */
  ticket: Ticket | undefined;
  /** Set on the deletions that a deletecollection starts. */
  readonly parent: CollectionDeletion | undefined;
}

/** A deletecollection waits for all its deletions. */
export interface CollectionDeletion {
  readonly operation: Operation;
  outstanding: number;
  readonly deleted: KubeObject[];
  failure: StatusObject | undefined;
}

export interface Core {
  readonly config: ApiServerConfig;
  readonly costs: Costs;
  readonly etcd: EtcdClient;
  readonly eventLeases: EventLeases;
  readonly admission: Admission;
  readonly users: Users;
  readonly path: RequestPath;
  /** Namespaces deleted here lately, and until when the cache is not to be trusted about them (NamespaceLifecycle's forceLiveLookup). */
  readonly terminating: Map<string, Instant>;
  resource(resource: Resource): ResourceState | undefined;
  /** Answers, after `processing` more of this server's time. A Status answers with its own code. */
  answer(operation: Operation, code: number, object: unknown, ctx: Context, processing?: Duration): void;
  /** Answers once `cost` of CPU was spent, in slices when it is long. */
  answerAfter(operation: Operation, code: number, object: unknown, cost: number, ctx: Context): void;
  fail(operation: Operation, status: StatusObject, ctx: Context): void;
  /** Work for an object of `bytes` on this server's cores. */
  charge(ctx: Context, cost: number): Duration;
  openWatch(operation: Operation, ctx: Context): void;
}

export const objectOf = (kv: KeyValue | undefined): KubeObject | undefined => kv?.value as KubeObject | undefined;

/** Marks of a transform: leave things as they are; remove the object. */
export const UNCHANGED = Symbol('unchanged');
export const REMOVE = Symbol('remove');
export type Transformed = KubeObject | StatusObject | typeof UNCHANGED | typeof REMOVE;
