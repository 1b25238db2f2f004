/** ResourceQuota: what is admitted is written into its quotas' status first, by compare-and-swap, so that servers never give one place twice.
 *  Requests of one namespace that come while a write is under way are judged together with the next.
 *  Mirrors apiserver v1.34 pkg/admission/plugin/resourcequota/controller.go and resource_access.go. */

import { conflict, estimateBytes, internalError, type ResourceQuota, type StatusObject, sameList } from '#api';
import type { EtcdResponse } from '#etcd';
import type { Context } from '#sim';
import { isStatus } from '../../cache/filter.ts';
import type { Core, ResourceState } from '../../core.ts';
import type { EtcdWaiter } from '../../etcd-client.ts';
import { storageFailure } from '../../failures.ts';
import { freshMeta } from '../../object-meta.ts';
import type { Attributes } from '../attributes.ts';
import { byNamespace } from '../by-namespace.ts';
import { checkRequest } from './check-request.ts';

/** Who waits to hear whether there is room. */
export interface QuotaWaiter {
  /** Undefined: it is charged and may be written. */
  judged(refused: StatusObject | undefined, ctx: Context): void;
}
interface Waiting {
  readonly attributes: Attributes;
  readonly waiter: QuotaWaiter;
}

const RETRIES = 3;
const RESOURCE = 'resourcequotas';

/** One batch of a namespace's requests on its way through the quotas. */
class Round {
  readonly namespace: string;
  waiting: Waiting[];
  retries = RETRIES;
  outstanding = 0;
  /** Quotas whose write met another's. */
  failed: string[] = [];
  lastError: StatusObject | undefined;

  constructor(namespace: string, waiting: Waiting[]) {
    this.namespace = namespace;
    this.waiting = waiting;
  }
}

export class QuotaEvaluator {
  private readonly core: Core;
  private readonly resource: ResourceState | undefined;
  private readonly waiting = new Map<string, Waiting[]>();
  private readonly busy = new Set<string>();
  /** Quotas as this server last saw them at etcd: its own writes before the cache shows them. */
  private readonly latest = new Map<string, ResourceQuota>();

  constructor(core: Core) {
    this.core = core;
    this.resource = core.resource(RESOURCE);
  }

  /** Whether any quota stands in the namespace. */
  concerns(namespace: string | undefined): boolean {
    if (this.resource === undefined || namespace === undefined || this.resource.cache.objects.size === 0) return false;
    return byNamespace(this.resource).in(namespace).length > 0;
  }

  evaluate(attributes: Attributes, waiter: QuotaWaiter, ctx: Context): void {
    const { namespace } = attributes;
    const queue = this.waiting.get(namespace);
    if (queue === undefined) this.waiting.set(namespace, [{ attributes, waiter }]);
    else queue.push({ attributes, waiter });
    if (!this.busy.has(namespace)) this.next(namespace, ctx);
  }

  private next(namespace: string, ctx: Context): void {
    const waiting = this.waiting.get(namespace);
    this.waiting.delete(namespace);
    this.busy.delete(namespace);
    if (waiting === undefined) return;
    this.busy.add(namespace);
    const names = this.quotas(namespace).map(({ metadata }) => metadata?.name ?? '');
    this.check(new Round(namespace, waiting), names, ctx);
  }

  private quotas(namespace: string): readonly ResourceQuota[] {
    return byNamespace<ResourceQuota>(this.resource)
      .in(namespace)
      .map((cached) => {
        const key = this.keyOf(cached);
        const own = this.latest.get(key);
        if (own === undefined) return cached;
        if (own.metadata?.uid === cached.metadata?.uid && Number(own.metadata?.resourceVersion) > Number(cached.metadata?.resourceVersion))
          return own;
        this.latest.delete(key);
        return cached;
      });
  }

  private keyOf({ metadata }: ResourceQuota): string {
    return `${this.resource?.prefix}${metadata?.namespace}/${metadata?.name}`;
  }

  /** checkQuotas: judges each request on what those before it leave, then writes the quotas that changed. */
  private check(round: Round, names: readonly string[], ctx: Context): void {
    const before = this.quotas(round.namespace).filter(({ metadata }) => names.includes(metadata?.name ?? ''));
    let after: readonly ResourceQuota[] = before;
    const charged: Waiting[] = [];
    const done: (readonly [Waiting, StatusObject | undefined])[] = [];
    for (const one of round.waiting) {
      const next = checkRequest(after, one.attributes, ctx.clock());
      if (isStatus(next)) done.push([one, next]);
      else if (next === after || one.attributes.operation.request.options?.dryRun) done.push([one, undefined]);
      else {
        charged.push(one);
        after = next;
      }
    }
    round.waiting = charged;
    round.failed = [];
    round.outstanding = 0;
    before.forEach((quota, i) => {
      const changed = after[i] as ResourceQuota;
      if (!sameList(quota.status?.used as never, changed.status?.used as never)) this.write(round, quota, changed, ctx);
    });
    for (const [{ waiter }, refused] of done) waiter.judged(refused, ctx);
    if (round.outstanding === 0) this.settle(round, undefined, ctx);
  }

  private write(round: Round, quota: ResourceQuota, changed: ResourceQuota, ctx: Context): void {
    const { core } = this;
    const key = this.keyOf(quota);
    const value: ResourceQuota = { ...changed, metadata: freshMeta(quota.metadata) };
    const bytes = estimateBytes(value);
    round.outstanding++;
    core.etcd.send(
      (this.resource as ResourceState).cluster,
      { op: 'guarded', key, modRevision: Number(quota.metadata?.resourceVersion ?? 0), put: { key, value, bytes } },
      new QuotaWrite(this, round, key, value),
      ctx,
      core.charge(ctx, core.costs.write),
    );
  }

  written(round: Round, key: string, value: ResourceQuota, response: EtcdResponse | undefined, ctx: Context): void {
    round.outstanding--;
    const failure = storageFailure(response);
    const name = value.metadata?.name ?? '';
    if (failure !== undefined) {
      round.retries = 0;
      round.failed.push(name);
      round.lastError = failure;
    } else if (response?.succeeded) this.latest.set(key, value);
    else {
      const stored = response?.kvs?.[0]?.value as ResourceQuota | undefined;
      if (stored !== undefined) this.latest.set(key, stored);
      round.failed.push(name);
      round.lastError = conflict(RESOURCE, name);
    }
    if (round.outstanding === 0) this.retry(round, ctx);
  }

  private retry(round: Round, ctx: Context): void {
    if (round.failed.length === 0) return this.settle(round, undefined, ctx);
    if (round.retries-- <= 0) return this.settle(round, round.lastError ?? internalError('resource quota evaluation timed out'), ctx);
    this.check(round, round.failed, ctx);
  }

  private settle(round: Round, refused: StatusObject | undefined, ctx: Context): void {
    for (const { waiter } of round.waiting) waiter.judged(refused, ctx);
    this.next(round.namespace, ctx);
  }
}

class QuotaWrite implements EtcdWaiter {
  private readonly owner: QuotaEvaluator;
  private readonly round: Round;
  private readonly key: string;
  private readonly value: ResourceQuota;

  constructor(owner: QuotaEvaluator, round: Round, key: string, value: ResourceQuota) {
    this.owner = owner;
    this.round = round;
    this.key = key;
    this.value = value;
  }

  answered(response: EtcdResponse | undefined, ctx: Context): void {
    this.owner.written(this.round, this.key, this.value, response, ctx);
  }
}
