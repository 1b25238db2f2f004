/** One client of an `apiLoad` entry: a host with a connection to one API server that sends its share of the requests as they fall due, without waiting
 *  for answers, and keeps its share of the watches. */

import type { KubeObject } from '#api';
import { resourceInfo } from '#api';
import type { ApiClient, ClientConfig, InformerFactory, Outcome, RequestSpec } from '#client';
import { createApiClient, createInformerFactory } from '#client';
import type { LoadPhase, LoadPlan, LoadRequest } from '#scenario';
import {
  type Context,
  type Counter,
  type Duration,
  type Histogram,
  type Host,
  type Instant,
  type Message,
  messageKind,
  purpose,
  type Recorder,
  type Stream,
} from '#sim';
import { SlowReaders } from './slow-readers.ts';

/** Survives structured clone. */
export interface LoadClientConfig {
  readonly client: ClientConfig;
  readonly plan: LoadPlan;
  /** Which of the entry's clients this is. */
  readonly index: number;
}

interface LoadDue extends Message {
  readonly kind: 'LoadDue';
  readonly what: 'create' | 'watch' | 'send';
}
messageKind<LoadDue>({
  kind: 'LoadDue',
  digest(m, hasher) {
    hasher.string(m.what);
  },
});
const due = (what: LoadDue['what']): LoadDue => ({ kind: 'LoadDue', what });
const CREATE = due('create');
const WATCH = due('watch');
const SEND = due('send');

/** What goes with a request until its answer is there. */
interface Issued {
  readonly kind: LoadRequest;
  readonly at: Instant;
  readonly phase: PhaseRecord | undefined;
}

/** What is measured of the requests issued in one phase. */
interface PhaseRecord {
  readonly phase: LoadPhase;
  readonly latency: ReadonlyMap<LoadRequest, Histogram>;
  readonly sent: Counter;
  readonly answered: Counter;
  readonly failed: Counter;
  readonly watch: Histogram;
}

const ARRIVALS = purpose('experiment/api-load');
const SENT_AT = 'wavetank.dev/sent-at';
/** Of the time before the load begins: objects are created within these shares of it, then the watches opened. */
const CREATE_FROM = 0.1;
const CREATE_TO = 0.7;
const WATCH_FROM = 0.75;
/** Texts of failures that one client shows on the time axis. */
const MARKS_MOST = 5;

export class LoadClient implements Host {
  readonly #plan: LoadPlan;
  readonly #index: number;
  readonly #client: ApiClient<Issued>;
  readonly #informers: InformerFactory;
  readonly #slow: SlowReaders;
  readonly #payload: string;
  readonly #failures = new Set<string>();
  #record: Recorder | undefined;
  #phases: readonly PhaseRecord[] = [];
  #luck: Stream | undefined;
  #created = 0;
  /** Numbers of what `create` made and `delete` has not taken: [oldest, next). */
  #oldest = 0;
  #next = 0;
  /** The newest version that was told. */
  #known = 0;

  constructor({ client, plan, index }: LoadClientConfig) {
    this.#plan = plan;
    this.#index = index;
    this.#client = createApiClient<Issued>(client);
    this.#informers = createInformerFactory(this.#client);
    this.#slow = new SlowReaders(plan, index, client.user, client.servers);
    this.#payload = 'x'.repeat(plan.objectBytes);
    for (let watcher = index; watcher < plan.watchers; watcher += plan.clients) this.#watch(watcher);
  }

