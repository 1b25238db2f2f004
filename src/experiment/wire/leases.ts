/** R9 on the wire: a lease of etcd ends when the leader finds that its time is over. A follower has clocks of its own and does not hear of what extends it (a new
 *  leader gives each lease its whole term again: lessor.Promote), so it proposes no end. */

import { EtcdMember, type RaftMessage } from '#etcd';
import type { Context, Host, HostId, Message } from '#sim';
import type { Judge, Tell } from './tap.ts';

/** What a member proposes of its own accord, as far as it is read here. */
interface Proposal {
  readonly from: HostId;
  readonly arrived: number;
  readonly operation: { readonly op: string; readonly lease?: number };
}

export class LeaseJudge implements Judge {
  readonly #tell: Tell;
  /** `member@instant` of each look at the leases by a member that led. */
  readonly #looks = new Set<string>();

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  after(message: Message, host: Host, ctx: Context): void {
    if (message.kind === 'EtcdLeaseCheck' && host instanceof EtcdMember && host.isLeader) this.#looks.add(`${ctx.self}@${ctx.now}`);
  }

  before(message: Message, ctx: Context): void {
    if (message.kind !== 'RaftMessage') return;
    const { type, from, entries } = message as RaftMessage;
    // A leader's own proposals are in its log at once, and travel as entries.
    if (type !== 'Prop') return;
    for (const { data } of entries) {
      const proposal = data as Proposal | undefined;
      if (proposal?.operation.op !== 'leaseRevoke' || proposal.from >= 0 || this.#looks.has(`${from}@${proposal.arrived}`)) continue;
      this.#tell('R9', ctx.now, `member ${from} finds that the time of lease ${proposal.operation.lease} is over, and does not lead`);
    }
  }
}
