/** What etcd has committed, in order, read off the member that is furthest: what every watch and list is compared with. */

import { type EtcdEvent, EtcdMember } from '#etcd';
import type { Context, Host, Message } from '#sim';
import type { Judge } from './tap.ts';

export class CommitLog implements Judge {
  readonly events: EtcdEvent[] = [];
  revision = 1;

  after(_message: Message, host: Host, _ctx: Context): void {
    if (!(host instanceof EtcdMember)) return;
    const { store } = host;
    if (store.revision <= this.revision) return;
    for (let at = store.log.positionOf(this.revision + 1); at < store.log.length; at++) this.events.push(store.log.at(at));
    this.revision = store.revision;
  }

  /** The place of the first event of a revision or a later one. */
  placeOf(revision: number): number {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.events[middle] as EtcdEvent).kv.modRevision < revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** One reader of the log who must not miss anything between two keys. */
export class Cursor {
  readonly #log: CommitLog;
  readonly #prefix: string;
  #place: number;

  constructor(log: CommitLog, prefix: string, revision: number) {
    this.#log = log;
    this.#prefix = prefix;
    this.#place = log.placeOf(revision);
  }

  /** The next event of these keys, undefined when there is none yet. */
  get next(): EtcdEvent | undefined {
    const { events } = this.#log;
    while (this.#place < events.length && !(events[this.#place] as EtcdEvent).kv.key.startsWith(this.#prefix)) this.#place++;
    return events[this.#place];
  }

  advance(): void {
    this.#place++;
  }
}
