/** One member, fed with messages: what it answers and what becomes of it (after raft's own raft_test.go, whose scenarios these are). */

import { describe, expect, it } from 'vitest';
import { DurableLog } from '../../../src/etcd/raft/log.ts';
import type { Entry, MembershipChange, RaftMessage } from '../../../src/etcd/raft/message.ts';
import { Raft } from '../../../src/etcd/raft/raft.ts';

const entry = (index: number, term: number, bytes = 10): Entry => ({ index, term, data: `${index}.${term}`, bytes });

/** A member with a disk, that does what each ready asks for. */
class Bench {
  readonly durable: DurableLog;
  readonly raft: Raft;
  readonly applied: unknown[] = [];
  readonly reads: string[] = [];

  constructor(
    voters: readonly number[] = [1, 2, 3],
    { terms = [] as number[], learners = [] as number[], jitter = 0, maxMessageBytes = 1000 } = {},
  ) {
    this.durable = new DurableLog(voters);
    this.durable.save({
      hard: { term: terms.at(-1) ?? 0, vote: -1, commit: 0 },
      entries: terms.map((term, i) => entry(i + 1, term)),
      snapshot: undefined,
    });
    const config = { id: 1, electionTicks: 10, heartbeatTicks: 2, jitter: () => jitter, maxMessageBytes };
    this.raft = new Raft(config, this.durable, 0, { voters, learners });
  }

  /** Messages that went out since the last look. */
  out(): string[] {
    const sent: string[] = [];
    for (let ready = this.raft.ready(); ready !== undefined; ready = this.raft.ready()) {
      this.durable.save(ready);
      for (const each of ready.committed) {
        if (each.change !== undefined) this.raft.applyChange(each.change);
        else if (each.data !== undefined) this.applied.push(each.data);
      }
      for (const { context, index } of ready.reads) this.reads.push(`${context}@${index}`);
      sent.push(...ready.messages.map(shown));
      this.raft.advance(ready);
    }
    return sent;
  }

  step(type: RaftMessage['type'], from: number, fields: Partial<RaftMessage> = {}): string[] {
    this.raft.step({
      kind: 'RaftMessage',
      type,
      from,
      to: 1,
      term: this.raft.term,
      logTerm: 0,
      index: 0,
      commit: 0,
      entries: [],
      reject: false,
      rejectHint: 0,
      context: '',
      snapshot: undefined,
      ...fields,
    });
    return this.out();
  }

  tick(count: number): string[] {
    for (let i = 0; i < count; i += 1) this.raft.tick();
    return this.out();
  }

  /** Elected by all, with its first entry committed. */
  lead(): this {
    this.raft.campaign();
    this.out();
    for (const id of this.raft.voters)
      if (id !== 1) this.step('PreVoteResp', id, { term: this.raft.term + (this.raft.role === 'pre-candidate' ? 1 : 0) });
    for (const id of this.raft.voters) if (id !== 1) this.step('VoteResp', id);
    for (const id of [...this.raft.voters, ...this.raft.learners])
      if (id !== 1) this.step('AppResp', id, { index: this.raft.log.lastIndex });
    expect(this.raft.isLeader).toBe(true);
    return this;
  }

  get state(): string {
    const { role, term, leader, log } = this.raft;
    return `${role} ${term} of ${leader}, ${log.committed}/${log.lastIndex}`;
  }
}

function shown(m: RaftMessage): string {
  const words = [`${m.type}>${m.to}`, `term ${m.term}`];
  if (m.index !== 0) words.push(`at ${m.index}`);
  if (m.logTerm !== 0) words.push(`of ${m.logTerm}`);
  if (m.entries.length > 0)
    words.push(m.entries.map(({ data, change }) => (change === undefined ? (data ?? '-') : JSON.stringify(change))).join('+'));
  if (m.commit !== 0) words.push(`commit ${m.commit}`);
  if (m.reject) words.push(`no, ${m.rejectHint}`);
  if (m.context !== '') words.push(m.context);
  if (m.snapshot !== undefined) words.push(`snapshot ${m.snapshot.index}`);
  return words.join(' ');
}

