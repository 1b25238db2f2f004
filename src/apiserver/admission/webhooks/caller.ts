/** Asks one webhook and waits, as long as it may take. Mirrors apiserver v1.34 pkg/admission/plugin/webhook (generic, mutating/dispatcher.go,
 *  validating/dispatcher.go, errors/statuserror.go). */

import { internalError, type KubeObject, type StatusObject } from '#api';
import { type Context, type Counter, type Histogram, type Incident, type Message, purpose, SECOND } from '#sim';
import type { Core } from '../../core.ts';
import { drawUid } from '../../identity.ts';
import type { Attributes } from '../attributes.ts';
import type { Webhook } from './configuration.ts';
import './protocol.ts';
import type { AdmissionReviewAnswer, AdmissionReviewCall, AdmissionReviewRequest, WebhookTimeout } from './protocol.ts';

/** What became of a call. */
export interface Called {
  readonly webhook: Webhook;
  /** Set when it refused, or failed where failing counts as refusing. */
  readonly refused?: StatusObject;
  readonly patch?: readonly object[];
}
export interface CallWaiter {
  called(result: Called, ctx: Context): void;
}

interface Pending {
  readonly webhook: Webhook;
  readonly waiter: CallWaiter;
  readonly sentAt: number;
  readonly operation: string;
}

const DEFAULT_SECONDS = 10;
const LOOKUP = purpose('apiserver/webhook-lookup');

/** https://guard.default.svc:443/path?timeout=10s */
function urlOf({ clientConfig: { url, service }, timeoutSeconds = DEFAULT_SECONDS }: Webhook): string {
  const base = url ?? `https://${service?.name}.${service?.namespace}.svc:${service?.port ?? 443}${service?.path ?? '/'}`;
  return `${base}?timeout=${timeoutSeconds}s`;
}

/** The host behind a webhook: by its service's name, or by the first label of its URL's host. */
export function hostNameOf(url: string | undefined, service: { readonly name?: string } | undefined): string {
  return service?.name ?? /^https?:\/\/([^.:/?]+)/.exec(url ?? '')?.[1] ?? '';
}

/** ToStatusErr: never below 400, and never without a word. */
function denied(webhook: Webhook, status: AdmissionReviewAnswer['status']): StatusObject {
  const by = `admission webhook "${webhook.name}" denied the request`;
  const message = status?.message ? `${by}: ${status.message}` : status?.reason ? `${by}: ${status.reason}` : `${by} without explanation`;
  const code = (status?.code ?? 0) < 400 ? 400 : (status?.code as number);
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, ...(status?.reason ? { reason: status.reason } : {}), code };
}

export class WebhookCaller {
  private readonly core: Core;
  private readonly type: 'admit' | 'validating';
  private readonly pending = new Map<number, Pending>();
  private readonly durations = new Map<string, Histogram>();
  private readonly counters = new Map<string, Counter>();
  /** Share of look-ups that fail. */
  private unresolved = 0;

  constructor(core: Core, type: 'admit' | 'validating') {
    this.core = core;
    this.type = type;
  }

  call(webhook: Webhook, attributes: Attributes, object: KubeObject | undefined, id: number, waiter: CallWaiter, ctx: Context): void {
    const { operation, old, verb } = attributes;
    const host = this.core.config.webhooks?.[hostNameOf(webhook.clientConfig.url, webhook.clientConfig.service)];
    this.pending.set(id, { webhook, waiter, sentAt: ctx.now, operation: verb });
    const { url, service } = webhook.clientConfig;
    // A service is found by its cluster address, without DNS (proxy.ResolveCluster).
    const isLost = service === undefined && this.unresolved > 0 && ctx.chance.uniform(LOOKUP, id, ctx.now) < this.unresolved;
    if (host === undefined || isLost) {
      const why =
        service === undefined ? `dial tcp: lookup ${hostNameOf(url, service)}: no such host` : `service "${service.name}" not found`;
      return this.failed(id, `failed to call webhook: Post "${urlOf(webhook)}": ${why}`, ctx);
    }
    const { info } = operation.resource;
    const request: AdmissionReviewRequest = {
      uid: drawUid(ctx.chance, operation.request.user, operation.request.id, ctx.now, `${webhook.name}/${id}`),
      kind: { group: info.group, version: info.version, kind: info.kind },
      resource: { group: info.group, version: info.version, resource: info.plural },
      ...(attributes.subresource === '' ? {} : { subResource: attributes.subresource }),
      name: attributes.name,
      namespace: attributes.namespace,
      operation: verb,
      userInfo: this.core.users.get(operation.request.user),
      object: object ?? null,
      oldObject: old ?? null,
      dryRun: operation.request.options?.dryRun === true,
    };
    const path = webhook.clientConfig.service?.path ?? '/';
    const message: AdmissionReviewCall = { kind: 'AdmissionReviewCall', id, webhook: webhook.name, path, request };
    ctx.send(host, message, this.core.charge(ctx, this.core.costs.request));
    ctx.after((webhook.timeoutSeconds ?? DEFAULT_SECONDS) * SECOND, { kind: 'WebhookTimeout', id } as WebhookTimeout);
  }

