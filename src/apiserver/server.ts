/** One kube-apiserver: takes requests from clients and answers them from its caches and from etcd. It keeps nothing that etcd does not have, so
 *  instances are equal and one that restarts is as good as new once its caches are filled. Mirrors kube-apiserver v1.34. */

import type { ApiRequest, ApiResponse, CloseWatch, KubeObject, Pong, Resource, StatusObject, WatchWindow } from '#api';
import type { EtcdEvents, EtcdResponse } from '#etcd';
import { type Context, type Duration, type Host, type Instant, type Message, MINUTE, SECOND } from '#sim';
import { Admission } from './admission/admission.ts';
import { Aggregation } from './aggregation.ts';
import { AuditLog } from './audit/audit-log.ts';
import { Users } from './authentication/users.ts';
import { isStatus } from './cache/filter.ts';
import { PROGRESS_INTERVAL } from './cache-feed.ts';
import { Compactor } from './compactor.ts';
import type { ApiServerConfig } from './config.ts';
import type { Core, Operation, ResourceState } from './core.ts';
import { type Costs, DEFAULT_COSTS } from './costs.ts';
import { awaitsConversion } from './custom-resources/conversion/converted-answer.ts';
import { Conversions } from './custom-resources/conversion/converter.ts';
import type { Definition } from './custom-resources/definition.ts';
import { CustomResources, type OwnRequest } from './custom-resources/served.ts';
import { EtcdClient } from './etcd-client.ts';
import { EventLeases } from './event-leases.ts';
import { requestTimeout } from './failures.ts';
import { FanOut } from './fan-out.ts';
import { FlowConfigurationObjects } from './flow-control/configuration-objects.ts';
import { FlowControl, rejection, type Ticket } from './flow-control/flow-control.ts';
import { seatsOf } from './flow-control/seats.ts';
import { GuaranteedUpdate } from './guaranteed-update.ts';
import { ApiServerMetrics } from './metrics.ts';
import { ObjectCount } from './object-count.ts';
import { headOf } from './object-meta.ts';
import { type EarlyAnswer, RequestPath } from './request-path.ts';
import { asPodBinding, route } from './routing.ts';
import { ServedResources } from './served-resources.ts';
import { COMPACT, SEATS_FREE, type Slice, TICK } from './server-timers.ts';
import { SlicedAnswers } from './sliced-answers.ts';
import { bind } from './subresources/binding.ts';
import { evict } from './subresources/eviction.ts';
import { Creation } from './verbs/create.ts';
import { deletion } from './verbs/delete.ts';
import { collected } from './verbs/delete-collection.ts';
import { Get } from './verbs/get.ts';
import { List } from './verbs/list.ts';
import { patch } from './verbs/patch.ts';
import { update } from './verbs/update.ts';
import { openWatch } from './verbs/watch.ts';
import { presented } from './views/resource-view.ts';

const WATCH_CACHE_EVENTS_MAX = 102_400;
const SELF = 'system:apiserver';
/** Made by the servers themselves (the system namespaces controller). */
const SYSTEM_NAMESPACES = ['kube-system', 'kube-public', 'default', 'kube-node-lease'];

interface Held {
  readonly request: ApiRequest;
  readonly source: number;
  readonly at: number;
}

export class ApiServer implements Host, Core {
  readonly config: ApiServerConfig;
  readonly costs: Costs;
  readonly etcd: EtcdClient;
  readonly eventLeases: EventLeases;
  readonly admission: Admission;
  readonly users: Users;
  readonly path: RequestPath;
  private readonly audit: AuditLog | undefined;
  readonly aggregation: Aggregation;
  private readonly resources: ServedResources;
  private readonly custom: CustomResources;
  private readonly conversions = new Conversions(this);
  private readonly fanOut: FanOut;
  private readonly flow: FlowControl;
  private readonly flowObjects: FlowConfigurationObjects;
  private seatsFreeAt = -1;
  private readonly slices = new SlicedAnswers(this);
  private readonly compactors: readonly Compactor[];
  private readonly requestTimeout: Duration;
  private metrics: ApiServerMetrics | undefined;
  private counts: readonly ObjectCount[] = [];
  /** Requests that came before the caches were filled. */
  private held: Held[] = [];
  private isReady = false;
  private ownRequests = 0;
  private progressAt = 0;
  /** When this process began. */
  private since: Instant = 0;
  readonly terminating = new Map<string, Instant>();