describe('a member that hears nothing', () => {
  it('asks for pre-votes when its time is over, and again after as long', () => {
    const one = new Bench([1, 2, 3], { terms: [1, 2], jitter: 3 });
    expect([one.tick(12), one.state]).toEqual([[], 'follower 2 of -1, 0/2']);
    const asked = ['PreVote>2 term 3 at 2 of 2', 'PreVote>3 term 3 at 2 of 2'];
    expect([one.tick(1), one.state]).toEqual([asked, 'pre-candidate 2 of -1, 0/2']);
    expect([one.tick(12), one.tick(1)]).toEqual([[], asked]);
  });

  it('does not stand when it has no vote', () => {
    const one = new Bench([2, 3], { learners: [1] });
    one.raft.campaign();
    expect([one.tick(50), one.state]).toEqual([[], 'follower 0 of -1, 0/0']);
    expect(one.step('TimeoutNow', 2)).toEqual([]);
  });

  it('leads at once when it is alone', () => {
    const one = new Bench([1]);
    one.tick(10);
    expect(one.state).toBe('leader 1 of 1, 1/1');
    expect(one.raft.propose('x', 1)).toBe(true);
    one.raft.readIndex('r');
    expect([one.out(), one.applied, one.reads]).toEqual([[], ['x'], ['r@1']]);
  });
});

describe('an election', () => {
  const candidate = (): Bench => {
    const one = new Bench([1, 2, 3, 4, 5], { terms: [1] });
    one.raft.campaign();
    one.out();
    return one;
  };

  it('goes from pre-votes to votes to leadership with a majority of each', () => {
    const one = candidate();
    expect([
      one.step('PreVoteResp', 2, { term: 2 }),
      one.step('PreVoteResp', 2, { term: 2 }),
      one.step('VoteResp', 3, { term: 1 }),
    ]).toEqual([[], [], []]);
    expect(one.step('PreVoteResp', 3, { term: 2 })).toEqual([2, 3, 4, 5].map((id) => `Vote>${id} term 2 at 1 of 1`));
    expect(one.state).toBe('candidate 2 of -1, 0/1');
    expect([one.step('PreVoteResp', 4), one.step('VoteResp', 2), one.step('VoteResp', 3, { reject: true }), one.state]).toEqual([
      [],
      [],
      [],
      'candidate 2 of -1, 0/1',
    ]);
    expect(one.step('VoteResp', 4)).toEqual([2, 3, 4, 5].map((id) => `App>${id} term 2 at 1 of 1 -`));
    expect(one.state).toBe('leader 2 of 1, 0/2');
    expect(one.step('VoteResp', 5)).toEqual([]);
  });

  it('is lost when a majority refuses, and the first word of each counts', () => {
    const one = candidate();
    for (const id of [2, 3]) one.step('PreVoteResp', id, { term: 1, reject: true });
    one.step('PreVoteResp', 2, { term: 2 });
    one.step('PreVoteResp', 3, { term: 2 });
    expect(one.state).toBe('pre-candidate 1 of -1, 0/1');
    one.step('PreVoteResp', 4, { term: 1, reject: true });
    expect(one.state).toBe('follower 1 of -1, 0/1');
  });

  it('ends when somebody leads in its term, or a later one', () => {
    for (const type of ['App', 'Heartbeat', 'Snap'] as const) {
      const one = candidate();
      for (const id of [2, 3]) one.step('PreVoteResp', id, { term: 2 });
      const snapshot = { index: 0, term: 0, voters: [1], data: [], bytes: 0 };
      one.step(type, 4, { snapshot: type === 'Snap' ? snapshot : undefined });
      expect(one.state).toBe('follower 2 of 4, 0/1');
      const two = candidate();
      two.step(type, 4, { term: 7, snapshot: type === 'Snap' ? snapshot : undefined });
      expect(two.state).toBe('follower 7 of 4, 0/1');
    }
    const three = candidate();
    three.step('AppResp', 4, { term: 7 });
    expect(three.state).toBe('follower 7 of -1, 0/1');
    const four = candidate();
    four.step('PreVoteResp', 2, { term: 5, reject: true });
    expect(four.state).toBe('follower 5 of -1, 0/1');
  });

  it('is forced by a leader that hands over', () => {
    const one = new Bench([1, 2, 3], { terms: [1] });
    one.step('Heartbeat', 2);
    expect(one.step('TimeoutNow', 2)).toEqual(['Vote>2 term 2 at 1 of 1 transfer', 'Vote>3 term 2 at 1 of 1 transfer']);
    expect(one.step('TimeoutNow', 2)).toEqual([]);
  });
});

