import { describe, expect, it } from 'vitest';
import { DurableLog, RaftLog } from '../../../src/etcd/raft/log.ts';
import type { Entry, Snapshot } from '../../../src/etcd/raft/message.ts';

const entry = (index: number, term: number, bytes = 10): Entry => ({ index, term, data: `${index}.${term}`, bytes });
const entries = (...terms: number[]): Entry[] => terms.map((term, i) => entry(i + 1, term));
const snapshot = (index: number, term: number): Snapshot => ({ index, term, voters: [1], data: undefined, bytes: 0 });
const durableOf = (...terms: number[]): DurableLog => {
  const durable = new DurableLog([1, 2, 3]);
  durable.save({ hard: undefined, entries: entries(...terms), snapshot: undefined });
  return durable;
};
const shown = (list: readonly Entry[]): string => list.map(({ data }) => data).join(' ');
const terms = (log: { term(index: number): number | undefined }, to: number): (number | undefined)[] =>
  Array.from({ length: to + 1 }, (_, i) => log.term(i));

describe('DurableLog', () => {
  it('is empty before anything is written', () => {
    const durable = new DurableLog([1, 2]);
    expect(durable.snapshot).toEqual({ index: 0, term: 0, voters: [1, 2], data: undefined, bytes: 0 });
    expect([durable.hard, durable.firstIndex, durable.lastIndex, terms(durable, 1)]).toEqual([
      { term: 0, vote: -1, commit: 0 },
      1,
      0,
      [0, undefined],
    ]);
  });

  it('keeps what it is given, and drops what a new entry overwrites', () => {
    const durable = durableOf(1, 1, 2);
    const hard = { term: 2, vote: 1, commit: 1 };
    durable.save({ hard, entries: [entry(3, 3), entry(4, 3)], snapshot: undefined });
    expect([terms(durable, 5), durable.hard, durable.lastIndex]).toEqual([[0, 1, 1, 3, 3, undefined], hard, 4]);
    durable.save({ hard: undefined, entries: [entry(2, 4)], snapshot: undefined });
    expect([terms(durable, 3), durable.hard]).toEqual([[0, 1, 4, undefined], hard]);
    durable.save({ hard: undefined, entries: [], snapshot: undefined });
    expect(durable.lastIndex).toBe(2);
  });

  it('forgets what lies before a compaction, up to where it is told, once', () => {
    const durable = durableOf(1, 1, 2, 2, 3);
    durable.compact(snapshot(4, 2), 3);
    expect([durable.snapshot.index, durable.firstIndex, durable.lastIndex, terms(durable, 6)]).toEqual([
      4,
      4,
      5,
      [undefined, undefined, undefined, 2, 2, 3, undefined],
    ]);
    durable.compact(snapshot(5, 3), 3);
    durable.compact(snapshot(5, 3), 2);
    expect([durable.snapshot.index, durable.firstIndex, shown(durable.entries)]).toEqual([5, 4, '4.2 5.3']);
    durable.save({ hard: undefined, entries: [entry(5, 4), entry(6, 4)], snapshot: undefined });
    expect(shown(durable.entries)).toBe('4.2 5.4 6.4');
  });

  it('begins anew behind a snapshot from the leader', () => {
    const durable = durableOf(1, 1, 1);
    durable.save({ hard: undefined, entries: [entry(9, 4)], snapshot: snapshot(8, 3) });
    expect([durable.snapshot.index, durable.firstIndex, durable.lastIndex, durable.term(8), durable.term(9), durable.term(3)]).toEqual([
      8,
      9,
      9,
      3,
      4,
      undefined,
    ]);
  });
});

