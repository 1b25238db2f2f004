/** The users of the cluster: a host that sends the scenario's timed requests through the client room, as kubectl and CI systems would. */

import type { ApiClient, ClientConfig, RequestSpec } from '#client';
import { createApiClient } from '#client';
import { type TimedRequest, type WorkloadEntry, workloadKind } from '#scenario';
import type { Context, Counter, Duration, Gauge, Host, Instant, Message, Stream } from '#sim';
import { Luck, MILLISECOND, messageKind, SECOND } from '#sim';
import { mergeByTime } from './merge-by-time.ts';

/** Survives structured clone: entries are the scenario's own plain data. */
export interface WorkloadClientConfig {
  readonly client: ClientConfig;
  readonly entries: readonly WorkloadEntry[];
  readonly namespaces: readonly string[];
  readonly until: Instant;
  /** They ask for what is to be made until they are heard; else a request that a busy or broken server has refused ten times is given up, as kubectl does. */
  readonly isPatient?: boolean;
}

interface WorkloadDue extends Message {
  readonly kind: 'WorkloadDue';
}
messageKind<WorkloadDue>({ kind: 'WorkloadDue', digest() {} });
const DUE: WorkloadDue = { kind: 'WorkloadDue' };

/** A creation that nobody took. */
interface WorkloadAgain extends Message {
  readonly kind: 'WorkloadAgain';
  readonly request: RequestSpec;
  readonly text: string;
}
messageKind<WorkloadAgain>({
  kind: 'WorkloadAgain',
  digest({ text }, hasher) {
    hasher.string(text);
  },
});

/** From now on they want something else: how a branch changes its users' minds. */
interface WorkloadInstead extends Message {
  readonly kind: 'WorkloadInstead';
  readonly config: WorkloadClientConfig;
  /** That are not there yet. */
  readonly namespaces: readonly string[];
}
messageKind<WorkloadInstead>({
  kind: 'WorkloadInstead',
  digest(message, hasher) {
    hasher.int(message.config.entries.length);
  },
});
export const workloadInstead = (config: WorkloadClientConfig, namespaces: readonly string[]): Message => {
  const message: WorkloadInstead = { kind: 'WorkloadInstead', config, namespaces };
  return message;
};

function requestsOf({ entries, until }: WorkloadClientConfig, stream: (name: string) => Stream): Iterator<TimedRequest> {
  const sources = entries.map(({ kind, spec }, ordinal) => {
    const found = workloadKind(kind);
    if (found === undefined) throw new Error(`no workload is called '${kind}'`);
    return found.requests(spec as never, { ordinal, entries, until, stream });
  });
  return mergeByTime(sources);
}

/** What they ask for before an instant. */
export function requestsBefore(config: WorkloadClientConfig, seed: number, at: Instant): readonly TimedRequest[] {
  const luck = new Luck(seed);
  const requests = requestsOf(config, (name) => luck.scenario(name));
  const out: TimedRequest[] = [];
  for (let step = requests.next(); step.done !== true && step.value.at < at; step = requests.next()) out.push(step.value);
  return out;
}

/** What was asked for, so that a refusal can be told. */
interface Asked {
  readonly text: string;
  /** What is asked for again. */
  readonly again?: RequestSpec;
}
const NOBODY_ASKS: Asked = { text: '' };
/** Is the cluster there? Its servers make the namespaces when they begin, and nobody applies anything before. */
const IS_UP: Asked = { text: '' };
const DOOR: RequestSpec = { verb: 'get', resource: 'namespaces', name: 'default', discardBody: true };
/** Until somebody tries again. */
const PATIENCE: Duration = 100 * MILLISECOND;
const AGAIN: Duration = 5 * SECOND;

export class WorkloadClient implements Host {
  readonly #config: WorkloadClientConfig;
  readonly #client: ApiClient<Asked>;
  #requests: Iterator<TimedRequest> | undefined;
  #next: TimedRequest | undefined;
  #asked: Gauge | undefined;
  #sent: Counter | undefined;
  #isUp = false;
  #refusals = 0;

