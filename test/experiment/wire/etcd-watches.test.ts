import { describe, expect, it } from 'vitest';
import type { EtcdEvent } from '#etcd';
import type { Context, Message } from '#sim';
import { CommitLog } from '../../../src/experiment/wire/commit-log.ts';
import { EtcdWatchJudge } from '../../../src/experiment/wire/etcd-watches.ts';

const event = (key: string, modRevision: number) => ({ type: 'PUT', kv: { key, modRevision } }) as EtcdEvent;
const EVENTS = [event('/registry/pods/a', 4), event('/registry/pods/b', 6), event('/registry/pods/c', 7)];

/** What a server's watch is told of these revisions; its member was at 5 when it answered, if it did. */
function told(startRevision: number, isAnswered: boolean, ...revisions: readonly number[]): readonly string[] {
  const found: string[] = [];
  const log = new CommitLog();
  log.events.push(...EVENTS);
  log.revision = 7;
  const judge = new EtcdWatchJudge(log, (id) => found.push(id));
  const hears = (message: object, self: number, source: number) => judge.before(message as Message, { now: 1, self, source } as Context);
  const operation = { op: 'watch', key: '/registry/pods/', startRevision };
  hears({ kind: 'EtcdRequest', id: 8, operation }, 0, 3);
  if (isAnswered) hears({ kind: 'EtcdResponse', id: 8, revision: 5 }, 3, 0);
  revisions.forEach((revision, sequence) => {
    const events = EVENTS.filter(({ kv }) => kv.modRevision === revision);
    hears({ kind: 'EtcdEvents', id: 8, sequence, events, revision }, 3, 0);
  });
  return found;
}

describe('watches of etcd', () => {
  it('W4: one hears of all from where it begins', () => {
    expect(told(4, true, 4, 6, 7)).toEqual([]);
    expect(told(4, true, 6)).toEqual(['W4']);
  });

  it('one that begins with the present hears of what comes after its answer, all of it', () => {
    expect(told(0, true, 6, 7)).toEqual([]);
    expect(told(0, true, 7)).toEqual(['W4']);
    expect(told(0, true, 4)).toEqual(['W2']);
    expect(told(0, false, 7)).toEqual([]);
  });
});
