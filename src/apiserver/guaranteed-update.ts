/** Changes a stored object: compute from what the cache has, write if nobody was faster, else compute again from what etcd has.
 *  Mirrors apiserver v1.34 pkg/storage/etcd3/store.go (GuaranteedUpdate) with the cacher's object as its first guess. */

import { estimateBytes, estimateBytesAfter, internalError, type KubeObject, notFound, type StatusObject } from '#api';
import type { EtcdOperation, EtcdResponse, KeyValue } from '#etcd';
import type { Context } from '#sim';
import type { Reviewed } from './admission/review.ts';
import { MutatedUpdate } from './admission/webhooks/mutated-update.ts';
import { isStatus } from './cache/filter.ts';
import { type Core, type Operation, objectOf, REMOVE, type Transformed, UNCHANGED } from './core.ts';
import { type Converter, convertOne } from './custom-resources/conversion/converter.ts';
import type { EtcdWaiter } from './etcd-client.ts';
import { oversize, storageFailure } from './failures.ts';
import { releaseAddress } from './service-addresses.ts';
import { ServiceGrants } from './service-grants.ts';
import { releasePorts } from './service-ports.ts';
import { undecodable } from './verbs/decode.ts';

// Somebody is always faster: after so many rounds the request is given up. Upstream goes on until its time-out.
const ATTEMPTS_MAX = 100;

/** What a change is: computed anew for each state of the object that is met. */
export interface Change {
  /** The object as it shall be. `current` is undefined when there is none. */
  transform(core: Core, operation: Operation, current: KubeObject | undefined, ctx: Context): Transformed;
  /** Answers the client; `removed`: the object is gone. */
  done(core: Core, operation: Operation, object: KubeObject, removed: boolean, ctx: Context): void;
  /** Whether to trust the cache for a first try. Deletions read etcd first, as upstream. */
  readonly startsLive?: boolean;
}

/** A write that waits for admission. */
interface Pending {
  readonly guarded: EtcdOperation;
  readonly bytes: number;
  readonly cost: number;
}

export class GuaranteedUpdate implements EtcdWaiter, Reviewed {
  private readonly core: Core;
  private readonly operation: Operation;
  private readonly change: Change;
  private isReading = false;
  /** The object that a guarded deletion is to remove. */
  private removing: KubeObject | undefined;
  private pending: Pending | undefined;
  /** What was there when the change was worked out. */
  private current: KubeObject | undefined;
  /** Addresses and ports of this attempt are taken. */
  private granted = false;
  /** A deletion is asked about once, however many writes it takes. */
  private isReviewed: boolean;

  /** `isReviewed`: a further write of a request that admission has let through. */
  constructor(core: Core, operation: Operation, change: Change, isReviewed = false) {
    this.core = core;
    this.operation = operation;
    this.change = change;
    this.isReviewed = isReviewed;
  }

  start(ctx: Context): void {
    const { operation, core } = this;
    const { costs } = core;
    const kv = operation.resource.cache.objects.get(operation.key);
    // The very string that etcd has: every look-up on the way then compares references and reads no letters.
    if (kv !== undefined) operation.key = kv.key;
    if (kv === undefined || this.change.startsLive) this.readLive(ctx, costs.request + costs.get);
    else this.attempt(kv, false, ctx, costs.request);
  }

  private readLive(ctx: Context, cost: number): void {
    this.isReading = true;
    const { core, operation } = this;
    core.etcd.send(operation.resource.cluster, { op: 'range', key: operation.key }, this, ctx, core.charge(ctx, cost));
  }

  private attempt(kv: KeyValue | undefined, isLive: boolean, ctx: Context, cost: number): void {
    const current = objectOf(kv);
    const { converter } = this.operation.resource.view ?? {};
    if (converter === undefined || current === undefined) return this.attemptOn(current, kv, isLive, ctx, cost);
    this.inVersion(converter, current, ctx, (object, then) => this.attemptOn(object, kv, isLive, then, cost));
  }

  /** The object as this request's version has it, where a webhook converts. */
  private inVersion(converter: Converter, object: KubeObject, ctx: Context, next: (object: KubeObject, ctx: Context) => void): void {
    const { core, operation } = this;
    const then = (result: KubeObject | StatusObject, context: Context): void =>
      isStatus(result) ? core.fail(operation, result, context) : next(result, context);
    convertOne(converter, object, operation.resource.info.apiVersion, then, ctx);
  }