describe('a voter', () => {
  const voter = (): Bench => new Bench([1, 2, 3], { terms: [1, 3] });
  const ask = { term: 4, index: 2, logTerm: 3 };

  it('votes once a term, for whose log is as new as its own', () => {
    const one = voter();
    expect([one.step('Vote', 2, { ...ask, index: 1 }), one.step('Vote', 2, { ...ask, logTerm: 2, index: 9 })]).toEqual([
      ['VoteResp>2 term 4 no, 0'],
      ['VoteResp>2 term 4 no, 0'],
    ]);
    expect([one.step('Vote', 3, ask), one.step('Vote', 2, ask), one.step('Vote', 3, ask)]).toEqual([
      ['VoteResp>3 term 4'],
      ['VoteResp>2 term 4 no, 0'],
      ['VoteResp>3 term 4'],
    ]);
    expect([one.durable.hard.vote, one.durable.hard.term]).toEqual([3, 4]);
    expect(one.step('Vote', 2, { ...ask, term: 5 })).toEqual(['VoteResp>2 term 5']);
  });

  it('gives pre-votes to many, and is bound by none', () => {
    const one = voter();
    expect([one.step('PreVote', 2, ask), one.step('PreVote', 3, ask), one.state]).toEqual([
      ['PreVoteResp>2 term 4'],
      ['PreVoteResp>3 term 4'],
      'follower 3 of -1, 0/2',
    ]);
    expect(one.step('PreVote', 3, { ...ask, index: 1 })).toEqual(['PreVoteResp>3 term 3 no, 0']);
    expect(one.step('PreVote', 2, { ...ask, term: 2 })).toEqual(['PreVoteResp>2 term 3 no, 0']);
    expect(one.step('Vote', 2, { ...ask, term: 2 })).toEqual([]);
    expect(one.durable.hard.vote).toBe(-1);
  });

  it('helps nobody against a leader that it hears, unless that hands over', () => {
    const one = voter();
    one.step('Heartbeat', 3);
    expect([one.tick(9), one.step('Vote', 2, ask), one.step('PreVote', 2, ask), one.state]).toEqual([[], [], [], 'follower 3 of 3, 0/2']);
    expect([one.step('Vote', 2, { ...ask, context: 'transfer' }), one.state]).toEqual([['VoteResp>2 term 4'], 'follower 4 of -1, 0/2']);
    const two = new Bench([1, 2, 3], { terms: [1, 3], jitter: 5 });
    two.step('Heartbeat', 3);
    two.tick(10);
    expect(two.step('PreVote', 2, ask)).toEqual(['PreVoteResp>2 term 4']);
  });

  it('waits anew after it has voted, and after it heard its leader', () => {
    for (const [type, fields] of [
      ['Vote', ask],
      ['Heartbeat', {}],
      ['App', {}],
    ] as const) {
      const one = voter();
      one.step('Heartbeat', 3);
      one.tick(9);
      one.raft.leader = -1;
      one.step(type, 3, fields);
      expect([type, one.tick(9).length, one.tick(1).length]).toEqual([type, 0, 2]);
    }
  });
});

