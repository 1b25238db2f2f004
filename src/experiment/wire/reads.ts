/** L1 on the wire: a read of etcd that is not serializable sees every write that was acknowledged before it was asked. */

import type { EtcdRequest, EtcdResponse } from '#etcd';
import type { Context, Message } from '#sim';
import type { Judge, Tell } from './tap.ts';

/** What was acknowledged so long before a request arrived was so before it was sent. */
const ON_THE_WAY = 500_000;

export class ReadJudge implements Judge {
  readonly #tell: Tell;
  readonly #least = new Map<string, number>();
  readonly #writes = new Set<string>();
  /** Acknowledged revisions, rising, and when somebody first knew. */
  readonly #acknowledged: { readonly at: number; readonly revision: number }[] = [];

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  before(message: Message, ctx: Context): void {
    if (message.kind === 'EtcdRequest') {
      const { id, operation } = message as EtcdRequest;
      if (operation.op === 'guarded') this.#writes.add(`${ctx.source}/${id}`);
      // One question may be asked of several members in turn, and each may answer at last.
      const name = `${ctx.source}/${ctx.self}/${id}`;
      if (operation.op === 'range' && operation.serializable !== true && !this.#least.has(name))
        this.#least.set(name, this.#knownAt(ctx.now - ON_THE_WAY));
    } else if (message.kind === 'EtcdResponse') this.#answered(message as EtcdResponse, ctx);
  }

  #answered({ id, error, succeeded, revision }: EtcdResponse, ctx: Context): void {
    if (
      this.#writes.delete(`${ctx.self}/${id}`) &&
      error === undefined &&
      succeeded === true &&
      revision > (this.#acknowledged.at(-1)?.revision ?? 0)
    )
      this.#acknowledged.push({ at: ctx.now, revision });
    const name = `${ctx.self}/${ctx.source}/${id}`;
    const least = this.#least.get(name);
    if (least === undefined) return;
    this.#least.delete(name);
    if (error === undefined && revision < least)
      this.#tell(
        'L1',
        ctx.now,
        `member ${ctx.source} answers host ${ctx.self} with revision ${revision}; ${least} was acknowledged before the question`,
      );
  }

  #knownAt(at: number): number {
    for (let i = this.#acknowledged.length - 1; i >= 0; i--) {
      const one = this.#acknowledged[i];
      if (one !== undefined && one.at <= at) return one.revision;
    }
    return 0;
  }
}
