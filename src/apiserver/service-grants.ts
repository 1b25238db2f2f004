/** What a changed service needs before it can be written: a cluster IP when it had none, node ports that it did not have.
 *  Mirrors Kubernetes v1.34 pkg/registry/core/service/storage/alloc.go (allocateUpdate). */

import type { KubeObject, StatusObject } from '#api';
import type { Context } from '#sim';
import type { Core, Operation } from './core.ts';
import { AddressGrant, type AddressTaker, needsAddress, releaseAddress } from './service-addresses.ts';
import { needsPorts, PortGrant, type PortTaker } from './service-ports.ts';

export class ServiceGrants implements AddressTaker, PortTaker {
  private readonly core: Core;
  private readonly operation: Operation;
  private readonly old: KubeObject | undefined;
  private readonly done: (refused: StatusObject | undefined, ctx: Context) => void;

  constructor(
    core: Core,
    operation: Operation,
    old: KubeObject | undefined,
    done: (refused: StatusObject | undefined, ctx: Context) => void,
  ) {
    this.core = core;
    this.operation = operation;
    this.old = old;
    this.done = done;
  }

  /** False: it needs nothing. */
  start(ctx: Context): boolean {
    const { operation } = this;
    if (needsAddress(operation, this.old)) {
      new AddressGrant(this.core, operation, this).start(ctx);
      return true;
    }
    if (!needsPorts(operation, this.old)) return false;
    new PortGrant(this.core, operation, this.old, this).start(ctx);
    return true;
  }

  granted(refused: StatusObject | undefined, ctx: Context): void {
    if (refused === undefined && needsPorts(this.operation, this.old)) new PortGrant(this.core, this.operation, this.old, this).start(ctx);
    else this.done(refused, ctx);
  }

  portsGranted(refused: StatusObject | undefined, ctx: Context): void {
    const { core, operation, old } = this;
    if (refused !== undefined && !operation.request.options?.dryRun && needsAddress(operation, old))
      releaseAddress(core, operation.candidate, ctx);
    this.done(refused, ctx);
  }
}
