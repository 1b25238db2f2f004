import { describe, expect, it } from 'vitest';
import { KeyIndex, type KeyRecord, NO_END } from '../../../src/etcd/mvcc/key-index.ts';
import type { KeyValue } from '../../../src/etcd/protocol.ts';

const kv = (key: string, version: number): KeyValue => ({
  key,
  value: `${key}${version}`,
  bytes: 1,
  createRevision: 1,
  modRevision: version,
  version,
  lease: 0,
});
const record = (key: string): KeyRecord => ({ key, latest: kv(key, 1), older: undefined, isHistoric: false, isPlaced: false });
const name = (n: number): string => `k${String(n).padStart(4, '0')}`;
const keysOf = (index: KeyIndex, from = '', end = NO_END): string[] => {
  const keys: string[] = [];
  index.scan(from, end, ({ key }) => {
    keys.push(key);
    return true;
  });
  return keys;
};
/** 2,003 keys, none after its neighbour, with reads in between as often as is asked for. */
function scattered(readEvery: number): KeyIndex {
  const index = new KeyIndex();
  for (let i = 0; i < 2003; i += 1) {
    index.insert(record(name((i * 997) % 2003)));
    if (i % readEvery === readEvery - 1) expect(index.countLive('', NO_END)).toBe(i + 1);
  }
  return index;
}
const bury = (index: KeyIndex, key: string): void => {
  const found = index.get(key) as KeyRecord;
  found.latest = kv(key, 0);
  index.adjustLive(found, -1);
};

describe('KeyIndex', () => {
  it.each([1, 10, 600, 5000])('has the keys in order, and counts any range, when read after each %i', (readEvery) => {
    const index = scattered(readEvery);
    const all = Array.from({ length: 2003 }, (_, n) => name(n));
    expect(keysOf(index)).toEqual(all);
    for (const [from, to] of [
      [0, 0],
      [0, 1],
      [1, 513],
      [511, 1025],
      [700, 2003],
      [2002, 2003],
      [2003, 3000],
    ] as const) {
      expect(index.countLive(name(from), name(to))).toBe(Math.max(0, Math.min(2003, to) - from));
      expect(keysOf(index, name(from), name(to))).toEqual(all.slice(from, to));
    }
    expect([index.countLive('a', 'b'), index.countLive('a', name(0)), index.countLive('k0000x', 'k0002')]).toEqual([0, 0, 1]);
    expect(index.live).toBe(2003);
  });

  it('has keys in order that came in order, or the other way round', () => {
    const [up, down] = [new KeyIndex(), new KeyIndex()];
    for (let n = 0; n < 1100; n += 1) {
      up.insert(record(name(n)));
      down.insert(record(name(1099 - n)));
      expect([up.countLive('', NO_END), down.countLive('', NO_END)]).toEqual([n + 1, n + 1]);
    }
    expect(keysOf(up)).toEqual(keysOf(down));
    expect(up.countLive(name(512), name(1024))).toBe(512);
    up.insert(record('k0511x'));
    expect(keysOf(up, name(511), name(513))).toEqual([name(511), 'k0511x', name(512)]);
  });

  it('counts the living and shows the dead, before and after they have their place', () => {
    const index = scattered(5000);
    // None has its place yet.
    bury(index, name(3));
    expect(index.countLive('', NO_END)).toBe(2002);
    for (let n = 500; n < 1500; n += 1) bury(index, name(n));
    expect([
      index.live,
      index.countLive('', NO_END),
      index.countLive(name(499), name(1501)),
      index.countLive(name(400), name(600)),
    ]).toEqual([1002, 1002, 2, 100]);
    const back = index.get(name(700)) as KeyRecord;
    back.latest = kv(name(700), 5);
    index.adjustLive(back, 1);
    expect([index.countLive('', NO_END), index.countLive(name(600), name(800))]).toEqual([1003, 1]);
    expect(keysOf(index)).toHaveLength(2003);
    // New ones among the dead split their chunk: both halves still count.
    for (let n = 500; n < 1500; n += 1) index.insert(record(`${name(n)}x`));
    expect([index.countLive('', NO_END), index.countLive(name(500), name(1500))]).toEqual([2003, 1001]);
  });

  it('forgets what is removed, down to nothing', () => {
    const index = scattered(100);
    for (let n = 0; n < 2003; n += 1) {
      if (n % 100 === 7) continue;
      bury(index, name(n));
      index.remove(name(n));
    }
    const left = Array.from({ length: 20 }, (_, i) => name(i * 100 + 7));
    expect(keysOf(index)).toEqual(left);
    expect([index.countLive('', NO_END), index.live]).toEqual([20, 20]);
    expect([index.get(name(8)), index.get(name(7))?.key]).toEqual([undefined, name(7)]);
    for (const key of left) {
      bury(index, key);
      index.remove(key);
      expect(index.get(key)).toBeUndefined();
    }
    expect([keysOf(index), index.countLive('', NO_END)]).toEqual([[], 0]);
    index.insert(record('z'));
    expect(keysOf(index)).toEqual(['z']);
  });

  it('knows a key again after it was asked for in vain, added, asked for and removed', () => {
    const index = new KeyIndex();
    expect(index.get('a')).toBeUndefined();
    const a = record('a');
    index.insert(a);
    const b = record('b');
    index.insert(b);
    expect([index.get('b'), index.get('a'), index.get('c'), index.get('a')]).toEqual([b, a, undefined, a]);
    expect(index.get('a')).toBe(a);
    bury(index, 'b');
    expect(index.get('a')).toBe(a);
    index.remove('b');
    expect([index.get('a'), index.get('b')]).toEqual([a, undefined]);
    const again = record('b');
    index.insert(again);
    expect(index.get('b')).toBe(again);
  });

  it('stops a scan where it is told to', () => {
    const index = scattered(100);
    const seen: string[] = [];
    index.scan(name(510), NO_END, ({ key }) => seen.push(key) < 5);
    expect(seen).toEqual([510, 511, 512, 513, 514].map(name));
    new KeyIndex().scan('', NO_END, () => {
      throw new Error('there is nothing to visit');
    });
  });

  it('copies itself with all histories; neither sees what the other does later', () => {
    const index = scattered(100);
    const old = index.get(name(42)) as KeyRecord;
    old.older = { kv: kv(name(42), 8), older: { kv: kv(name(42), 7), older: undefined } };
    old.isHistoric = true;
    expect(index.historic()).toEqual([old]);
    const copy = index.copy();
    const copied = copy.get(name(42)) as KeyRecord;
    expect(copied).toEqual(old);
    expect(copy.historic()).toEqual([copied]);
    expect(copied).not.toBe(old);
    (old.older as { older: unknown }).older = undefined;
    expect(copied.older?.older?.kv.version).toBe(7);
    bury(index, name(1000));
    index.remove(name(1000));
    index.insert(record('new'));
    expect([index.live, index.countLive('', NO_END)]).toEqual([2003, 2003]);
    expect([copy.live, copy.countLive('', NO_END), keysOf(copy).length, copy.get('new'), copy.get(name(1000))?.key]).toEqual([
      2003,
      2003,
      2003,
      undefined,
      name(1000),
    ]);
    bury(copy, name(5));
    expect([copy.countLive('', NO_END), index.countLive('', NO_END)]).toEqual([2002, 2003]);
    expect(index.get(name(5))?.latest.version).toBe(1);
  });
});