  constructor(config: ApiServerConfig) {
    this.config = config;
    this.costs = { ...DEFAULT_COSTS, ...config.costs };
    this.requestTimeout = config.requestTimeout ?? MINUTE;
    this.etcd = new EtcdClient(config.etcd, this.requestTimeout);
    this.eventLeases = new EventLeases(this.etcd, config.eventTtlSeconds ?? 3600);
    this.flow = new FlowControl({
      kind: config.flowControl ?? 'none',
      readOnly: config.maxRequestsInFlight ?? 400,
      mutating: config.maxMutatingRequestsInFlight ?? 200,
      patience: this.requestTimeout / 4,
      userOf: (request) => this.path.userOf(request),
      infoOf: (resource) => this.resources.get(resource)?.info,
    });
    this.fanOut = new FanOut(this.costs, config.bookmarkInterval ?? MINUTE);
    this.compactors = this.etcd.clusters.map((cluster) => new Compactor(this.etcd, cluster));
    const windowMax = config.watchCacheSize ?? WATCH_CACHE_EVENTS_MAX;
    this.resources = new ServedResources(this.etcd, this.fanOut, windowMax, (operation, ctx) => this.openWatch(operation, ctx));
    this.custom = new CustomResources(this.resources, this.conversions.converterOf, (own, ctx) => this.own(own, ctx));
    this.flowObjects = new FlowConfigurationObjects(
      this.resources,
      (configuration, ctx) => {
        for (const { request, source } of this.flow.configure(configuration)) this.turnAway(request, source, rejection(), ctx);
      },
      (own, ctx) => this.own(own, ctx),
    );
    this.users = new Users(config);
    this.admission = new Admission(this);
    this.path = new RequestPath(this);
    this.aggregation = new Aggregation(this, config.aggregated, config.kubelets);
    this.audit = config.audit === undefined ? undefined : new AuditLog(this, this.path, config.audit);
  }

  start(ctx: Context): void {
    this.since = ctx.now;
    this.etcd.begin(ctx, this.config.recordHistory === true);
    this.audit?.start(ctx);
    const metrics = (this.metrics = new ApiServerMetrics(ctx.record));
    this.fanOut.measure(metrics);
    this.flow.measure(ctx.record);
    // Storage is one: only one server counts it.
    if (this.config.instance === 0)
      this.counts = this.resources.feeds
        .filter((feed) => feed.isOnDemand)
        .map(({ resource }) => new ObjectCount(resource, this.etcd, metrics));
    for (const feed of this.resources.feeds) if (!feed.isOnDemand) feed.list(ctx);
    ctx.after(SECOND, TICK);
    const interval = this.config.compactionInterval ?? 5 * MINUTE;
    if (interval > 0) ctx.after(interval + this.config.instance * SECOND, COMPACT);
  }

