import { describe, expect, it } from 'vitest';
import type { EtcdEvent } from '#etcd';
import type { Context, Message } from '#sim';
import { CommitLog } from '../../../src/experiment/wire/commit-log.ts';
import { ReplayJudge } from '../../../src/experiment/wire/replay.ts';

const event = (key: string, modRevision: number, type: 'PUT' | 'DELETE' = 'PUT') => ({ type, kv: { key, modRevision } }) as EtcdEvent;
/** /a at 2 and 4, /b at 3, gone at 5. */
const EVENTS = [event('/a', 2), event('/b', 3), event('/a', 4), event('/b', 5, 'DELETE')];

/** What the judge says of one question and its answer. */
function told(operation: object, answer: object): readonly string[] {
  const found: string[] = [];
  const log = new CommitLog();
  log.events.push(...EVENTS);
  const judge = new ReplayJudge(log, (id, _at, message) => found.push(`${id} ${message}`));
  judge.before({ kind: 'EtcdRequest', id: 1, operation } as Message, { now: 1, self: 0, source: 9 } as Context);
  judge.before({ kind: 'EtcdResponse', id: 1, ...answer } as Message, { now: 2, self: 9, source: 0 } as Context);
  return found;
}
const all = { op: 'range', key: '/', rangeEnd: '0' };
const a = (modRevision: number) => ({ key: '/a', modRevision });
const b = (modRevision: number) => ({ key: '/b', modRevision });

describe('reads of etcd against a replay', () => {
  it('L2: what was committed holds', () => {
    expect(told(all, { revision: 5, kvs: [a(4)], count: 1 })).toEqual([]);
    expect(told({ ...all, revision: 3 }, { revision: 5, kvs: [a(2), b(3)], count: 2 })).toEqual([]);
    expect(told({ op: 'range', key: '/b' }, { revision: 5, kvs: [], count: 0 })).toEqual([]);
    expect(told({ op: 'guarded', key: '/a' }, { revision: 4, kvs: [a(4)], succeeded: false })).toEqual([]);
  });

  it('L2: an old value, a deleted key and a missing one are told of', () => {
    expect(told(all, { revision: 5, kvs: [a(2)], count: 1 })[0]).toContain(
      'L2 member 0 reads / at revision 5 for host 9: /a is of 2, committed is 4',
    );
    expect(told(all, { revision: 5, kvs: [a(4), b(3)], count: 2 })[0]).toContain('/b is of 3, committed is none');
    expect(told({ ...all, revision: 3 }, { revision: 5, kvs: [a(2)], count: 1 })[0]).toContain('1 keys, committed are 2');
    expect(told({ op: 'guarded', key: '/a' }, { revision: 4, kvs: [a(2)], succeeded: false })).toHaveLength(1);
  });
});