describe('a follower', () => {
  const follower = (): Bench => new Bench([1, 2, 3], { terms: [1, 1, 2] });

  it('takes entries that follow its own, and says where it may agree when they do not', () => {
    const one = follower();
    expect(one.step('App', 2, { index: 3, logTerm: 2, entries: [entry(4, 2), entry(5, 2)], commit: 4 })).toEqual(['AppResp>2 term 2 at 5']);
    expect([one.state, one.applied]).toEqual(['follower 2 of 2, 4/5', ['1.1', '2.1', '3.2', '4.2']]);
    expect(one.step('App', 2, { index: 9, logTerm: 2 })).toEqual(['AppResp>2 term 2 at 9 of 2 no, 5']);
    expect(one.step('App', 2, { index: 5, logTerm: 1 })).toEqual(['AppResp>2 term 2 at 5 of 1 no, 2']);
    expect(one.step('App', 2, { index: 2, logTerm: 1 })).toEqual(['AppResp>2 term 2 at 4']);
  });

  it('answers who leads in an older term with its own', () => {
    const one = follower();
    expect([
      one.step('App', 2, { term: 1 }),
      one.step('Heartbeat', 2, { term: 1 }),
      one.step('AppResp', 2, { term: 1 }),
      one.step('Snap', 2, { term: 1 }),
      one.state,
    ]).toEqual([['AppResp>2 term 2'], ['AppResp>2 term 2'], [], [], 'follower 2 of -1, 0/3']);
  });

  it('commits with a heartbeat what the leader says, and gives its word back', () => {
    const one = follower();
    expect([one.step('Heartbeat', 3, { commit: 2, context: 'r' }), one.state, one.applied]).toEqual([
      ['HeartbeatResp>3 term 2 r'],
      'follower 2 of 3, 2/3',
      ['1.1', '2.1'],
    ]);
  });

  it('passes on to its leader what it is asked, and refuses when there is none', () => {
    const one = follower();
    expect([one.raft.propose('x', 1), one.raft.readIndex('r'), one.step('Prop', 3, { term: 0, entries: [entry(0, 0)] })]).toEqual([
      false,
      false,
      [],
    ]);
    one.raft.transferLeadership(3);
    expect([one.out(), one.step('ReadIndex', 3, { term: 0, context: 'r' }), one.step('TransferLeader', 3, { term: 0, index: 1 })]).toEqual([
      [],
      [],
      [],
    ]);
    one.step('Heartbeat', 2);
    expect([one.raft.propose('x', 1), one.raft.readIndex('r')]).toEqual([true, true]);
    one.raft.transferLeadership(3);
    expect(one.out()).toEqual(['Prop>2 term 0 x', 'ReadIndex>2 term 0 r', 'TransferLeader>2 term 0 at 3']);
    expect(one.step('Prop', 3, { term: 0, entries: [entry(0, 0)] })).toEqual(['Prop>2 term 0 0.0']);
    one.step('ReadIndexResp', 2, { index: 7, context: 'r' });
    expect(one.reads).toEqual(['r@7']);
  });

  it('takes a snapshot that is ahead of it, with its members, and no other', () => {
    const snapshot = { index: 8, term: 2, voters: [1, 2], learners: [4], data: ['all'], bytes: 1 };
    const one = follower();
    expect(one.step('Snap', 2, { snapshot })).toEqual(['AppResp>2 term 2 at 8']);
    expect([one.state, [...one.raft.voters], [...one.raft.learners], one.durable.firstIndex, one.raft.log.applied]).toEqual([
      'follower 2 of 2, 8/8',
      [1, 2],
      [4],
      9,
      8,
    ]);
    expect([
      one.step('Snap', 2, { snapshot: { ...snapshot, index: 8 } }),
      one.step('Snap', 2, { snapshot: { ...snapshot, index: 5 } }),
    ]).toEqual([['AppResp>2 term 2 at 8'], ['AppResp>2 term 2 at 8']]);
    const two = follower();
    expect([two.step('Snap', 2, { snapshot: { ...snapshot, index: 3 } }), two.state, two.raft.voters.size]).toEqual([
      ['AppResp>2 term 2 at 3'],
      'follower 2 of 2, 3/3',
      3,
    ]);
    const three = follower();
    three.step('Snap', 2, { snapshot: { index: 3, term: 5, voters: [1], data: [], bytes: 0 } });
    expect([three.state, three.raft.learners.size]).toEqual(['follower 2 of 2, 3/3', 0]);
  });
});

describe('what is to be done', () => {
  it('is nothing, or says what must be on disk before it is sent', () => {
    const one = new Bench([1, 2, 3], { terms: [1] });
    expect(one.raft.ready()).toBeUndefined();
    one.raft.step({
      kind: 'RaftMessage',
      type: 'Heartbeat',
      from: 2,
      to: 1,
      term: 1,
      logTerm: 0,
      index: 0,
      commit: 1,
      entries: [],
      reject: false,
      rejectHint: 0,
      context: '',
      snapshot: undefined,
    });
    const committed = one.raft.ready();
    expect([committed?.mustSync, committed?.hard, committed?.committed.length, committed?.messages.length]).toEqual([
      false,
      { term: 1, vote: -1, commit: 1 },
      1,
      1,
    ]);
    one.raft.advance(committed as never);
    expect(one.raft.ready()).toBeUndefined();
    one.raft.campaign();
    const asking = one.raft.ready();
    expect([asking?.mustSync, asking?.hard, asking?.messages.length]).toEqual([false, undefined, 2]);
    one.raft.advance(asking as never);
    one.raft.step({ ...(committed?.messages[0] as RaftMessage), type: 'Vote', from: 2, to: 1, term: 2, index: 1, logTerm: 1 });
    const voting = one.raft.ready();
    expect([voting?.mustSync, voting?.hard]).toEqual([true, { term: 2, vote: 2, commit: 1 }]);
  });
});