  start(ctx: Context): void {
    this.#record = ctx.record;
    this.#luck = ctx.chance.stream(ARRIVALS, ctx.self, 0);
    this.#phases = this.#plan.phases.map((phase) => phaseRecord(ctx.record, this.#plan, phase));
    const begin = this.#plan.phases[0]?.from ?? 0;
    // Each client begins a little later than the one before.
    const offset = this.#index / this.#plan.clients;
    if (this.#own > 0) ctx.after(Math.round(begin * (CREATE_FROM + offset * this.#createGap)), CREATE);
    if (Math.max(this.#plan.watchers, this.#plan.slowWatchers?.count ?? 0) > this.#index)
      ctx.after(Math.round(begin * (WATCH_FROM + 0.2 * offset)), WATCH);
    if (this.#plan.rates.length > 0) ctx.after(begin - ctx.now, SEND);
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'LoadDue') {
      const { what } = message as LoadDue;
      if (what === 'create') this.#createNext(ctx);
      else if (what === 'watch') {
        this.#informers.start(ctx);
        this.#slow.start(ctx);
      } else this.#send(ctx);
      return;
    }
    if (this.#slow.receive(message, ctx)) return;
    const { outcome } = this.#client.receive(message, ctx);
    if (outcome !== undefined) this.#ended(outcome, ctx);
  }

  /** How many of the entry's objects this client makes. */
  get #own(): number {
    const { objects, clients } = this.#plan;
    return Math.max(0, Math.ceil((objects - this.#index) / clients));
  }

  /** Between two creations, as a share of the time before the load. */
  get #createGap(): number {
    return (CREATE_TO - CREATE_FROM) / Math.max(1, this.#own);
  }

  #watch(watcher: number): void {
    const { resource, namespace, objects, watch } = this.#plan;
    const fieldSelector = watch === 'object' && objects > 0 ? { fieldSelector: `metadata.name=${this.#name(watcher % objects)}` } : {};
    this.#informers.informer(resource, { ...(namespace === undefined ? {} : { namespace }), ...fieldSelector }).onEvent((event, ctx) => {
      const sent = event.object.metadata?.annotations?.[SENT_AT];
      if (event.type === 'update' && sent !== undefined) this.#phaseAt(ctx.now)?.watch.observe((ctx.now - Number(sent)) / 1e6);
    });
  }

  #name(number: number): string {
    return `${this.#plan.name}-${number}`;
  }

  #createNext(ctx: Context): void {
    const number = this.#index + this.#created * this.#plan.clients;
    if (number >= this.#plan.objects) return;
    this.#created += 1;
    const begin = this.#plan.phases[0]?.from ?? 0;
    this.#client.request(ctx, this.#creation(this.#name(number), ctx), { kind: 'create', at: ctx.now, phase: undefined });
    ctx.after(Math.max(1, Math.round(begin * this.#createGap)), CREATE);
  }

  #phaseAt(now: Instant): PhaseRecord | undefined {
    for (const one of this.#phases) if (now >= one.phase.from && now < one.phase.to) return one;
    return undefined;
  }

  /** One request, and the next when it is due. A phase's end draws the gap anew, at the next one's rate: a Poisson process has no memory. */
  #send(ctx: Context): void {
    const luck = this.#luck as Stream;
    const current = this.#phaseAt(ctx.now);
    if (current === undefined) return;
    const { clients, rates } = this.#plan;
    const total = (rates.reduce((sum, [, rate]) => sum + rate, 0) * current.phase.times) / clients;
    if (ctx.now > current.phase.from) this.#issue(current, luck, ctx);
    const gap: Duration = total > 0 ? Math.round((-Math.log(1 - luck.next()) / total) * 1e6) : Number.POSITIVE_INFINITY;
    const next = ctx.now + Math.max(1, gap);
    const end = current.phase.to;
    if (next < end) ctx.after(next - ctx.now, SEND);
    else if (end < Number.MAX_SAFE_INTEGER) ctx.after(end - ctx.now, SEND);
  }

  #issue(phase: PhaseRecord, luck: Stream, ctx: Context): void {
    const kind = this.#drawn(luck);
    const spec = this.#request(kind, luck, ctx);
    if (spec === undefined) return;
    phase.sent.add();
    this.#client.request(ctx, spec, { kind, at: ctx.now, phase });
  }

  #drawn(luck: Stream): LoadRequest {
    const { rates } = this.#plan;
    let left = luck.next() * rates.reduce((sum, [, rate]) => sum + rate, 0);
    for (const [kind, rate] of rates) {
      left -= rate;
      if (left < 0) return kind;
    }
    return (rates[rates.length - 1] as readonly [LoadRequest, number])[0];
  }

  #request(kind: LoadRequest, luck: Stream, ctx: Context): RequestSpec | undefined {
    const { resource, namespace, objects } = this.#plan;
    const name = (): string => this.#name(Math.floor(luck.next() * objects));
    const base = { resource, ...(namespace === undefined ? {} : { namespace }), discardBody: true } as const;
    switch (kind) {
      case 'get':
        return { ...base, verb: 'get', name: name() };
      case 'getCached':
        return { ...base, verb: 'get', name: name(), options: { resourceVersion: '0' } };
      case 'list':
        return { ...base, verb: 'list' };
      case 'listCached':
        return { ...base, verb: 'list', options: { resourceVersion: '0' } };
      case 'listKnown':
        return { ...base, verb: 'list', options: { resourceVersion: String(this.#known), resourceVersionMatch: 'NotOlderThan' } };
      case 'create':
        return this.#creation(this.#further(this.#next++), ctx);
      case 'update': {
        const target = name();
        return { ...base, verb: 'update', name: target, body: this.#object(target, ctx) };
      }
      case 'patch': {
        const body = { metadata: { annotations: { [SENT_AT]: String(ctx.now) } } };
        return { ...base, verb: 'patch', patchType: 'merge', name: name(), body };
      }
      case 'delete':
        if (this.#oldest === this.#next) return undefined;
        return { ...base, verb: 'delete', name: this.#further(this.#oldest++) };
    }
  }

  #further(number: number): string {
    return `${this.#plan.name}-further-${this.#index}-${number}`;
  }

  #creation(name: string, ctx: Context): RequestSpec {
    const { resource, namespace } = this.#plan;
    const body = this.#object(name, ctx);
    return { verb: 'create', resource, ...(namespace === undefined ? {} : { namespace }), body, discardBody: true };
  }

  #object(name: string, ctx: Context): KubeObject {
    const { resource, namespace } = this.#plan;
    const { apiVersion, kind } = resourceInfo(resource) as { readonly apiVersion: string; readonly kind: string };
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }), annotations: { [SENT_AT]: String(ctx.now) } };
    return { apiVersion, kind, metadata, ...this.#content(kind) } as KubeObject;
  }

  /** What an object of the kind must have besides a name, and what fills it. */
  #content(kind: string): object {
    const { name, namespace } = this.#plan;
    if (kind === 'ConfigMap') return { data: { payload: this.#payload } };
    if (kind !== 'Event') return {};
    const involvedObject = { apiVersion: 'v1', kind: 'Pod', namespace, name };
    return { involvedObject, reason: 'Loaded', message: this.#payload, type: 'Normal', count: 1 };
  }

  #ended({ code, object, error, continuation }: Outcome<Issued>, ctx: Context): void {
    const { phase, kind, at } = continuation;
    const failed = code === 0 || code >= 400;
    if (!failed) this.#known = Math.max(this.#known, Number(object?.metadata?.resourceVersion ?? 0));
    if (failed) this.#tell(`${kind}: ${code} ${error?.message ?? ''}`);
    if (phase === undefined) return;
    if (failed) phase.failed.add();
    else {
      phase.answered.add();
      phase.latency.get(kind)?.observe((ctx.now - at) / 1e6);
    }
  }

  /** The first client shows each kind of failure once. */
  #tell(text: string): void {
    if (this.#index !== 0 || this.#failures.size >= MARKS_MOST || this.#failures.has(text)) return;
    this.#failures.add(text);
    this.#record?.mark('load refused', `${this.#plan.name}: ${text}`);
  }
}

function phaseRecord(record: Recorder, { name, rates }: LoadPlan, phase: LoadPhase): PhaseRecord {
  const labels = { load: name, phase: phase.name };
  return {
    phase,
    latency: new Map(rates.map(([kind]) => [kind, record.histogram('wavetank_load_request_seconds', { ...labels, request: kind })])),
    sent: record.counter('wavetank_load_sent_total', labels),
    answered: record.counter('wavetank_load_answered_total', labels),
    failed: record.counter('wavetank_load_failed_total', labels),
    watch: record.histogram('wavetank_load_watch_seconds', labels),
  };
}
