/** POST. A generated name that is taken is drawn again, up to eight times (RetryGenerateName). */

import { alreadyExists, badRequest, estimateBytes, forbidden, type KubeObject, type Namespace, notFound, type StatusObject } from '#api';
import type { EtcdResponse, KeyValue } from '#etcd';
import type { Context } from '#sim';
import type { Reviewed } from '../admission/review.ts';
import type { MutationWaiter } from '../admission/webhooks/mutating-round.ts';
import { isStatus } from '../cache/filter.ts';
import { type Core, type Operation, objectOf } from '../core.ts';
import { convertOne } from '../custom-resources/conversion/converter.ts';
import type { EtcdWaiter } from '../etcd-client.ts';
import type { LeaseTaker } from '../event-leases.ts';
import { oversize, storageFailure } from '../failures.ts';
import { AddressGrant, type AddressTaker, needsAddress, releaseAddress } from '../service-addresses.ts';
import { needsPorts, PortGrant, type PortTaker, releasePorts } from '../service-ports.ts';
import { firstForm, newObject } from './new-object.ts';

const NAME_ATTEMPTS_MAX = 8;

/** NamespaceLifecycle: nothing is created where there is no namespace, or a dying one. Undefined: all well; 'unknown': ask etcd. */
function checkNamespace(operation: Operation, namespace: Namespace | undefined, isLive: boolean): StatusObject | 'unknown' | undefined {
  const { request, resource } = operation;
  if (namespace === undefined) return isLive ? notFound('namespaces', request.namespace ?? '') : 'unknown';
  if (namespace.metadata?.deletionTimestamp === undefined && namespace.status?.phase !== 'Terminating') return undefined;
  const name = (request.body as KubeObject | undefined)?.metadata?.name ?? '';
  const refusal = forbidden(
    resource.info.resource,
    name,
    `unable to create new content in namespace ${request.namespace} because it is being terminated`,
  );
  // By this cause controllers know that trying again is of no use (v1.NamespaceTerminatingCause).
  const message = `namespace ${request.namespace} is being terminated`;
  const causes = [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }];
  return { ...refusal, details: { ...refusal.details, causes } };
}

export class Creation implements AddressTaker, EtcdWaiter, LeaseTaker, MutationWaiter, PortTaker, Reviewed {
  private readonly core: Core;
  private readonly operation: Operation;
  private stage: 'namespace' | 'write' = 'namespace';
  private bytes = 0;
  /** What the mutating webhooks made of the body. */
  private body: KubeObject | undefined;

  constructor(core: Core, operation: Operation) {
    this.core = core;
    this.operation = operation;
  }

  start(ctx: Context): void {
    const { core, operation } = this;
    const { request, resource } = operation;
    if (!resource.info.namespaced) return this.build(ctx);
    if (!request.namespace) return core.fail(operation, badRequest('an empty namespace may not be set during creation'), ctx);
    if (!core.admission.checksNamespaces) return this.build(ctx);
    const namespaces = core.resource('namespaces');
    const found = namespaces?.cache.get(`/registry/namespaces/${request.namespace}`);
    const isDoubtful = (core.terminating.get(request.namespace) ?? -1) > ctx.now;
    const problem = checkNamespace(operation, isDoubtful ? undefined : (found as Namespace | undefined), false);
    if (problem === undefined) return this.build(ctx);
    if (problem !== 'unknown') return core.fail(operation, problem, ctx);
    core.etcd.send(
      core.etcd.clusterOf('namespaces'),
      { op: 'range', key: `/registry/namespaces/${request.namespace}` },
      this,
      ctx,
      core.charge(ctx, core.costs.get),
    );
  }

  private build(ctx: Context): void {
    const { core, operation } = this;
    this.stage = 'write';
    if (this.body === undefined && core.admission.hasMutatingWebhooks && this.sendsRound(ctx)) return;
    const object = newObject(core, operation, this.body ?? operation.request.body, ctx);
    if (isStatus(object)) return core.fail(operation, object, ctx);
    operation.candidate = object;
    this.bytes = estimateBytes(object);
    const refused = oversize(this.bytes);
    if (refused !== undefined) return core.fail(operation, refused, ctx);
    const verdict = core.admission.review(operation, object, undefined, this, ctx);
    if (verdict === undefined) this.admitted(ctx);
    else if (verdict !== 'asked') core.fail(operation, verdict, ctx);
  }