  receive(message: Message, ctx: Context): void {
    switch (message.kind) {
      case 'ApiRequest':
        return this.request(message as ApiRequest, ctx);
      case 'EtcdResponse':
        return this.etcdAnswered(message as EtcdResponse, ctx);
      case 'EtcdEvents':
        return this.etcdEvents(message as EtcdEvents, ctx);
      case 'ApiResponse':
        return this.aggregation.answered(message as ApiResponse, ctx);
      case 'CloseWatch':
        return this.fanOut.close(ctx.source, (message as CloseWatch).id);
      case 'WatchWindow':
        return this.fanOut.allow(message as WatchWindow, ctx);
      case 'Ping':
        return void ctx.send(ctx.source, { kind: 'Pong', since: this.since } as Pong);
      case 'ConnectionReset':
        this.etcd.lost(ctx.source, ctx);
        this.aggregation.lost(ctx.source, ctx);
        return this.fanOut.closeAllOf(ctx.source);
      case 'ApiServerTick':
        return this.tick(ctx);
      case 'AdmissionReviewAnswer':
      case 'WebhookTimeout':
      case 'Incident':
        return this.admission.receive(message, ctx);
      case 'ConversionReviewAnswer':
      case 'ConversionTimeout':
        return this.conversions.receive(message, ctx);
      case 'ApiServerSlice':
        return this.slices.next(message as Slice, ctx);
      case 'ApiServerSeatsFree':
        return this.advanceQueues(ctx);
      case 'ApiServerCompact':
        for (const compactor of this.compactors) compactor.run(ctx);
        ctx.after(this.config.compactionInterval ?? 5 * MINUTE, COMPACT);
        return;
    }
  }

  /** Definitions of custom resources that this server knows: what its documents and tables are made of. */
  get definitions(): readonly Definition[] {
    return this.custom.definitions;
  }

  /** Its caches are filled: it answers. */
  get isServing(): boolean {
    return this.isReady;
  }

  resource(resource: Resource): ResourceState | undefined {
    return this.resources.get(resource);
  }

  charge(ctx: Context, cost: number): Duration {
    return ctx.charge(Math.round(cost));
  }

  private etcdAnswered(message: EtcdResponse, ctx: Context): void {
    const answer = this.etcd.receive(message, ctx);
    if (answer !== undefined) this.metrics?.etcdAnswered(answer.op, answer.took);
    if (!this.isReady) this.becomeReady(ctx);
  }

  private etcdEvents(message: EtcdEvents, ctx: Context): void {
    this.etcd.heard(ctx.source, ctx);
    this.resources.events(message, ctx);
  }

  private becomeReady(ctx: Context): void {
    for (const feed of this.resources.feeds) if (!feed.isOnDemand && !feed.resource.cache.isReady) return;
    this.isReady = true;
    this.custom.watch(ctx);
    const held = this.held;
    this.held = [];
    for (const name of SYSTEM_NAMESPACES) this.ensureNamespace(name, ctx);
    for (const object of this.path.bootstrap()) this.own({ verb: 'create', ...object }, ctx);
    if (this.flow.isFair) this.flowObjects.watch(ctx);
    for (const { request, source, at } of held) this.admit(request, source, at, ctx);
  }

  private ensureNamespace(name: string, ctx: Context): void {
    if (this.resources.get('namespaces')?.cache.get(`/registry/namespaces/${name}`) !== undefined) return;
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    this.own({ verb: 'create', resource: 'namespaces', body }, ctx);
  }

  /** A request of the server's own. */
  private own(request: OwnRequest, ctx: Context): void {
    this.serve({ kind: 'ApiRequest', id: ++this.ownRequests, user: SELF, ...request }, ctx.self, ctx.now, ctx);
  }

  private request(request: ApiRequest, ctx: Context): void {
    if (this.isReady) this.admit(request, ctx.source, ctx.now, ctx);
    else this.held.push({ request, source: ctx.source, at: ctx.now });
  }

  /** Priority and fairness stand before everything else. */
  private admit(sent: ApiRequest, source: number, at: number, ctx: Context): void {
    const { flow } = this;
    const request = sent.token === undefined ? sent : this.path.authenticated(sent, ctx);
    if (isStatus(request)) return this.turnAway(sent, source, request, ctx);
    if (!flow.isOn) return this.serve(request, source, at, ctx);
    const seats = seatsOf(request, this.resources.get(request.resource));
    const verdict = flow.admit({ request, source, seats, since: at }, ctx);
    if (verdict === 'queued') this.awaitSeats(ctx);
    else if ('code' in verdict) this.turnAway(request, source, verdict, ctx);
    else this.serve(request, source, at, ctx, verdict);
  }

