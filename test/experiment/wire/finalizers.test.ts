import { describe, expect, it } from 'vitest';
import type { EtcdEvent } from '#etcd';
import type { Context, Host } from '#sim';
import { CommitLog } from '../../../src/experiment/wire/commit-log.ts';
import { FinalizerJudge } from '../../../src/experiment/wire/finalizers.ts';

interface Meta {
  readonly finalizers?: readonly string[];
  readonly deletionTimestamp?: string;
}
const kv = (metadata: Meta) => ({ key: '/registry/pods/default/a', modRevision: 7, value: { metadata } });

/** What the judge says of an object that was so and became so; no second: it is gone. */
function told(before: Meta, now?: Meta): readonly string[] {
  const found: string[] = [];
  const log = new CommitLog();
  log.events.push({ type: now === undefined ? 'DELETE' : 'PUT', kv: kv(now ?? {}), previous: kv(before) } as unknown as EtcdEvent);
  const judge = new FinalizerJudge(log, (id, _at, message) => found.push(`${id} ${message}`));
  for (let i = 0; i < 2; i++) judge.after({ kind: 'x' }, {} as Host, { now: 1 } as Context);
  return found;
}
const held = { finalizers: ['example.com/a', 'foregroundDeletion'] };
const dying = { deletionTimestamp: '2026-01-01T00:00:00Z' };

describe('finalizers, as they are committed', () => {
  it('A9: a deletion that removes what has one, or takes one off, is told of once', () => {
    expect(told(held)).toEqual([
      'A9 /registry/pods/default/a is gone at revision 7 and has lost finalizer example.com/a, foregroundDeletion',
    ]);
    expect(told(held, dying)[0]).toContain('A9 /registry/pods/default/a is marked as deleted at revision 7');
  });

  it('A9 lets a deletion mark, and change what belongs to its policy', () => {
    expect(told(held, { ...held, ...dying })).toEqual([]);
    expect(told(held, { finalizers: ['example.com/a', 'orphan'], ...dying })).toEqual([]);
    expect(told({ finalizers: [] })).toEqual([]);
  });

  it('A9 lets updates take finalizers off, whether the object is being deleted or not', () => {
    expect(told(held, { finalizers: [] })).toEqual([]);
    expect(told({ ...held, ...dying }, { finalizers: ['foregroundDeletion'], ...dying })).toEqual([]);
    expect(told({ ...held, ...dying })).toEqual([]);
  });
});
