import { describe, expect, it } from 'vitest';
import type { Context, Host, Message } from '#sim';
import { EtcdMember } from '../../../src/etcd/member.ts';
import { LeaseJudge } from '../../../src/experiment/wire/leases.ts';

const CHECK = { kind: 'EtcdLeaseCheck' } as Message;
const proposal = (arrived: number, from = -1) => ({ from, arrived, operation: { op: 'leaseRevoke', lease: 5 } });

/** Member 1 looks at its leases at 10, leading or not, and then somebody is sent something. */
function told(leads: boolean, message: object): readonly string[] {
  const found: string[] = [];
  const judge = new LeaseJudge((id, _at, text) => found.push(`${id} ${text}`));
  const member = Object.create(EtcdMember.prototype, { isLeader: { value: leads } }) as Host;
  judge.after(CHECK, member, { self: 1, now: 10 } as Context);
  judge.before({ kind: 'RaftMessage', from: 1, to: 0, ...message } as Message, { self: 0, now: 12 } as Context);
  return found;
}
const proposed = (data: unknown) => ({ type: 'Prop', entries: [{ data }] });

describe('leases of etcd', () => {
  it('R9: a lease that a follower ends is told of', () => {
    expect(told(false, proposed(proposal(10)))).toEqual(['R9 member 1 finds that the time of lease 5 is over, and does not lead']);
    expect(told(true, proposed(proposal(11)))).toHaveLength(1);
  });

  it('R9: what a leader found may arrive after it has lost the lead, and users revoke where they like', () => {
    expect(told(true, proposed(proposal(10)))).toEqual([]);
    expect(told(false, proposed(proposal(10, 9)))).toEqual([]);
    expect(told(false, proposed(undefined))).toEqual([]);
    expect(told(false, { type: 'App', entries: [{ data: proposal(10) }] })).toEqual([]);
  });
});
