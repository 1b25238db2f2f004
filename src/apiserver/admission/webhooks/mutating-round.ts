/** The mutating webhooks of one request, one after another, each seeing what those before it made of the object; then once more those that asked to see
 *  it again if somebody changed it after them. Mirrors apiserver v1.34 pkg/admission/plugin/webhook/mutating/dispatcher.go and reinvocationcontext.go. */

import { applyJsonPatch, deepEqual, internalError, type KubeObject, type StatusObject } from '#api';
import type { Context } from '#sim';
import type { Attributes } from '../attributes.ts';
import type { Called, CallWaiter } from './caller.ts';
import type { Webhook } from './configuration.ts';

/** Who waits for the object as the webhooks leave it. */
export interface MutationWaiter {
  mutated(object: KubeObject, ctx: Context): void;
  refused(status: StatusObject, ctx: Context): void;
}

export interface RoundServices {
  call(webhook: Webhook, attributes: Attributes, object: KubeObject, waiter: CallWaiter, ctx: Context): void;
  /** Whether the webhook wants this object (selectors and matchConditions), or why that cannot be told. */
  wants(webhook: Webhook, attributes: Attributes): boolean | StatusObject;
  /** The server's own plugins, once more. */
  again(object: KubeObject): KubeObject | StatusObject;
}

const isStatus = (value: KubeObject | StatusObject | boolean): value is StatusObject =>
  typeof value === 'object' && (value as StatusObject).kind === 'Status';

export class MutatingRound implements CallWaiter {
  private readonly services: RoundServices;
  private readonly attributes: Attributes;
  private readonly waiter: MutationWaiter;
  private queue: Webhook[];
  private object: KubeObject;
  private isSecond = false;
  /** What each webhook left behind: it is asked again when the object is another since. */
  private readonly seen = new Map<Webhook, KubeObject>();

  constructor(services: RoundServices, attributes: Attributes, object: KubeObject, webhooks: readonly Webhook[], waiter: MutationWaiter) {
    this.services = services;
    this.attributes = attributes;
    this.object = object;
    this.queue = [...webhooks];
    this.waiter = waiter;
  }

  next(ctx: Context): void {
    for (;;) {
      const webhook = this.queue.shift();
      if (webhook === undefined) return this.finish(ctx);
      const attributes = { ...this.attributes, object: this.object };
      const wants = this.services.wants(webhook, attributes);
      if (isStatus(wants)) return this.waiter.refused(wants, ctx);
      if (wants) return this.services.call(webhook, attributes, this.object, this, ctx);
    }
  }

  called({ webhook, refused, patch }: Called, ctx: Context): void {
    if (refused !== undefined) return this.waiter.refused(refused, ctx);
    if (patch !== undefined && patch.length > 0) {
      try {
        this.object = applyJsonPatch(this.object, patch) as KubeObject;
      } catch (error) {
        return this.waiter.refused(internalError((error as Error).message), ctx);
      }
    }
    this.seen.set(webhook, this.object);
    this.next(ctx);
  }

  private finish(ctx: Context): void {
    const again = this.services.again(this.object);
    if (isStatus(again)) return this.waiter.refused(again, ctx);
    this.object = again;
    if (!this.isSecond) {
      this.isSecond = true;
      this.queue = [...this.seen].flatMap(([webhook, left]) =>
        webhook.reinvocationPolicy === 'IfNeeded' && !deepEqual(left, this.object) ? [webhook] : [],
      );
      if (this.queue.length > 0) return this.next(ctx);
    }
    this.waiter.mutated(this.object, ctx);
  }
}
