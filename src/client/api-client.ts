/** A host's door to the API servers: rate limit, matching of answers, time-outs, retries on 429, moving on when a server is lost.
 *  Mirrors client-go v1.34 rest/request.go and rest/with_retry.go over one HTTP/2 connection behind a balancer that hashes the client.
 *  A dead connection is noticed by HTTP/2's ping (30 s of silence, then 15 s for the answer), or when a request times out and nothing was heard since it left.
 *  Departure: silence means silence of watches; a client without watches does not ping. */

import type { ApiRequest, ApiResponse, CloseWatch, KubeObject, Ping, Pong, StatusObject, WatchEvents } from '#api';
import type { Context, Duration, HostId, Incident, Instant, Message } from '#sim';
import { purpose, SECOND } from '#sim';
import type { ApiClient, ClientConfig, ClientReceipt, LaneConfig, Outcome, RequestSpec } from './contract.ts';
import { Lane } from './lane.ts';
import { RequestMetrics } from './request-metrics.ts';
import type { Call, ClientTimer, Tenant } from './tenant.ts';
import { clientTimer } from './tenant.ts';

/** When neither host nor lane says otherwise: the server itself gives up after 60 s (--request-timeout). */
const DEFAULT_TIMEOUT: Duration = 60 * SECOND;
/** rest.Request's default: maxRetries 10 on answers that carry Retry-After. */
const MAX_RETRIES = 10;

const NOT_HANDLED: ClientReceipt<never> = Object.freeze({ handled: false });
const HANDLED: ClientReceipt<never> = Object.freeze({ handled: true });

/** The Status of an outcome that nobody knows. */
export const CONNECTION_LOST: StatusObject = Object.freeze({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  message: 'client connection lost or request timed out',
  reason: 'Unknown',
  code: 0,
});

/** Ids stay small integers. */
const ID_MASK = 0x3fffffff;