  private attemptOn(current: KubeObject | undefined, kv: KeyValue | undefined, isLive: boolean, ctx: Context, cost: number): void {
    const { core, operation } = this;
    if (this.granted) releasePorts(core, operation.candidate, this.current, ctx);
    this.current = current;
    this.granted = false;
    const next = this.transformed(current, ctx);
    if (typeof next !== 'symbol' && !isStatus(next)) return this.put(next, kv, ctx, cost);
    // Whatever the cache's object led to, only the stored one decides.
    if (!isLive) return this.readLive(ctx, cost + core.costs.get);
    if (next === REMOVE) return this.remove(current as KubeObject, kv?.modRevision ?? 0, ctx, cost);
    if (next === UNCHANGED) {
      core.charge(ctx, cost);
      return this.change.done(core, operation, current as KubeObject, false, ctx);
    }
    core.fail(operation, next as StatusObject, ctx);
  }

  private transformed(current: KubeObject | undefined, ctx: Context): Transformed {
    try {
      return this.change.transform(this.core, this.operation, current, ctx);
    } catch (error) {
      return undecodable(this.operation, error);
    }
  }

  private put(next: KubeObject, kv: KeyValue | undefined, ctx: Context, cost: number, isRound = false): void {
    const { core, operation } = this;
    const modRevision = kv?.modRevision ?? 0;
    const bytes = kv === undefined || kv.bytes === 0 ? estimateBytes(next) : estimateBytesAfter(kv.bytes, kv.value as KubeObject, next);
    const refused = oversize(bytes);
    if (refused !== undefined) return core.fail(operation, refused, ctx);
    if (core.admission.hasMutatingWebhooks && !isRound && this.sendsRound(next, kv, ctx, cost)) return;
    operation.candidate = next;
    this.removing = undefined;
    const guarded: EtcdOperation = { op: 'guarded', key: operation.key, modRevision, put: { key: operation.key, value: next, bytes } };
    if (this.isAdmitted(guarded, bytes, next, this.current, ctx, cost)) this.write(guarded, bytes, ctx, cost);
  }

  /** Lets the mutating webhooks see what is to be stored; false: none wants to. */
  private sendsRound(next: KubeObject, kv: KeyValue | undefined, ctx: Context, cost: number): boolean {
    const { core, operation } = this;
    if (operation.action !== 'update' && operation.action !== 'patch') return false;
    const { current } = this;
    const put = (changed: Transformed, context: Context): void => {
      if (changed === UNCHANGED) this.change.done(core, operation, current as KubeObject, false, context);
      else if (changed === REMOVE) this.remove(current as KubeObject, kv?.modRevision ?? 0, context, cost);
      else if (isStatus(changed)) core.fail(operation, changed, context);
      else this.put(changed, kv, context, cost, true);
    };
    return new MutatedUpdate(core, operation, current, put).start(next, ctx);
  }

  /** False: it is refused, or waits for `admitted`. A deletion is judged once, before its first write. */
  private isAdmitted(
    guarded: EtcdOperation,
    bytes: number,
    next: KubeObject | undefined,
    current: KubeObject | undefined,
    ctx: Context,
    cost: number,
  ): boolean {
    const { core, operation } = this;
    if (this.isReviewed) return true;
    const { action } = operation;
    const object = action === 'bind' || action === 'evict' ? (operation.request.body as KubeObject) : next;
    // Kept first: whoever is asked may know the answer at once.
    this.pending = { guarded, bytes, cost };
    const verdict = core.admission.review(operation, object, current, this, ctx);
    if (action === 'delete' || action === 'evict') this.isReviewed = true;
    if (verdict === 'asked') return false;
    this.pending = undefined;
    if (verdict !== undefined) core.fail(operation, verdict, ctx);
    return verdict === undefined;
  }

  admitted(ctx: Context): void {
    const pending = this.pending;
    if (pending === undefined) return;
    this.pending = undefined;
    this.write(pending.guarded, pending.bytes, ctx, pending.cost);
  }

  refused(status: StatusObject, ctx: Context): void {
    this.core.fail(this.operation, status, ctx);
  }

  private remove(current: KubeObject, modRevision: number, ctx: Context, cost: number): void {
    this.removing = current;
    const guarded: EtcdOperation = { op: 'guarded', key: this.operation.key, modRevision, delete: true };
    // An update that lets a dying object go was judged as what it is.
    const isAsked = this.operation.action === 'delete' || this.operation.action === 'evict';
    if (!isAsked || this.isAdmitted(guarded, 0, undefined, current, ctx, cost)) this.write(guarded, 0, ctx, cost);
  }