  /** False: nobody wants to change it, or it is refused when it is built. */
  private sendsRound(ctx: Context): boolean {
    const { core, operation } = this;
    const object = firstForm(core, operation, operation.request.body);
    return !isStatus(object) && core.admission.mutate(operation, object, undefined, this, ctx);
  }

  mutated(object: KubeObject, ctx: Context): void {
    this.body = object;
    this.build(ctx);
  }

  admitted(ctx: Context): void {
    if (needsAddress(this.operation)) return new AddressGrant(this.core, this.operation, this).start(ctx);
    this.withPorts(ctx);
  }

  refused(status: StatusObject, ctx: Context): void {
    this.core.fail(this.operation, status, ctx);
  }

  /** A service has its address, or why not. */
  granted(refused: StatusObject | undefined, ctx: Context): void {
    if (refused !== undefined) return this.core.fail(this.operation, refused, ctx);
    this.withPorts(ctx);
  }

  private withPorts(ctx: Context): void {
    if (needsPorts(this.operation, undefined)) new PortGrant(this.core, this.operation, undefined, this).start(ctx);
    else this.store(ctx);
  }

  portsGranted(refused: StatusObject | undefined, ctx: Context): void {
    if (refused === undefined) return this.store(ctx);
    if (!this.operation.request.options?.dryRun) releaseAddress(this.core, this.operation.candidate, ctx);
    this.core.fail(this.operation, refused, ctx);
  }

  private store(ctx: Context): void {
    const { core, operation } = this;
    if (operation.request.options?.dryRun) return core.answer(operation, 201, operation.candidate, ctx);
    const { converter } = operation.resource.view ?? {};
    const object = operation.candidate as KubeObject;
    if (converter !== undefined && object.apiVersion !== converter.storage)
      return convertOne(converter, object, converter.storage, (result, then) => this.converted(result, then), ctx);
    if (operation.resource.descriptor.expires) core.eventLeases.take(operation.resource.cluster, this, ctx);
    else this.leased(0, ctx);
  }

  /** The object in the version in which it is stored. */
  private converted(result: KubeObject | StatusObject, ctx: Context): void {
    if (isStatus(result)) return this.core.fail(this.operation, result, ctx);
    this.operation.candidate = result;
    this.bytes = estimateBytes(result);
    this.store(ctx);
  }

  leased(lease: number, ctx: Context): void {
    const { core, operation, bytes } = this;
    const { costs } = core;
    const cost = costs.request + costs.write + (bytes * costs.writePerKib) / 1024;
    const put =
      lease === 0
        ? { key: operation.key, value: operation.candidate, bytes }
        : { key: operation.key, value: operation.candidate, bytes, lease };
    core.etcd.send(
      operation.resource.cluster,
      { op: 'guarded', key: operation.key, modRevision: 0, put },
      this,
      ctx,
      core.charge(ctx, cost),
    );
  }

  answered(response: EtcdResponse | undefined, ctx: Context): void {
    const { core, operation } = this;
    const failure = storageFailure(response);
    if (failure !== undefined) return core.fail(operation, failure, ctx);
    if (this.stage === 'namespace') {
      const problem = checkNamespace(operation, objectOf(response?.kvs?.[0] as KeyValue | undefined) as Namespace | undefined, true);
      return problem === undefined ? this.build(ctx) : core.fail(operation, problem as StatusObject, ctx);
    }
    if (response?.succeeded) return core.answer(operation, 201, operation.candidate, ctx);
    releaseAddress(core, operation.candidate, ctx);
    releasePorts(core, operation.candidate, undefined, ctx);
    const body = operation.request.body as KubeObject;
    const isGenerated = !body.metadata?.name && body.metadata?.generateName;
    if (isGenerated && ++operation.attempts < NAME_ATTEMPTS_MAX) return this.build(ctx);
    const name = operation.candidate?.metadata?.name ?? '';
    const status = alreadyExists(operation.resource.info.resource, name);
    core.fail(
      operation,
      isGenerated ? { ...status, message: `${status.message}, the server was not able to generate a unique name for the object` } : status,
      ctx,
    );
  }
}
