import { describe, expect, it } from 'vitest';
import { changeMembers } from '../../../src/etcd/raft/membership.ts';
import { committedIndex, majority, voteResult } from '../../../src/etcd/raft/quorum.ts';
import { ReadOnly } from '../../../src/etcd/raft/read-only.ts';

describe('quorum', () => {
  it('is more than half', () => expect([0, 1, 2, 3, 4, 5, 6, 7].map(majority)).toEqual([1, 1, 2, 2, 3, 3, 4, 4]));

  it.each([
    [[7], 7],
    [[1, 9], 1],
    [[10, 9, 2], 9],
    [[4, 1, 3, 2], 2],
    [[100, 20, 3, 40, 5], 20],
    [[], Number.POSITIVE_INFINITY],
  ])('has %j committed up to %i', (matches, index) => expect(committedIndex(matches)).toBe(index));

  it.each([
    ['won', [], {}],
    ['won', [1], { 1: true }],
    ['lost', [1], { 1: false }],
    ['pending', [1], {}],
    ['pending', [1, 2], { 1: true }],
    ['lost', [1, 2], { 1: false }],
    ['won', [1, 2, 3], { 1: true, 2: true }],
    ['pending', [1, 2, 3], { 1: true, 2: false }],
    ['lost', [1, 2, 3], { 1: false, 2: false }],
    ['pending', [1, 2, 3], { 1: true, 8: true, 9: true }],
    ['lost', [1, 2, 3, 4], { 1: true, 2: false, 3: false }],
  ])('%s by %j, of whom so far %j', (result, voters, votes) => {
    expect(voteResult(voters, new Map(Object.entries(votes).map(([id, vote]) => [Number(id), vote])))).toBe(result);
  });
});

describe('membership', () => {
  const changed = (change: object): number[][] => {
    const [voters, learners] = [new Set([1, 2]), new Set([3])];
    changeMembers(voters, learners, change as never);
    return [[...voters], [...learners]];
  };
  it('adds voters and learners, promotes, and removes either', () => {
    expect([
      changed({ add: 4 }),
      changed({ add: 3 }),
      changed({ learner: 4 }),
      changed({ learner: 2 }),
      changed({ remove: 2 }),
      changed({ remove: 3 }),
      changed({}),
    ]).toEqual([
      [[1, 2, 4], [3]],
      [[1, 2, 3], []],
      [
        [1, 2],
        [3, 4],
      ],
      [[1, 2], [3]],
      [[1], [3]],
      [[1, 2], []],
      [[1, 2], [3]],
    ]);
  });
});

describe('reads that wait for a quorum', () => {
  const read = (context: string, index = 5) => ({ context, from: 1, index, acks: new Map([[1, true]]) });
  it('are confirmed together with those before them', () => {
    const reads = new ReadOnly();
    expect([reads.lastContext, reads.advance('a')]).toEqual(['', []]);
    const [a, b, c] = [read('a'), read('b'), read('c')];
    for (const each of [a, b, c]) reads.add(each);
    expect(reads.lastContext).toBe('c');
    expect([...reads.acknowledge('b', 2)]).toEqual([
      [1, true],
      [2, true],
    ]);
    expect([[...a.acks.keys()], [...c.acks.keys()], reads.acknowledge('x', 2).size]).toEqual([[1], [1], 0]);
    expect(reads.advance('b')).toEqual([a, b]);
    expect([reads.advance('b'), reads.lastContext, reads.advance('c'), reads.lastContext]).toEqual([[], 'c', [c], '']);
  });

  it('are asked for once by one name', () => {
    const reads = new ReadOnly();
    const first = read('a', 5);
    reads.add(first);
    reads.add(read('a', 9));
    expect(reads.advance('a')).toEqual([first]);
    expect(reads.advance('a')).toEqual([]);
  });
});
