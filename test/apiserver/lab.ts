/** A small world to test API servers in: one etcd member, some servers, and clients that play a script one request after another. */

import type { ApiRequest, ApiResponse, KubeObject, WatchEvents, WatchWindow } from '#api';
import { ApiServer, type ApiServerConfig } from '#apiserver';
import { EtcdMember } from '#etcd';
import type { WebhookPlan } from '#scenario';
import { type Context, type Host, type Message, messageKind, type RunOutcome, runInProcess, type WorldChange } from '#sim';
import { WebhookHost } from '../../src/experiment/webhook-host.ts';

export type Call = Omit<ApiRequest, 'kind' | 'id' | 'user'> & { readonly user?: string };
/** What a slow watcher allows: so many events more on the watch with this id. */
export interface Allow {
  readonly allow: number;
  readonly on: number;
}
/** A request (made from the answers so far), a pause in milliseconds, or a word to a watch. */
export type Step = Call | Allow | number | ((seen: readonly Answer[]) => Call);
export interface Answer {
  readonly id: number;
  readonly code: number;
  // Tests read whatever came.
  // biome-ignore lint/suspicious/noExplicitAny: answers are of any kind.
  readonly object: any;
  readonly at: number;
}

interface Nudge extends Message {
  readonly kind: 'LabNudge';
}
messageKind<Nudge>({ kind: 'LabNudge', digest() {} });
const NUDGE: Nudge = { kind: 'LabNudge' };

/** Plays its steps in order: the next when the last was answered. Step n's request has id n. */
export class ScriptedClient implements Host {
  readonly answers: Answer[] = [];
  readonly events: WatchEvents[] = [];
  private readonly steps: readonly Step[];
  private readonly server: number;
  private readonly user: string;
  private next = 0;

  constructor(steps: readonly Step[], server: number, user: string) {
    this.steps = steps;
    this.server = server;
    this.user = user;
  }

  start(ctx: Context): void {
    ctx.after(50_000, NUDGE);
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'WatchEvents') {
      this.events.push(message as WatchEvents);
      return;
    }
    if (message.kind === 'ApiResponse') {
      const { id, code, object } = message as ApiResponse;
      this.answers[id] = { id, code, object, at: ctx.now };
    }
    this.step(ctx);
  }

  private step(ctx: Context): void {
    const step = this.steps[this.next];
    if (step === undefined) return;
    const id = this.next++;
    if (typeof step === 'number') {
      ctx.after(step * 1000, NUDGE);
      return;
    }
    if (typeof step === 'object' && 'allow' in step) {
      ctx.send(this.server, { kind: 'WatchWindow', id: step.on, events: step.allow } as WatchWindow);
      return this.step(ctx);
    }
    const call = typeof step === 'function' ? step(this.answers) : step;
    ctx.send(this.server, { kind: 'ApiRequest', id, user: this.user, ...call } as ApiRequest);
  }

  /** All events of one watch, in order. */
  watched(id: number): { type: string; object: KubeObject }[] {
    return this.events
      .filter((message) => message.id === id)
      .flatMap((message) => message.events as { type: string; object: KubeObject }[]);
  }
}

export interface Lab {
  readonly clients: readonly ScriptedClient[];
  readonly servers: readonly ApiServer[];
  readonly outcome: RunOutcome;
}

export interface LabOptions {
  readonly servers?: number;
  readonly config?: Partial<ApiServerConfig>;
  readonly seconds?: number;
  readonly changes?: readonly WorldChange[];
  readonly seed?: number;
  /** Webhook servers by name. */
  readonly webhooks?: Readonly<Record<string, Partial<WebhookPlan>>>;
}

const stamp = (value: unknown, revision: number): void => {
  (value as { metadata: { resourceVersion: string } }).metadata.resourceVersion = String(revision);
};

/** Hosts: 0 etcd, then the servers, then one client a script. Client n speaks to server n modulo their number. */
export function lab(scripts: readonly (readonly Step[])[], options: LabOptions = {}): Lab {
  const count = options.servers ?? 1;
  const clients: ScriptedClient[] = [];
  const webhookNames = Object.keys(options.webhooks ?? {});
  const webhooks = Object.fromEntries(webhookNames.map((name, i) => [name, 1 + count + scripts.length + i]));
  const servers: ApiServer[] = [];
  const world = {
    seed: options.seed ?? 1,
    epoch: 1_767_225_600_000_000,
    hosts: [
      { name: 'etcd', program: 'etcd', config: {}, group: 'control-plane', zone: 'a', cores: 4, disk: { fsync: 300 } },
      ...Array.from({ length: count }, (_, i) => ({
        name: `api-${i}`,
        program: 'api',
        config: i,
        group: 'control-plane',
        zone: 'a',
        cores: 4,
      })),
      ...scripts.map((_, i) => ({ name: `client-${i}`, program: 'client', config: i, group: 'client', zone: 'a' })),
      ...webhookNames.map((name) => ({ name, program: 'webhook', config: name, group: 'client', zone: 'a' })),
    ],
    links: [{ from: '*', to: '*', latencyMin: 100 }],
    changes: options.changes ?? [],
    until: (options.seconds ?? 60) * 1_000_000,
    bucket: 1_000_000,
  };
  const outcome = runInProcess(world, (spec, id, previous) => {
    if (spec.program === 'etcd') return previous ?? new EtcdMember({ name: spec.name }, { stamp });
    if (spec.program === 'webhook') {
      const plan = {
        name: spec.name,
        latency: 1000,
        cores: 1,
        answer: 'allow',
        qps: 5,
        burst: 10,
        ...options.webhooks?.[spec.name],
      } as const;
      return new WebhookHost({ plan, client: { user: spec.name, servers: [1], qps: plan.qps, burst: plan.burst } });
    }
    const index = spec.config as number;
    if (spec.program === 'api') {
      const server = new ApiServer({ name: spec.name, instance: index, etcd: { default: [0] }, webhooks, ...options.config });
      servers[index] = server;
      return server;
    }
    const client = new ScriptedClient(scripts[index] as readonly Step[], 1 + (index % count), `user-${index}`);
    clients[id - 1 - count] = client;
    return client;
  });
  return { clients, servers, outcome };
}

/** One client, one server: the answers by step. */
export const play = (steps: readonly Step[], options?: LabOptions): ScriptedClient => lab([steps], options).clients[0] as ScriptedClient;

export const pod = (name: string, more: { metadata?: object; spec?: object } = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...more.metadata },
  spec: { containers: [{ name: 'main', image: 'nginx:1' }], ...more.spec },
});

export const create = (resource: string, body: object, namespace: string | undefined = 'default'): Call => ({
  verb: 'create',
  resource,
  body,
  ...(namespace === undefined ? {} : { namespace }),
});
export const at = (verb: Call['verb'], resource: string, name: string, rest: Partial<Call> = {}): Call => ({
  verb,
  resource,
  namespace: 'default',
  name,
  ...rest,
});
export const bindTo = (name: string, node: string): Call => ({
  ...at('create', 'pods', name),
  subresource: 'binding',
  body: { metadata: { name }, target: { kind: 'Node', name: node } },
});