describe('a leader', () => {
  it('sends what is proposed to all, and commits it when a majority has it, itself included only when it is on disk', () => {
    const one = new Bench().lead();
    expect(one.state).toBe('leader 1 of 1, 1/1');
    one.raft.propose('x', 1);
    expect(one.out()).toEqual(['App>2 term 1 at 1 of 1 x commit 1', 'App>3 term 1 at 1 of 1 x commit 1']);
    expect([one.step('AppResp', 2, { index: 2 }), one.applied, one.step('AppResp', 3, { index: 2 })]).toEqual([
      ['App>2 term 1 at 2 of 1 commit 2', 'App>3 term 1 at 2 of 1 commit 2'],
      ['x'],
      [],
    ]);
    const two = new Bench([1, 2]).lead();
    two.raft.propose('y', 1);
    const ready = two.raft.ready();
    two.raft.step({ ...(ready?.messages[0] as RaftMessage), type: 'AppResp', from: 2, to: 1, index: 2 });
    expect(two.state).toBe('leader 1 of 1, 1/2');
    two.durable.save(ready as never);
    two.raft.advance(ready as never);
    expect(two.state).toBe('leader 1 of 1, 2/2');
  });

  it('beats, carrying no more than each follower is known to have', () => {
    const one = new Bench().lead();
    one.raft.propose('x', 1);
    one.out();
    one.step('AppResp', 2, { index: 2 });
    expect([one.tick(1), one.tick(1), one.tick(1)]).toEqual([[], ['Heartbeat>2 term 1 commit 2', 'Heartbeat>3 term 1 commit 1'], []]);
    expect(one.step('HeartbeatResp', 2)).toEqual([]);
    expect(one.step('HeartbeatResp', 3)).toEqual(['App>3 term 1 at 2 of 1 commit 2']);
  });

  it('steps down when it hears no majority for an election timeout, or of a later term', () => {
    const one = new Bench([1, 2, 3, 4, 5]).lead();
    one.tick(10);
    for (const id of [2, 3]) one.step('HeartbeatResp', id);
    one.tick(10);
    expect(one.state).toBe('leader 1 of 1, 1/1');
    one.step('HeartbeatResp', 2);
    one.tick(9);
    expect(one.state).toBe('leader 1 of 1, 1/1');
    one.tick(1);
    expect([one.state, one.raft.isLeader]).toEqual(['follower 1 of -1, 1/1', false]);
    const two = new Bench().lead();
    two.step('AppResp', 2, { term: 5 });
    expect(two.state).toBe('follower 5 of -1, 1/1');
  });

  it('goes back for a follower that refuses, a run of entries at a time', () => {
    const one = new Bench([1, 2, 3], { terms: [1, 1, 4, 4] });
    one.raft.campaign();
    one.out();
    one.step('PreVoteResp', 2, { term: 5 });
    expect(one.step('VoteResp', 2)).toEqual(['App>2 term 5 at 4 of 4 -', 'App>3 term 5 at 4 of 4 -']);
    expect(one.step('AppResp', 2, { index: 4, reject: true, rejectHint: 3, logTerm: 2 })).toEqual(['App>2 term 5 at 2 of 1 3.4+4.4+-']);
    expect(one.step('AppResp', 2, { index: 9, reject: true, rejectHint: 1, logTerm: 1 })).toEqual([]);
    expect(one.step('AppResp', 2, { index: 2, reject: true, rejectHint: 0 })).toEqual(['App>2 term 5 1.1+2.1+3.4+4.4+-']);
    expect(one.step('AppResp', 2, { index: 5 })).toEqual(['App>2 term 5 at 5 of 5 commit 5']);
    expect(one.step('AppResp', 3, { index: 4 })).toEqual(['App>3 term 5 at 4 of 4 - commit 5']);
    expect(one.step('AppResp', 9, { index: 5 })).toEqual([]);
  });

  it('sends much in pieces, and waits for who is probed', () => {
    const one = new Bench([1, 2, 3], { maxMessageBytes: 25 }).lead();
    for (const word of ['a', 'b', 'c', 'd', 'e']) one.raft.propose(word, 10);
    expect(one.out().filter((each) => each.startsWith('App>2'))).toEqual(
      ['a', 'b', 'c', 'd', 'e'].map((word, i) => `App>2 term 1 at ${i + 1} of 1 ${word} commit 1`),
    );
    expect(one.step('AppResp', 2, { index: 3, reject: true, rejectHint: 1, logTerm: 1 })).toEqual(['App>2 term 1 at 1 of 1 a+b commit 1']);
    expect(one.step('HeartbeatResp', 2)).toEqual(['App>2 term 1 at 1 of 1 a+b commit 1']);
    expect(one.step('AppResp', 2, { index: 3 }).filter((each) => each.startsWith('App>2'))).toEqual([
      'App>2 term 1 at 3 of 1 c+d commit 3',
      'App>2 term 1 at 5 of 1 e commit 3',
    ]);
  });

  it('sends a snapshot to who needs what it has forgotten, and goes on from there', () => {
    const one = new Bench([1, 2, 3]).lead();
    for (const word of ['a', 'b', 'c']) {
      one.raft.propose(word, 1);
      one.out();
      one.step('AppResp', 2, { index: one.raft.log.lastIndex });
    }
    one.durable.compact({ index: 3, term: 1, voters: [1, 2, 3], data: [], bytes: 0 }, 3);
    expect(one.step('AppResp', 3, { index: 2, reject: true, rejectHint: 1, logTerm: 1 })).toEqual(['Snap>3 term 1 snapshot 3']);
    expect([one.step('HeartbeatResp', 3), one.raft.propose('d', 1), one.out()]).toEqual([[], true, ['App>2 term 1 at 4 of 1 d commit 4']]);
    expect(one.step('AppResp', 3, { index: 3 })).toEqual(['App>3 term 1 at 3 of 1 c+d commit 4']);
  });

  it('answers reads when a majority has confirmed it since, earlier ones along', () => {
    const one = new Bench([1, 2, 3, 4, 5]).lead();
    one.raft.readIndex('a');
    one.raft.readIndex('b');
    expect(one.out().filter((each) => each.includes('>2'))).toEqual(['Heartbeat>2 term 1 commit 1 a', 'Heartbeat>2 term 1 commit 1 b']);
    expect(one.tick(2)[0]).toBe('Heartbeat>2 term 1 commit 1 b');
    expect([one.step('HeartbeatResp', 2, { context: 'b' }), one.reads]).toEqual([[], []]);
    one.step('HeartbeatResp', 3, { context: 'x' });
    one.step('HeartbeatResp', 3);
    expect(one.reads).toEqual([]);
    one.step('HeartbeatResp', 3, { context: 'b' });
    expect(one.reads).toEqual(['a@1', 'b@1']);
    one.step('ReadIndex', 4, { context: 'c', term: 0 });
    one.step('HeartbeatResp', 2, { context: 'c' });
    expect(one.step('HeartbeatResp', 4, { context: 'c' })).toEqual(['ReadIndexResp>4 term 1 at 1 c']);
  });

  it('holds reads back until it has committed an entry of its own term', () => {
    const one = new Bench();
    one.raft.campaign();
    one.out();
    one.step('PreVoteResp', 2, { term: 1 });
    one.step('VoteResp', 2);
    one.raft.readIndex('early');
    expect(one.out()).toEqual([]);
    expect(one.step('AppResp', 2, { index: 1 }).filter((each) => each.includes('early'))).toEqual([
      'Heartbeat>2 term 1 commit 1 early',
      'Heartbeat>3 term 1 early',
    ]);
    one.step('HeartbeatResp', 3, { context: 'early' });
    expect(one.reads).toEqual(['early@1']);
  });

  it('commits nothing of an earlier term by counting', () => {
    const one = new Bench([1, 2, 3], { terms: [1, 1] });
    one.raft.campaign();
    one.out();
    one.step('PreVoteResp', 2, { term: 2 });
    one.step('VoteResp', 2);
    one.step('AppResp', 2, { index: 2 });
    expect(one.state).toBe('leader 2 of 1, 0/3');
    one.step('AppResp', 2, { index: 3 });
    expect(one.state).toBe('leader 2 of 1, 3/3');
  });
});

