/** A client under test against a server that does what the test says: answers by a table, sends watch events by hand. */

import type { ApiRequest, ApiResponse, CloseWatch, Pong, WatchEvent, WatchEvents } from '#api';
import { type ClientConfig, createApiClient, createInformerFactory, type InformerEvent, type Outcome } from '#client';
import { type Context, type Host, type HostId, type Message, messageKind, runInProcess, SECOND, type WorldChange } from '#sim';

interface Cue extends Message {
  readonly kind: 'TestCue';
  readonly n: number;
}
messageKind<Cue>({ kind: 'TestCue', digest: (m, hasher) => hasher.int(m.n) });

export interface Heard {
  readonly at: number;
  readonly server: HostId;
  readonly request: ApiRequest | CloseWatch;
}

export type Answer = (request: ApiRequest, server: HostId) => { code: number; object?: unknown } | undefined;

/** Something a server does by itself at a second: it sends messages to the client (host 0). */
export interface Act {
  readonly second: number;
  readonly server: HostId;
  readonly messages: (heard: readonly Heard[]) => readonly Message[];
}

class Server implements Host {
  readonly #answer: Answer;
  readonly #heard: Heard[];
  readonly #acts: readonly Act[];

  constructor(answer: Answer, heard: Heard[], acts: readonly Act[]) {
    this.#answer = answer;
    this.#heard = heard;
    this.#acts = acts;
  }

  start(ctx: Context): void {
    this.#acts.forEach((act, n) => {
      if (act.server === ctx.self) ctx.after(act.second * SECOND, { kind: 'TestCue', n } as Cue);
    });
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'TestCue') {
      for (const each of this.#acts[(message as Cue).n]?.messages(this.#heard) ?? []) ctx.send(0, each);
      return;
    }
    if (message.kind === 'Ping') {
      ctx.send(ctx.source, { kind: 'Pong', since: 0 } as Pong);
      return;
    }
    const request = message as ApiRequest;
    this.#heard.push({ at: ctx.now / SECOND, server: ctx.self, request });
    if (message.kind !== 'ApiRequest') return;
    const answer = this.#answer(request, ctx.self);
    if (answer !== undefined) ctx.send(ctx.source, { kind: 'ApiResponse', id: request.id, ...answer } as ApiResponse);
  }
}

class Tenant implements Host {
  readonly outcomes: { at: number; outcome: Outcome<string> }[] = [];
  readonly events: { at: number; event: InformerEvent }[] = [];
  readonly #client;
  readonly #informers;
  readonly informer;
  readonly #requests: readonly { second: number; name: string }[];
  readonly #watches: boolean;

  constructor(config: ClientConfig, requests: readonly { second: number; name: string }[], watches: boolean) {
    this.#client = createApiClient<string>(config);
    this.#informers = createInformerFactory(this.#client);
    this.informer = this.#informers.informer('pods');
    this.informer.onEvent((event, ctx) => this.events.push({ at: ctx.now / SECOND, event }));
    this.#requests = requests;
    this.#watches = watches;
  }

  start(ctx: Context): void {
    if (this.#watches) this.#informers.start(ctx);
    this.#requests.forEach(({ second }, n) => {
      ctx.after(second * SECOND, { kind: 'TestCue', n } as Cue);
    });
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'TestCue') {
      const { name } = this.#requests[(message as Cue).n] as { name: string };
      this.#client.request(ctx, { verb: 'get', resource: 'pods', namespace: 'ns', name }, name);
      return;
    }
    const { outcome } = this.#client.receive(message, ctx);
    if (outcome !== undefined) this.outcomes.push({ at: ctx.now / SECOND, outcome });
  }
}

export interface Play {
  readonly servers?: number;
  readonly config?: Partial<ClientConfig>;
  readonly requests?: readonly { second: number; name: string }[];
  readonly watches?: boolean;
  readonly answer?: Answer;
  readonly acts?: readonly Act[];
  readonly changes?: readonly WorldChange[];
  readonly seconds?: number;
}

/** Host 0 is the client, hosts 1... the servers. */
export function play({
  servers = 1,
  config,
  requests = [],
  watches = false,
  answer = () => ({ code: 200 }),
  acts = [],
  changes = [],
  seconds = 60,
}: Play) {
  const heard: Heard[] = [];
  const ids = Array.from({ length: servers }, (_, i) => i + 1);
  const tenant = new Tenant({ user: 'test', servers: ids, qps: 0, burst: 0, ...config }, requests, watches);
  const host = (name: string) => ({ name, program: name, config: {}, group: 'control-plane', zone: 'a' });
  const world = {
    seed: 1,
    epoch: 0,
    hosts: [host('tenant'), ...ids.map(() => host('server'))],
    links: [{ from: '*', to: '*', latencyMin: 100 }],
    changes,
    until: seconds * SECOND,
    bucket: SECOND,
  };
  runInProcess(world, (spec) => (spec.program === 'tenant' ? tenant : new Server(answer, heard, acts)));
  return { heard, tenant, requests: heard.filter(({ request }) => request.kind === 'ApiRequest') as (Heard & { request: ApiRequest })[] };
}

export const pod = (name: string, resourceVersion: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'ns', resourceVersion },
});

export const podList = (resourceVersion: string, ...items: object[]) => ({
  code: 200,
  object: { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion }, items },
});

/** Events on the stream of the last watch request heard. */
export const stream =
  (sequence: number, events: readonly [WatchEvent['type'], object][], closed?: boolean) =>
  (heard: readonly Heard[]): readonly Message[] => {
    const watch = heard.filter(({ request }) => request.kind === 'ApiRequest' && request.verb === 'watch').at(-1);
    const message = {
      kind: 'WatchEvents',
      id: watch?.request.id ?? -1,
      sequence,
      events: events.map(([type, object]) => ({ type, object })),
      closed,
    };
    return [message as WatchEvents];
  };
