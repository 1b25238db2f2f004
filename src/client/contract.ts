/** The client room's promises to its tenants: how a controller, the scheduler or a kubelet reaches the API server. */

import type { KubeObject, ObjectKey, PatchType, RequestOptions, Resource, StatusObject, Verb } from '#api';
import type { Context, Duration, HostId, Instant, Labels, Message } from '#sim';
import type { Lane } from './lane.ts';
import type { RetryLimits } from './work-queue.ts';

/** How a host's client is set up (rest.Config). */
export interface ClientConfig {
  readonly user: string;
  /** API servers behind the balancer; a client is pinned to one, and moves on when that one fails. */
  readonly servers: readonly HostId[];
  /** client-go's token bucket. kubelet and scheduler 50/100, controller manager 20/30. 0 lifts the limit. */
  readonly qps: number;
  readonly burst: number;
  /** Of one request. Kubernetes' default for components is 60 s at the server; none at the client. */
  readonly timeout?: Duration;
}

/** A further token bucket on the same connection: a heartbeat's, or one controller's (clientbuilder gives each its own). */
export interface LaneConfig {
  readonly qps: number;
  readonly burst: number;
  /** Whose requests these are, when not the client's. */
  readonly user?: string;
  readonly timeout?: Duration;
}

/** A request as a tenant writes it; the client adds id and user. */
export interface RequestSpec {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly body?: unknown;
  readonly patchType?: PatchType;
  readonly options?: RequestOptions;
  readonly discardBody?: boolean;
}

/** What a request came to. `continuation` is the data given with it: there are no callbacks inside simulated time. */
export interface Outcome<C> {
  readonly continuation: C;
  readonly request: RequestSpec;
  /** HTTP code, or 0 when the connection broke or timed out: the outcome is then unknown. */
  readonly code: number;
  readonly object?: KubeObject;
  /** Set when code >= 400 or 0. */
  readonly error?: StatusObject;
  readonly sentAt: Instant;
}

/** Sends requests under a rate limit and matches answers. One a host. */
export interface ApiClient<C> {
  /** Sends (or queues behind the rate limit). The outcome comes back from `receive`. `processing`: simulated work before the request leaves. */
  request(ctx: Context, spec: RequestSpec, continuation: C, processing?: Duration, lane?: Lane): void;
  /** Opens a further bucket; call while the host is being built. */
  lane(config: LaneConfig): Lane;
  /** Offers a message; returns the outcome it completes, if any. `handled` is true when the message was the client's or its informers'. */
  receive(message: Message, ctx: Context): ClientReceipt<C>;
}
export interface ClientReceipt<C> {
  readonly handled: boolean;
  readonly outcome?: Outcome<C>;
}

/** A change as an informer's handler sees it. */
export interface InformerEvent<T extends KubeObject = KubeObject> {
  readonly type: 'add' | 'update' | 'delete';
  readonly key: ObjectKey;
  readonly object: T;
  /** Before an update. */
  readonly previous?: T;
}

/** Read-only view of an informer's store. Iteration order is that of insertion, which is that of the watch. */
export interface Lister<T extends KubeObject = KubeObject> {
  get(key: ObjectKey): T | undefined;
  list(): Iterable<T>;
  /** Objects in one bucket of a named index (addIndex). */
  byIndex(index: string, value: string): Iterable<T>;
  /** How many objects a bucket has, without listing them. */
  countByIndex(index: string, value: string): number;
  /** The values that have objects. */
  indexValues(index: string): Iterable<string>;
  readonly size: number;
}

/** List-and-watch of one resource into a store (client-go's Reflector + SharedInformer): relists on 410, resumes on a broken stream, heeds bookmarks. */
export interface Informer<T extends KubeObject = KubeObject> extends Lister<T> {
  readonly resource: Resource;
  readonly synced: boolean;
  addIndex(name: string, valuesOf: (object: T) => readonly string[]): void;
  /** Called for each change, in order, after the store has it. */
  onEvent(handler: (event: InformerEvent<T>, ctx: Context) => void): void;
}