describe('handing over', () => {
  it('tells who has all at once, brings up who has not, and takes no proposals meanwhile', () => {
    const one = new Bench().lead();
    one.raft.propose('x', 1);
    one.out();
    one.step('AppResp', 2, { index: 2 });
    for (const nobody of [1, 9]) one.raft.transferLeadership(nobody);
    expect(one.out()).toEqual([]);
    one.raft.transferLeadership(2);
    expect([one.out(), one.raft.propose('no', 1)]).toEqual([['TimeoutNow>2 term 1'], false]);
    one.raft.transferLeadership(2);
    expect(one.out()).toEqual([]);
    expect(one.step('TransferLeader', 2, { term: 0, index: 3 })).toEqual(['App>3 term 1 at 2 of 1 commit 2']);
    expect(one.step('AppResp', 3, { index: 2 })).toEqual(['TimeoutNow>3 term 1']);
  });

  it('is given up after an election timeout', () => {
    const one = new Bench().lead();
    one.raft.transferLeadership(2);
    one.tick(9);
    expect(one.raft.propose('no', 1)).toBe(false);
    one.step('HeartbeatResp', 3);
    one.tick(1);
    expect([one.raft.propose('yes', 1), one.state]).toEqual([true, 'leader 1 of 1, 1/2']);
  });
});

