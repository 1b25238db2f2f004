/** Hands etcd's events to watchers: each event is encoded once, each watcher gets one message a batch, and the server's cores pay for both.
 *  Also keeps watches alive: bookmarks, and the end of each watch's time. */

import type { KubeObject, StatusObject, WatchEvent, WatchEvents, WatchWindow } from '#api';
import type { EtcdEvents } from '#etcd';
import { type Context, type Duration, type Instant, SECOND } from '#sim';
import type { Watcher } from './cache/watchers.ts';
import type { ResourceState } from './core.ts';
import type { Costs } from './costs.ts';
import type { Converter } from './custom-resources/conversion/converter.ts';
import { ConvertedStream } from './custom-resources/conversion/watch-stream.ts';
import type { ApiServerMetrics } from './metrics.ts';
import { bufferOf, ReceiveWindow } from './slow-watchers.ts';
import { presentedEvents, type ResourceView } from './views/resource-view.ts';

// Watchers served by one stretch of CPU before the next stretch is asked for: the first of 5,000 need not wait for the last.
const WATCHERS_PER_CHARGE = 32;

const keyOfWatch = (host: number, id: number): number => host * 4_294_967_296 + id;

export class FanOut {
  private readonly costs: Costs;
  private readonly bookmarkInterval: Duration;
  private readonly all = new Map<number, { readonly watcher: Watcher; readonly resource: ResourceState }>();
  /** Watchers to look at again, by second. */
  private readonly due = new Map<number, { readonly watcher: Watcher; readonly resource: ResourceState }[]>();
  private readonly dirty: Watcher[] = [];
  /** What watchers said that they can take before their watch was open. */
  private readonly allowed = new Map<number, number>();
  private metrics: ApiServerMetrics | undefined;

  constructor(costs: Costs, bookmarkInterval: Duration) {
    this.costs = costs;
    this.bookmarkInterval = bookmarkInterval;
  }

  measure(metrics: ApiServerMetrics): void {
    this.metrics = metrics;
  }

  open(resource: ResourceState, watcher: Watcher, ctx: Context): void {
    const key = keyOfWatch(watcher.host, watcher.id);
    this.close(watcher.host, watcher.id);
    const entry = { watcher, resource };
    this.all.set(key, entry);
    resource.cache.watchers.add(watcher);
    const allowed = this.allowed.get(key);
    if (allowed !== undefined) {
      this.allowed.delete(key);
      this.allow({ id: watcher.id, events: allowed }, ctx, watcher.host);
    }
    this.schedule(entry, ctx.now);
    this.metrics?.watchers.add(1);
  }

  private schedule(entry: { readonly watcher: Watcher; readonly resource: ResourceState }, now: Instant): void {
    const { watcher } = entry;
    const next = watcher.bookmarks ? Math.min(watcher.nextBookmark, watcher.endsAt) : watcher.endsAt;
    const second = Math.max(Math.ceil(next / SECOND), Math.floor(now / SECOND) + 1);
    const bucket = this.due.get(second);
    if (bucket === undefined) this.due.set(second, [entry]);
    else bucket.push(entry);
  }

  close(host: number, id: number): void {
    const key = keyOfWatch(host, id);
    const entry = this.all.get(key);
    if (entry === undefined) return;
    this.all.delete(key);
    entry.watcher.isClosed = true;
    entry.resource.cache.watchers.remove(entry.watcher);
    this.metrics?.watchers.add(-1);
  }

  /** A client's connection is gone. */
  closeAllOf(host: number): void {
    for (const { watcher } of [...this.all.values()]) if (watcher.host === host) this.close(host, watcher.id);
  }

  /** Takes in a batch from etcd. False: an event was missed, the cache must be listed anew. */
  receive(resource: ResourceState, message: EtcdEvents, ctx: Context): boolean {
    const { cache } = resource;
    const { dirty, costs } = this;
    let told = 0;
    let encoded = 0;
    for (const event of message.events) {
      const heard = cache.apply(event, ctx.now, dirty);
      if (heard === false) return false;
      told += heard;
      if (heard > 0) encoded++;
    }
    if (message.revision > cache.revision) cache.revision = message.revision;
    if (message.events.length > 0) {
      ctx.charge(message.events.length * costs.cachePerEvent + encoded * costs.encodePerEvent);
      this.flush(ctx);
      if (told > 0) this.metrics?.watchEvents.add(told);
    }
    if (cache.waiters.length > 0) cache.release(ctx);
    return true;
  }

  private flush(ctx: Context): void {
    const { dirty, costs } = this;
    let delay = 0;
    for (let i = 0; i < dirty.length; i++) {
      if (i % WATCHERS_PER_CHARGE === 0) {
        let sends = 0;
        const end = Math.min(dirty.length, i + WATCHERS_PER_CHARGE);
        for (let n = i; n < end; n++) sends += ((dirty[n] as Watcher).batch as WatchEvent[]).length;
        delay = ctx.charge(sends * costs.sendPerWatcher);
      }
      const watcher = dirty[i] as Watcher;
      this.send(watcher, watcher.batch as WatchEvent[], delay, ctx);
      watcher.batch = undefined;
      if (watcher.window?.isFull) this.terminate(watcher, ctx);
    }
    dirty.length = 0;
  }

