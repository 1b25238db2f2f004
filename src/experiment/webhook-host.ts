/** A webhook server as a host: it answers each admission review after a while, as its plan says. One that creates objects of its own waits for them first. */

import type { KubeObject } from '#api';
import { resourceForKind } from '#api';
import type { AdmissionReviewAnswer, AdmissionReviewCall } from '#apiserver';
import { type ApiClient, type ClientConfig, createApiClient } from '#client';
import type { WebhookPlan } from '#scenario';
import { type Context, type Host, type HostId, type Message, messageKind, purpose, sampleDistribution } from '#sim';

/** Survives structured clone. */
export interface WebhookHostConfig {
  readonly plan: WebhookPlan;
  readonly client: ClientConfig;
}

interface Due extends Message {
  readonly kind: 'WebhookDue';
  readonly to: HostId;
  readonly id: number;
}
messageKind<Due>({
  kind: 'WebhookDue',
  digest(message, hasher) {
    hasher.int(message.to);
    hasher.int(message.id);
  },
});

const LATENCY = purpose('webhook/latency');
/** What one review costs its cores, in microseconds. assumed */
const COST = 500;

interface Asked {
  readonly to: HostId;
  readonly id: number;
}

export class WebhookHost implements Host {
  readonly #plan: WebhookPlan;
  readonly #client: ApiClient<Asked>;

  constructor({ plan, client }: WebhookHostConfig) {
    this.#plan = plan;
    this.#client = createApiClient<Asked>(client);
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'AdmissionReviewCall') return this.#asked(message as AdmissionReviewCall, ctx);
    if (message.kind === 'WebhookDue') return this.#due(message as Due, ctx);
    const { outcome } = this.#client.receive(message, ctx);
    if (outcome === undefined) return;
    const { to, id } = outcome.continuation;
    // What it could not write, it fails with.
    this.#answer(to, id, outcome.code >= 200 && outcome.code < 300 ? undefined : 500, ctx);
  }

  #asked({ id }: AdmissionReviewCall, ctx: Context): void {
    const { latency, answer } = this.#plan;
    if (answer === 'silent') return;
    const waits = sampleDistribution(latency, ctx.chance.stream(LATENCY, ctx.self, id, ctx.source));
    ctx.after(Math.max(Math.round(waits), ctx.charge(COST)), { kind: 'WebhookDue', to: ctx.source, id } as Due);
  }

  #due({ to, id }: Due, ctx: Context): void {
    const { creates } = this.#plan;
    const info = creates === undefined ? undefined : resourceForKind(creates.apiVersion ?? '', creates.kind ?? '');
    if (creates === undefined || info === undefined) return this.#answer(to, id, undefined, ctx);
    const namespace = info.namespaced ? (creates.metadata?.namespace ?? 'default') : undefined;
    const body: KubeObject = creates;
    this.#client.request(ctx, { verb: 'create', resource: info.resource, namespace, body, discardBody: true }, { to, id });
  }

  #answer(to: HostId, id: number, failure: number | undefined, ctx: Context): void {
    const { answer, code, message, patch } = this.#plan;
    const allowed = answer === 'allow';
    const reply: AdmissionReviewAnswer = {
      kind: 'AdmissionReviewAnswer',
      id,
      code: failure ?? (answer === 'error' ? 500 : 200),
      allowed,
      ...(answer === 'deny' ? { status: { code: code ?? 403, ...(message === undefined ? {} : { message }) } } : {}),
      ...(allowed && patch !== undefined ? { patch } : {}),
    };
    ctx.send(to, reply);
  }
}
