/** The clients of a scenario's Services as one host: they learn of endpoints through EndpointSlices, each node's proxy late by its own programming, and send
 *  what falls due of their requests to the nodes of the endpoints, a message a node and span of time.
 *
 *  Departures: the proxies are here and not on the cluster's nodes, so they share one watch; a request under way when its process dies counts as answered;
 *  connections are not kept (each request chooses anew); session affinity is left out. */

import type { EndpointSlice, Service } from '#api';
import { type ApiClient, createApiClient, createInformerFactory, type InformerFactory } from '#client';
import {
  type Context,
  type Host,
  type HostId,
  hashName,
  type Incident,
  type Message,
  messageKind,
  purpose,
  sampleDistribution,
  type Timer,
} from '#sim';
import { endpointsFor, endpointsKnown, type KnownEndpoint, type KnownEndpoints, NOTHING_KNOWN, type Place } from './endpoint-choice.ts';
import { EndpointTally } from './endpoint-tally.ts';
import { poisson } from './poisson.ts';
import { ServiceProxy } from './service-proxy.ts';
import type { Latency, TrafficAnswer, TrafficBatch, TrafficCall, TrafficOutcome } from './traffic-batch.ts';
import { nodeHost, type TrafficConfig, type TrafficPlan } from './traffic-plan.ts';
import { TrafficTally } from './traffic-tally.ts';

const SLICES = 'endpointslices.discovery.k8s.io';
const SERVICES = 'services';
const SERVICE_NAME = 'kubernetes.io/service-name';
const ARRIVALS = purpose('network/arrivals');
const PROGRAMMING = purpose('network/programming');
const CHOICE = purpose('network/choice');

interface TrafficTimer extends Message {
  readonly kind: 'TrafficTimer';
  readonly what: 'send' | 'proxy' | 'timeout';
  /** The plan's place; for a time-out the batch. */
  readonly of: number;
  readonly proxy: number;
}
messageKind<TrafficTimer>({
  kind: 'TrafficTimer',
  digest({ what, of, proxy }, hasher) {
    hasher.int(what.length);
    hasher.int(of);
    hasher.int(proxy);
  },
});

/** A plan at work. */
interface Stream {
  readonly plan: TrafficPlan;
  readonly index: number;
  readonly luck: number;
  readonly tally: TrafficTally;
  readonly proxies: readonly ServiceProxy[];
  /** As the watch shows them now. */
  endpoints: KnownEndpoints;
  /** internalTrafficPolicy. */
  isLocal: boolean;
  ticks: number;
  writes: number;
}

/** Requests that wait for an answer. What they have behind them already stands in `before`: services that called this one. */
interface Pending {
  readonly stream: Stream;
  readonly phase: string;
  readonly calls: readonly TrafficCall[];
  readonly timer: Timer;
  readonly root: Stream;
  readonly before: readonly (readonly Latency[])[];
  /** Place in the root's `calls`; -1 for the root's own. */
  readonly depth: number;
}

const NONE: readonly Latency[] = [];
const NOWHERE: Place = { node: '', zone: '' };

export class TrafficClients implements Host {
  readonly #config: TrafficConfig;
  readonly #client: ApiClient<undefined>;
  readonly #informers: InformerFactory;
  readonly #slices;
  #streams: readonly Stream[] = [];
  readonly #pending = new Map<number, Pending>();
  #sent = 0;
  /** Share of requests whose name is not resolved. */
  #unresolved = 0;
  // Kept from the first time that somebody asks.
  #endpoints: EndpointTally | undefined;

  constructor(config: TrafficConfig) {
    this.#config = config;
    this.#client = createApiClient<undefined>(config.client);
    this.#informers = createInformerFactory(this.#client);
    this.#slices = this.#informers.informer<EndpointSlice>(SLICES);
    this.#slices.addIndex('service', (slice) => [`${slice.metadata?.namespace}/${slice.metadata?.labels?.[SERVICE_NAME]}`]);
    this.#slices.onEvent(({ object }, ctx) => this.#changed(object, ctx));
    this.#informers.informer<Service>(SERVICES).onEvent(({ object }, ctx) => this.#policyChanged(object, ctx));
  }

