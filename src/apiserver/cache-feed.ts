/** Fills a resource's watch cache from etcd and keeps it fed: list, watch from the next revision, and again when the watch is lost.
 *  Mirrors apiserver v1.34's cacher reflector. */

import type { EtcdEvents, EtcdResponse } from '#etcd';
import { type Context, type Instant, SECOND } from '#sim';
import type { Operation, ResourceState } from './core.ts';
import type { EtcdClient, EtcdWaiter } from './etcd-client.ts';
import type { FanOut } from './fan-out.ts';
import { rangeEndOf } from './verbs/list.ts';

/** etcd is asked for progress this often, so that a quiet resource's revision keeps up and a lost watch is noticed (--watch-progress-notify-interval). */
export const PROGRESS_INTERVAL = 5 * SECOND;
/** A watch from which nothing came for so long is lost. */
const SILENCE_MAX = 3 * PROGRESS_INTERVAL;

export class CacheFeed implements EtcdWaiter {
  readonly resource: ResourceState;
  private readonly etcd: EtcdClient;
  private readonly fanOut: FanOut;
  private stage: 'idle' | 'listing' | 'watching' = 'idle';
  watchId = -1;
  private heardAt: Instant = 0;
  /** Of the watch's next message. */
  private sequence = 0;
  /** The past revision that was asked for; 0: the present. */
  private listedAt = 0;
  private waiting: Operation[] = [];
  private isEnded = false;

  constructor(resource: ResourceState, etcd: EtcdClient, fanOut: FanOut) {
    this.resource = resource;
    this.etcd = etcd;
    this.fanOut = fanOut;
  }

  /** Whether the cache is filled only while someone watches. */
  get isOnDemand(): boolean {
    return this.resource.descriptor.uncached === true;
  }

  /** `revision`: as of then; by default as of now. */
  list(ctx: Context, revision = 0): void {
    const { prefix, cluster } = this.resource;
    this.stage = 'listing';
    this.etcd.cancelWatch(this.watchId, ctx);
    this.watchId = -1;
    this.heardAt = ctx.now;
    this.listedAt = revision;
    const at = revision > 0 ? { revision } : {};
    this.etcd.send(cluster, { op: 'range', key: prefix, rangeEnd: rangeEndOf(prefix), ...at }, this, ctx, 0);
  }

  /** A watch waits for the cache to be filled. It begins where the first watch wants to. */
  demand(operation: Operation, ctx: Context): void {
    this.waiting.push(operation);
    if (this.stage === 'idle') this.list(ctx, Number(operation.request.options?.resourceVersion ?? '') || 0);
  }

  /** Called now and then: what nobody watches is let go. */
  private rest(ctx: Context): void {
    const { cache } = this.resource;
    if (!this.isOnDemand || !cache.isReady || cache.watchers.count > 0) return;
    this.etcd.cancelWatch(this.watchId, ctx);
    this.stage = 'idle';
    this.watchId = -1;
    cache.drop();
  }

  /** The resource is served no more. */
  end(ctx: Context): void {
    this.isEnded = true;
    this.stage = 'idle';
    this.etcd.cancelWatch(this.watchId, ctx);
    this.watchId = -1;
  }

  private watch(ctx: Context): number {
    const { prefix, cluster, cache } = this.resource;
    this.stage = 'watching';
    this.heardAt = ctx.now;
    this.sequence = 0;
    this.etcd.cancelWatch(this.watchId, ctx);
    this.watchId = this.etcd.send(
      cluster,
      { op: 'watch', key: prefix, rangeEnd: rangeEndOf(prefix), startRevision: cache.revision + 1, requireLeader: true },
      this,
      ctx,
      0,
    );
    return this.watchId;
  }

  /** Set by the server: opens a watch that has waited. */
  filled: ((operation: Operation, ctx: Context) => void) | undefined;
  /** Set by the server: where events of a watch id are to go. */
  watching: ((id: number, feed: CacheFeed) => void) | undefined;

  /** Set for definitions of resources: what is to be looked at anew after each change. */
  changed: ((ctx: Context) => void) | undefined;

  answered(response: EtcdResponse | undefined, ctx: Context): void {
    this.heardAt = ctx.now;
    if (response === undefined || response.error !== undefined) {
      if (this.stage === 'listing' && !this.isEnded) this.list(ctx);
      // A watch that was refused (a member without a leader) is opened again at the next check.
      else this.heardAt = ctx.now - SILENCE_MAX - 1;
      return;
    }
    if (this.stage !== 'listing' || this.isEnded) return;
    const { cache } = this.resource;
    const isAnew = cache.isReady;
    cache.fill(response.kvs ?? [], this.listedAt > 0 ? this.listedAt : response.revision);
    if (isAnew) this.fanOut.endAll(this.resource, ctx);
    cache.release(ctx);
    this.changed?.(ctx);
    this.watching?.(this.watch(ctx), this);
    const { waiting } = this;
    this.waiting = [];
    for (const operation of waiting) this.filled?.(operation, ctx);
  }

  events(message: EtcdEvents, ctx: Context): void {
    this.heardAt = ctx.now;
    if (message.id !== this.watchId) return;
    if (message.noLeader === true) return this.watchLost(message.id, ctx);
    // Something was lost on the way: the connection is broken, and the watch goes on from where it was over another.
    if (message.sequence !== undefined && message.sequence !== this.sequence++) return this.watchLost(message.id, ctx);
    // The watch's start is compacted, or something was missed: begin anew.
    if (message.compactRevision !== undefined || !this.fanOut.receive(this.resource, message, ctx)) return this.list(ctx);
    this.changed?.(ctx);
  }

  /** Its member is gone: it goes on at another one from where it was. */
  watchLost(watch: number, ctx: Context): void {
    if (this.stage === 'watching' && watch === this.watchId) this.watching?.(this.watch(ctx), this);
  }

  /** Called with every progress request: a silent watch is opened again from where it was. */
  check(ctx: Context): void {
    this.rest(ctx);
    if (ctx.now - this.heardAt <= SILENCE_MAX) return;
    if (this.stage === 'listing') this.list(ctx);
    else if (this.stage === 'watching') this.watching?.(this.watch(ctx), this);
  }
}
