/** GET of one object: from etcd, unless the client is content with what the cache has (resourceVersion). */

import { badRequest, type KubeObject, notFound, type StatusObject, tooLargeResourceVersion } from '#api';
import type { EtcdResponse } from '#etcd';
import type { Context } from '#sim';
import { isStatus } from '../cache/filter.ts';
import { type Core, type Operation, objectOf } from '../core.ts';
import { convertOne } from '../custom-resources/conversion/converter.ts';
import type { EtcdWaiter } from '../etcd-client.ts';
import { storageFailure } from '../failures.ts';
import { toScale } from '../subresources/scale.ts';

export class Get implements EtcdWaiter {
  private readonly core: Core;
  private readonly operation: Operation;

  constructor(core: Core, operation: Operation) {
    this.core = core;
    this.operation = operation;
  }

  start(ctx: Context): void {
    const { core, operation } = this;
    const { cache, cluster } = operation.resource;
    const version = operation.request.options?.resourceVersion;
    const wanted = Number(version ?? '');
    if (!(wanted >= 0))
      return core.fail(operation, badRequest(`Invalid value: "${version}": strconv.ParseUint: parsing "${version}": invalid syntax`), ctx);
    if (version !== undefined && version !== '' && cache.revision >= wanted) {
      const kv = cache.objects.get(operation.key);
      if (kv !== undefined || wanted > 0)
        return this.finish(kv === undefined ? undefined : objectOf(kv), ctx, core.costs.request + core.costs.get);
    }
    core.etcd.send(cluster, { op: 'range', key: operation.key }, this, ctx, core.charge(ctx, core.costs.request));
  }

  answered(response: EtcdResponse | undefined, ctx: Context): void {
    const failure = storageFailure(response);
    if (failure !== undefined || response === undefined) return this.core.fail(this.operation, failure as never, ctx);
    const wanted = Number(this.operation.request.options?.resourceVersion ?? '');
    if (wanted > response.revision) return this.core.fail(this.operation, tooLargeResourceVersion(wanted, response.revision), ctx);
    this.finish(objectOf(response.kvs?.[0]), ctx, this.core.costs.get);
  }

  private finish(object: ReturnType<typeof objectOf>, ctx: Context, cost: number): void {
    const { core, operation } = this;
    const { view, info } = operation.resource;
    // Where the numbers of a scale stand is the version's affair.
    if (object !== undefined && operation.request.subresource === 'scale' && view?.converter?.known(object, info.apiVersion) !== object) {
      const then = (result: KubeObject | StatusObject, context: Context): void =>
        isStatus(result) ? core.fail(operation, result, context) : this.finish(result, context, cost);
      if (view?.converter !== undefined) return convertOne(view.converter, object, info.apiVersion, then, ctx);
    }
    if (object === undefined) return core.fail(operation, notFound(operation.resource.info.resource, operation.request.name ?? ''), ctx);
    const shown = operation.request.subresource === 'scale' ? toScale(operation, object) : object;
    core.answer(operation, 200, shown, ctx, core.charge(ctx, cost));
  }
}
