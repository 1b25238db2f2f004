/** R2-R4: the members' logs, looked at after each message. A leader only appends to its log; two logs that have an entry of one index and term agree in all
 *  before it; and a leader commits entries of earlier terms only with one of its own (Raft, figure 3 and section 5.4.2). */

import { EtcdMember } from '#etcd';
import type { Context, Host, HostId, Message } from '#sim';
import type { Judge, Tell } from './tap.ts';

/** What a member was seen with last. */
interface Known {
  /** Which term it led; absent: it led none. */
  leads: number | undefined;
  committed: number;
  lastIndex: number;
  lastTerm: number | undefined;
  /** Terms of its entries by their index. */
  readonly terms: Map<number, number>;
}

/** An entry by its index and term: what it says, and the term of the one before it. By induction logs then agree in all before. */
interface Told {
  readonly data: unknown;
  readonly before: number | undefined;
  readonly member: HostId;
}

type Raft = NonNullable<EtcdMember['raft']>;

export class RaftLogJudge implements Judge {
  readonly #tell: Tell;
  readonly #members = new Map<HostId, Known>();
  readonly #entries = new Map<string, Told>();

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  started(host: Host, ctx: Context): void {
    if (host instanceof EtcdMember) this.#members.delete(ctx.self);
  }

  after(_message: Message, host: Host, ctx: Context): void {
    const raft = host instanceof EtcdMember ? host.raft : undefined;
    if (raft === undefined) return;
    let known = this.#members.get(ctx.self);
    if (known === undefined) {
      known = { leads: undefined, committed: 0, lastIndex: 0, lastTerm: undefined, terms: new Map() };
      this.#members.set(ctx.self, known);
    }
    if (raft.isLeader && known.leads === raft.term) this.#leader(raft, known, ctx);
    this.#log(raft, known, ctx);
    known.leads = raft.isLeader ? raft.term : undefined;
    known.committed = raft.log.committed;
    known.lastIndex = raft.log.lastIndex;
    known.lastTerm = raft.log.lastTerm;
  }

  /** It led this term the last time, too. */
  #leader({ term, log }: Raft, { committed, lastIndex, lastTerm }: Known, ctx: Context): void {
    const now = log.term(lastIndex);
    if (log.lastIndex < lastIndex || (now !== undefined && now !== lastTerm))
      this.#tell('R2', ctx.now, `the leader of term ${term} had entry ${lastIndex} of term ${lastTerm} and has ${now ?? 'none'} there`);
    const of = log.committed > committed ? log.term(log.committed) : undefined;
    if (of !== undefined && of < term)
      this.#tell('R4', ctx.now, `the leader of term ${term} commits entry ${log.committed} of term ${of} without one of its own`);
  }

  /** From the end back to what this member had the last time. */
  #log({ log }: Raft, { terms }: Known, ctx: Context): void {
    for (let index = log.lastIndex; index >= log.firstIndex; index--) {
      const term = log.term(index) as number;
      if (terms.get(index) === term) return;
      terms.set(index, term);
      const data = log.entriesFrom(index, 0, index)[0]?.data;
      const before = log.term(index - 1);
      const key = `${index}/${term}`;
      const told = this.#entries.get(key);
      if (told === undefined) this.#entries.set(key, { data, before, member: ctx.self });
      else if (told.data !== data || (before !== undefined && told.before !== undefined && told.before !== before))
        this.#tell('R3', ctx.now, `entry ${index} of term ${term} is another with member ${ctx.self} than with member ${told.member}`);
    }
  }
}
