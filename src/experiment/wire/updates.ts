/** A2 on the wire: of the updates that begin from one version of an object at most one succeeds. */

import type { ApiRequest, ApiResponse, KubeObject } from '#api';
import type { Context, Message } from '#sim';
import type { Judge, Tell } from './tap.ts';

interface Update {
  readonly object: string;
  readonly version: string;
}

export class UpdateJudge implements Judge {
  readonly #tell: Tell;
  readonly #open = new Map<string, Update>();
  /** What each version was changed to. */
  readonly #changed = new Map<string, string>();

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  before(message: Message, ctx: Context): void {
    if (message.kind === 'ApiRequest') {
      const { id, verb, resource, namespace, name, body } = message as ApiRequest;
      const version = verb === 'update' ? (body as KubeObject | undefined)?.metadata?.resourceVersion : undefined;
      if (version !== undefined && version !== '')
        this.#open.set(`${ctx.source}/${ctx.self}/${id}`, { object: `${resource} ${namespace ?? ''}/${name ?? ''}`, version });
    } else if (message.kind === 'ApiResponse') this.#answered(message as ApiResponse, ctx);
  }

  #answered({ id, code, object }: ApiResponse, ctx: Context): void {
    const name = `${ctx.self}/${ctx.source}/${id}`;
    const update = this.#open.get(name);
    if (update === undefined) return;
    this.#open.delete(name);
    const now = (object as KubeObject | undefined)?.metadata?.resourceVersion;
    // An update that changes nothing writes nothing.
    if (code !== 200 || now === undefined || now === update.version) return;
    const from = `${update.object} ${update.version}`;
    const other = this.#changed.get(from);
    if (other === undefined) this.#changed.set(from, now);
    else if (other !== now)
      this.#tell('A2', ctx.now, `${update.object} was changed from version ${update.version} both to ${other} and to ${now}`);
  }
}