  /** One message of a watch's stream. */
  send(watcher: Watcher, events: readonly WatchEvent[], delay: Duration, ctx: Context, isState = false): void {
    const passed = watcher.window === undefined ? events : watcher.window.pass(events, isState);
    if (passed.length > 0 || events.length === 0) this.write(watcher, passed, delay, ctx);
  }

  /** A watcher can take so many events more. The first word on it may come before its watch is open. */
  allow({ id, events }: Pick<WatchWindow, 'id' | 'events'>, ctx: Context, host: number = ctx.source): void {
    const key = keyOfWatch(host, id);
    const entry = this.all.get(key);
    if (entry === undefined) {
      this.allowed.set(key, (this.allowed.get(key) ?? 0) + events);
      return;
    }
    const { watcher, resource } = entry;
    watcher.window ??= new ReceiveWindow(bufferOf(resource.descriptor, watcher.filter));
    const freed = watcher.window.open(events);
    if (freed.length > 0) this.write(watcher, freed, ctx.charge(freed.length * this.costs.sendPerWatcher), ctx);
  }

  private terminate(watcher: Watcher, ctx: Context): void {
    this.metrics?.watchersTerminated.add();
    this.end(watcher, undefined, ctx);
  }

  private write(watcher: Watcher, events: readonly WatchEvent[], delay: Duration, ctx: Context): void {
    const { view } = watcher;
    if (view?.converter !== undefined) return this.convert(watcher, view, view.converter, events, delay, ctx);
    this.post(watcher, view === undefined ? events : presentedEvents(view, events), delay, ctx);
  }

  private convert(
    watcher: Watcher,
    { stored }: ResourceView,
    converter: Converter,
    events: readonly WatchEvent[],
    delay: Duration,
    ctx: Context,
  ): void {
    watcher.stream ??= new ConvertedStream(converter, stored.apiVersion);
    const write = (shown: readonly WatchEvent[] | undefined, after: Duration, then: Context): void => {
      if (watcher.isClosed) return;
      if (shown === undefined) this.end(watcher, undefined, then);
      else this.post(watcher, shown, after, then);
    };
    watcher.stream.push(events, delay, write, ctx);
  }

  private post(watcher: Watcher, shown: readonly WatchEvent[], delay: Duration, ctx: Context): void {
    const message: WatchEvents = { kind: 'WatchEvents', id: watcher.id, sequence: watcher.sequence++, events: shown };
    ctx.send(watcher.host, message, delay);
  }

  /** Ends a watch, with an error if there is one. */
  end(watcher: Watcher, error: StatusObject | undefined, ctx: Context): void {
    const events: readonly WatchEvent[] = error === undefined ? [] : [{ type: 'ERROR', object: error as unknown as KubeObject }];
    const message: WatchEvents = { kind: 'WatchEvents', id: watcher.id, sequence: watcher.sequence++, events, closed: true };
    ctx.send(watcher.host, message, ctx.charge(this.costs.sendPerWatcher));
    this.close(watcher.host, watcher.id);
  }

  /** Ends every watch of a resource whose cache starts over (terminateAllWatchers). */
  endAll(resource: ResourceState, ctx: Context): void {
    for (const entry of [...this.all.values()]) if (entry.resource.cache === resource.cache) this.end(entry.watcher, undefined, ctx);
  }

  /** Once a second. */
  tick(ctx: Context): void {
    const second = Math.floor(ctx.now / SECOND);
    const bucket = this.due.get(second);
    if (bucket === undefined) return;
    this.due.delete(second);
    for (const entry of bucket) {
      const { watcher, resource } = entry;
      if (watcher.isClosed) continue;
      if (watcher.endsAt <= ctx.now) {
        this.end(watcher, undefined, ctx);
        continue;
      }
      if (watcher.bookmarks && watcher.nextBookmark <= ctx.now) {
        // A server that lags has nothing to say yet to one who knows more.
        if (resource.cache.revision >= watcher.since) this.send(watcher, [bookmark(resource)], ctx.charge(this.costs.sendPerWatcher), ctx);
        watcher.nextBookmark = ctx.now + this.bookmarkInterval;
      }
      this.schedule(entry, ctx.now);
    }
  }
}

// Many watchers get the same bookmark.
const bookmarks = new WeakMap<ResourceState, { readonly revision: number; readonly event: WatchEvent }>();

export function bookmark(resource: ResourceState, isInitialEnd = false): WatchEvent {
  const { info, cache } = resource;
  const make = (annotations?: Record<string, string>): WatchEvent => ({
    type: 'BOOKMARK',
    object: {
      kind: info.kind,
      apiVersion: info.apiVersion,
      metadata: {
        resourceVersion: String(cache.revision),
        creationTimestamp: undefined,
        ...(annotations === undefined ? {} : { annotations }),
      },
    },
  });
  if (isInitialEnd) return make({ 'k8s.io/initial-events-end': 'true' });
  const known = bookmarks.get(resource);
  if (known?.revision === cache.revision) return known.event;
  const event = make();
  bookmarks.set(resource, { revision: cache.revision, event });
  return event;
}