describe('RaftLog', () => {
  const logOf = (...all: number[]): RaftLog => new RaftLog(durableOf(...all), 0);

  it('takes up where the disk stands', () => {
    const durable = durableOf(1, 1, 2);
    durable.hard = { term: 2, vote: 1, commit: 2 };
    const log = new RaftLog(durable, 1);
    expect([log.firstIndex, log.lastIndex, log.lastTerm, log.committed, log.applied, log.offset]).toEqual([1, 3, 2, 2, 1, 4]);
    expect(new RaftLog(durable, 3).committed).toBe(3);
    expect([log.matches(3, 2), log.matches(3, 1), log.matches(4, 2), log.matches(0, 0)]).toEqual([true, false, false, true]);
  });

  it('judges whose log is newer by the last term, then by length', () => {
    const log = logOf(1, 2, 2);
    expect([log.isUpToDate(1, 3), log.isUpToDate(3, 2), log.isUpToDate(4, 2), log.isUpToDate(2, 2), log.isUpToDate(9, 1)]).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('appends at the end, over what is not durable, and over what is', () => {
    const log = logOf(1, 1);
    log.append([entry(3, 1), entry(4, 1)]);
    log.append([entry(5, 2)]);
    expect([shown(log.unstable), log.offset, log.lastIndex]).toEqual(['3.1 4.1 5.2', 3, 5]);
    log.append([entry(4, 3)]);
    expect([shown(log.unstable), log.offset, log.lastIndex, log.lastTerm]).toEqual(['3.1 4.3', 3, 4, 3]);
    log.append([entry(3, 4)]);
    expect([shown(log.unstable), log.offset]).toEqual(['3.4', 3]);
    log.append([entry(2, 5)]);
    expect([shown(log.unstable), log.offset, terms(log, 3)]).toEqual(['2.5', 2, [0, 1, 5, undefined]]);
    log.append([]);
    expect(log.lastIndex).toBe(2);
    log.commitTo(2);
    expect(() => log.append([entry(2, 6)])).toThrow('raft: entry 2 conflicts with committed entry 2');
  });

  it('never commits backwards, nor beyond its end', () => {
    const log = logOf(1, 1, 1);
    log.commitTo(2);
    log.commitTo(1);
    expect(log.committed).toBe(2);
    expect(() => log.commitTo(4)).toThrow('raft: commit 4 is beyond the last index 3');
  });

  it("takes a leader's entries where the logs agree, keeps those it has, and replaces from the first that differs", () => {
    const log = logOf(1, 1, 2);
    expect(log.maybeAppend(4, 2, 9, [entry(5, 3)])).toBeUndefined();
    expect(log.maybeAppend(3, 1, 9, [])).toBeUndefined();
    expect([log.committed, log.lastIndex]).toEqual([0, 3]);
    expect(log.maybeAppend(1, 1, 1, [entry(2, 1)])).toBe(2);
    expect([log.lastIndex, log.committed, log.unstable.length]).toEqual([3, 1, 0]);
    expect(log.maybeAppend(1, 1, 9, [entry(2, 1), entry(3, 3), entry(4, 3)])).toBe(4);
    expect([terms(log, 5), log.committed, shown(log.unstable)]).toEqual([[0, 1, 1, 3, 3, undefined], 4, '3.3 4.3']);
    expect(log.maybeAppend(4, 3, 2, [entry(5, 3)])).toBe(5);
    expect([log.committed, shown(log.unstable)]).toEqual([4, '3.3 4.3 5.3']);
  });

  it('hands out entries up to a size, but at least one', () => {
    const log = logOf(1, 1);
    log.append([entry(3, 1, 10), entry(4, 1, 11)]);
    const from = (index: number, most: number, to?: number): string => shown(log.entriesFrom(index, most, to));
    expect([from(1, 0), from(1, 20), from(1, 29), from(1, 30), from(2, 100), from(2, 100, 3), from(3, 20), from(5, 100)]).toEqual([
      '1.1',
      '1.1 2.1',
      '1.1 2.1',
      '1.1 2.1 3.1',
      '2.1 3.1 4.1',
      '2.1 3.1',
      '3.1',
      '',
    ]);
  });

  it('finds where two logs may agree at the latest', () => {
    const log = logOf(1, 1, 4, 4, 6);
    expect(
      [
        [5, 6],
        [5, 5],
        [5, 4],
        [5, 3],
        [4, 3],
        [2, 1],
        [5, 0],
        [0, 3],
      ].map(([at, term]) => log.findConflictByTerm(at as number, term as number)),
    ).toEqual([
      { index: 5, term: 6 },
      { index: 4, term: 4 },
      { index: 4, term: 4 },
      { index: 2, term: 1 },
      { index: 2, term: 1 },
      { index: 2, term: 1 },
      { index: 0, term: 0 },
      { index: 0, term: 0 },
    ]);
    log.durable.compact(snapshot(3, 4), 3);
    expect(log.findConflictByTerm(5, 1)).toEqual({ index: 2, term: 0 });
  });

  it('gives out what is committed, durable and not applied', () => {
    const log = logOf(1, 1);
    log.append([entry(3, 1), entry(4, 1)]);
    log.commitTo(3);
    expect(shown(log.nextCommitted(100))).toBe('1.1 2.1');
    log.applied = 1;
    expect(shown(log.nextCommitted(100))).toBe('2.1');
    log.durable.save({ hard: undefined, entries: log.unstable, snapshot: undefined });
    log.stableTo(3, 1);
    expect([log.offset, shown(log.unstable), shown(log.nextCommitted(100)), shown(log.nextCommitted(10))]).toEqual([
      4,
      '4.1',
      '2.1 3.1',
      '2.1',
    ]);
    log.applied = 3;
    expect(log.nextCommitted(100)).toEqual([]);
  });

  it('takes as durable only what was handed out for writing and has not been replaced since', () => {
    const log = logOf(1);
    log.append([entry(2, 2), entry(3, 2)]);
    log.stableTo(1, 1);
    log.stableTo(3, 1);
    expect([log.offset, log.unstable.length]).toEqual([2, 2]);
    log.durable.save({ hard: undefined, entries: log.unstable, snapshot: undefined });
    log.stableTo(3, 2);
    expect([log.offset, log.unstable.length, log.lastIndex, log.term(3)]).toEqual([4, 0, 3, 2]);
  });

  it('stands behind a snapshot until that is durable', () => {
    const log = logOf(1, 1);
    log.append([entry(3, 1)]);
    log.restore(snapshot(7, 3));
    expect([log.firstIndex, log.lastIndex, log.lastTerm, log.committed, log.term(6), log.term(7), log.term(8), log.term(2)]).toEqual([
      8,
      7,
      3,
      7,
      undefined,
      3,
      undefined,
      undefined,
    ]);
    log.append([entry(8, 3)]);
    expect([log.lastIndex, log.term(8), log.nextCommitted(100)]).toEqual([8, 3, []]);
    log.durable.save({ hard: undefined, entries: log.unstable, snapshot: log.unstableSnapshot });
    log.unstableSnapshot = undefined;
    log.applied = 7;
    log.stableTo(8, 3);
    log.commitTo(8);
    expect([log.firstIndex, shown(log.nextCommitted(100)), log.term(7)]).toEqual([8, '8.3', 3]);
  });
});
