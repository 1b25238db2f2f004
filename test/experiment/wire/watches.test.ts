import { describe, expect, it } from 'vitest';
import type { EtcdEvent } from '#etcd';
import type { Context, Message } from '#sim';
import { CommitLog } from '../../../src/experiment/wire/commit-log.ts';
import { WatchJudge } from '../../../src/experiment/wire/watches.ts';

const event = (key: string, modRevision: number) => ({ type: 'PUT', kv: { key, modRevision } }) as EtcdEvent;
const EVENTS = [event('/registry/pods/default/a', 4), event('/registry/pods/other/b', 5), event('/registry/pods/default/c', 6)];

/** What a watch from revision 3 is told, one message each. */
function told(request: object, ...versions: readonly number[]): readonly string[] {
  const found: string[] = [];
  const log = new CommitLog();
  log.events.push(...EVENTS);
  log.revision = 9;
  const judge = new WatchJudge(log, (id, _at, message) => found.push(`${id} ${message}`));
  const asked = { kind: 'ApiRequest', id: 1, verb: 'watch', resource: 'pods', options: { resourceVersion: '3' }, ...request };
  judge.before(asked as Message, { now: 1, self: 0, source: 9 } as Context);
  versions.forEach((version, sequence) => {
    const events = [{ type: 'ADDED', object: { metadata: { resourceVersion: String(version) } } }];
    judge.before({ kind: 'WatchEvents', id: 1, sequence, events } as unknown as Message, { now: 2, self: 9, source: 0 } as Context);
  });
  return found;
}

describe('watches', () => {
  it('A3: one of everything, or of a namespace, hears of all that happened there', () => {
    expect(told({}, 4, 5, 6)).toEqual([]);
    expect(told({}, 4, 6)[0]).toContain('is told of version 6 and was not told of 5');
    expect(told({ namespace: 'default' }, 4, 6)).toEqual([]);
    expect(told({ namespace: 'default' }, 6)[0]).toContain('is told of version 6 and was not told of 4');
  });

  it('A3: it hears of nothing else', () => {
    expect(told({ namespace: 'default' }, 4, 5)[0]).toContain('is told of version 5, at which nothing happened to what it watches');
    expect(told({}, 4, 5, 6, 8)[0]).toContain('is told of version 8, at which nothing happened');
  });

  it('A3 asks it only of those that watch all of it', () => {
    expect(told({ name: 'c' }, 6)).toEqual([]);
    expect(told({ options: { resourceVersion: '3', labelSelector: 'app=c' } }, 6)).toEqual([]);
  });
});
