/** A6 on the wire: a list is as new as was asked for, and no newer than what there is. */

import type { ApiRequest, ApiResponse, KubeObject, ListObject } from '#api';
import type { Context, Message } from '#sim';
import type { CommitLog } from './commit-log.ts';
import type { Judge, Tell } from './tap.ts';

interface Asked {
  readonly resource: string;
  readonly least: number;
}

export class ListJudge implements Judge {
  readonly #log: CommitLog;
  readonly #tell: Tell;
  readonly #open = new Map<string, Asked>();
  readonly #writes = new Set<string>();
  /** The newest version that a writer has heard of. A server that is asked for the present has not begun to look for it before the request is there. */
  #newest = 0;

  constructor(log: CommitLog, tell: Tell) {
    this.#log = log;
    this.#tell = tell;
  }

  before(message: Message, ctx: Context): void {
    if (message.kind === 'ApiRequest') this.#asked(message as ApiRequest, ctx);
    else if (message.kind === 'ApiResponse') this.#answered(message as ApiResponse, ctx);
  }

  #asked({ id, verb, resource, options }: ApiRequest, ctx: Context): void {
    const name = `${ctx.source}/${ctx.self}/${id}`;
    if (verb === 'create' || verb === 'update' || verb === 'patch') this.#writes.add(name);
    if (verb !== 'list' || (options?.continue ?? '') !== '' || options?.resourceVersionMatch === 'Exact') return;
    const version = options?.resourceVersion ?? '';
    const least = version === '' ? this.#newest : Number(version);
    this.#open.set(name, { resource, least });
  }

  #answered({ id, code, object }: ApiResponse, ctx: Context): void {
    const name = `${ctx.self}/${ctx.source}/${id}`;
    if (this.#writes.delete(name) && code < 300)
      this.#newest = Math.max(this.#newest, Number((object as KubeObject | undefined)?.metadata?.resourceVersion ?? 0));
    const asked = this.#open.get(name);
    if (asked === undefined) return;
    this.#open.delete(name);
    if (code !== 200) return;
    const version = Number((object as unknown as ListObject).metadata.resourceVersion);
    const where = `a list of ${asked.resource} for host ${ctx.self} by server ${ctx.source}`;
    if (version < asked.least) this.#tell('A6', ctx.now, `${where} is of version ${version}, ${asked.least} at least was asked for`);
    if (version > this.#log.revision) this.#tell('A6', ctx.now, `${where} is of version ${version}, the store is at ${this.#log.revision}`);
  }
}
