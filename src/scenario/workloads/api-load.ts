/** `apiLoad`: clients that keep the API servers busy with a mix of requests, each kind at its rate, and with watches. The requests arrive as a Poisson
 *  process and do not wait for each other (an open loop), so an overloaded server is seen as its users see it. */

import type { Resource } from '#api';
import { resourceInfo } from '#api';
import type { Duration, Instant } from '#sim';
import { bytes, count, duration, fields, label, list, number, oneOf, text } from '../schema-pieces.ts';
import { parseBytes, parseDuration } from '../units.ts';
import type { Phase, WorkloadEntry, WorkloadKind } from '../workload.ts';

/** Kinds of request: reads of one object or of all from etcd, from a server's cache as informers do (resourceVersion 0), or not older than what the client was
 *  told before (resourceVersion N); and writes. */
export const LOAD_REQUESTS = ['get', 'getCached', 'list', 'listCached', 'listKnown', 'create', 'update', 'patch', 'delete'] as const;
export type LoadRequest = (typeof LOAD_REQUESTS)[number];

/** Watchers of all objects, each of whom takes so many events a second. */
export interface SlowWatchers {
  readonly count: number;
  readonly eventsPerSecond: number;
}

interface ApiLoadSpec {
  readonly name?: string;
  readonly user?: string;
  readonly clients?: number;
  readonly resource?: string;
  readonly namespace?: string;
  readonly objects?: number;
  readonly objectBytes?: string | number;
  readonly requestsPerSecond?: Readonly<Partial<Record<LoadRequest, number>>>;
  readonly watchers?: number;
  readonly slowWatchers?: SlowWatchers;
  readonly watch?: 'object' | 'all';
  readonly qps?: number;
  readonly burst?: number;
  readonly timeout?: string;
  readonly start?: string;
  readonly for?: string;
  readonly phases?: readonly { readonly name?: string; readonly for: string; readonly times?: number }[];
}

/** A stretch of time in which all rates are multiplied by one factor. */
export interface LoadPhase extends Phase {
  readonly times: number;
}

/** The complete form. Rates are of all clients together. */
export interface LoadPlan {
  readonly name: string;
  readonly user: string;
  readonly clients: number;
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly objects: number;
  readonly objectBytes: number;
  readonly rates: readonly (readonly [LoadRequest, number])[];
  readonly watchers: number;
  readonly slowWatchers: SlowWatchers | undefined;
  readonly watch: 'object' | 'all';
  readonly qps: number;
  readonly burst: number;
  readonly timeout: Duration | undefined;
  readonly phases: readonly LoadPhase[];
}

const DEFAULT_NAME = 'load';
const rate = (what: string) => number(`${what} a second, of all clients together`);

