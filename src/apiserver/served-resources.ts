/** What one server serves: each stored resource with its cache and the feed that fills it, the other versions under which it is shown, and custom
 *  resources that come and go. */

import { type Resource, type ResourceInfo, resourceInfo } from '#api';
import type { EtcdEvents } from '#etcd';
import type { Context } from '#sim';
import { WatchCache } from './cache/watch-cache.ts';
import { CacheFeed } from './cache-feed.ts';
import type { Operation, ResourceState } from './core.ts';
import type { EtcdClient } from './etcd-client.ts';
import type { FanOut } from './fan-out.ts';
import type { ResourceDescriptor } from './registry/descriptor.ts';
import { DESCRIPTORS, storagePrefix } from './registry/table.ts';
import type { ResourceView } from './views/resource-view.ts';
import { VIEWS } from './views/views.ts';

type OpenWatch = (operation: Operation, ctx: Context) => void;

export class ServedResources {
  readonly feeds: CacheFeed[] = [];
  private readonly states = new Map<Resource, ResourceState>();
  private readonly feedOf = new Map<WatchCache, CacheFeed>();
  private readonly feedOfWatch = new Map<number, CacheFeed>();
  private readonly etcd: EtcdClient;
  private readonly fanOut: FanOut;
  private readonly windowMax: number;
  private readonly openWatch: OpenWatch;

  constructor(etcd: EtcdClient, fanOut: FanOut, windowMax: number, openWatch: OpenWatch) {
    this.etcd = etcd;
    this.fanOut = fanOut;
    this.windowMax = windowMax;
    this.openWatch = openWatch;
    for (const descriptor of DESCRIPTORS) {
      const info = resourceInfo(descriptor.resource);
      if (info === undefined) throw new Error(`resource '${descriptor.resource}' is not in the table of resources`);
      this.add(info.resource, descriptor, info);
    }
    for (const { name, info, descriptor, view } of VIEWS) {
      const base = this.states.get(view.stored.resource);
      if (base === undefined) throw new Error(`resource '${view.stored.resource}' is shown as '${name}' but not stored`);
      this.show(name, base, descriptor, info, view);
    }
  }

  get(resource: Resource): ResourceState | undefined {
    return this.states.get(resource);
  }

  feed(cache: WatchCache): CacheFeed | undefined {
    return this.feedOf.get(cache);
  }

  /** Stores a resource under its descriptor's path. The caller lists it. */
  add(name: Resource, descriptor: ResourceDescriptor, info: ResourceInfo): CacheFeed {
    const prefix = storagePrefix(descriptor);
    const cache = new WatchCache(descriptor, prefix, info.namespaced, this.windowMax);
    const state: ResourceState = {
      descriptor,
      info,
      prefix,
      cluster: this.etcd.clusterOf(info.resource),
      cache,
      durations: new Map(),
      view: undefined,
    };
    this.states.set(name, state);
    const feed = new CacheFeed(state, this.etcd, this.fanOut);
    feed.filled = this.openWatch;
    feed.watching = (id, of) => this.feedOfWatch.set(id, of);
    this.feeds.push(feed);
    this.feedOf.set(cache, feed);
    return feed;
  }

  /** Serves what is stored elsewhere (`base`) under a name, descriptor and version of its own. */
  show(name: Resource, base: ResourceState, descriptor: ResourceDescriptor, info: ResourceInfo, view: ResourceView | undefined): void {
    this.states.set(name, { ...base, descriptor, info, view, durations: new Map() });
  }

  hide(name: Resource): void {
    this.states.delete(name);
  }

  /** Serves a stored resource no more, and ends its watches. */
  remove(feed: CacheFeed, ctx: Context): void {
    this.fanOut.endAll(feed.resource, ctx);
    this.feedOfWatch.delete(feed.watchId);
    this.feedOf.delete(feed.resource.cache);
    this.feeds.splice(this.feeds.indexOf(feed), 1);
    feed.end(ctx);
  }

  events(message: EtcdEvents, ctx: Context): void {
    const feed = this.feedOfWatch.get(message.id);
    if (feed === undefined) return this.etcd.refuse(message.id, ctx);
    if (feed.watchId !== message.id) this.feedOfWatch.delete(message.id);
    feed.events(message, ctx);
  }
}
