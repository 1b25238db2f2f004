/** A6 on the wire: a list is as new as was asked for, and no newer than what there is. */

import type { ApiRequest, ApiResponse, KubeObject, ListObject } from '#api';
import type { Context, Message } from '#sim';
import type { CommitLog } from './commit-log.ts';
import type { Judge, Tell } from './tap.ts';

/** What was acknowledged so long before a request arrived was so before it was sent: a wire holds nothing longer. */
const ON_THE_WAY = 10_000_000;

interface Asked {
  readonly resource: string;
  readonly least: number;
}

export class ListJudge implements Judge {
  readonly #log: CommitLog;
  readonly #tell: Tell;
  readonly #open = new Map<string, Asked>();
  readonly #writes = new Set<string>();
  /** The newest version that a writer has heard of, and since when. */
  readonly #known: { readonly at: number; readonly version: number }[] = [];

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
    const least = version === '' ? this.#knownAt(ctx.now - ON_THE_WAY) : Number(version);
    this.#open.set(name, { resource, least });
  }

  #answered({ id, code, object }: ApiResponse, ctx: Context): void {
    const name = `${ctx.self}/${ctx.source}/${id}`;
    if (this.#writes.delete(name) && code < 300)
      this.#note(Number((object as KubeObject | undefined)?.metadata?.resourceVersion ?? 0), ctx.now);
    const asked = this.#open.get(name);
    if (asked === undefined) return;
    this.#open.delete(name);
    if (code !== 200) return;
    const version = Number((object as unknown as ListObject).metadata.resourceVersion);
    const where = `a list of ${asked.resource} for host ${ctx.self} by server ${ctx.source}`;
    if (version < asked.least) this.#tell('A6', ctx.now, `${where} is of version ${version}, ${asked.least} at least was asked for`);
    if (version > this.#log.revision) this.#tell('A6', ctx.now, `${where} is of version ${version}, the store is at ${this.#log.revision}`);
  }

  #note(version: number, at: number): void {
    if (version > (this.#known.at(-1)?.version ?? 0)) this.#known.push({ at, version });
  }

  #knownAt(at: number): number {
    let low = 0;
    let high = this.#known.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#known[middle] as { at: number }).at <= at) low = middle + 1;
      else high = middle;
    }
    return this.#known[low - 1]?.version ?? 0;
  }
}
