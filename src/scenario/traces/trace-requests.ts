/** Lines of a trace file as API requests of a user. Pods that leave are remembered until they do, and no others. */

import { type KubeObject, resourceForKind } from '#api';
import type { TimedRequest } from '../workload.ts';
import { podsOf } from './object-demand.ts';
import { type TraceLine, type TraceObjectLine, type TracePodLine, traceLines } from './trace-file.ts';

/** Microseconds of the run at which a second of the trace falls. */
export type Clock = (seconds: number) => number;

/** A pod that leaves as it comes is deleted when it is there: nobody deletes what a create has not answered for. */
const LEAST_LIFE = 100_000;

interface Departure {
  readonly at: number;
  readonly order: number;
  readonly request: TimedRequest;
}

export function* traceRequests(file: string, clock: Clock): Iterable<TimedRequest> {
  const leaving = new Departures();
  for (const line of traceLines(file)) {
    const at = clock(line.at);
    yield* leaving.before(at);
    if (!('pod' in line)) {
      const request = objectRequest(line, at);
      if (request !== undefined) yield request;
      continue;
    }
    yield arrival(line, at, clock(line.runs ?? 0) - clock(0));
    if (line.until !== undefined) {
      const gone = Math.max(clock(line.until), at + LEAST_LIFE);
      leaving.add(gone, departure(line, gone));
    }
  }
  yield* leaving.before(Number.POSITIVE_INFINITY);
}

function objectRequest(line: TraceObjectLine, at: number): TimedRequest | undefined {
  const object = (line.create ?? line.patch ?? line.delete) as KubeObject;
  const info = resourceForKind(object.apiVersion ?? '', object.kind ?? '');
  if (info === undefined) return undefined;
  const namespace = info.namespaced ? { namespace: object.metadata?.namespace ?? 'default' } : {};
  const base = { at, resource: info.resource, ...namespace };
  if (line.create !== undefined) return { ...base, verb: 'create', body: object, pods: podsOf(object) };
  if (line.delete !== undefined) return { ...base, verb: 'delete', name: object.metadata?.name };
  const { apiVersion: _version, kind: _kind, ...body } = object;
  return { ...base, verb: 'patch', patchType: 'merge', name: object.metadata?.name, body, pods: 0 };
}

// Pods of one shape share what is the same in them.
const shared = new WeakMap<object, { readonly labels: object; readonly spec: object; readonly endless: object }>();

function arrival({ pod, shape, runs, completions }: TracePodLine, at: number, length: number): TimedRequest {
  const { namespace } = shape;
  let parts = shared.get(shape);
  if (parts === undefined) {
    parts = { labels: shape.labels, spec: shape.spec, endless: shape.annotations ?? {} };
    shared.set(shape, parts);
  }
  const annotations = runs === undefined ? parts.endless : { ...parts.endless, 'wavetank.dev/run-seconds': String(length / 1e6) };
  const noted = Object.keys(annotations).length === 0 ? {} : { annotations };
  if (completions === undefined) {
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: pod, namespace, labels: parts.labels, ...noted }, spec: parts.spec };
    return { at, verb: 'create', resource: 'pods', namespace, body, pods: 1 };
  }
  const template = { metadata: { labels: parts.labels, ...noted }, spec: parts.spec };
  const body = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: pod, namespace, labels: parts.labels },
    spec: { completions, parallelism: completions, backoffLimit: 6, template },
  };
  return { at, verb: 'create', resource: 'jobs.batch', namespace, body, pods: completions };
}

function departure({ pod, shape, completions }: TracePodLine, at: number): TimedRequest {
  if (completions !== undefined)
    return {
      at,
      verb: 'delete',
      resource: 'jobs.batch',
      namespace: shape.namespace,
      name: pod,
      options: { propagationPolicy: 'Background' },
    };
  return { at, verb: 'delete', resource: 'pods', namespace: shape.namespace, name: pod, options: { gracePeriodSeconds: 1 } };
}

/** A heap by time. */
class Departures {
  readonly #heap: Departure[] = [];
  #order = 0;

  add(at: number, request: TimedRequest): void {
    const heap = this.#heap;
    heap.push({ at, order: this.#order++, request });
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!isBefore(heap[child], heap[parent])) break;
      this.#swap(child, parent);
      child = parent;
    }
  }

  /** Those due before an instant, in order. */
  *before(at: number): Iterable<TimedRequest> {
    const heap = this.#heap;
    while (heap[0] !== undefined && heap[0].at < at) {
      const { request } = heap[0];
      const last = heap.pop() as Departure;
      if (heap.length > 0) {
        heap[0] = last;
        this.#sink();
      }
      yield request;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    for (let parent = 0; ; ) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) if (isBefore(heap[child], heap[least])) least = child;
      if (least === parent) return;
      this.#swap(parent, least);
      parent = least;
    }
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap;
    [heap[a], heap[b]] = [heap[b] as Departure, heap[a] as Departure];
  }
}

const isBefore = (a: Departure | undefined, b: Departure | undefined): boolean =>
  a !== undefined && b !== undefined && (a.at < b.at || (a.at === b.at && a.order < b.order));

/** What a file asks for in all: judges every line of it. */
export function traceTotals(file: string): {
  readonly pods: number;
  readonly namespaces: ReadonlySet<string>;
  readonly created: ReadonlySet<string>;
  readonly last: number;
} {
  let pods = 0;
  let last = 0;
  const namespaces = new Set<string>();
  const created = new Set<string>();
  for (const line of traceLines(file) as Iterable<TraceLine>) {
    if ('pod' in line) {
      pods += line.completions ?? 1;
      last = Math.max(last, line.at, line.until ?? 0);
      namespaces.add(line.shape.namespace);
      continue;
    }
    last = Math.max(last, line.at);
    const object = (line.create ?? line.patch ?? line.delete) as KubeObject;
    if (object.kind === 'Namespace') created.add(object.metadata?.name ?? '');
    else if (object.metadata?.namespace !== undefined) namespaces.add(object.metadata.namespace);
    if (line.create !== undefined) pods += podsOf(line.create);
  }
  return { pods, namespaces, created, last };
}
