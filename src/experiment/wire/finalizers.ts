/** A9 on what is committed: a deletion takes no finalizer off and removes nothing that has one. It may only mark the object (rest/delete.go, BeforeDelete); what
 *  takes a finalizer off is an update. */

import type { KubeObject } from '#api';
import type { EtcdEvent } from '#etcd';
import type { Context, Host, Message } from '#sim';
import type { CommitLog } from './commit-log.ts';
import type { Judge, Tell } from './tap.ts';

/** A deletion's propagation policy adds and removes these. */
const OF_POLICY = new Set(['orphan', 'foregroundDeletion']);

export class FinalizerJudge implements Judge {
  readonly #log: CommitLog;
  readonly #tell: Tell;
  #place = 0;

  constructor(log: CommitLog, tell: Tell) {
    this.#log = log;
    this.#tell = tell;
  }

  after(_message: Message, _host: Host, ctx: Context): void {
    const { events } = this.#log;
    for (; this.#place < events.length; this.#place++) this.#committed(events[this.#place] as EtcdEvent, ctx);
  }

  #committed({ type, kv, previous }: EtcdEvent, ctx: Context): void {
    const before = (previous?.value as KubeObject | undefined)?.metadata;
    if (before?.finalizers === undefined || before.deletionTimestamp !== undefined) return;
    const now = type === 'PUT' ? (kv.value as KubeObject | undefined)?.metadata : undefined;
    // It is not being deleted: finalizers come and go as their owners like.
    if (now !== undefined && now.deletionTimestamp === undefined) return;
    const left = now?.finalizers ?? [];
    const lost = before.finalizers.filter((one) => !left.includes(one) && (now === undefined || !OF_POLICY.has(one)));
    if (lost.length === 0) return;
    const how = now === undefined ? 'is gone' : 'is marked as deleted';
    this.#tell('A9', ctx.now, `${kv.key} ${how} at revision ${kv.modRevision} and has lost finalizer ${lost.join(', ')}`);
  }
}
