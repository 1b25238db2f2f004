/** GET of a collection: from the watch cache at its revision or a later one, or page by page from etcd's past.
 *  Mirrors apiserver v1.34 pkg/storage/cacher (delegator.go: what is served from where) and pkg/storage/etcd3/store.go (GetList). */

import { badRequest, gone, type KubeObject, type ListObject, type StatusObject, tooLargeResourceVersion } from '#api';
import type { EtcdResponse, KeyValue } from '#etcd';
import { type Context, SECOND } from '#sim';
import { compileFilter, type Filter, isOpen, isStatus, matches } from '../cache/filter.ts';
import type { RevisionWaiter } from '../cache/watch-cache.ts';
import type { Core, Operation } from '../core.ts';
import type { EtcdWaiter } from '../etcd-client.ts';
import { EXPIRED_CONTINUE, storageFailure } from '../failures.ts';
import { deleteEach } from './delete-collection.ts';
import { refuseListOptions } from './list-options.ts';

/** How long a list waits for the cache to catch up (blockTimeout). */
const BLOCK = 3 * SECOND;

interface Continue {
  readonly v: string;
  readonly rv: number;
  readonly start: string;
}

function parseContinue(token: string): Continue | undefined {
  try {
    const parsed = JSON.parse(token) as Continue;
    return parsed.v === 'meta.k8s.io/v1' && typeof parsed.rv === 'number' && typeof parsed.start === 'string' ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The key after every key that begins with `prefix` ('/registry/pods/' -> '/registry/pods0'). */
export function rangeEndOf(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

export class List implements EtcdWaiter {
  private readonly core: Core;
  private readonly operation: Operation;
  private filter: Filter | undefined;
  private stage: 'page' | 'revision' = 'page';
  private prefix = '';
  /** 0 until the first page tells. */
  private revision = 0;
  private limit = 0;
  private readonly items: KubeObject[] = [];
  private scanned = 0;

  constructor(core: Core, operation: Operation) {
    this.core = core;
    this.operation = operation;
  }

  start(ctx: Context): void {
    const { core, operation } = this;
    const { request, resource } = operation;
    const { options } = request;
    const filter = compileFilter(resource.descriptor, resource.info.namespaced ? request.namespace : undefined, options);
    if (isStatus(filter)) return core.fail(operation, filter, ctx);
    const refused = refuseListOptions(options, false);
    if (refused !== undefined) return core.fail(operation, refused, ctx);
    this.filter = filter;
    this.prefix = filter.namespace === undefined ? resource.prefix : `${resource.prefix}${filter.namespace}/`;
    this.limit = options?.limit ?? 0;
    const version = options?.resourceVersion ?? '';
    const wanted = Number(version);
    if (!Number.isInteger(wanted) || wanted < 0)
      return core.fail(operation, badRequest(`Invalid value: "${version}": strconv.ParseUint: parsing "${version}": invalid syntax`), ctx);
    if (options?.continue) return this.resume(options.continue, version, ctx);
    if (options?.resourceVersionMatch === 'Exact') return this.exactly(wanted, ctx);
    // A limit is heeded only where a snapshot can be kept; "any version" is answered whole.
    if (this.limit > 0 && version !== '0' && options?.resourceVersionMatch !== 'NotOlderThan') {
      return this.page(this.prefix, ctx, core.costs.request + core.costs.list);
    }
    if (resource.descriptor.uncached) {
      this.limit = 0;
      return this.page(this.prefix, ctx, core.costs.request + core.costs.list);
    }
    if (version === '') return this.askRevision(ctx);
    this.await(wanted, ctx);
  }

  /** The past as etcd has it; what is still to come is waited for as any list waits. */
  private exactly(wanted: number, ctx: Context): void {
    const { core, operation } = this;
    const { cache, descriptor } = operation.resource;
    this.revision = wanted;
    const page = (then: Context): void => this.page(this.prefix, then, core.costs.request + core.costs.list);
    if (descriptor.uncached || cache.revision >= wanted) return page(ctx);
    core.etcd.progress(operation.resource.cluster, ctx);
    cache.waiters.push({
      revision: wanted,
      deadline: ctx.now + BLOCK,
      reached: (isReached, then) => (isReached ? page(then) : this.tooEarly(wanted, then)),
    });
  }

  private resume(token: string, version: string, ctx: Context): void {
    const { core, operation } = this;
    if (version !== '' && version !== '0')
      return core.fail(operation, badRequest('specifying resource version is not allowed when using continue'), ctx);
    const parsed = parseContinue(token);
    if (parsed === undefined) return core.fail(operation, badRequest('continue key is not valid: invalid character'), ctx);
    this.revision = parsed.rv;
    this.page(this.prefix + parsed.start, ctx, core.costs.request + core.costs.list);
  }

  private page(key: string, ctx: Context, cost: number): void {
    const { core, operation } = this;
    this.stage = 'page';
    const range = {
      op: 'range' as const,
      key,
      rangeEnd: rangeEndOf(this.prefix),
      ...(this.limit > 0 ? { limit: this.limit } : {}),
      ...(this.revision > 0 ? { revision: this.revision } : {}),
    };
    core.etcd.send(operation.resource.cluster, range, this, ctx, core.charge(ctx, cost));
  }

  /** A consistent list: learn etcd's revision, then wait until the cache has it (ConsistentListFromCache). */
  private askRevision(ctx: Context): void {
    const { core, operation } = this;
    this.stage = 'revision';
    core.etcd.send(
      operation.resource.cluster,
      { op: 'range', key: operation.resource.prefix, rangeEnd: rangeEndOf(operation.resource.prefix), limit: 1, countOnly: true },
      this,
      ctx,
      core.charge(ctx, core.costs.request + core.costs.list),
    );
  }

  answered(response: EtcdResponse | undefined, ctx: Context): void {
    const { core, operation } = this;
    const failure = storageFailure(response);
    if (response === undefined || failure !== undefined) {
      if (response?.error?.message.endsWith('required revision is a future revision')) return this.tooEarly(this.revision, ctx);
      const expired = response?.error?.code === 11 && operation.request.options?.continue ? gone(EXPIRED_CONTINUE) : failure;
      return core.fail(operation, expired as StatusObject, ctx);
    }
    if (this.stage === 'revision') {
      if (operation.resource.cache.revision < response.revision) core.etcd.progress(operation.resource.cluster, ctx);
      return this.await(response.revision, ctx);
    }
    this.take(response, ctx);
  }

  private take(response: EtcdResponse, ctx: Context): void {
    if (this.revision === 0) this.revision = response.revision;
    const kvs = response.kvs ?? [];
    const filter = this.filter as Filter;
    let last: KeyValue | undefined;
    let seen = 0;
    for (const kv of kvs) {
      seen++;
      last = kv;
      if (matches(filter, kv.value as KubeObject)) this.items.push(kv.value as KubeObject);
      if (this.limit > 0 && this.items.length >= this.limit) break;
    }
    this.scanned += seen;
    const hasMore = response.more === true || seen < kvs.length;
    if (!hasMore || last === undefined) return this.finish(undefined, 0, ctx);
    const next = `${last.key}\0`;
    if (this.items.length < this.limit) return this.page(next, ctx, seen * this.core.costs.listPerScanned);
    const token: Continue = { v: 'meta.k8s.io/v1', rv: this.revision, start: next.slice(this.prefix.length) };
    this.finish(JSON.stringify(token), isOpen({ ...filter, namespace: undefined }) ? (response.count ?? 0) - seen : 0, ctx);
  }

  /** Waits until the cache has seen `revision`. */
  private await(revision: number, ctx: Context): void {
    const { cache } = this.operation.resource;
    if (cache.revision >= revision) return this.fromCache(ctx);
    const waiter: RevisionWaiter = {
      revision,
      deadline: ctx.now + BLOCK,
      reached: (isReached, context) => (isReached ? this.fromCache(context) : this.tooEarly(revision, context)),
    };
    cache.waiters.push(waiter);
  }

  private tooEarly(revision: number, ctx: Context): void {
    this.core.fail(this.operation, tooLargeResourceVersion(revision, this.operation.resource.cache.revision), ctx);
  }

  private fromCache(ctx: Context): void {
    const { cache } = this.operation.resource;
    const filter = this.filter as Filter;
    for (const kv of cache.select(filter)) this.items.push(kv.value as KubeObject);
    this.scanned = Math.max(cache.looksAt(filter), this.items.length);
    this.revision = cache.revision;
    this.finish(undefined, 0, ctx);
  }

  private finish(token: string | undefined, remaining: number, ctx: Context): void {
    const { core, operation } = this;
    const { info } = operation.resource;
    if (operation.action === 'deletecollection') return deleteEach(core, operation, this.items, ctx);
    const list: ListObject = {
      kind: `${info.kind}List`,
      apiVersion: info.apiVersion,
      metadata: {
        resourceVersion: String(this.revision),
        ...(token === undefined ? {} : { continue: token }),
        ...(remaining > 0 ? { remainingItemCount: remaining } : {}),
      },
      items: this.items,
    };
    const cost = this.items.length * core.costs.listPerObject + (this.scanned - this.items.length) * core.costs.listPerScanned;
    core.answerAfter(operation, 200, list, cost, ctx);
  }
}
