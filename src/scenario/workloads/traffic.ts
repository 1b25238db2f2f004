/** `traffic`: clients that send requests to Services, which it makes for the Deployments of another entry or finds by name. The requests do not wait for
 *  each other (an open loop); who answers them and how is the containers' `load`. */

import type { Service } from '#api';
import type { Distribution, Duration } from '#sim';
import { count, duration, durationDistribution, fields, label, list, number, oneOf, text } from '../schema-pieces.ts';
import { parseDuration, parseDurationDistribution } from '../units.ts';
import type { Phase, TimedRequest, WorkloadEntry, WorkloadKind } from '../workload.ts';
import { service } from './deployment-service.ts';
import { deploymentNames } from './deployments.ts';
import { ownerOf } from './selected-deployments.ts';

interface TrafficSpec {
  readonly name?: string;
  readonly of?: string;
  readonly service?: string;
  readonly namespace?: string;
  readonly requestsPerSecond?: number;
  readonly start?: string;
  readonly for?: string;
  readonly phases?: readonly { readonly name?: string; readonly for: string; readonly requestsPerSecond: number }[];
  readonly rates?: { readonly every: string; readonly requestsPerSecond: readonly number[] };
  readonly trafficDistribution?: string;
  readonly internalTrafficPolicy?: string;
  readonly clientNodes?: number;
  readonly programming?: unknown;
  readonly minSyncPeriod?: string;
  readonly every?: string;
  readonly timeout?: string;
  readonly slowAfter?: string;
  readonly calls?: readonly string[];
}

interface TrafficStretch extends Phase {
  readonly requestsPerSecond: number;
}

/** The clients of one Service, complete. Times in microseconds. */
export interface ServiceTraffic {
  readonly name: string;
  readonly namespace: string;
  readonly service: string;
  readonly stretches: readonly TrafficStretch[];
  readonly clientNodes: number;
  readonly programming: Distribution;
  readonly minSyncPeriod: Duration;
  readonly every: Duration;
  readonly timeout: Duration;
  readonly slowAfter: Duration;
  readonly calls: readonly string[];
}

/** assumed: a sync of some hundred Services in iptables or nftables; clusters with thousands take seconds. */
const PROGRAMMING: Distribution = { lognormal: { p50: 100_000, p99: 1_000_000, min: 10_000 } };
const SECOND = 1_000_000;

export const traffic: WorkloadKind<TrafficSpec> = {
  name: 'traffic',
  schema: fields('clients that send requests to a Service', {
    name: label('names it, and without `phases` its phase (default: what `of` or `service` says)'),
    of: text('the `name` of a deployments entry: each of its Deployments gets a Service, and the requests are shared among them'),
    service: label('or a Service by its name'),
    namespace: label("the Service's (default: default)"),
    requestsPerSecond: number('requests of all clients together'),
    start: duration('when they begin (default 30s)'),
    for: duration('how long (default: to the end)'),
    phases: list(
      fields(
        'a stretch of time with one rate',
        {
          name: text('lets `expect` ask for this stretch'),
          for: duration('how long'),
          requestsPerSecond: number('of all clients together'),
        },
        ['for', 'requestsPerSecond'],
      ),
      'rates one after another',
      1,
    ),
    rates: fields(
      'rates that were measured somewhere: one after another, each for as long',
      {
        every: duration('how long each holds'),
        requestsPerSecond: list(number('of all clients together'), 'one after another', 1),
      },
      ['every', 'requestsPerSecond'],
    ),
    trafficDistribution: oneOf(
      ['PreferSameZone', 'PreferSameNode', 'PreferClose'],
      'of the Services that `of` makes: who is near is asked first',
    ),
    internalTrafficPolicy: oneOf(
      ['Cluster', 'Local'],
      "of the Services that `of` makes: with Local only pods on the client's node are asked",
    ),
    clientNodes: count('the first nodes of the cluster, on which clients are, each with a kube-proxy of its own (default 10)', 1, 1000),
    programming: durationDistribution('how long a kube-proxy takes to write its rules (default lognormal, median 100ms, p99 1s)'),
    minSyncPeriod: duration("kube-proxy's minSyncPeriod: from one write of the rules to the next (default 1s)"),
    every: duration('requests of so long a span go as one message (default 100ms)'),
    timeout: duration('after which a client gives a request up (default 5s)'),
    slowAfter: duration('above this an answer is slow (default 1s)'),
    calls: list(label('`name` of a traffic entry'), 'Services that each answer of this one asks in turn'),
  }),
  phases(spec) {
    const stretches = stretchesOf(spec).filter(({ name }) => name !== '');
    const [first] = stretches;
    // Measured rates are one phase: nobody asks for ten seconds of them.
    return spec.rates === undefined || first === undefined ? stretches : [{ ...first, to: stretches.at(-1)?.to ?? first.to }];
  },
  mistake(spec, entries) {
    if ((spec.of === undefined) === (spec.service === undefined))
      return "says neither or both of 'of' and 'service': one of them names whom it asks";
    const policy = (['trafficDistribution', 'internalTrafficPolicy'] as const).find((field) => spec[field] !== undefined);
    if (policy !== undefined && spec.service !== undefined)
      return `says '${policy}' of Service '${spec.service}', which it does not make: that belongs in the Service's manifest`;
    if (policy !== undefined && makerOf(spec.of, entries) !== spec)
      return `says '${policy}', but an earlier traffic entry makes the Services of '${spec.of}': that belongs there`;
    if (spec.of !== undefined && ownerOf(spec.of, entries) === undefined) {
      const names = entries.filter(({ kind }) => kind === 'deployments').map(({ spec: one }) => (one as { name?: string }).name ?? 'web');
      return `no deployments entry is named '${spec.of}' (there ${names.length === 1 ? 'is' : 'are'}: ${names.join(', ') || 'none'})`;
    }
    const said = (['requestsPerSecond', 'phases', 'rates'] as const).filter((field) => spec[field] !== undefined);
    if (said.length > 1) return `says both '${said[0]}' and '${said[1]}'`;
    const every = spec.every === undefined ? SECOND : (parseDuration(spec.every) ?? 0);
    if (every < 1000) return `'every' must be at least 1ms, found ${String(spec.every)}`;
    const known = trafficNames(entries);
    const missing = spec.calls?.find((name) => !known.includes(name));
    if (missing !== undefined) return `'calls': no traffic entry is named '${missing}' (there are: ${known.join(', ')})`;
    if (spec.calls?.includes(nameOf(spec)) === true) return `'calls': '${nameOf(spec)}' calls itself`;
    return known.filter((name) => name === nameOf(spec)).length > 1 ? `two traffic entries are named '${nameOf(spec)}'` : undefined;
  },
  *requests(spec, { entries }): Iterable<TimedRequest> {
    if (spec.of === undefined) return;
    const owner = ownerOf(spec.of, entries);
    if (owner === undefined) return;
    const namespace = owner.namespace ?? 'default';
    // Another entry may have made them for the same Deployments.
    if (makerOf(spec.of, entries) !== spec) return;
    for (const name of deploymentNames(owner))
      yield { at: 0, verb: 'create', resource: 'services', namespace, body: withPolicies(service(name, namespace), spec) };
  },
};