  constructor(config: WorkloadClientConfig) {
    this.#config = config;
    this.#client = createApiClient<Asked>(config.client);
  }

  start(ctx: Context): void {
    this.#asked = ctx.record.gauge('wavetank_workload_pods_requested');
    this.#sent = ctx.record.counter('wavetank_workload_requests_total');
    const chance = ctx.chance;
    this.#requests = requestsOf(this.#config, (name) => chance.scenario(name));
    this.#client.request(ctx, DOOR, IS_UP);
  }

  /** What was due meanwhile is asked for at once. */
  #begin(ctx: Context): void {
    this.#isUp = true;
    for (const name of this.#config.namespaces) {
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
      this.#client.request(ctx, { verb: 'create', resource: 'namespaces', body, discardBody: true }, NOBODY_ASKS);
    }
    this.#schedule(ctx);
  }

  receive(message: Message, ctx: Context): void {
    const { handled, outcome } = this.#client.receive(message, ctx);
    if (outcome?.continuation === IS_UP) {
      if (outcome.code === 200) this.#begin(ctx);
      else ctx.after(PATIENCE, DUE);
      return;
    }
    if (outcome !== undefined && outcome.continuation.text !== '' && (outcome.code === 0 || outcome.code >= 400)) {
      const { again, text } = outcome.continuation;
      const isBusy = outcome.code === 0 || outcome.code === 429 || outcome.code >= 500;
      if (again !== undefined && isBusy) ctx.after(AGAIN, { kind: 'WorkloadAgain', request: again, text } as WorkloadAgain);
      const reason = outcome.error?.reason ?? 'Unknown';
      ctx.record.counter('wavetank_workload_refused_total', { code: String(outcome.code), reason }).add();
      // The first few refusals stand on the time axis with their text: a scenario that asks for nonsense must say so.
      if (this.#refusals++ < 5)
        ctx.record.mark('request refused', `${outcome.continuation.text}: ${outcome.code} ${outcome.error?.message ?? reason}`);
    }
    if (handled) return;
    if (message.kind === 'WorkloadInstead') return this.#turnTo(message as WorkloadInstead, ctx);
    if (message.kind === 'WorkloadAgain') {
      const { request, text } = message as WorkloadAgain;
      this.#client.request(ctx, request, { text, again: request });
      return;
    }
    if (message.kind !== 'WorkloadDue') return;
    if (!this.#isUp) return this.#client.request(ctx, DOOR, IS_UP);
    while (this.#next !== undefined && this.#next.at <= ctx.now) {
      this.#send(this.#next, ctx);
      this.#advance();
    }
    this.#schedule(ctx);
  }

  #turnTo({ config, namespaces }: WorkloadInstead, ctx: Context): void {
    const chance = ctx.chance;
    this.#requests = requestsOf(config, (name) => chance.scenario(name));
    do this.#advance();
    while (this.#next !== undefined && this.#next.at < ctx.now);
    for (const name of namespaces) {
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
      this.#client.request(ctx, { verb: 'create', resource: 'namespaces', body, discardBody: true }, NOBODY_ASKS);
    }
    this.#schedule(ctx);
  }

  #send({ at: _at, pods, ...spec }: TimedRequest, ctx: Context): void {
    if (pods !== undefined && pods !== 0) this.#asked?.add(pods);
    this.#sent?.add();
    const name = spec.name ?? (spec.body as { metadata?: { name?: string } } | undefined)?.metadata?.name ?? '';
    const request: RequestSpec = { ...spec, discardBody: true };
    const text = `${spec.verb} ${spec.resource} ${spec.namespace ?? ''}/${name}`;
    this.#client.request(ctx, request, this.#config.isPatient === true && spec.verb === 'create' ? { text, again: request } : { text });
  }

  #advance(): void {
    const step = this.#requests?.next();
    this.#next = step === undefined || step.done === true ? undefined : step.value;
  }

  #schedule(ctx: Context): void {
    if (this.#next === undefined) this.#advance();
    if (this.#next !== undefined) ctx.after(Math.max(0, this.#next.at - ctx.now), DUE);
  }
}