/** 32 bits in which every bit of both inputs counts (murmur3's finalizer). */
function scramble(a: number, b: number): number {
  let h = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** HTTP2_READ_IDLE_TIMEOUT_SECONDS and HTTP2_PING_TIMEOUT_SECONDS (apimachinery util/net). */
const PING_AFTER: Duration = 30 * SECOND;
const PONG_WITHIN: Duration = 15 * SECOND;
/** A watch is answered at once or not at all. */
const WATCH_TIMEOUT: Duration = 15 * SECOND;

const ANSWER_LOST = purpose('client/answer-lost');
const SWEEP = 0;
const FAILED = 1;
const RETRY = 2;
const QUIET = 3;
const PONG_DUE = 4;

export class Client<C> implements ApiClient<C>, Tenant {
  readonly config: ClientConfig;
  readonly #calls = new Map<number, Call>();
  readonly #streams = new Map<number, Tenant>();
  readonly #tenants: Tenant[] = [];
  readonly #failed: Call[] = [];
  readonly #retries: Call[] = [];
  readonly #main: Lane;
  readonly #metrics = new RequestMetrics();
  #nextId = -1;
  /** Share of answers that a fault loses: the request is sent again. */
  #lost = 0;
  #serverIndex = -1;
  #heardAt: Instant = 0;
  #sweepAt: Instant = Number.POSITIVE_INFINITY;
  // Of streams.
  #streamHeardAt: Instant = 0;
  #connectedAt: Instant = 0;
  #pingedAt: Instant = -1;
  #isWatchingQuiet = false;

  constructor(config: ClientConfig) {
    if (config.servers.length === 0) throw new Error(`client of ${config.user} has no API server`);
    this.config = config;
    this.attach(this);
    this.#main = this.#newLane(config);
  }

  /** Joins the host's connection; the returned number is the tenant's in ClientTimer. */
  attach(tenant: Tenant): number {
    this.#tenants.push(tenant);
    return this.#tenants.length - 1;
  }

  #newLane(config: LaneConfig): Lane {
    const user = config.user === this.config.user ? undefined : config.user;
    const lane = new Lane(config.qps, config.burst, config.timeout ?? DEFAULT_TIMEOUT, this.#tenants.length, user);
    this.attach({ timer: (_tag, ctx) => this.#drain(lane, ctx) });
    return lane;
  }

  lane(config: LaneConfig): Lane {
    return this.#newLane(config);
  }

  /** The server that requests go to now. */
  get server(): HostId {
    return this.config.servers[Math.max(0, this.#serverIndex)] as HostId;
  }

  request(ctx: Context, spec: RequestSpec, continuation: C, processing: Duration = 0, lane: Lane = this.#main): void {
    this.call(ctx, spec, continuation, undefined, processing, lane);
  }

  /** As `request`; with an owner the outcome goes there. Returns the call: a watch needs its id. */
  call(
    ctx: Context,
    spec: RequestSpec,
    continuation: unknown,
    owner: Tenant | undefined,
    processing: Duration = 0,
    lane: Lane = this.#main,
  ): Call {
    const call: Call = { spec, continuation, owner, lane, processing, id: -1, server: -1, sentAt: ctx.now, deadline: 0, attempts: 0 };
    if (this.#nextId < 0) this.#begin(ctx);
    if (lane.isIdle && lane.bucket.tryTake(ctx.now)) {
      this.#metrics.waited(0);
      this.#send(call, ctx);
    } else {
      lane.push(call, ctx);
    }
    return call;
  }

  #begin(ctx: Context): void {
    // A restarted host must not take an answer to its former life for its own, and servers draw uids from user and id: ids begin elsewhere for each
    // host and second of birth.
    this.#connectedAt = ctx.now;
    this.#nextId = scramble(ctx.self, Math.floor(ctx.now / SECOND)) & ID_MASK;
    this.#serverIndex = scramble(ctx.self, 0) % this.config.servers.length;
    this.#metrics.begin(ctx);
  }

  #drain(lane: Lane, ctx: Context): void {
    lane.armed = false;
    while (!lane.isIdle && lane.bucket.tryTake(ctx.now)) {
      const call = lane.shift() as Call;
      this.#metrics.waited(ctx.now - call.sentAt);
      this.#send(call, ctx);
    }
    lane.arm(ctx);
  }

  #send(call: Call, ctx: Context): void {
    const { spec } = call;
    call.id = this.#nextId;
    this.#nextId = (this.#nextId + 1) & ID_MASK;
    call.server = this.server;
    call.sentAt = ctx.now + call.processing;
    call.deadline = call.sentAt + (spec.verb === 'watch' ? Math.min(call.lane.timeout, WATCH_TIMEOUT) : call.lane.timeout);
    this.#calls.set(call.id, call);
    if (call.owner?.events !== undefined && spec.verb === 'watch') {
      this.#streams.set(call.id, call.owner);
      this.#watchQuiet(ctx);
    }
    const message: ApiRequest = {
      kind: 'ApiRequest',
      id: call.id,
      verb: spec.verb,
      resource: spec.resource,
      subresource: spec.subresource,
      namespace: spec.namespace,
      name: spec.name,
      body: spec.body,
      patchType: spec.patchType,
      options: spec.options,
      user: call.lane.user ?? this.config.user,
      discardBody: spec.discardBody,
      bodyDigest: undefined,
    };
    ctx.send(call.server, message, call.processing);
    this.#armSweep(call.deadline, ctx);
  }

  #watchQuiet(ctx: Context): void {
    if (this.#isWatchingQuiet) return;
    this.#isWatchingQuiet = true;
    this.#streamHeardAt = ctx.now;
    ctx.after(PING_AFTER, clientTimer(0, QUIET));
  }

  /** Pings when no stream has said anything for a while. */
  #quiet(ctx: Context): void {
    for (const tenant of this.#tenants) tenant.checkIdle?.(ctx);
    if (this.#streams.size === 0) {
      this.#isWatchingQuiet = false;
      return;
    }
    const left = this.#streamHeardAt + PING_AFTER - ctx.now;
    ctx.after(left > 0 ? left : PING_AFTER, clientTimer(0, QUIET));
    if (left > 0) return;
    this.#pingedAt = ctx.now;
    ctx.send(this.server, { kind: 'Ping' } as Ping);
    ctx.after(PONG_WITHIN, clientTimer(0, PONG_DUE));
  }

  #pong({ since }: Pong, ctx: Context): void {
    this.#pingedAt = -1;
    if (ctx.source === this.server && since > this.#connectedAt) this.#loseServer(ctx.source, ctx, true);
  }

  #armSweep(deadline: Instant, ctx: Context): void {
    // At most one timer is out, save when a shorter time-out joins a longer one.
    if (deadline >= this.#sweepAt) return;
    this.#sweepAt = deadline;
    ctx.after(deadline - ctx.now, clientTimer(0, SWEEP));
  }

  /** Ends a stream: what still comes of it is ignored. */
  closeStream(id: number, server: HostId, ctx: Context): void {
    if (!this.#streams.delete(id)) return;
    this.#calls.delete(id);
    ctx.send(server, { kind: 'CloseWatch', id } as CloseWatch);
  }

  /** Whether a message is for one of the client room's own tenants. */
  isInternal(message: Message): boolean {
    switch (message.kind) {
      case 'ApiResponse':
        return this.#calls.get((message as ApiResponse).id)?.owner !== undefined;
      case 'WatchEvents':
        return this.#streams.has((message as WatchEvents).id);
      case 'ClientTimer':
        return (message as ClientTimer).tenant !== 0;
      default:
        return false;
    }
  }

  receive(message: Message, ctx: Context): ClientReceipt<C> {
    switch (message.kind) {
      case 'ApiResponse':
        return this.#answer(message as ApiResponse, ctx);
      case 'WatchEvents':
        this.#watchEvents(message as WatchEvents, ctx);
        return HANDLED;
      case 'ClientTimer': {
        const { tenant, tag } = message as ClientTimer;
        if (tenant === 0) return this.#ownTimer(tag, ctx);
        this.#tenants[tenant]?.timer(tag, ctx);
        return HANDLED;
      }
      case 'Incident':
        if ((message as Incident).what !== 'answers-lost') return NOT_HANDLED;
        this.#lost = (message as Incident).share;
        return HANDLED;
      case 'Pong':
        this.#pong(message as Pong, ctx);
        return this.#nextFailed(ctx);
      case 'ConnectionReset':
        // Where several servers reset theirs at once, the connection just made to the next is none of those.
        if (ctx.source !== this.server || ctx.now > this.#connectedAt) this.#loseServer(ctx.source, ctx, true);
        return this.#nextFailed(ctx);
      default:
        return NOT_HANDLED;
    }
  }

  /** The client's own timers go through #ownTimer, which can hand an outcome back. */
  timer(): void {}

  #watchEvents(message: WatchEvents, ctx: Context): void {
    const owner = this.#streams.get(message.id);
    this.#streamHeardAt = ctx.now;
    if (ctx.source === this.server) this.#heardAt = ctx.now;
    if (owner === undefined) {
      // A stream that nobody reads any more (its host restarted, its request timed out).
      if (message.closed !== true) ctx.send(ctx.source, { kind: 'CloseWatch', id: message.id } as CloseWatch);
      return;
    }
    if (message.closed === true) this.#streams.delete(message.id);
    // Events may come without an answer before them: they are the answer.
    if (message.sequence === 0) this.#calls.delete(message.id);
    owner.events?.(message, ctx);
  }

  #answer(message: ApiResponse, ctx: Context): ClientReceipt<C> {
    if (ctx.source === this.server) this.#heardAt = ctx.now;
    const call = this.#calls.get(message.id);
    if (call === undefined) return HANDLED;
    this.#calls.delete(message.id);
    if (this.#lost > 0 && call.spec.verb !== 'watch' && call.attempts < MAX_RETRIES) {
      if (ctx.chance.uniform(ANSWER_LOST, ctx.self, call.id) < this.#lost) {
        call.attempts++;
        this.#send(call, ctx);
        return HANDLED;
      }
    }
    const { code } = message;
    this.#metrics.count(call.spec.verb, code, ctx);
    if ((code === 429 || code >= 500) && this.#retry(call, message, ctx)) return HANDLED;
    if (code >= 400) this.#streams.delete(message.id);
    const outcome: Outcome<unknown> = {
      continuation: call.continuation,
      request: call.spec,
      code,
      object: code < 400 ? (message.object as KubeObject | undefined) : undefined,
      error: code < 400 ? undefined : (message.object as StatusObject),
      sentAt: call.sentAt,
    };
    return this.#deliver(call, outcome, ctx);
  }

  #deliver(call: Call, outcome: Outcome<unknown>, ctx: Context): ClientReceipt<C> {
    if (call.owner === undefined) return { handled: true, outcome: outcome as Outcome<C> };
    call.owner.answered?.(outcome, ctx);
    return HANDLED;
  }

  #retry(call: Call, message: ApiResponse, ctx: Context): boolean {
    const after = (message.object as StatusObject | undefined)?.details?.retryAfterSeconds;
    if (after === undefined || after <= 0 || call.attempts >= MAX_RETRIES) return false;
    call.attempts++;
    this.#streams.delete(message.id);
    call.deadline = ctx.now + after * SECOND;
    this.#retries.push(call);
    ctx.after(after * SECOND, clientTimer(0, RETRY));
    return true;
  }

  #ownTimer(tag: number, ctx: Context): ClientReceipt<C> {
    if (tag === SWEEP) this.#sweep(ctx);
    else if (tag === RETRY) this.#sendRetries(ctx);
    else if (tag === QUIET) this.#quiet(ctx);
    else if (tag === PONG_DUE && this.#pingedAt >= 0 && ctx.now - this.#pingedAt >= PONG_WITHIN) {
      this.#pingedAt = -1;
      this.#loseServer(this.server, ctx);
    }
    return this.#nextFailed(ctx);
  }

  #sendRetries(ctx: Context): void {
    let kept = 0;
    for (const call of this.#retries) {
      if (call.deadline <= ctx.now) this.#send(call, ctx);
      else this.#retries[kept++] = call;
    }
    this.#retries.length = kept;
  }

  #sweep(ctx: Context): void {
    if (ctx.now < this.#sweepAt) return;
    this.#sweepAt = Number.POSITIVE_INFINITY;
    let earliest = Number.POSITIVE_INFINITY;
    let isDead = false;
    for (const call of this.#calls.values()) {
      if (call.deadline > ctx.now) {
        if (call.deadline < earliest) earliest = call.deadline;
        continue;
      }
      this.#calls.delete(call.id);
      this.#streams.delete(call.id);
      this.#failed.push(call);
      if (call.server === this.server && this.#heardAt <= call.sentAt) isDead = true;
    }
    if (isDead) this.#loseServer(this.server, ctx);
    if (this.#calls.size > 0 && earliest < this.#sweepAt) this.#armSweep(earliest, ctx);
  }

  #loseServer(server: HostId, ctx: Context, wasReset = false): void {
    for (const call of this.#calls.values()) {
      if (call.server !== server) continue;
      this.#calls.delete(call.id);
      this.#streams.delete(call.id);
      this.#failed.push(call);
    }
    if (this.#serverIndex >= 0 && server === this.server) {
      this.#serverIndex = (this.#serverIndex + 1) % this.config.servers.length;
      this.#heardAt = ctx.now;
      this.#connectedAt = ctx.now;
    }
    for (const tenant of this.#tenants) tenant.streamLost?.(server, ctx, wasReset && this.config.servers.length > 1);
  }

  /** Hands over one unknown outcome and sees to it that the next follows: a receipt holds one. */
  #nextFailed(ctx: Context): ClientReceipt<C> {
    for (let call = this.#failed.shift(); call !== undefined; call = this.#failed.shift()) {
      this.#metrics.count(call.spec.verb, 0, ctx);
      const outcome = { continuation: call.continuation, request: call.spec, code: 0, error: CONNECTION_LOST, sentAt: call.sentAt };
      if (call.owner !== undefined) {
        call.owner.answered?.(outcome, ctx);
        continue;
      }
      if (this.#failed.length > 0) ctx.after(0, clientTimer(0, FAILED));
      return { handled: true, outcome: outcome as Outcome<C> };
    }
    return HANDLED;
  }
}

/** A host's client. Offer it every message that the host does not know itself. */
export function createApiClient<C>(config: ClientConfig): Client<C> {
  return new Client<C>(config);
}