  befall({ what, share }: Incident): void {
    if (what === 'dns-errors') this.unresolved = share;
  }

  receive(message: Message, ctx: Context): boolean {
    if (message.kind === 'WebhookTimeout') {
      const { id } = message as WebhookTimeout;
      const pending = this.pending.get(id);
      if (pending === undefined) return false;
      this.failed(id, `failed to call webhook: Post "${urlOf(pending.webhook)}": context deadline exceeded`, ctx);
      return true;
    }
    const answer = message as AdmissionReviewAnswer;
    const pending = this.pending.get(answer.id);
    if (message.kind !== 'AdmissionReviewAnswer' || pending === undefined) return false;
    if (answer.code !== 200) {
      this.failed(answer.id, `failed to call webhook: the server rejected our request for an unknown reason`, ctx);
      return true;
    }
    this.pending.delete(answer.id);
    const { webhook, waiter } = pending;
    const refused = answer.allowed ? undefined : denied(webhook, answer.status);
    this.measure(pending, refused !== undefined, ctx);
    if (refused !== undefined)
      this.count('apiserver_admission_webhook_rejection_count', { ...this.labels(pending), error_type: 'no_error' }, ctx);
    const patch = this.type === 'admit' ? answer.patch : undefined;
    waiter.called({ webhook, ...(refused === undefined ? {} : { refused }), ...(patch === undefined ? {} : { patch }) }, ctx);
    return true;
  }

  /** A webhook that cannot be asked counts as its failurePolicy says. */
  private failed(id: number, why: string, ctx: Context): void {
    const pending = this.pending.get(id) as Pending;
    this.pending.delete(id);
    const { webhook, waiter } = pending;
    const ignores = webhook.failurePolicy === 'Ignore';
    this.measure(pending, !ignores, ctx);
    if (ignores) {
      this.count('apiserver_admission_webhook_fail_open_count', this.labels(pending), ctx);
      return waiter.called({ webhook }, ctx);
    }
    this.count('apiserver_admission_webhook_rejection_count', { ...this.labels(pending), error_type: 'calling_webhook_error' }, ctx);
    waiter.called({ webhook, refused: internalError(`failed calling webhook "${webhook.name}": ${why}`) }, ctx);
  }

  private labels({ webhook, operation }: Pending): Readonly<Record<string, string>> {
    return { name: webhook.name, type: this.type, operation };
  }

  private measure(pending: Pending, rejected: boolean, ctx: Context): void {
    const labels = { ...this.labels(pending), rejected: String(rejected) };
    const key = Object.values(labels).join('/');
    let histogram = this.durations.get(key);
    if (histogram === undefined) {
      histogram = ctx.record.histogram('apiserver_admission_webhook_admission_duration_seconds', labels);
      this.durations.set(key, histogram);
    }
    histogram.observe((ctx.now - pending.sentAt) / SECOND);
  }

  private count(name: string, labels: Readonly<Record<string, string>>, ctx: Context): void {
    const key = `${name}/${Object.values(labels).join('/')}`;
    let counter = this.counters.get(key);
    if (counter === undefined) {
      counter = ctx.record.counter(name, labels);
      this.counters.set(key, counter);
    }
    counter.add();
  }
}
