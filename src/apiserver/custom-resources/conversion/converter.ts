/** Lets the webhook of a definition bring its objects from one version into another, and waits as long as upstream's client does. What was converted once
 *  is remembered with the object, as the version's own watch cache would have it. Mirrors apiextensions-apiserver v1.34 pkg/apiserver/conversion and
 *  apiserver pkg/util/webhook/client.go. */

import type { KubeObject, StatusObject } from '#api';
import { type Context, type Message, SECOND } from '#sim';
import { hostNameOf } from '../../admission/webhooks/caller.ts';
import { isStatus } from '../../cache/filter.ts';
import type { Core } from '../../core.ts';
import { unknownFailure } from '../../failures.ts';
import { drawUid } from '../../identity.ts';
import type { Definition } from '../definition.ts';
import { accepted, ConversionError, type FailureType, responded, shownKind } from './converted-objects.ts';
import './protocol.ts';
import type { ConversionReviewAnswer, ConversionReviewCall, ConversionTimeout } from './protocol.ts';

/** HookClient's config.Timeout. */
const TIMEOUT = 30 * SECOND;
const SELF = 'system:apiserver';

export type Converted = (result: readonly KubeObject[] | StatusObject, ctx: Context) => void;

/** How objects of one definition come into other versions. */
export interface Converter {
  /** In which version they are stored. */
  readonly storage: string;
  /** The object in that version, if it is known already. */
  known(object: KubeObject, apiVersion: string): KubeObject | undefined;
  /** At once when all are known. */
  convert(objects: readonly KubeObject[], apiVersion: string, then: Converted, ctx: Context): void;
}

interface Pending {
  readonly definition: Definition;
  readonly uid: string;
  readonly objects: readonly KubeObject[];
  readonly all: readonly KubeObject[];
  readonly apiVersion: string;
  readonly then: Converted;
  readonly sentAt: number;
}

function urlOf({ spec }: Definition): string {
  const { url, service } = spec.conversion?.webhook?.clientConfig ?? {};
  const { name = '', namespace = '', port = 443, path = '/' } = service ?? {};
  return `${url ?? `https://${name}.${namespace}.svc:${port}${path}`}?timeout=30s`;
}

export class Conversions {
  private readonly core: Core;
  private readonly pending = new Map<number, Pending>();
  private readonly made = new WeakMap<KubeObject, Map<string, KubeObject>>();
  private nextId = 1;

  constructor(core: Core) {
    this.core = core;
  }

  /** Undefined: versions differ by name alone. */
  readonly converterOf = (definition: Definition, storage: string): Converter | undefined => {
    if (definition.spec.conversion?.strategy !== 'Webhook') return undefined;
    return {
      storage,
      known: (object, apiVersion) => this.known(object, apiVersion),
      convert: (objects, apiVersion, then, ctx) => this.convert(definition, objects, apiVersion, then, ctx),
    };
  };

  private known(object: KubeObject, apiVersion: string): KubeObject | undefined {
    return object.apiVersion === apiVersion ? object : this.made.get(object)?.get(apiVersion);
  }

  private convert(definition: Definition, all: readonly KubeObject[], apiVersion: string, then: Converted, ctx: Context): void {
    const objects = all.filter((object) => this.known(object, apiVersion) === undefined);
    const first = objects[0];
    if (first === undefined) return then(this.shown(all, apiVersion), ctx);
    const { core } = this;
    const { url, service } = definition.spec.conversion?.webhook?.clientConfig ?? {};
    const name = hostNameOf(url, service);
    const host = core.config.webhooks?.[name];
    const id = this.nextId++;
    const uid = drawUid(ctx.chance, SELF, id, ctx.now, definition.metadata?.name ?? '');
    this.pending.set(id, { definition, uid, objects, all, apiVersion, then, sentAt: ctx.now });
    if (host === undefined)
      return this.failed(id, url === undefined ? `service "${name}" not found` : `dial tcp: lookup ${name}: no such host`, ctx);
    const request = { uid, desiredAPIVersion: apiVersion, objects };
    const message: ConversionReviewCall = { kind: 'ConversionReviewCall', id, path: service?.path ?? '/', request };
    ctx.send(host, message, core.charge(ctx, core.costs.request + objects.length * core.costs.listPerObject));
    ctx.after(TIMEOUT, { kind: 'ConversionTimeout', id } as ConversionTimeout);
  }

