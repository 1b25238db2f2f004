import { describe, expect, it } from 'vitest';
import type { Context, Host } from '#sim';
import { EtcdMember } from '../../../src/etcd/member.ts';
import { DurableLog, RaftLog } from '../../../src/etcd/raft/log.ts';
import { RaftLogJudge } from '../../../src/experiment/wire/raft-logs.ts';

/** Members with logs of the given terms, looked at one after the other. */
function looks(...seen: readonly { self: number; term: number; leads?: boolean; terms: readonly number[]; committed?: number }[]) {
  const found: string[] = [];
  const judge = new RaftLogJudge((id, _at, message) => found.push(`${id} ${message}`));
  const data = new Map<string, object>();
  for (const { self, term, leads = false, terms, committed = 0 } of seen) {
    const log = new RaftLog(new DurableLog([0, 1, 2]), 0);
    log.append(
      terms.map((of, i) => {
        const key = `${i + 1}/${of}`;
        if (!data.has(key)) data.set(key, {});
        return { index: i + 1, term: of, data: data.get(key), bytes: 1 };
      }),
    );
    log.commitTo(committed);
    const host = Object.create(EtcdMember.prototype, { raft: { value: { term, isLeader: leads, log } } }) as Host;
    judge.after({ kind: 'x' }, host, { self, now: 1 } as Context);
  }
  return found;
}

describe('logs of etcd members', () => {
  it('R2: a leader that drops or replaces what it had is told of', () => {
    const leads = { self: 0, term: 2, leads: true };
    expect(looks({ ...leads, terms: [1, 2] }, { ...leads, terms: [1, 2, 2] })).toEqual([]);
    expect(looks({ ...leads, terms: [1, 2] }, { ...leads, terms: [1] })[0]).toContain('R2 the leader of term 2 had entry 2');
    expect(looks({ ...leads, terms: [1, 1] }, { ...leads, terms: [1, 2] })[0]).toContain('R2 ');
  });

  it('R2 lets a follower replace what nobody committed', () => {
    expect(looks({ self: 0, term: 1, leads: true, terms: [1, 1] }, { self: 0, term: 2, terms: [1, 2] })).toEqual([]);
  });

  it('R3: logs that have an entry in common and differ before it are told of', () => {
    expect(looks({ self: 0, term: 3, terms: [1, 1, 3] }, { self: 1, term: 3, terms: [1, 1, 3] })).toEqual([]);
    expect(looks({ self: 0, term: 3, terms: [1, 1, 3] }, { self: 1, term: 3, terms: [1, 2, 3] })[0]).toContain('R3 entry 3 of term 3');
  });

  it('R4: an entry of an earlier term that is committed without one of its own is told of, one that was committed before is not', () => {
    const leads = { self: 0, term: 3, leads: true, terms: [1, 2] };
    expect(looks({ ...leads, committed: 1 }, { ...leads, committed: 2 })[0]).toContain('R4 the leader of term 3 commits entry 2 of term 2');
    expect(looks({ ...leads, leads: false, committed: 1 }, { ...leads, committed: 2 }, { ...leads, committed: 2 })).toEqual([]);
    expect(looks({ ...leads, committed: 1 }, { ...leads, terms: [1, 2, 3], committed: 3 })).toEqual([]);
  });
});
