import { describe, expect, it } from 'vitest';
import type { EtcdEvent } from '#etcd';
import type { Context, Message } from '#sim';
import { CommitLog } from '../../../src/experiment/wire/commit-log.ts';
import { WriteJudge } from '../../../src/experiment/wire/writes.ts';

const event = (key: string, modRevision: number, type: 'PUT' | 'DELETE' = 'PUT') => ({ type, kv: { key, modRevision } }) as EtcdEvent;
const EVENTS = [event('/registry/pods/default/a', 4), event('/registry/pods/default/b', 5, 'DELETE'), event('/registry/pods/default/c', 6)];

/** What the judge says of one write and its answer. */
function told(request: object, code: number, object: object | undefined): readonly string[] {
  const found: string[] = [];
  const log = new CommitLog();
  log.events.push(...EVENTS);
  const judge = new WriteJudge(log, (id, _at, message) => found.push(`${id} ${message}`));
  judge.before({ kind: 'ApiRequest', id: 1, resource: 'pods', ...request } as Message, { now: 1, self: 0, source: 9 } as Context);
  judge.before({ kind: 'ApiResponse', id: 1, code, object } as Message, { now: 2, self: 9, source: 0 } as Context);
  return found;
}
const stored = (name: string, resourceVersion?: string) => ({ metadata: { name, uid: 'u', resourceVersion } });

describe('writes', () => {
  it('A1: what is acknowledged and is not in the store is told of', () => {
    expect(told({ verb: 'update' }, 200, stored('a', '6'))).toEqual([
      'A1 server 0 answers host 9 with 200 to a update of pods: a of version 6 is not in the store',
    ]);
    expect(told({ verb: 'create' }, 201, stored('b', '5'))).toHaveLength(1);
    expect(told({ verb: 'patch', subresource: 'status' }, 200, stored('a'))[0]).toContain('a of version none');
  });

  it('A1: what is there, is refused, is only tried, or is not stored at all is not', () => {
    expect(told({ verb: 'update' }, 200, stored('a', '4'))).toEqual([]);
    expect(told({ verb: 'update' }, 409, stored('a', '9'))).toEqual([]);
    expect(told({ verb: 'update', options: { dryRun: ['All'] } }, 200, stored('a', '9'))).toEqual([]);
    expect(told({ verb: 'create', subresource: 'binding' }, 201, stored('a', '9'))).toEqual([]);
    expect(told({ verb: 'create' }, 201, { metadata: { name: 'review' } })).toEqual([]);
    expect(told({ verb: 'get' }, 200, stored('a', '9'))).toEqual([]);
  });
});
