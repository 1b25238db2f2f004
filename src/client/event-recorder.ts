/** Writes Kubernetes Events about objects. Mirrors client-go v1.34 tools/record (event.go, events_cache.go): a spam filter per object (25 at once, one per
 *  5 min), aggregation of more than 10 similar events in 10 min, counting of equal ones by patch. One request at a time; best effort: what fails is dropped. */

import type { Event, KubeObject } from '#api';
import { rfc3339 } from '#api';
import type { Context, Instant } from '#sim';
import { MINUTE } from '#sim';
import type { Client } from './api-client.ts';
import type { Outcome, RequestSpec } from './contract.ts';
import type { Lane } from './lane.ts';
import type { Tenant } from './tenant.ts';
import { TokenBucket } from './token-bucket.ts';

/** Broadcaster's queue (maxQueuedEvents); further events are dropped. */
const QUEUE_MAX = 1000;
const SPAM_BURST = 25;
const SPAM_QPS = 1 / 300;
const SIMILAR_MAX = 10;
const SIMILAR_INTERVAL = 10 * MINUTE;
/** maxLruCacheEntries. Upstream has three such caches, by object, by reason and by text; here one by object holds what the others would. */
const CACHE_MAX = 4096;

interface Pending {
  readonly object: KubeObject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly clock: number;
}

interface Similar {
  messages: Set<string>;
  since: Instant;
}

interface Written {
  name: string;
  namespace: string;
  count: number;
  firstTimestamp: string;
}

/** What is remembered of the events about one object. */
interface About {
  readonly spam: TokenBucket;
  /** By type and reason. */
  readonly similar: Map<string, Similar>;
  /** By type, reason and message. */
  readonly written: Map<string, Written>;
}

/** A Map that forgets what was used longest ago. */
class Recent<V> {
  readonly #entries = new Map<string, V>();

  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= CACHE_MAX) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}

export class EventRecorder implements Tenant {
  readonly #client: Client<unknown>;
  readonly #lane: Lane;
  readonly #component: string;
  readonly #queue: Pending[] = [];
  readonly #objects = new Recent<About>();
  // Names carry nanoseconds; our clock has microseconds, and two events may share one.
  #names = 0;
  #inFlight: { about: About; key: string; pending: Pending; message: string } | undefined;

  /** `component` as upstream names it ('replicaset-controller'). */
  constructor(client: Client<unknown>, lane: Lane, component: string) {
    this.#client = client;
    this.#lane = lane;
    this.#component = component;
  }

  event(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string, ctx: Context): void {
    if (this.#queue.length >= QUEUE_MAX) return;
    this.#queue.push({ object, type, reason, message, clock: ctx.clock() });
    if (this.#inFlight === undefined) this.#next(ctx);
  }

  timer(): void {}

  answered(outcome: Outcome<unknown>, ctx: Context): void {
    const flight = this.#inFlight;
    this.#inFlight = undefined;
    if (flight !== undefined && outcome.code === 404 && outcome.request.verb === 'patch') {
      // The event that was counted up has expired: write it anew.
      flight.about.written.delete(flight.key);
      this.#write(flight.about, flight.key, flight.pending, flight.message, ctx);
      return;
    }
    if (flight !== undefined && outcome.code !== 200 && outcome.code !== 201) flight.about.written.delete(flight.key);
    this.#next(ctx);
  }

  #next(ctx: Context): void {
    for (let pending = this.#queue.shift(); pending !== undefined; pending = this.#queue.shift()) {
      const about = this.#about(pending.object);
      const reason = `${pending.type}/${pending.reason}`;
      const message = aggregated(about, reason, pending.message, ctx.now);
      if (!about.spam.tryTake(ctx.now)) continue;
      const key = message === pending.message ? `${reason}/${message}` : reason;
      this.#write(about, key, pending, message, ctx);
      return;
    }
  }

  #about(object: KubeObject): About {
    const key = `${object.kind}/${object.metadata?.uid ?? ''}`;
    let about = this.#objects.get(key);
    if (about === undefined)
      this.#objects.set(key, (about = { spam: new TokenBucket(SPAM_QPS, SPAM_BURST), similar: new Map(), written: new Map() }));
    return about;
  }

  #write(about: About, key: string, pending: Pending, message: string, ctx: Context): void {
    this.#inFlight = { about, key, pending, message };
    const known = about.written.get(key);
    const time = rfc3339(pending.clock);
    let spec: RequestSpec;
    if (known !== undefined) {
      known.count++;
      const body = { message, count: known.count, lastTimestamp: time };
      const { namespace, name } = known;
      spec = { verb: 'patch', resource: 'events', namespace, name, patchType: 'strategic', body, discardBody: true };
    } else {
      const body = this.#eventObject(pending, message, time);
      const namespace = body.metadata?.namespace ?? 'default';
      about.written.set(key, { name: body.metadata?.name ?? '', namespace, count: 1, firstTimestamp: time });
      spec = { verb: 'create', resource: 'events', namespace, body, discardBody: true };
    }
    this.#client.call(ctx, spec, undefined, this, 0, this.#lane);
  }

  #eventObject({ object, type, reason, clock }: Pending, message: string, time: string): Event {
    const { name = '', namespace, uid, resourceVersion } = object.metadata ?? {};
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: `${name}.${(BigInt(clock) * 1000n + BigInt(this.#names++ % 1000)).toString(16)}`,
        namespace: namespace ?? 'default',
      },
      involvedObject: { kind: object.kind, namespace, name, uid, apiVersion: object.apiVersion, resourceVersion },
      reason,
      message,
      source: { component: this.#component },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
      type,
      reportingComponent: this.#component,
      reportingInstance: '',
    };
  }
}

/** The text to write: the message, or, after many similar ones, that it is one of them. */
function aggregated({ similar: byReason }: About, reason: string, message: string, now: Instant): string {
  let similar = byReason.get(reason);
  if (similar === undefined || now - similar.since > SIMILAR_INTERVAL)
    byReason.set(reason, (similar = { messages: new Set(), since: now }));
  similar.messages.add(message);
  similar.since = now;
  if (similar.messages.size < SIMILAR_MAX) return message;
  // The set is bounded: one entry leaves for each that enters beyond the limit.
  for (const first of similar.messages) {
    similar.messages.delete(first);
    break;
  }
  return `(combined from similar events): ${message}`;
}
