/** Lists a resource, then watches it from the list's resourceVersion. Mirrors client-go v1.34 tools/cache/reflector.go: relist on 410, resume on a broken
 *  stream, bookmarks, time-outs of 5 to 10 min, back-off 0.8 s to 30 s with jitter. A gap in a stream's sequence numbers counts as a broken stream. */

import type { KubeObject, ListObject, RequestOptions, Resource, StatusObject, WatchEvents } from '#api';
import type { Context, Duration, HostId, Instant } from '#sim';
import { MILLISECOND, MINUTE, purpose, SECOND } from '#sim';
import type { Client } from './api-client.ts';
import type { Outcome, RequestSpec } from './contract.ts';
import type { Lane } from './lane.ts';
import type { Call, Tenant } from './tenant.ts';
import { clientTimer } from './tenant.ts';

/** What a reflector fills. */
export interface Sink {
  /** `key`: the object's, where it is known already. */
  upsert(object: KubeObject, ctx: Context, key?: string): void;
  remove(object: KubeObject, ctx: Context, key?: string): void;
  replace(objects: readonly KubeObject[], ctx: Context): void;
}

export interface ReflectorOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly namespace?: string;
  /** CPU charged to the host for each watch event. */
  readonly eventCost?: Duration;
  /** Whose requests they are, where they are not the host's main ones. */
  readonly lane?: Lane;
}

const MIN_WATCH_TIMEOUT: Duration = 5 * MINUTE;
const BACKOFF_MIN: Duration = 800 * MILLISECOND;
const BACKOFF_MAX: Duration = 30 * SECOND;
const BACKOFF_RESET: Duration = 2 * MINUTE;
/** A stream with neither event nor bookmark for this long is taken for dead; servers send bookmarks about every minute. */
const IDLE_MAX: Duration = 150 * SECOND;
/** The pager's page size, used when reading from etcd and not from the watch cache. */
const PAGE = 500;

const DRAWS = purpose('client/reflector');

type State = 'new' | 'listing' | 'watching' | 'waiting';

const AGAIN = 0;

export class Reflector implements Tenant {
  readonly resource: Resource;
  readonly #client: Client<unknown>;
  readonly #sink: Sink;
  readonly #options: ReflectorOptions;
  readonly #tenant: number;
  #state: State = 'new';
  #call: Call | undefined;
  #streamServer: HostId = -1;
  #sequence = 0;
  #resourceVersion = '';
  /** The last known version is too old: list afresh from etcd. */
  #isExpired = false;
  #pages: KubeObject[] = [];
  #backoff: Duration = BACKOFF_MIN;
  #lastFailure: Instant = 0;
  #openedAt: Instant = 0;
  #heardAt: Instant = 0;
  #received = 0;
  #draws = 0;

  constructor(client: Client<unknown>, resource: Resource, sink: Sink, options: ReflectorOptions) {
    this.#client = client;
    this.resource = resource;
    this.#sink = sink;
    this.#options = options;
    this.#tenant = client.attach(this);
  }

  start(ctx: Context): void {
    this.#list(ctx);
  }

  checkIdle(ctx: Context): void {
    if (this.#state === 'watching' && ctx.now - this.#heardAt >= IDLE_MAX) this.#resume(ctx, false);
  }

  #uniform(ctx: Context): number {
    return ctx.chance.uniform(DRAWS, ctx.self, this.#tenant, this.#draws++);
  }

  #request(verb: 'list' | 'watch', options: RequestOptions, ctx: Context): void {
    const { labelSelector, fieldSelector, namespace, lane } = this.#options;
    const spec: RequestSpec = { verb, resource: this.resource, namespace, options: { labelSelector, fieldSelector, ...options } };
    this.#call = this.#client.call(ctx, spec, undefined, this, 0, lane);
  }

