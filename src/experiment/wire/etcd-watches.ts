/** W1, W2, W4, W6, W7 on the wire: each watch of an API server hears what was committed, all of it, once, in order, and progress only behind it. */

import type { EtcdEvents, EtcdRequest, EtcdResponse } from '#etcd';
import type { Context, Message } from '#sim';
import { type CommitLog, Cursor } from './commit-log.ts';
import type { Judge, Tell } from './tap.ts';

interface Watch {
  readonly member: number;
  readonly prefix: string;
  /** 0: from now on, which is what its member says with its answer. */
  start: number;
  cursor: Cursor | undefined;
  sequence: number;
  /** It was told, or a message was lost on the way and the server asks again: the rest of this watch says nothing. */
  isBroken: boolean;
}

export class EtcdWatchJudge implements Judge {
  readonly #log: CommitLog;
  readonly #tell: Tell;
  readonly #watches = new Map<string, Watch>();
  /** Those from now on, until they are answered. */
  readonly #present = new Map<string, Watch>();

  constructor(log: CommitLog, tell: Tell) {
    this.#log = log;
    this.#tell = tell;
  }

  before(message: Message, ctx: Context): void {
    if (message.kind === 'EtcdRequest') {
      const { id, operation } = message as EtcdRequest;
      if (operation.op !== 'watch') return;
      const prefix = operation.key;
      const watch: Watch = { member: ctx.self, prefix, start: operation.startRevision, cursor: undefined, sequence: 0, isBroken: false };
      this.#watches.set(`${ctx.source}/${id}`, watch);
      if (watch.start === 0) this.#present.set(`${ctx.source}/${id}`, watch);
    } else if (message.kind === 'EtcdResponse') {
      if (this.#present.size > 0) this.#begins(message as EtcdResponse, ctx);
    } else if (message.kind === 'EtcdEvents') this.#events(message as EtcdEvents, ctx);
  }

  #begins({ id, revision }: EtcdResponse, ctx: Context): void {
    const watch = this.#present.get(`${ctx.self}/${id}`);
    if (watch === undefined || watch.member !== ctx.source) return;
    watch.start = revision + 1;
    this.#present.delete(`${ctx.self}/${id}`);
  }

  #events({ id, sequence, events, revision, compactRevision, noLeader }: EtcdEvents, ctx: Context): void {
    const watch = this.#watches.get(`${ctx.self}/${id}`);
    if (watch === undefined || watch.member !== ctx.source || watch.isBroken || compactRevision !== undefined || noLeader === true) return;
    if (sequence !== undefined && sequence !== watch.sequence++) {
      watch.isBroken = true;
      return;
    }
    // Where it begins was never heard.
    if (watch.start === 0) watch.isBroken = true;
    if (watch.isBroken) return;
    watch.cursor ??= new Cursor(this.#log, watch.prefix, watch.start);
    for (const event of events) {
      const due = watch.cursor.next;
      const { key, modRevision } = event.kv;
      if (due !== undefined && due.kv.key === key && due.kv.modRevision === modRevision) {
        watch.cursor.advance();
        continue;
      }
      watch.isBroken = true;
      const wanted = due === undefined ? 'nothing' : `${due.kv.key} at ${due.kv.modRevision}`;
      return this.#tell(
        modRevision < (due?.kv.modRevision ?? 0) ? 'W2' : 'W4',
        ctx.now,
        `watch ${id} of ${watch.prefix} by host ${ctx.self} hears of ${key} at ${modRevision}, due is ${wanted}`,
      );
    }
    const due = watch.cursor.next;
    if (events.length === 0 && due !== undefined && due.kv.modRevision <= revision) {
      watch.isBroken = true;
      this.#tell(
        'W6',
        ctx.now,
        `watch ${id} of ${watch.prefix} by host ${ctx.self} is told of progress to ${revision} before ${due.kv.key} at ${due.kv.modRevision}`,
      );
    }
  }
}
