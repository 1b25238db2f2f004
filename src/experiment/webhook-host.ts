/** A webhook server as a host: it answers each admission or conversion review after a while, as its plan says. One that creates objects of its own waits for them first. */

import type { KubeObject } from '#api';
import { applyJsonPatch, PatchError, resourceForKind } from '#api';
import type { AdmissionReviewAnswer, AdmissionReviewCall, ConversionReviewAnswer, ConversionReviewCall } from '#apiserver';
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

const conversionKey = (host: HostId, id: number): string => `${host}/${id}`;

/** The object in another version: whatever of the patch concerns it. */
function converted(object: KubeObject, apiVersion: string, patch: readonly object[]): unknown {
  let result: unknown = { ...object, apiVersion };
  for (const operation of patch) {
    try {
      result = applyJsonPatch(result, [operation]);
    } catch (error) {
      if (!(error instanceof PatchError)) throw error;
    }
  }
  return result;
}

export class WebhookHost implements Host {
  readonly #plan: WebhookPlan;
  readonly #client: ApiClient<Asked>;
  readonly #conversions = new Map<string, ConversionReviewCall>();

  constructor({ plan, client }: WebhookHostConfig) {
    this.#plan = plan;
    this.#client = createApiClient<Asked>(client);
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'AdmissionReviewCall') return this.#asked(message as AdmissionReviewCall, ctx);
    if (message.kind === 'ConversionReviewCall') return this.#askedToConvert(message as ConversionReviewCall, ctx);
    if (message.kind === 'WebhookDue') return this.#due(message as Due, ctx);
    const { outcome } = this.#client.receive(message, ctx);
    if (outcome === undefined) return;
    const { to, id } = outcome.continuation;
    // What it could not write, it fails with.
    this.#answer(to, id, outcome.code >= 200 && outcome.code < 300 ? undefined : 500, ctx);
  }

  #askedToConvert(call: ConversionReviewCall, ctx: Context): void {
    this.#conversions.set(conversionKey(ctx.source, call.id), call);
    this.#asked({ id: -call.id }, ctx);
  }

  #asked({ id }: Pick<AdmissionReviewCall, 'id'>, ctx: Context): void {
    const { latency, answer } = this.#plan;
    if (answer === 'silent') return;
    const waits = sampleDistribution(latency, ctx.chance.stream(LATENCY, ctx.self, id, ctx.source));
    ctx.after(Math.max(Math.round(waits), ctx.charge(COST)), { kind: 'WebhookDue', to: ctx.source, id } as Due);
  }

  #due({ to, id }: Due, ctx: Context): void {
    const { creates } = this.#plan;
    if (id < 0) return this.#convert(to, -id, ctx);
    const info = creates === undefined ? undefined : resourceForKind(creates.apiVersion ?? '', creates.kind ?? '');
    if (creates === undefined || info === undefined) return this.#answer(to, id, undefined, ctx);
    const namespace = info.namespaced ? (creates.metadata?.namespace ?? 'default') : undefined;
    const body: KubeObject = creates;
    this.#client.request(ctx, { verb: 'create', resource: info.resource, namespace, body, discardBody: true }, { to, id });
  }

  #convert(to: HostId, id: number, ctx: Context): void {
    const key = conversionKey(to, id);
    const call = this.#conversions.get(key);
    if (call === undefined) return;
    this.#conversions.delete(key);
    const { answer, message = 'no', conversions = [] } = this.#plan;
    const { uid, desiredAPIVersion, objects } = call.request;
    const head = { kind: 'ConversionReviewAnswer', id, code: answer === 'error' ? 500 : 200 } as const;
    if (answer === 'error')
      return ctx.send(to, { ...head, ...(this.#plan.message === undefined ? {} : { text: message }) } as ConversionReviewAnswer);
    const patch = conversions.find((one) => one.to === desiredAPIVersion)?.patch ?? [];
    const response =
      answer === 'deny'
        ? { uid, result: { status: 'Failure', message } }
        : { uid, result: { status: 'Success' }, convertedObjects: objects.map((object) => converted(object, desiredAPIVersion, patch)) };
    ctx.send(to, { ...head, response } as ConversionReviewAnswer);
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