  private write(guarded: EtcdOperation, bytes: number, ctx: Context, cost: number): void {
    const { core, operation } = this;
    this.isReading = false;
    if (operation.resource.info.resource === 'services' && this.awaitsGrants(guarded, bytes, ctx, cost)) return;
    if (operation.request.options?.dryRun) return this.finish(ctx);
    if (operation.resource.view?.converter !== undefined && this.awaitsStoredForm(guarded, ctx, cost)) return;
    const spent = cost + core.costs.write + (bytes * core.costs.writePerKib) / 1024;
    core.etcd.send(operation.resource.cluster, guarded, this, ctx, core.charge(ctx, spent));
  }

  /** What a webhook converts is stored as it converts it. */
  private awaitsStoredForm(guarded: EtcdOperation, ctx: Context, cost: number): boolean {
    const { core, operation } = this;
    const { converter } = operation.resource.view ?? {};
    const { candidate } = operation;
    if (converter === undefined || this.removing !== undefined || candidate === undefined || candidate.apiVersion === converter.storage)
      return false;
    const then = (stored: KubeObject | StatusObject, context: Context): void => {
      if (isStatus(stored)) return core.fail(operation, stored, context);
      operation.candidate = stored;
      const bytes = estimateBytes(stored);
      this.write({ ...guarded, put: { key: operation.key, value: stored, bytes } } as EtcdOperation, bytes, context, cost);
    };
    convertOne(converter, candidate, converter.storage, then, ctx);
    return true;
  }

  /** A service that changes may need an address or ports of its own first. */
  private awaitsGrants(guarded: EtcdOperation, bytes: number, ctx: Context, cost: number): boolean {
    const { core, operation } = this;
    if (this.removing !== undefined || operation.candidate === undefined || this.granted) return false;
    const grants = new ServiceGrants(core, operation, this.current, (refused, then) => {
      if (refused !== undefined) return core.fail(operation, refused, then);
      this.granted = true;
      const put = { key: operation.key, value: operation.candidate, bytes };
      this.write({ ...guarded, put } as EtcdOperation, bytes, then, cost);
    });
    return grants.start(ctx);
  }

  answered(response: EtcdResponse | undefined, ctx: Context): void {
    const { core, operation } = this;
    const failure = storageFailure(response);
    if (failure !== undefined || response === undefined) return core.fail(operation, failure as StatusObject, ctx);
    if (!this.isReading && response.succeeded) {
      if (this.removing === undefined && this.deletesNext()) {
        const written = {
          key: operation.key,
          value: operation.candidate,
          bytes: 0,
          createRevision: 0,
          modRevision: response.revision,
          version: 0,
          lease: 0,
        };
        return this.attempt(written, true, ctx, 0);
      }
      return this.finish(ctx);
    }
    if (!this.isReading && ++operation.attempts > ATTEMPTS_MAX)
      return core.fail(operation, internalError('too many conflicting writes'), ctx);
    const kv = response.kvs?.[0];
    if (kv === undefined && operation.action !== 'update' && operation.action !== 'patch') {
      return core.fail(operation, notFound(operation.resource.info.resource, operation.request.name ?? ''), ctx);
    }
    this.attempt(kv, true, ctx, this.isReading ? 0 : core.costs.write / 2);
  }

  /** A deletion without grace writes the mark first, then removes (store.go, deleteImmediately): watchers see both. */
  private deletesNext(): boolean {
    const { action, candidate, request } = this.operation;
    if ((action !== 'delete' && action !== 'evict') || request.options?.dryRun) return false;
    const metadata = candidate?.metadata;
    return (
      metadata?.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0 && (metadata.finalizers ?? []).length === 0
    );
  }

  private finish(ctx: Context): void {
    const { core, operation } = this;
    if (this.removing !== undefined) this.change.done(core, operation, this.removing, true, ctx);
    else {
      if (operation.resource.info.resource === 'services' && !operation.request.options?.dryRun) {
        releaseAddress(core, this.current, ctx, operation.candidate);
        releasePorts(core, this.current, operation.candidate, ctx);
      }
      const { converter } = operation.resource.view ?? {};
      if (converter !== undefined && operation.request.subresource === 'scale')
        return this.inVersion(converter, operation.candidate as KubeObject, ctx, (object, then) =>
          this.change.done(core, operation, object, false, then),
        );
      this.change.done(core, operation, operation.candidate as KubeObject, false, ctx);
    }
  }
}