describe('a change of membership', () => {
  const change = (one: Bench, what: MembershipChange): string[] => {
    one.raft.propose(undefined, 0, what);
    const sent = one.out();
    for (const id of [...one.raft.voters, ...one.raft.learners])
      if (id !== 1) sent.push(...one.step('AppResp', id, { index: one.raft.log.lastIndex }));
    return sent;
  };

  it('brings a learner up, makes it a voter, and takes it out', () => {
    const one = new Bench([1, 2, 3]).lead();
    change(one, { learner: 4 });
    expect([[...one.raft.voters], [...one.raft.learners]]).toEqual([[1, 2, 3], [4]]);
    expect(one.step('AppResp', 4, { index: 2, reject: true, rejectHint: 0 })).toEqual(['App>4 term 1 -+{"learner":4} commit 2']);
    expect([
      one.raft.leadership?.isInSync(4),
      one.step('AppResp', 4, { index: 2 }).length > 0,
      one.raft.leadership?.isInSync(4),
      one.raft.leadership?.isInSync(9),
    ]).toEqual([false, true, true, false]);
    change(one, { add: 4 });
    expect([[...one.raft.voters], [...one.raft.learners]]).toEqual([[1, 2, 3, 4], []]);
    change(one, { remove: 4 });
    expect(one.tick(2)).toEqual(['Heartbeat>2 term 1 commit 4', 'Heartbeat>3 term 1 commit 4']);
    expect(one.step('AppResp', 4, { index: 4 })).toEqual([]);
  });

  it('happens one at a time: the second becomes an empty entry', () => {
    const one = new Bench([1, 2, 3]).lead();
    one.raft.propose(undefined, 0, { add: 4 });
    one.raft.propose(undefined, 0, { add: 5 });
    expect(one.out().filter((each) => each.startsWith('App>2'))).toEqual([
      'App>2 term 1 at 1 of 1 {"add":4} commit 1',
      'App>2 term 1 at 2 of 1 - commit 1',
    ]);
    one.step('AppResp', 2, { index: 3 });
    expect([...one.raft.voters]).toEqual([1, 2, 3, 4]);
    one.raft.propose(undefined, 0, { remove: 4 });
    expect(one.out().some((each) => each.includes('{"remove":4}'))).toBe(true);
  });

  it('lets a leader go that takes itself out, and a hand-over end with who is taken out', () => {
    const one = new Bench([1, 2, 3]).lead();
    change(one, { remove: 1 });
    expect(one.state).toBe('follower 1 of -1, 2/2');
    const two = new Bench([1, 2, 3]).lead();
    two.raft.propose(undefined, 0, { remove: 3 });
    two.raft.transferLeadership(3);
    two.out();
    two.step('AppResp', 2, { index: 2 });
    expect([two.raft.voters.has(3), two.raft.propose('x', 1)]).toEqual([false, true]);
  });

  it('that leaves fewer voters commits what those have', () => {
    const one = new Bench([1, 2, 3]).lead();
    one.raft.propose(undefined, 0, { remove: 3 });
    one.raft.propose('x', 1);
    one.out();
    one.step('AppResp', 2, { index: 2 });
    expect(one.state).toBe('leader 1 of 1, 2/3');
    one.step('AppResp', 2, { index: 3 });
    expect([one.state, one.applied]).toEqual(['leader 1 of 1, 3/3', ['x']]);
  });

  it('knows whether a majority is active without looking anew', () => {
    const one = new Bench([1, 2, 3]).lead();
    expect(one.raft.leadership?.isQuorumActive()).toBe(true);
    one.raft.propose('x', 1);
    one.out();
    expect(one.raft.leadership?.hearsQuorum()).toBe(true);
    expect([one.raft.leadership?.isQuorumActive(), one.raft.leadership?.hearsQuorum()]).toEqual([true, false]);
  });
});

