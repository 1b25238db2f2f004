/** One write on its way through those that must be asked: validating webhooks, all at once, then the quotas. Mirrors apiserver v1.34
 *  pkg/admission/plugin/webhook/validating/dispatcher.go and pkg/admission/plugin/resourcequota. */

import type { StatusObject } from '#api';
import type { Context } from '#sim';
import type { Attributes } from './attributes.ts';
import type { QuotaEvaluator } from './quota/evaluator.ts';
import type { Called, CallWaiter } from './webhooks/caller.ts';
import type { Webhook } from './webhooks/configuration.ts';

/** Who waits for the end of a review. */
export interface Reviewed {
  /** It may be written. */
  admitted(ctx: Context): void;
  refused(status: StatusObject, ctx: Context): void;
}

export class Review implements CallWaiter {
  private readonly attributes: Attributes;
  private readonly waiter: Reviewed;
  /** Undefined: no quota is concerned. */
  private readonly quotas: QuotaEvaluator | undefined;
  private outstanding = 0;
  private refusal: StatusObject | undefined;

  constructor(attributes: Attributes, waiter: Reviewed, quotas: QuotaEvaluator | undefined) {
    this.attributes = attributes;
    this.waiter = waiter;
    this.quotas = quotas;
  }

  start(webhooks: readonly Webhook[], call: (webhook: Webhook, waiter: CallWaiter, ctx: Context) => void, ctx: Context): void {
    // Counted first: a webhook may fail at once.
    this.outstanding = webhooks.length + 1;
    for (const webhook of webhooks) call(webhook, this, ctx);
    this.one(ctx);
  }

  called({ refused }: Called, ctx: Context): void {
    this.refusal ??= refused;
    this.one(ctx);
  }

  private one(ctx: Context): void {
    if (--this.outstanding > 0) return;
    if (this.refusal !== undefined) return this.waiter.refused(this.refusal, ctx);
    if (this.quotas === undefined) return this.waiter.admitted(ctx);
    this.quotas.evaluate(this.attributes, this, ctx);
  }

  judged(refused: StatusObject | undefined, ctx: Context): void {
    if (refused === undefined) this.waiter.admitted(ctx);
    else this.waiter.refused(refused, ctx);
  }
}