  #list(ctx: Context): void {
    this.#state = 'listing';
    this.#pages = [];
    const isFromCache = !this.#isExpired;
    const resourceVersion = this.#isExpired ? undefined : this.#resourceVersion === '' ? '0' : this.#resourceVersion;
    this.#request('list', isFromCache ? { resourceVersion } : { limit: PAGE }, ctx);
  }

  #watch(ctx: Context): void {
    this.#state = 'watching';
    this.#sequence = 0;
    this.#received = 0;
    this.#openedAt = ctx.now;
    this.#heardAt = ctx.now;
    const timeoutSeconds = Math.floor((MIN_WATCH_TIMEOUT * (1 + this.#uniform(ctx))) / SECOND);
    this.#request('watch', { resourceVersion: this.#resourceVersion, allowWatchBookmarks: true, timeoutSeconds }, ctx);
  }

  answered(outcome: Outcome<unknown>, ctx: Context): void {
    if (outcome.request !== this.#call?.spec) return;
    if (outcome.code === 200 && outcome.request.verb === 'list') return this.#listed(outcome.object as unknown as ListObject, ctx);
    if (outcome.code > 0 && outcome.code < 400) {
      this.#streamServer = this.#call.server;
      this.#heardAt = ctx.now;
      return;
    }
    if (outcome.code === 410 || isTooLarge(outcome.error)) {
      // Upstream lists at once after an expired watch, and only a failed list waits.
      const wasWatch = outcome.request.verb === 'watch';
      this.#isExpired = true;
      if (wasWatch) return this.#list(ctx);
    }
    this.#failed(ctx);
  }

  #listed(list: ListObject, ctx: Context): void {
    const next = list.metadata.continue;
    if (next !== undefined && next !== '') {
      for (const item of list.items) this.#pages.push(item);
      this.#request('list', { limit: PAGE, continue: next }, ctx);
      return;
    }
    const items = this.#pages.length === 0 ? list.items : [...this.#pages, ...list.items];
    this.#pages = [];
    this.#isExpired = false;
    this.#resourceVersion = list.metadata.resourceVersion;
    const cost = this.#options.eventCost ?? 0;
    if (cost > 0) ctx.charge(cost * items.length);
    this.#sink.replace(items, ctx);
    this.#watch(ctx);
  }

  events(message: WatchEvents, ctx: Context): void {
    if (message.id !== this.#call?.id) return;
    if (message.sequence !== this.#sequence) return this.#resume(ctx, false);
    this.#sequence++;
    this.#streamServer = ctx.source;
    this.#heardAt = ctx.now;
    this.#received += message.events.length;
    const cost = this.#options.eventCost ?? 0;
    if (cost > 0) ctx.charge(cost * message.events.length);
    for (const { type, object, key } of message.events) {
      if (type === 'ERROR') return this.#errorEvent(object as unknown as StatusObject, ctx);
      if (type === 'DELETED') this.#sink.remove(object, ctx, key);
      else if (type !== 'BOOKMARK') this.#sink.upsert(object, ctx, key);
      this.#resourceVersion = object.metadata?.resourceVersion ?? this.#resourceVersion;
    }
    if (message.closed === true) this.#resume(ctx, true);
  }

  #errorEvent(status: StatusObject, ctx: Context): void {
    this.#close(ctx);
    if (status.code === 410) {
      this.#isExpired = true;
      this.#list(ctx);
    } else {
      this.#failed(ctx);
    }
  }

  #close(ctx: Context): void {
    if (this.#call !== undefined && this.#call.id >= 0) this.#client.closeStream(this.#call.id, this.#call.server, ctx);
    this.#call = undefined;
  }

  /** Watches again from where the stream broke. */
  #resume(ctx: Context, wasClosed: boolean): void {
    this.#close(ctx);
    // 'very short watch': a stream that ends within a second without an event is a failure.
    if (wasClosed && this.#received === 0 && ctx.now - this.#openedAt < SECOND) return this.#failed(ctx);
    this.#watch(ctx);
  }

  #failed(ctx: Context): void {
    this.#call = undefined;
    if (ctx.now - this.#lastFailure > BACKOFF_RESET) this.#backoff = BACKOFF_MIN;
    this.#lastFailure = ctx.now;
    const delay = Math.floor(this.#backoff * (1 + this.#uniform(ctx)));
    this.#backoff = Math.min(BACKOFF_MAX, this.#backoff * 2);
    this.#waitThenAgain(ctx, delay);
  }

  #waitThenAgain(ctx: Context, delay: Duration): void {
    this.#state = 'waiting';
    ctx.after(delay, clientTimer(this.#tenant, AGAIN));
  }

  timer(_tag: number, ctx: Context): void {
    if (this.#state === 'waiting') {
      if (this.#resourceVersion === '' || this.#isExpired) this.#list(ctx);
      else this.#watch(ctx);
    }
  }

  /** A connection that is reset is to a watch an end like any other (streamwatcher.go, IsProbableEOF): it goes on elsewhere at once. One that has fallen silent
   *  is an error, and one to the only server would be refused: both wait. */
  streamLost(server: HostId, ctx: Context, wasReset: boolean): void {
    if (this.#state !== 'watching' || this.#streamServer !== server) return;
    this.#streamServer = -1;
    if (wasReset) return this.#resume(ctx, true);
    this.#close(ctx);
    this.#failed(ctx);
  }
}

/** ResourceVersionTooLarge: this server has not caught up with the one that answered before. Upstream then lists from etcd. */
function isTooLarge(error: StatusObject | undefined): boolean {
  const causes = error?.details?.causes;
  if (causes === undefined) return false;
  for (const cause of causes) if (cause.reason === 'ResourceVersionTooLarge') return true;
  return false;
}