  private shown(objects: readonly KubeObject[], apiVersion: string): readonly KubeObject[] {
    return objects.map((object) => this.known(object, apiVersion) as KubeObject);
  }

  receive(message: Message, ctx: Context): void {
    const { id } = message as ConversionTimeout | ConversionReviewAnswer;
    const pending = this.pending.get(id);
    if (pending === undefined) return;
    if (message.kind === 'ConversionTimeout') return this.failed(id, 'context deadline exceeded', ctx);
    const answer = message as ConversionReviewAnswer;
    if (answer.code !== 200) return this.rejected(id, answer, pending, ctx);
    this.pending.delete(id);
    const converted = this.checked(pending, answer);
    if (converted instanceof ConversionError) return this.end(pending, converted.type, unknownFailure(converted.message), ctx);
    const { objects, apiVersion } = pending;
    objects.forEach((object, i) => {
      const versions = this.made.get(object) ?? new Map<string, KubeObject>();
      versions.set(apiVersion, converted[i] as KubeObject);
      this.made.set(object, versions);
    });
    this.core.charge(ctx, objects.length * this.core.costs.listPerObject);
    this.end(pending, undefined, this.shown(pending.all, apiVersion), ctx);
  }

  private checked(
    { uid, objects, all, apiVersion }: Pending,
    { response }: ConversionReviewAnswer,
  ): readonly KubeObject[] | ConversionError {
    try {
      const answers = responded(uid, response, objects);
      return objects.map((object, i) => accepted(object, answers[i], apiVersion, i, all.length > 1));
    } catch (error) {
      if (error instanceof ConversionError) return error;
      throw error;
    }
  }

  /** What client-go makes of an answer that is no 200 (errors.NewGenericServerResponse). */
  private rejected(id: number, { code, text }: ConversionReviewAnswer, pending: Pending, ctx: Context): void {
    this.pending.delete(id);
    const why =
      code >= 500
        ? `an error on the server ("${text ?? 'unknown'}") has prevented the request from succeeding`
        : 'the server rejected our request for an unknown reason';
    this.fail(pending, why, ctx);
  }

  private failed(id: number, why: string, ctx: Context): void {
    const pending = this.pending.get(id) as Pending;
    this.pending.delete(id);
    this.fail(pending, `Post "${urlOf(pending.definition)}": ${why}`, ctx);
  }

  private fail(pending: Pending, why: string, ctx: Context): void {
    const about = `conversion webhook for ${shownKind(pending.objects[0] as KubeObject)} failed`;
    this.end(pending, 'call', unknownFailure(`${about}: ${why}`), ctx);
  }

  private end(pending: Pending, failure: FailureType | undefined, result: readonly KubeObject[] | StatusObject, ctx: Context): void {
    const labels = {
      result: failure === undefined ? 'success' : 'failure',
      failure_type: failure === undefined ? '' : `conversion_webhook_${failure}_failure`,
    };
    ctx.record.counter('apiserver_conversion_webhook_request_total', labels).add();
    ctx.record.histogram('apiserver_conversion_webhook_duration_seconds', labels).observe((ctx.now - pending.sentAt) / SECOND);
    pending.then(result, ctx);
  }
}

/** One object, where it is converted alone. */
export function convertOne(
  converter: Converter,
  object: KubeObject,
  apiVersion: string,
  then: (result: KubeObject | StatusObject, ctx: Context) => void,
  ctx: Context,
): void {
  converter.convert([object], apiVersion, (result, context) => then(isStatus(result) ? result : (result[0] as KubeObject), context), ctx);
}
