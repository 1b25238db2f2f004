import { describe, expect, it } from 'vitest';
import type { Context, Message } from '#sim';
import { ReadJudge } from '../../../src/experiment/wire/reads.ts';

const SERVER = 9;

/** What is asked of members and what they answer: [second, member, message]. */
function told(...messages: readonly (readonly [second: number, member: number, message: object])[]) {
  const found: string[] = [];
  const judge = new ReadJudge((id, _at, message) => found.push(`${id} ${message}`));
  for (const [second, member, message] of messages) {
    const isAnswer = (message as Message).kind === 'EtcdResponse';
    const ends = isAnswer ? { self: SERVER, source: member } : { self: member, source: SERVER };
    judge.before(message as Message, { now: second * 1e6, ...ends } as Context);
  }
  return found;
}
const write = { kind: 'EtcdRequest', id: 1, operation: { op: 'guarded' } };
const written = (revision: number) => ({ kind: 'EtcdResponse', id: 1, succeeded: true, revision });
const read = { kind: 'EtcdRequest', id: 2, operation: { op: 'range', key: '/a' } };
const answer = (revision: number) => ({ kind: 'EtcdResponse', id: 2, revision });

describe('reads of etcd', () => {
  it('L1: an answer older than what was acknowledged before the question is told of', () => {
    expect(told([1, 0, write], [2, 0, written(7)], [3, 1, read], [4, 1, answer(6)])[0]).toContain(
      'L1 member 1 answers host 9 with revision 6',
    );
    expect(told([1, 0, write], [2, 0, written(7)], [3, 1, read], [4, 1, answer(7)])).toEqual([]);
  });

  it('L1 holds each member to when it was asked', () => {
    expect(told([1, 1, read], [2, 0, write], [3, 0, written(7)], [4, 0, read], [5, 0, answer(7)], [6, 1, answer(6)])).toEqual([]);
    expect(told([1, 1, read], [2, 0, write], [3, 0, written(7)], [4, 0, read], [5, 0, answer(6)])).toHaveLength(1);
  });
});
