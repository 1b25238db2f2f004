import { describe, expect, it } from 'vitest';
import { EventLog } from '../../../src/etcd/mvcc/event-log.ts';
import type { EtcdEvent } from '../../../src/etcd/protocol.ts';

const event = (modRevision: number): EtcdEvent => ({
  type: 'PUT',
  kv: { key: 'a', value: modRevision, bytes: 1, createRevision: 1, modRevision, version: 1, lease: 0 },
  previous: undefined,
  name: undefined,
});
function logOf(...revisions: number[]): EventLog {
  const log = new EventLog();
  for (const revision of revisions) log.append(event(revision));
  return log;
}
const revisions = (log: EventLog): number[] => Array.from({ length: log.length }, (_, i) => log.at(i).kv.modRevision);

describe('EventLog', () => {
  it('finds the first event at or above a revision', () => {
    const log = logOf(2, 3, 3, 3, 5, 8);
    expect([0, 2, 3, 4, 5, 6, 8, 9].map((revision) => log.positionOf(revision))).toEqual([0, 0, 1, 4, 4, 5, 5, 6]);
    expect(new EventLog().positionOf(1)).toBe(0);
  });

  it('forgets what lies below a revision, and nothing of it', () => {
    const log = logOf(2, 3, 3, 5);
    log.dropBelow(2);
    expect(revisions(log)).toEqual([2, 3, 3, 5]);
    log.dropBelow(3);
    expect(revisions(log)).toEqual([3, 3, 5]);
    log.dropBelow(9);
    expect(log.length).toBe(0);
  });

  it('copies itself: neither hears what the other appends or forgets', () => {
    const log = logOf(2, 3);
    const copy = log.copy();
    log.append(event(4));
    copy.append(event(5));
    copy.dropBelow(3);
    expect([revisions(log), revisions(copy)]).toEqual([
      [2, 3, 4],
      [3, 5],
    ]);
  });
});
