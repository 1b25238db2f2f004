/** An extender as a host: answers from a user's own functions after a latency, and fails as often as it is told to. It binds as a real one does,
 *  by creating the pod's Binding at the API server itself before it answers. */

import type { ApiClient, ClientConfig, Outcome } from '#client';
import { createApiClient } from '#client';
import type { Context, Distribution, Host, HostId, Message } from '#sim';
import { hashName, messageKind, purpose, sampleDistribution } from '#sim';
import type { ExtenderRequest, ExtenderResponse, ExtenderVerb } from './extender-client.ts';
import { type ExtenderModule, extenderModule } from './extender-registration.ts';
import type { ExtenderBindingArgs } from './extender-wire.ts';

/** Shares of the requests, 0 to 1. */
export interface ExtenderFailures {
  /** Never answered. */
  readonly timeout: number;
  /** Answered with something that is no JSON. */
  readonly garbage: number;
  /** Answered with 500. */
  readonly error: number;
  /** Only between these instants; microseconds. */
  readonly from?: number;
  readonly until?: number;
}

export interface ExtenderHostConfig {
  readonly name: string;
  /** Under which its functions are registered. */
  readonly module: string;
  /** From request to answer, the network apart. */
  readonly latency: Distribution;
  readonly failures: ExtenderFailures;
  readonly client: ClientConfig;
}

/** A request whose time is not over yet. */
interface ExtenderWork extends Message {
  readonly kind: 'ExtenderWork';
  readonly from: HostId;
  readonly request: ExtenderRequest;
}
messageKind<ExtenderWork>({
  kind: 'ExtenderWork',
  digest(m, hasher) {
    hasher.int(m.from);
    hasher.int(m.request.id);
  },
});

interface Bound {
  readonly from: HostId;
  readonly id: number;
}

const LATENCY = purpose('extender/latency');
const FAILURE = purpose('extender/failure');
const RANDOM = purpose('extender/random');
/** What a proxy says when it has nothing better. */
const GARBAGE = '<html><body>upstream connect error</body></html>';

export class ExtenderHost implements Host {
  readonly #config: ExtenderHostConfig;
  readonly #module: ExtenderModule;
  readonly #client: ApiClient<Bound>;
  #hasThrown = false;

  constructor(config: ExtenderHostConfig) {
    const module = extenderModule(config.module);
    if (module === undefined) throw new Error(`extender ${config.name}: its module was not loaded: ${config.module}`);
    this.#config = config;
    this.#module = module;
    this.#client = createApiClient<Bound>(config.client);
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'ExtenderRequest') this.#take(message as ExtenderRequest, ctx);
    else if (message.kind === 'ExtenderWork') this.#work(message as ExtenderWork, ctx);
    else {
      const { outcome } = this.#client.receive(message, ctx);
      if (outcome !== undefined) this.#bound(outcome as Outcome<Bound>, ctx);
    }
  }

  #take(request: ExtenderRequest, ctx: Context): void {
    const { uid, attempt, verb } = request;
    const keys = [hashName(uid), attempt, hashName(verb)] as const;
    const delay = Math.max(0, Math.round(sampleDistribution(this.#config.latency, ctx.chance.stream(LATENCY, ...keys))));
    const { timeout, garbage, error, from = 0, until = Number.POSITIVE_INFINITY } = this.#config.failures;
    const draw = ctx.now >= from && ctx.now < until ? ctx.chance.uniform(FAILURE, ...keys) : 1;
    if (draw < timeout) return;
    const answer = { kind: 'ExtenderResponse', id: request.id } as const;
    if (draw < timeout + garbage)
      ctx.send(ctx.source, { ...answer, code: 200, body: undefined, garbage: GARBAGE } as ExtenderResponse, delay);
    else if (draw < timeout + garbage + error) ctx.send(ctx.source, { ...answer, code: 500, body: undefined } as ExtenderResponse, delay);
    else ctx.after(delay, { kind: 'ExtenderWork', from: ctx.source, request } as ExtenderWork);
  }

  #work({ from, request }: ExtenderWork, ctx: Context): void {
    const answer = (code: number, body: unknown): void =>
      ctx.send(from, { kind: 'ExtenderResponse', id: request.id, code, body } as ExtenderResponse);
    if (this.#module[request.verb] === undefined) {
      answer(404, undefined);
      return;
    }
    let result: unknown;
    try {
      result = this.#ask(request.verb, request, ctx);
    } catch (error) {
      this.#threw(request, error, ctx);
      answer(500, undefined);
      return;
    }
    if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
      // What a promise brings, and when, no two runs share: the run ends here.
      ctx.stop(`extender ${this.#config.name}: ${request.verb} answered with a promise; it must answer at once`);
      return;
    }
    const refusal = (result as { Error?: unknown } | null | undefined)?.Error ?? '';
    if (request.verb === 'bind' && refusal === '') this.#bind(from, request, ctx);
    else answer(200, result ?? null);
  }

  #ask(verb: ExtenderVerb, { args, uid, attempt }: ExtenderRequest, ctx: Context): unknown {
    const stream = ctx.chance.stream(RANDOM, hashName(uid), attempt, hashName(verb));
    const ask = this.#module[verb] as (args: unknown, moment: object) => unknown;
    return ask(args, { now: ctx.clock(), random: () => stream.next() });
  }

  /** The first exception is shown on the run's time line; all are answered as a web server would. */
  #threw({ verb }: ExtenderRequest, error: unknown, ctx: Context): void {
    if (this.#hasThrown) return;
    this.#hasThrown = true;
    ctx.record.mark('extender threw', `${this.#config.name}: ${verb}: ${error instanceof Error ? error.message : String(error)}`);
  }

  #bind(from: HostId, { id, args }: ExtenderRequest, ctx: Context): void {
    const { PodName: name, PodNamespace: namespace, PodUID: uid, Node: node } = args as ExtenderBindingArgs;
    const metadata = { name, namespace, uid };
    const body = { apiVersion: 'v1', kind: 'Binding', metadata, target: { kind: 'Node', name: node } };
    const spec = { verb: 'create', resource: 'pods', subresource: 'binding', namespace, name, body, discardBody: true } as const;
    this.#client.request(ctx, spec, { from, id });
  }

  #bound({ continuation: { from, id }, code, error }: Outcome<Bound>, ctx: Context): void {
    const failure = code >= 200 && code < 300 ? '' : (error?.message ?? `the server answered ${code}`);
    ctx.send(from, { kind: 'ExtenderResponse', id, code: 200, body: { Error: failure } } as ExtenderResponse);
  }
}