export const apiLoad: WorkloadKind<ApiLoadSpec> = {
  name: 'apiLoad',
  schema: fields('clients that keep the API servers busy', {
    name: label('names its objects and, without `phases`, its phase (default load)'),
    user: text('who asks: priority and fairness goes by it (default user:<name>)'),
    clients: count('connections, each to one API server (default 20)', 1, 10_000),
    resource: text('of what kind its objects are (default configmaps)'),
    namespace: label('default: the name'),
    objects: count('how many there are from the beginning (default 100)', 0, 1_000_000),
    objectBytes: bytes('size of one (default 1KiB)'),
    requestsPerSecond: fields('how often what is asked', {
      get: rate('reads of one object from etcd'),
      getCached: rate("reads of one object from a server's cache (resourceVersion 0)"),
      list: rate('lists of all its objects, consistent'),
      listCached: rate("lists of all its objects from a server's cache"),
      listKnown: rate('lists of all its objects, not older than what the client was told before'),
      create: rate('creations of further objects'),
      update: rate('PUTs'),
      patch: rate('merge patches'),
      delete: rate('deletions of what `create` made'),
    }),
    watchers: count('informers, spread over the clients (default 0)', 0, 1_000_000),
    slowWatchers: fields(
      'watchers of all objects that do not read as fast as events come; servers end them when their buffers are full',
      {
        count: count('how many, spread over the clients', 1, 100_000),
        eventsPerSecond: count('events that each takes a second', 1, 1_000_000),
      },
      ['count', 'eventsPerSecond'],
    ),
    watch: oneOf(['object', 'all'], 'each watches one object, as kubelets do, or all (default object)'),
    qps: number('limit of one client (default 0: none)'),
    burst: count('burst of its token bucket'),
    timeout: duration('after which a client gives a request up (default 60s)'),
    start: duration('when the load begins; objects and watches are there by then (default 10s)'),
    for: duration('how long (default: to the end)'),
    phases: list(
      fields(
        'a stretch of time',
        { name: text('lets `expect` ask for this stretch'), for: duration('how long'), times: number('multiplies all rates (default 1)') },
        ['for'],
      ),
      'stretches one after another',
      1,
    ),
  }),
  requests: () => [],
  phases: (spec) => loadPlan(spec).phases,
  mistake(spec) {
    const plan = loadPlan(spec);
    if (plan.rates.length === 0 && plan.watchers === 0 && plan.slowWatchers === undefined)
      return "says neither 'requestsPerSecond' nor 'watchers'";
    const needs = plan.rates.find(([kind]) => kind !== 'create' && kind !== 'delete' && !kind.startsWith('list'));
    if (plan.objects === 0 && needs !== undefined) return `'${needs[0]}' needs objects, and 'objects' is 0`;
    if (resourceInfo(plan.resource) === undefined) return `no resource is called '${plan.resource}'`;
    return spec.phases !== undefined && spec.for !== undefined ? "says both 'for' and 'phases'" : undefined;
  },
};

export const isLoad = ({ kind }: WorkloadEntry): boolean => kind === apiLoad.name;

export function loadPlan(written: unknown): LoadPlan {
  const spec = written as ApiLoadSpec;
  const name = spec.name ?? DEFAULT_NAME;
  const resource = spec.resource ?? 'configmaps';
  const namespaced = resourceInfo(resource)?.namespaced !== false;
  const asked = spec.requestsPerSecond ?? {};
  return {
    name,
    user: spec.user ?? `user:${name}`,
    clients: spec.clients ?? 20,
    resource,
    namespace: namespaced ? loadNamespace(spec) : undefined,
    objects: spec.objects ?? 100,
    objectBytes: parseBytes(spec.objectBytes) ?? 1024,
    rates: LOAD_REQUESTS.flatMap((kind) => ((asked[kind] ?? 0) > 0 ? [[kind, asked[kind] as number] as const] : [])),
    watchers: spec.watchers ?? 0,
    slowWatchers: spec.slowWatchers,
    watch: spec.watch ?? 'object',
    qps: spec.qps ?? 0,
    burst: spec.burst ?? Math.ceil(spec.qps ?? 0),
    timeout: parseDuration(spec.timeout),
    phases: phasesOf(spec, name),
  };
}

/** Where its objects are. */
export const loadNamespace = (written: unknown): string => {
  const { namespace, name = DEFAULT_NAME } = written as ApiLoadSpec;
  return namespace ?? name;
};

function phasesOf(spec: ApiLoadSpec, name: string): readonly LoadPhase[] {
  let at: Instant = parseDuration(spec.start ?? '10s') ?? 0;
  if (spec.phases === undefined) {
    const to = spec.for === undefined ? Number.MAX_SAFE_INTEGER : at + (parseDuration(spec.for) ?? 0);
    return [{ name, from: at, to, times: 1 }];
  }
  return spec.phases.map((phase, index) => {
    const from = at;
    at += parseDuration(phase.for) ?? 0;
    return { name: phase.name ?? `${name}-${index + 1}`, from, to: at, times: phase.times ?? 1 };
  });
}