  private turnAway(request: ApiRequest, source: number, status: StatusObject, ctx: Context): void {
    this.metrics?.countCode(status.code);
    this.audit?.answered(request, ctx.now, status.code, status, ctx.now, ctx);
    const response: ApiResponse = { kind: 'ApiResponse', id: request.id, code: status.code, object: status };
    ctx.send(source, response, this.charge(ctx, this.costs.request / 3));
  }

  /** Looks again when the next answer leaves; one such look is enough. */
  private awaitSeats(ctx: Context): void {
    const at = this.flow.nextRelease;
    if (at === undefined || !this.flow.hasWaiting || (this.seatsFreeAt > ctx.now && this.seatsFreeAt <= at)) return;
    this.seatsFreeAt = Math.max(at, ctx.now);
    ctx.after(this.seatsFreeAt - ctx.now, SEATS_FREE);
  }

  answerAfter(operation: Operation, code: number, object: unknown, cost: number, ctx: Context): void {
    this.slices.answer({ operation, code, object }, cost, ctx);
  }

  private advanceQueues(ctx: Context): void {
    this.flow.advance(
      ctx.now,
      ({ request, source, since }, ticket) => this.serve(request, source, since, ctx, ticket),
      ({ request, source }) => this.turnAway(request, source, rejection(), ctx),
    );
    this.awaitSeats(ctx);
  }

  private serve(request: ApiRequest, source: number, at: number, ctx: Context, ticket?: Ticket): void {
    this.metrics?.inflight.add(1);
    const state = this.resources.get(request.resource);
    const early = this.path.isOpen && state !== undefined && request.subresource !== 'token' ? undefined : this.path.before(request, ctx);
    if (early !== undefined) return this.answerEarly({ request, source, at }, early, ctx, ticket);
    if ((state === undefined || request.subresource === 'log') && this.aggregation.forward(request, source, at, ctx, ticket)) return;
    const operation =
      state === undefined && request.resource === 'bindings' && request.verb === 'create'
        ? route(asPodBinding(request), source, this.resources.get('pods'), at)
        : route(request, source, state, at);
    if (isStatus(operation)) return this.answerEarly({ request, source, at }, { code: operation.code, object: operation }, ctx, ticket);
    operation.ticket = ticket;
    switch (operation.action) {
      case 'create':
        return new Creation(this, operation).start(ctx);
      case 'update':
        return new GuaranteedUpdate(this, operation, update).start(ctx);
      case 'patch':
        return new GuaranteedUpdate(this, operation, patch).start(ctx);
      case 'bind':
        return new GuaranteedUpdate(this, operation, bind).start(ctx);
      case 'delete':
        return new GuaranteedUpdate(this, operation, deletion).start(ctx);
      case 'evict':
        return evict(this, operation, ctx);
      case 'get':
        return new Get(this, operation).start(ctx);
      case 'list':
      case 'deletecollection':
        return new List(this, operation).start(ctx);
      case 'watch':
        return this.openWatch(operation, ctx);
    }
  }

  /** What was decided without a verb. */
  answerEarly({ request, source, at }: Held, { code, object }: EarlyAnswer, ctx: Context, ticket?: Ticket): void {
    if (ticket !== undefined) this.free(ticket, ctx.now, ctx);
    this.metrics?.inflight.add(-1);
    this.metrics?.countCode(code);
    this.audit?.answered(request, at, code, object, ctx.now, ctx);
    ctx.send(source, { kind: 'ApiResponse', id: request.id, code, object } as ApiResponse, this.charge(ctx, this.costs.request));
  }

  openWatch(operation: Operation, ctx: Context): void {
    if (!operation.resource.cache.isReady) return this.resources.feed(operation.resource.cache)?.demand(operation, ctx);
    const timing = { minSeconds: this.config.minRequestTimeoutSeconds ?? 1800, bookmarkInterval: this.config.bookmarkInterval ?? MINUTE };
    openWatch(this, this.fanOut, timing, operation, ctx);
  }