  start(ctx: Context): void {
    this.#streams = this.#config.plans.map((plan, index) => ({
      plan,
      index,
      luck: hashName(`${plan.namespace}/${plan.service}/${plan.name}`),
      tally: new TrafficTally(plan, ctx.record),
      proxies: Array.from({ length: plan.clientNodes }, () => new ServiceProxy()),
      endpoints: NOTHING_KNOWN,
      isLocal: false,
      ticks: 0,
      writes: 0,
    }));
    this.#informers.start(ctx);
    for (const { plan, index } of this.#streams) {
      const from = plan.stretches[0]?.from;
      if (from !== undefined) ctx.after(Math.max(0, from - ctx.now) + plan.every, timer('send', index));
    }
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'TrafficAnswer') return this.#answered(message as TrafficAnswer, ctx);
    if (message.kind === 'Incident') return this.#befall(message as Incident);
    if (message.kind === 'Scrape') return (this.#endpoints ??= new EndpointTally()).tell(ctx);
    if (message.kind !== 'TrafficTimer') return void this.#client.receive(message, ctx);
    const { what, of, proxy } = message as TrafficTimer;
    if (what === 'send') this.#send(this.#streams[of] as Stream, ctx);
    else if (what === 'proxy') this.#program(this.#streams[of] as Stream, proxy, ctx);
    else this.#timedOut(of, ctx);
  }

  #befall({ what, share }: Incident): void {
    if (what === 'dns-errors') this.#unresolved = share;
  }

  /** A slice came, went or changed: the proxies of its Service hear of it. */
  #changed(slice: EndpointSlice, ctx: Context): void {
    const service = slice.metadata?.labels?.[SERVICE_NAME];
    const { namespace } = slice.metadata ?? {};
    for (const stream of this.#streams) {
      if (stream.plan.service !== service || stream.plan.namespace !== namespace) continue;
      stream.endpoints = endpointsKnown([...this.#slices.byIndex('service', `${namespace}/${service}`)]);
      this.#tellProxies(stream, ctx);
    }
  }

  #policyChanged({ metadata, spec }: Service, ctx: Context): void {
    const isLocal = spec?.internalTrafficPolicy === 'Local';
    for (const stream of this.#streams) {
      if (stream.plan.service !== metadata?.name || stream.plan.namespace !== metadata.namespace || stream.isLocal === isLocal) continue;
      stream.isLocal = isLocal;
      this.#tellProxies(stream, ctx);
    }
  }

  #tellProxies(stream: Stream, ctx: Context): void {
    stream.proxies.forEach((proxy, at) => {
      const wait = proxy.hear(ctx.now);
      if (wait !== undefined) ctx.after(wait, timer('proxy', stream.index, at));
    });
  }

  #program(stream: Stream, at: number, ctx: Context): void {
    const { plan } = stream;
    const takes = (): number => {
      stream.writes += 1;
      return Math.round(sampleDistribution(plan.programming, ctx.chance.stream(PROGRAMMING, stream.luck, at, stream.writes)));
    };
    const { places = [] } = this.#config;
    const current = endpointsFor(stream.endpoints, places[at % places.length] ?? NOWHERE, stream.isLocal);
    const wait = (stream.proxies[at] as ServiceProxy).due(ctx.now, current, takes, plan.minSyncPeriod);
    if (wait !== undefined) ctx.after(wait, timer('proxy', stream.index, at));
  }

  /** What came due since the last time. */
  #send(stream: Stream, ctx: Context): void {
    const { plan, luck, tally } = stream;
    stream.ticks += 1;
    const since = ctx.now - plan.every;
    const stretch = plan.stretches.find(({ from, to }) => since >= from && since < to);
    const last = plan.stretches.at(-1);
    if (last !== undefined && ctx.now < last.to) ctx.after(plan.every, timer('send', stream.index));
    if (stretch === undefined || stretch.requestsPerSecond <= 0) return;
    const draw = ctx.chance.stream(ARRIVALS, luck, stream.ticks);
    const all = (stretch.requestsPerSecond * plan.every) / 1e6;
    if (this.#unresolved > 0) this.#notFound(stream, stretch.name, poisson(all * this.#unresolved, draw), ctx);
    const mean = (all * (1 - this.#unresolved)) / stream.proxies.length;
    const counts = new Map<KnownEndpoint, number>();
    for (const { endpoints } of stream.proxies) {
      if (endpoints.length === 0) {
        const lost = poisson(mean, draw);
        if (lost === 0) continue;
        tally.sent(lost, stretch.name);
        tally.failed(lost, stretch.name, 'no endpoints', ctx);
        continue;
      }
      for (const endpoint of endpoints) {
        const count = poisson(mean / endpoints.length, draw);
        if (count > 0) counts.set(endpoint, (counts.get(endpoint) ?? 0) + count);
      }
    }
    for (const count of counts.values()) tally.sent(count, stretch.name);
    this.#dispatch(
      stream,
      stretch.name,
      [...counts].map(([to, count]) => ({ to, count, before: NONE })),
      stream,
      -1,
      ctx,
    );
  }

  /** Clients that look a Service's name up and are told nothing. */
  #notFound({ tally }: Stream, phase: string, count: number, ctx: Context): void {
    if (count === 0) return;
    tally.sent(count, phase);
    tally.failed(count, phase, 'name not resolved', ctx);
  }

  /** A message a node. */
  #dispatch(
    stream: Stream,
    phase: string,
    requests: readonly { readonly to: KnownEndpoint; readonly count: number; readonly before: readonly Latency[] }[],
    root: Stream,
    depth: number,
    ctx: Context,
  ): void {
    const byNode = new Map<string, { calls: TrafficCall[]; before: (readonly Latency[])[] }>();
    for (const { to, count, before } of requests) {
      let group = byNode.get(to.node);
      if (group === undefined) byNode.set(to.node, (group = { calls: [], before: [] }));
      group.calls.push({ address: to.address, count });
      group.before.push(before);
    }
    for (const [node, { calls, before }] of byNode) {
      const host: HostId | undefined = nodeHost(this.#config.nodes, node);
      this.#sent += 1;
      const id = this.#sent;
      const waits = ctx.after(root.plan.timeout, timer('timeout', id));
      this.#pending.set(id, { stream, phase, calls, timer: waits, root, before, depth });
      const batch: TrafficBatch = { kind: 'TrafficBatch', id, span: stream.plan.every, calls };
      // To an address that no node has, nobody answers.
      if (host !== undefined) ctx.send(host, batch);
    }
  }

  #timedOut(id: number, ctx: Context): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    for (const { address, count } of pending.calls) {
      pending.root.tally.failed(count, pending.phase, 'timed out', ctx, where(pending, address));
      this.#endpoints?.failed(pending.stream.plan, address, count);
    }
  }

  #answered({ id, outcomes }: TrafficAnswer, ctx: Context): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    ctx.cancel(pending.timer);
    const { root, phase, calls, before, depth } = pending;
    const next = this.#next(root, depth + 1);
    const onward: { to: KnownEndpoint; count: number; before: readonly Latency[] }[] = [];
    outcomes.forEach((outcome, index) => {
      const { address } = calls[index] as TrafficCall;
      if (outcome.refused > 0) {
        root.tally.failed(outcome.refused, phase, 'refused', ctx, where(pending, address));
        this.#endpoints?.failed(pending.stream.plan, address, outcome.refused);
      }
      this.#endpoints?.answered(pending.stream.plan, address, outcome.answered);
      const latencies = added(before[index] ?? NONE, outcome);
      if (next === undefined) this.#ended(pending, address, latencies, ctx);
      else if (latencies.length > 0) this.#callOn(next, pending, latencies, id * 64 + index, onward, ctx);
    });
    if (next !== undefined && onward.length > 0) this.#dispatch(next, phase, onward, root, depth + 1, ctx);
  }

  /** The Service that is asked after `depth` others. */
  #next({ plan }: Stream, depth: number): Stream | undefined {
    const name = plan.calls[depth];
    return name === undefined ? undefined : this.#streams.find((stream) => stream.plan.name === name);
  }

  /** Each bundle of like requests goes to one endpoint of the next Service, chosen by the proxy of one client node. */
  #callOn(
    next: Stream,
    { phase, root }: Pending,
    latencies: readonly Latency[],
    key: number,
    onward: { to: KnownEndpoint; count: number; before: readonly Latency[] }[],
    ctx: Context,
  ): void {
    const luck = ctx.chance.stream(CHOICE, next.luck, key);
    for (const latency of latencies) {
      if (this.#unresolved > 0 && luck.next() < this.#unresolved) {
        root.tally.failed(latency[1], phase, 'name not resolved', ctx, next.plan.name);
        continue;
      }
      const { endpoints } = next.proxies[Math.floor(luck.next() * next.proxies.length)] as ServiceProxy;
      const to = endpoints[Math.floor(luck.next() * endpoints.length)];
      if (to === undefined) root.tally.failed(latency[1], phase, 'no endpoints', ctx, next.plan.name);
      else onward.push({ to, count: latency[1], before: [latency] });
    }
  }

  #ended({ root, phase }: Pending, address: string, latencies: readonly Latency[], ctx: Context): void {
    for (const [duration, count] of latencies) {
      if (duration > root.plan.timeout) root.tally.failed(count, phase, 'timed out', ctx, address);
      else root.tally.answered(duration, count, phase);
    }
  }
}

const timer = (what: TrafficTimer['what'], of: number, proxy = -1): TrafficTimer => ({ kind: 'TrafficTimer', what, of, proxy });

const where = ({ stream, root }: Pending, address: string): string => (stream === root ? address : `${stream.plan.name} at ${address}`);

/** What was answered, and how long it took together with what lay before. */
function added(before: readonly Latency[], { answered }: TrafficOutcome): readonly Latency[] {
  const earlier = before[0]?.[0] ?? 0;
  return earlier === 0 ? answered : answered.map(([duration, count]) => [duration + earlier, count] as const);
}