describe('the window to a follower', () => {
  it('closes when it is full, opens with an answer, and lets an empty message by when a heartbeat was answered', () => {
    const one = new Bench().lead();
    for (let i = 0; i < 513; i += 1) one.raft.propose('w', 1);
    expect(one.out().filter((each) => each.startsWith('App>3'))).toHaveLength(512);
    expect(one.step('HeartbeatResp', 3)).toEqual(['App>3 term 1 at 513 of 1 commit 1']);
    expect(one.step('AppResp', 3, { index: 2 }).filter((each) => each.includes('App>3 term 1 at 513 of 1 w'))).toHaveLength(1);
  });

  it('is open again to a probed follower that has nothing new but agrees', () => {
    const one = new Bench().lead();
    one.raft.propose('x', 1);
    one.out();
    const again = ['App>3 term 1 at 1 of 1 x commit 1'];
    expect(one.step('AppResp', 3, { index: 2, reject: true, rejectHint: 1, logTerm: 1 })).toEqual(again);
    expect([one.step('AppResp', 3, { index: 1 }), one.step('AppResp', 3, { index: 1 })]).toEqual([again, []]);
  });

  it('stays shut behind a snapshot, which is sent again when a hundred heartbeats did not bring it', () => {
    const one = new Bench().lead();
    for (const word of ['a', 'b', 'c']) {
      one.raft.propose(word, 1);
      one.out();
      one.step('AppResp', 2, { index: one.raft.log.lastIndex });
    }
    one.durable.compact({ index: 3, term: 1, voters: [1, 2, 3], data: [], bytes: 0 }, 3);
    const sent = ['Snap>3 term 1 snapshot 3'];
    expect(one.step('AppResp', 3, { index: 2, reject: true, rejectHint: 1, logTerm: 1 })).toEqual(sent);
    for (let beat = 0; beat < 100; beat += 1) expect(one.step('HeartbeatResp', 3)).toEqual([]);
    expect(one.step('HeartbeatResp', 3)).toEqual(sent);
    expect(one.step('AppResp', 3, { index: 2 })).toEqual([]);
  });

  it('takes a hint without a term as it is', () => {
    const one = new Bench([1, 2, 3], { terms: [1, 1, 1, 1] });
    one.raft.campaign();
    one.out();
    one.step('PreVoteResp', 2, { term: 2 });
    one.step('VoteResp', 2);
    expect(one.step('AppResp', 2, { index: 4, reject: true, rejectHint: 2 })).toEqual(['App>2 term 2 at 2 of 1 3.1+4.1+-']);
  });
});

describe('what a leader is asked', () => {
  it('may be several entries at once', () => {
    const one = new Bench().lead();
    expect(one.step('Prop', 2, { term: 0, entries: [entry(0, 1), entry(0, 2)] })[0]).toBe('App>2 term 1 at 1 of 1 0.1+0.2 commit 1');
    one.step('AppResp', 2, { index: 3 });
    expect([one.state, one.applied, one.durable.entries.map(({ index }) => index)]).toEqual([
      'leader 1 of 1, 3/3',
      ['0.1', '0.2'],
      [1, 2, 3],
    ]);
  });

  it('may be to hand over to a learner: it does not', () => {
    const one = new Bench([1, 2, 3], { learners: [4] }).lead();
    one.raft.transferLeadership(4);
    expect([one.out(), one.raft.propose('x', 1)]).toEqual([[], true]);
  });

  it('may be a change of members while it hands over: it goes on handing over', () => {
    const one = new Bench().lead();
    one.raft.propose(undefined, 0, { learner: 4 });
    one.raft.transferLeadership(2);
    one.out();
    one.step('AppResp', 3, { index: 2 });
    expect([one.raft.learners.has(4), one.raft.propose('x', 1)]).toEqual([true, false]);
  });

  it('is whether a member is in sync: with nine tenths of the log', () => {
    const one = new Bench().lead();
    for (let i = 0; i < 9; i += 1) one.raft.propose('w', 1);
    one.out();
    const isInSync = (index: number): boolean | undefined => {
      one.step('AppResp', 2, { index });
      return one.raft.leadership?.isInSync(2);
    };
    expect([isInSync(2), isInSync(8), isInSync(9)]).toEqual([false, false, true]);
  });

  it('is whether a majority is active: a new member is, until nothing is heard of it', () => {
    const one = new Bench([1]);
    one.tick(10);
    one.raft.propose(undefined, 0, { add: 2 });
    one.out();
    const { leadership } = one.raft;
    expect([one.raft.voters.size, leadership?.isQuorumActive(), leadership?.hearsQuorum(), leadership?.isQuorumActive()]).toEqual([
      2,
      true,
      true,
      false,
    ]);
  });
});