  answer(operation: Operation, code: number, object: unknown, ctx: Context, processing: Duration = 0): void {
    if (operation.parent !== undefined) return collected(this, operation.parent, object as KubeObject, undefined, ctx);
    if (operation.resource.view?.converter !== undefined && awaitsConversion(this, operation, code, object, ctx)) return;
    this.metrics?.inflight.add(-1);
    this.metrics?.answered(operation, code, ctx.now + processing - operation.receivedAt);
    if (operation.ticket !== undefined) this.free(operation.ticket, ctx.now + processing, ctx);
    const { request } = operation;
    this.audit?.answered(request, operation.receivedAt, code, object, ctx.now + processing, ctx);
    if (operation.source === ctx.self) return;
    const { view, info } = operation.resource;
    const whole = view === undefined ? object : presented(view, info, object);
    const shown = request.discardBody && whole !== undefined ? headOf(whole as KubeObject, operation.resource.descriptor.expires) : whole;
    const response: ApiResponse = { kind: 'ApiResponse', id: request.id, code, object: shown };
    ctx.send(operation.source, response, processing);
    if (operation.resource.info.resource === 'pods' && (operation.action === 'create' || operation.action === 'bind'))
      this.span(operation, ctx.now + processing, ctx);
  }

  private free(ticket: Ticket, at: number, ctx: Context): void {
    this.flow.release(ticket, at);
    if (this.flow.hasWaiting) this.awaitSeats(ctx);
  }

  private span(operation: Operation, end: number, ctx: Context): void {
    const metadata = operation.candidate?.metadata;
    if (metadata === undefined) return;
    const step = operation.action === 'create' ? 'apiserver: create' : 'apiserver: bind';
    ctx.record.span(`pods/${metadata.namespace}/${metadata.name}`, step, operation.receivedAt, end - operation.receivedAt);
  }

  fail(operation: Operation, status: StatusObject, ctx: Context): void {
    if (operation.parent !== undefined) return collected(this, operation.parent, undefined, status, ctx);
    const processing = this.charge(ctx, this.costs.request);
    this.metrics?.inflight.add(-1);
    this.metrics?.answered(operation, status.code, ctx.now + processing - operation.receivedAt);
    if (operation.ticket !== undefined) this.free(operation.ticket, ctx.now + processing, ctx);
    this.audit?.answered(operation.request, operation.receivedAt, status.code, status, ctx.now + processing, ctx);
    if (operation.source === ctx.self) return;
    const response: ApiResponse = { kind: 'ApiResponse', id: operation.request.id, code: status.code, object: status };
    ctx.send(operation.source, response, processing);
  }

  private tick(ctx: Context): void {
    ctx.after(SECOND, TICK);
    this.etcd.sweep(ctx);
    this.fanOut.tick(ctx);
    if (this.flow.hasWaiting) this.advanceQueues(ctx);
    this.custom.tick(ctx);
    this.aggregation.tick(ctx);
    if (this.flow.isFair) this.flowObjects.tick(ctx);
    for (const { resource } of this.resources.feeds) {
      if (resource.cache.waiters.length > 0) resource.cache.release(ctx);
      if (this.config.instance === 0 && !resource.descriptor.uncached) this.metrics?.stored(resource, resource.cache.objects.size);
    }
    if (ctx.now % MINUTE < SECOND) for (const count of this.counts) count.ask(ctx);
    if (!this.isReady) this.dropStale(ctx);
    if (ctx.now - this.progressAt < PROGRESS_INTERVAL) return;
    this.progressAt = ctx.now;
    for (const feed of this.resources.feeds) feed.check(ctx);
    for (const cluster of this.etcd.clusters) this.etcd.progress(cluster, ctx);
  }

  /** Nobody waits for ever for a server that cannot reach etcd. */
  private dropStale(ctx: Context): void {
    while (this.held.length > 0 && ctx.now - (this.held[0] as Held).at >= this.requestTimeout) {
      const { request, source } = this.held.shift() as Held;
      const status = requestTimeout();
      ctx.send(source, { kind: 'ApiResponse', id: request.id, code: status.code, object: status } as ApiResponse);
    }
  }
}
