/** R1, R6-R8 on the wire: what members of etcd say to each other, held against what their disks and stores have at that moment. */

import { EtcdMember, type RaftMessage } from '#etcd';
import type { Context, Host, HostId, Message } from '#sim';
import type { Judge, Tell } from './tap.ts';

interface Known {
  member: EtcdMember;
  applied: number;
  term: number;
  revision: number;
  lastIndex: number;
}

export class RaftJudge implements Judge {
  readonly #tell: Tell;
  readonly #members = new Map<HostId, Known>();
  readonly #leaders = new Map<number, HostId>();
  /** Revision and keys after an index, by the first member that was seen there. */
  readonly #states = new Map<number, string>();

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  started(host: Host, ctx: Context): void {
    if (!(host instanceof EtcdMember)) return;
    const known = this.#members.get(ctx.self);
    const disk = host.disk;
    if (disk === undefined) return;
    if (known === undefined) {
      this.#members.set(ctx.self, { member: host, applied: 0, term: 0, revision: 0, lastIndex: 0 });
      return;
    }
    known.member = host;
    if (disk.durable.lastIndex < known.lastIndex)
      this.#tell(
        'R6',
        ctx.now,
        `member ${ctx.self} had entries up to ${known.lastIndex} on its disk and has ${disk.durable.lastIndex} after its restart`,
      );
    this.#look(known, ctx);
  }

  before(message: Message, ctx: Context): void {
    if (message.kind !== 'RaftMessage') return;
    const m = message as RaftMessage;
    const from = this.#members.get(m.from)?.member;
    const durable = from?.disk?.durable;
    if (from === undefined || durable === undefined) return;
    switch (m.type) {
      case 'App':
      case 'Heartbeat':
      case 'Snap':
        return this.#leads(m, ctx);
      case 'VoteResp':
        if (!m.reject && (durable.hard.term < m.term || (durable.hard.term === m.term && durable.hard.vote !== m.to)))
          this.#tell(
            'R7',
            ctx.now,
            `member ${m.from} votes for ${m.to} in term ${m.term}; its disk says ${durable.hard.vote} in term ${durable.hard.term}`,
          );
        return;
      case 'AppResp':
        if (!m.reject && m.index > durable.lastIndex && durable.hard.term === m.term)
          this.#tell('R6', ctx.now, `member ${m.from} acknowledges entry ${m.index}; its disk has ${durable.lastIndex}`);
        return;
      default:
    }
  }

  #leads({ from, term }: RaftMessage, ctx: Context): void {
    const known = this.#leaders.get(term);
    if (known === undefined) this.#leaders.set(term, from);
    else if (known !== from) this.#tell('R1', ctx.now, `members ${known} and ${from} both lead term ${term}`);
  }

  after(_message: Message, host: Host, ctx: Context): void {
    if (!(host instanceof EtcdMember)) return;
    const known = this.#members.get(ctx.self);
    if (known !== undefined) this.#look(known, ctx);
  }

  #look(known: Known, ctx: Context): void {
    const disk = known.member.disk;
    if (disk === undefined) return;
    const { revision, keys, compactRevision } = known.member.store;
    const { term } = disk.durable.hard;
    if (disk.applied < known.applied)
      this.#tell('R7', ctx.now, `member ${ctx.self} went from applied entry ${known.applied} back to ${disk.applied}`);
    if (term < known.term) this.#tell('R7', ctx.now, `member ${ctx.self} went from term ${known.term} back to ${term}`);
    if (revision < known.revision) this.#tell('R8', ctx.now, `member ${ctx.self} went from revision ${known.revision} back to ${revision}`);
    if (compactRevision > revision)
      this.#tell('R8', ctx.now, `member ${ctx.self} is compacted at ${compactRevision} and has come to ${revision}`);
    if (disk.applied !== known.applied || revision !== known.revision) {
      const state = `revision ${revision} with ${keys} keys`;
      const other = this.#states.get(disk.applied);
      if (other === undefined) this.#states.set(disk.applied, state);
      else if (other !== state)
        this.#tell('R5', ctx.now, `after entry ${disk.applied} member ${ctx.self} has ${state}, another had ${other}`);
    }
    known.applied = disk.applied;
    known.term = term;
    known.revision = revision;
    known.lastIndex = disk.durable.lastIndex;
  }
}
