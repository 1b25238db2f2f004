/** A3, A4 on the wire: each watch of a client tells of rising versions, never goes back, misses nothing of what it watches whole, and its bookmarks say no
 *  more than was sent and no more than there is. */

import type { ApiRequest, WatchEvents } from '#api';
import type { Context, Message } from '#sim';
import { type CommitLog, Cursor } from './commit-log.ts';
import type { Judge, Tell } from './tap.ts';

/** Where these are stored: what is watched whole is compared event for event. */
const PREFIXES: Readonly<Record<string, string>> = {
  pods: '/registry/pods/',
  nodes: '/registry/minions/',
  'leases.coordination.k8s.io': '/registry/leases/',
  'replicasets.apps': '/registry/replicasets/',
  'deployments.apps': '/registry/deployments/',
  'statefulsets.apps': '/registry/statefulsets/',
  'daemonsets.apps': '/registry/daemonsets/',
  'jobs.batch': '/registry/jobs/',
  services: '/registry/services/specs/',
  'endpointslices.discovery.k8s.io': '/registry/endpointslices/',
  configmaps: '/registry/configmaps/',
  secrets: '/registry/secrets/',
};

interface Watch {
  readonly resource: string;
  last: number;
  bookmark: number;
  sequence: number;
  cursor: Cursor | undefined;
}

export class WatchJudge implements Judge {
  readonly #log: CommitLog;
  readonly #tell: Tell;
  readonly #watches = new Map<string, Watch>();

  constructor(log: CommitLog, tell: Tell) {
    this.#log = log;
    this.#tell = tell;
  }

  before(message: Message, ctx: Context): void {
    if (message.kind === 'ApiRequest') this.#asked(message as ApiRequest, ctx);
    else if (message.kind === 'WatchEvents') this.#events(message as WatchEvents, ctx);
  }

  #asked({ id, verb, resource, namespace, name, options }: ApiRequest, ctx: Context): void {
    const from = Number(options?.resourceVersion ?? '');
    // What begins with a state has its objects in the order of their names.
    if (verb !== 'watch' || !(from > 0) || options?.sendInitialEvents === true) return;
    const prefix = PREFIXES[resource];
    const isWhole = name === undefined && options?.labelSelector === undefined && options?.fieldSelector === undefined;
    const within = namespace === undefined ? prefix : `${prefix}${namespace}/`;
    const cursor = prefix !== undefined && isWhole ? new Cursor(this.#log, within as string, from + 1) : undefined;
    this.#watches.set(`${ctx.source}/${ctx.self}/${id}`, { resource, last: from, bookmark: from, sequence: 0, cursor });
  }

  #events({ id, sequence, events }: WatchEvents, ctx: Context): void {
    const name = `${ctx.self}/${ctx.source}/${id}`;
    const watch = this.#watches.get(name);
    if (watch === undefined) return;
    // A message was lost on the way: the client notices, and what it is told until it asks again does not count.
    if (sequence !== watch.sequence++) {
      this.#watches.delete(name);
      return;
    }
    const where = `watch ${id} of ${watch.resource} by host ${ctx.self} at server ${ctx.source}`;
    for (const { type, object } of events) {
      if (type === 'ERROR') continue;
      const version = Number(object.metadata?.resourceVersion ?? 0);
      if (version > this.#log.revision)
        this.#tell('A4', ctx.now, `${where} is told of version ${version}, the store is at ${this.#log.revision}`);
      if (version <= watch.last && !(type === 'BOOKMARK' && version === watch.last) && version !== watch.last)
        this.#tell('A3', ctx.now, `${where} goes back from version ${watch.last} to ${version}`);
      if (type !== 'BOOKMARK' && version <= watch.bookmark && watch.bookmark > 0 && version <= watch.last && version !== watch.last)
        this.#tell('A4', ctx.now, `${where} is told of version ${version} after the bookmark ${watch.bookmark}`);
      if (type === 'BOOKMARK') watch.bookmark = version;
      const isNew = type !== 'BOOKMARK' && version > watch.last;
      watch.last = Math.max(watch.last, version);
      this.#missing(watch, type, version, isNew, where, ctx);
    }
  }

  #missing(watch: Watch, type: string, version: number, isNew: boolean, where: string, ctx: Context): void {
    if (watch.cursor === undefined) return;
    const due = watch.cursor.next?.kv.modRevision ?? Number.POSITIVE_INFINITY;
    if (type !== 'BOOKMARK' && due === version) return watch.cursor.advance();
    if (due > version && !isNew) return;
    watch.cursor = undefined;
    if (due > version) this.#tell('A3', ctx.now, `${where} is told of version ${version}, at which nothing happened to what it watches`);
    else this.#tell('A3', ctx.now, `${where} is told of version ${version} and was not told of ${due}`);
  }
}
