/** A1 on the wire: what a server says that it has stored is in the store, at the version that it says. */

import type { ApiRequest, ApiResponse, KubeObject } from '#api';
import type { Context, Message } from '#sim';
import type { CommitLog } from './commit-log.ts';
import type { Judge, Tell } from './tap.ts';

const WRITES = new Set(['create', 'update', 'patch']);

export class WriteJudge implements Judge {
  readonly #log: CommitLog;
  readonly #tell: Tell;
  /** Who asked for what, by request. */
  readonly #open = new Map<string, string>();

  constructor(log: CommitLog, tell: Tell) {
    this.#log = log;
    this.#tell = tell;
  }

  before(message: Message, ctx: Context): void {
    if (message.kind === 'ApiRequest') {
      const { id, verb, resource, subresource, options } = message as ApiRequest;
      // Other subresources answer with something else, and what is only tried is not stored.
      if (!WRITES.has(verb) || (subresource !== undefined && subresource !== 'status') || options?.dryRun !== undefined) return;
      this.#open.set(`${ctx.source}/${ctx.self}/${id}`, `${verb} of ${resource}`);
    } else if (message.kind === 'ApiResponse') this.#answered(message as ApiResponse, ctx);
  }

  #answered({ id, code, object }: ApiResponse, ctx: Context): void {
    const name = `${ctx.self}/${ctx.source}/${id}`;
    const asked = this.#open.get(name);
    if (asked === undefined) return;
    this.#open.delete(name);
    const metadata = (object as KubeObject | undefined)?.metadata;
    // Reviews and the like have no uid: they are answered and not stored.
    if (code >= 300 || metadata?.uid === undefined || metadata.name === undefined) return;
    if (this.#isStored(metadata.name, Number(metadata.resourceVersion ?? 0))) return;
    const said = `server ${ctx.source} answers host ${ctx.self} with ${code} to a ${asked}`;
    this.#tell('A1', ctx.now, `${said}: ${metadata.name} of version ${metadata.resourceVersion ?? 'none'} is not in the store`);
  }

  #isStored(name: string, version: number): boolean {
    const { events } = this.#log;
    for (let place = this.#log.placeOf(version); place < events.length; place++) {
      const { type, kv } = events[place] as (typeof events)[number];
      if (kv.modRevision !== version) return false;
      if (type === 'PUT' && kv.key.endsWith(`/${name}`)) return true;
    }
    return false;
  }
}