/** Who makes the Services of an entry's Deployments: the first that asks them. */
const makerOf = (of: string | undefined, entries: readonly WorkloadEntry[]): unknown =>
  entries.find(({ kind, spec }) => kind === traffic.name && (spec as TrafficSpec).of === of)?.spec;

function withPolicies(made: Service, { trafficDistribution, internalTrafficPolicy }: TrafficSpec): Service {
  if (trafficDistribution === undefined && internalTrafficPolicy === undefined) return made;
  const policies = {
    ...(trafficDistribution === undefined ? {} : { trafficDistribution }),
    ...(internalTrafficPolicy === undefined ? {} : { internalTrafficPolicy }),
  };
  return { ...made, spec: { ...made.spec, ...policies } } as Service;
}

export const isTraffic = ({ kind }: WorkloadEntry): boolean => kind === traffic.name;

const nameOf = (spec: TrafficSpec): string => spec.name ?? spec.of ?? spec.service ?? '';
const trafficNames = (entries: readonly WorkloadEntry[]): string[] =>
  entries.filter(isTraffic).map(({ spec }) => nameOf(spec as TrafficSpec));

function stretchesOf(spec: TrafficSpec): readonly TrafficStretch[] {
  let at = parseDuration(spec.start ?? '30s') ?? 0;
  if (spec.phases !== undefined) {
    return spec.phases.map(({ name, for: length, requestsPerSecond }, index) => {
      const from = at;
      at += parseDuration(length) ?? 0;
      return { name: name ?? `phase-${index + 1}`, from, to: at, requestsPerSecond };
    });
  }
  if (spec.rates !== undefined) {
    const every = parseDuration(spec.rates.every) ?? 0;
    return spec.rates.requestsPerSecond.map((requestsPerSecond, index) => {
      const from = at + index * every;
      return { name: nameOf(spec), from, to: from + every, requestsPerSecond };
    });
  }
  if ((spec.requestsPerSecond ?? 0) === 0) return [];
  const to = spec.for === undefined ? Number.MAX_SAFE_INTEGER : at + (parseDuration(spec.for) ?? 0);
  return [{ name: nameOf(spec), from: at, to, requestsPerSecond: spec.requestsPerSecond ?? 0 }];
}

/** One plan a Service; the plans of one entry share its name and its requests. */
export function trafficPlans(entries: readonly WorkloadEntry[]): readonly ServiceTraffic[] {
  return entries.filter(isTraffic).flatMap(({ spec: written }) => {
    const spec = written as TrafficSpec;
    const owner = spec.of === undefined ? undefined : ownerOf(spec.of, entries);
    const services = owner === undefined ? [spec.service ?? ''] : deploymentNames(owner);
    const stretches = stretchesOf(spec).map((stretch) => ({ ...stretch, requestsPerSecond: stretch.requestsPerSecond / services.length }));
    return services.map((name) => ({
      name: nameOf(spec),
      namespace: owner?.namespace ?? spec.namespace ?? 'default',
      service: name,
      stretches,
      clientNodes: spec.clientNodes ?? 10,
      programming: parseDurationDistribution(spec.programming) ?? PROGRAMMING,
      minSyncPeriod: parseDuration(spec.minSyncPeriod ?? '1s') ?? SECOND,
      every: parseDuration(spec.every ?? '100ms') ?? SECOND,
      timeout: parseDuration(spec.timeout ?? '5s') ?? SECOND,
      slowAfter: parseDuration(spec.slowAfter ?? '1s') ?? SECOND,
      calls: spec.calls ?? [],
    }));
  });
}
