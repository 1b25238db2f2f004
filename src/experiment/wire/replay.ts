/** L2 on the wire: what a member of etcd reads out, now or at a revision, linearizable or not, is what a replay of the commits gives at that revision. */

import type { EtcdRequest, EtcdResponse, KeyValue } from '#etcd';
import type { Context, Message } from '#sim';
import type { CommitLog } from './commit-log.ts';
import type { Judge, Tell } from './tap.ts';

interface Version {
  readonly revision: number;
  /** Absent: deleted. */
  readonly kv: KeyValue | undefined;
}

interface Asked {
  readonly key: string;
  /** Absent: the one key. */
  readonly rangeEnd: string | undefined;
  /** 0: the present. */
  readonly revision: number;
  readonly isCounted: boolean;
}

export class ReplayJudge implements Judge {
  readonly #log: CommitLog;
  readonly #tell: Tell;
  readonly #open = new Map<string, Asked>();
  readonly #keys = new Map<string, Version[]>();
  #replayed = 0;

  constructor(log: CommitLog, tell: Tell) {
    this.#log = log;
    this.#tell = tell;
  }

  before(message: Message, ctx: Context): void {
    if (message.kind === 'EtcdRequest') {
      const { id, operation } = message as EtcdRequest;
      const name = `${ctx.source}/${ctx.self}/${id}`;
      if (operation.op === 'guarded') this.#open.set(name, { key: operation.key, rangeEnd: undefined, revision: 0, isCounted: false });
      else if (operation.op === 'range') {
        const { key, rangeEnd, revision = 0 } = operation;
        this.#open.set(name, { key, rangeEnd, revision, isCounted: true });
      }
    } else if (message.kind === 'EtcdResponse') this.#answered(message as EtcdResponse, ctx);
  }

  #answered({ id, error, revision: now, kvs, count, succeeded }: EtcdResponse, ctx: Context): void {
    const name = `${ctx.self}/${ctx.source}/${id}`;
    const asked = this.#open.get(name);
    if (asked === undefined) return;
    this.#open.delete(name);
    if (error !== undefined || succeeded === true) return;
    this.#replay();
    const { key, rangeEnd, isCounted } = asked;
    const revision = asked.revision === 0 ? now : asked.revision;
    const where = `member ${ctx.source} reads ${key} at revision ${revision} for host ${ctx.self}`;
    for (const kv of kvs ?? []) {
      const due = this.#at(kv.key, revision);
      if (due?.modRevision === kv.modRevision) continue;
      return this.#tell('L2', ctx.now, `${where}: ${kv.key} is of ${kv.modRevision}, committed is ${due?.modRevision ?? 'none'}`);
    }
    if (!isCounted || count === undefined) return;
    const due = rangeEnd === undefined ? Number(this.#at(key, revision) !== undefined) : this.#count(key, rangeEnd, revision);
    if (due !== count) this.#tell('L2', ctx.now, `${where}: ${count} keys, committed are ${due}`);
  }

  #replay(): void {
    const { events } = this.#log;
    for (; this.#replayed < events.length; this.#replayed++) {
      const event = events[this.#replayed];
      if (event === undefined) continue;
      const { kv, type } = event;
      const version = { revision: kv.modRevision, kv: type === 'PUT' ? kv : undefined };
      const versions = this.#keys.get(kv.key);
      if (versions === undefined) this.#keys.set(kv.key, [version]);
      else versions.push(version);
    }
  }

  #at(key: string, revision: number): KeyValue | undefined {
    const versions = this.#keys.get(key) ?? [];
    for (let i = versions.length - 1; i >= 0; i--) {
      const one = versions[i] as Version;
      if (one.revision <= revision) return one.kv;
    }
    return undefined;
  }

  #count(from: string, to: string, revision: number): number {
    let count = 0;
    // '\0': to the end of all keys.
    for (const key of this.#keys.keys()) if (key >= from && (to === '\0' || key < to) && this.#at(key, revision) !== undefined) count++;
    return count;
  }
}