/** Builds a host's informers; all share one connection. */
export interface InformerFactory {
  informer<T extends KubeObject>(
    resource: Resource,
    options?: { labelSelector?: string; fieldSelector?: string; namespace?: string },
  ): Informer<T>;
  /** Starts all listing and watching. */
  start(ctx: Context): void;
  readonly synced: boolean;
  /** True when the message was one of its own. */
  receive(message: Message, ctx: Context): boolean;
}

/** What a reconcile asks for. Requests of one plan are sent in order, all at once; their outcomes go to `next`, or, without it, decide by themselves. */
export interface Plan {
  readonly requests?: readonly RequestSpec[];
  /** A stage of this controller that must see the answers (slow start, collisions, live reads before deletion). Plain data. */
  readonly next?: Stage;
  /** Look again after this long, whatever happens. */
  readonly requeueAfter?: Duration;
  /** CPU time of this pass beyond the usual, when it grows with what was looked at: the key is held until it is spent, so that events meanwhile make one pass. */
  readonly cost?: Duration;
  /** Why the key failed: it goes back with the rate limiter's delay. */
  readonly failed?: string;
  /** Creations, and deletions by object key, that watches with `dependents` must show: until then (5 min at most) `view.satisfied` is false for this key
   *  (ControllerExpectations). A create or delete that fails no longer counts. */
  readonly expect?: { readonly creations?: number; readonly deletions?: readonly string[] };
}
export interface Stage {
  readonly name: string;
  readonly data?: unknown;
  /** In the order of the plan's requests. */
  readonly outcomes?: readonly Outcome<unknown>[];
}

/** What a controller may see while it decides. */
export interface View {
  readonly now: Instant;
  /** Its host's clock, microseconds since the Unix epoch. */
  readonly clock: number;
  /** False while the key in hand waits for creations or deletions that it asked for. */
  readonly satisfied: boolean;
  /** Puts a key of this controller into its queue, now or after a while: what upstream's handlers do beyond naming keys. */
  enqueue(key: string, after?: Duration): void;
  lister<T extends KubeObject>(resource: Resource): Lister<T>;
  /** One draw, keyed by the controller and what it decides about. */
  uniform(purpose: string, key: string, n?: number): number;
  /** An event as client-go's recorder writes it (aggregated, best effort). */
  event(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** Adds to a counter that the controller exports, by 1 unless told. */
  count(metric: string, labels?: Labels, by?: number): void;
  /** Puts one value into a histogram that the controller exports. */
  observe(metric: string, value: number, labels?: Labels): void;
  /** Sets a level that the controller exports. */
  gauge(metric: string, value: number, labels?: Labels): void;
}

/** Which objects wake which keys. */
export interface WatchSpec {
  readonly resource: Resource;
  readonly keys: (event: InformerEvent, view: View) => readonly string[];
  readonly indexes?: Readonly<Record<string, (object: KubeObject) => readonly string[]>>;
  /** These objects are what the controller creates and deletes: their coming and going meets expectations. */
  readonly dependents?: boolean;
  /** Keys enter the queue after this long (the Job controller's batching of pod updates). */
  readonly delay?: Duration;
}

/** A controller: what it watches, and a pure decision about one key. */
export interface Controller {
  readonly name: string;
  /** The first watch is that of the resource it reconciles. */
  readonly watches: readonly WatchSpec[];
  /** Keys worked on at once (--concurrent-deployment-syncs and its kin). */
  readonly workers: number;
  reconcile(key: string, view: View, stage: Stage | undefined): Plan;
  /** Its queue's name in metrics; default: its own. */
  readonly queue?: string;
  /** The component in its Events; default `<name>-controller`. */
  readonly component?: string;
  /** How often and how late a key that failed comes back; default: client-go's, without end. */
  readonly retries?: RetryLimits;
  /** Run every so often without a key (node monitor, pod GC), once its informers have synced; a run that is not over skips the next.
   *  A plan's `next` stage comes to `reconcile` with key ''. */
  readonly period?: Duration;
  tick?(view: View): Plan;
}
