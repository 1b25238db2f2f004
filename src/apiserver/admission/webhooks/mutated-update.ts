/** An update on its way round the mutating webhooks: what they leave is made into what is stored, with the rules of an update. */

import type { KubeObject, StatusObject } from '#api';
import type { Context } from '#sim';
import type { Core, Operation, Transformed } from '../../core.ts';
import { newObject } from '../../verbs/new-object.ts';
import { updatedObject } from '../../verbs/updated-object.ts';
import type { MutationWaiter } from './mutating-round.ts';

export class MutatedUpdate implements MutationWaiter {
  private readonly core: Core;
  private readonly operation: Operation;
  private readonly current: KubeObject | undefined;
  private readonly done: (changed: Transformed, ctx: Context) => void;

  constructor(core: Core, operation: Operation, current: KubeObject | undefined, done: (changed: Transformed, ctx: Context) => void) {
    this.core = core;
    this.operation = operation;
    this.current = current;
    this.done = done;
  }

  /** False: no webhook wants it. */
  start(next: KubeObject, ctx: Context): boolean {
    const { operation, current } = this;
    const sent = { ...next, metadata: { ...next.metadata, resourceVersion: current?.metadata?.resourceVersion } };
    return this.core.admission.mutate(operation, sent, operation.isNew ? undefined : current, this, ctx);
  }

  mutated(object: KubeObject, ctx: Context): void {
    const { core, operation, current } = this;
    if (current === undefined || operation.isNew)
      return this.done(newObject(core, operation, { ...object, metadata: { ...object.metadata, resourceVersion: undefined } }, ctx), ctx);
    this.done(updatedObject(operation, object, current, ctx, object.metadata?.managedFields), ctx);
  }

  refused(status: StatusObject, ctx: Context): void {
    this.done(status, ctx);
  }
}
