import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeaseTable } from '../../../src/etcd/lease.ts';
import { NO_END } from '../../../src/etcd/mvcc/key-index.ts';
import { MvccStore, previousIsCompacted, rangeEndOf, VERSION_OVERHEAD_BYTES } from '../../../src/etcd/mvcc/store.ts';
import type { KeyValue } from '../../../src/etcd/protocol.ts';

/** A dumb twin: a whole copy of the key space for every revision. */
class Twin {
  readonly past: Map<string, string>[] = [new Map(), new Map()];
  get now(): Map<string, string> {
    return this.past[this.past.length - 1] as Map<string, string>;
  }
  put(key: string, value: string): void {
    this.past.push(new Map(this.now).set(key, value));
  }
  delete(from: string, to: string): void {
    const next = new Map([...this.now].filter(([key]) => key < from || key >= to));
    if (next.size < this.now.size) this.past.push(next);
  }
  range(from: string, to: string, revision: number): [string, string][] {
    return [...(this.past[revision] as Map<string, string>)]
      .filter(([key]) => key >= from && key < to)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

const key = fc.integer({ min: 0, max: 30 }).map((n) => `k${String(n).padStart(2, '0')}`);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('put' as const), a: key, b: key }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('delete' as const), a: key, b: key }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('compact' as const), a: key, b: key }) },
);

describe('MvccStore', () => {
  it('reads every kept revision as a store that copies itself at each change', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const store = new MvccStore(new LeaseTable());
        const twin = new Twin();
        steps.forEach(({ op, a, b }, i) => {
          if (op === 'compact') {
            const at = store.revision - (i % 3);
            if (at > store.compactRevision && at > 0) store.compact(at);
          } else {
            store.begin();
            if (op === 'put') store.put(a, `v${i}`, 2, 0);
            else store.deleteRange(a, b);
            store.end();
            if (op === 'put') twin.put(a, `v${i}`);
            else twin.delete(a, b);
          }
        });
        expect(store.revision).toBe(twin.past.length - 1);
        for (let revision = Math.max(1, store.compactRevision); revision <= store.revision; revision += 1) {
          const kvs: KeyValue[] = [];
          const count = store.range('k05', 'k25', revision, 0, kvs);
          const expected = twin.range('k05', 'k25', revision);
          expect(kvs.map((kv) => [kv.key, kv.value])).toEqual(expected);
          expect(count).toBe(expected.length);
        }
        expect(store.keys).toBe(twin.now.size);
      }),
      { numRuns: 300, seed: 42 },
    );
  });

  it('counts and pages over many chunks', () => {
    const store = new MvccStore(new LeaseTable());
    for (let i = 0; i < 5000; i += 1) {
      store.begin();
      store.put(`/r/${String((i * 7919) % 5000).padStart(4, '0')}`, i, 8, 0);
      store.end();
    }
    store.begin();
    store.deleteRange('/r/1000', '/r/2000');
    store.end();
    const page: KeyValue[] = [];
    expect(store.range('/r/', '/r0', 0, 3, page)).toBe(4000);
    expect(page.map((kv) => kv.key)).toEqual(['/r/0000', '/r/0001', '/r/0002']);
    expect(store.count('/r/0999', '/r/2001', 0)).toBe(2);
    expect(store.count('/r/', '/r0', store.revision - 1)).toBe(5000);
    store.compact(store.revision);
    expect(store.count('/r/', '\0', 0)).toBe(4000);
  });

  it('copies itself: neither store sees what the other does later', () => {
    const store = new MvccStore(new LeaseTable());
    const write = (to: MvccStore, key: string, value: number) => {
      to.begin();
      to.put(key, value, 8, 0);
      to.end();
    };
    for (let i = 0; i < 40; i += 1) write(store, `k${i % 4}`, i);
    const copy = store.copy(new LeaseTable());
    store.compact(store.revision);
    write(store, 'k0', 100);
    write(copy, 'k1', 200);
    expect([store.get('k0')?.value, copy.get('k0')?.value]).toEqual([100, 36]);
    expect([store.get('k1')?.value, copy.get('k1')?.value]).toEqual([37, 200]);
    expect([2, 10, 41].map((revision) => copy.getAt('k0', revision)?.value)).toEqual([0, 8, 36]);
    expect(copy.count('k', 'l', 4)).toBe(3);
  });

  it('gives back what compaction frees', () => {
    const store = new MvccStore(new LeaseTable());
    for (let i = 0; i < 10; i += 1) {
      store.begin();
      store.put('a', i, 100, 0);
      store.end();
    }
    const full = store.bytesInUse;
    store.compact(store.revision);
    expect(store.bytesInUse).toBe(full / 10);
    expect(store.bytesTotal).toBe(full);
    store.begin();
    store.delete('a');
    store.end();
    store.compact(store.revision);
    expect(store.bytesInUse).toBe(0);
  });
});

describe('a transaction', () => {
  const open = (): { store: MvccStore; leases: LeaseTable } => {
    const leases = new LeaseTable();
    return { store: new MvccStore(leases), leases };
  };
  const write = (store: MvccStore, ...keys: string[]): void => {
    store.begin();
    for (const key of keys) store.put(key, `${key} at ${store.revision + 1}`, 3, 0);
    store.end();
  };
  const read = (store: MvccStore, from: string, to: string | undefined, revision = 0, limit = 0): string => {
    const out: KeyValue[] = [];
    const count = store.range(from, to, revision, limit, out);
    return `${count}: ${out.map(({ value }) => value).join(', ')}`;
  };

  it('gives all its changes one revision, and none when it changes nothing', () => {
    const { store } = open();
    expect([store.revision, store.compactRevision, store.readRevision, store.changed]).toEqual([1, -1, 1, false]);
    store.begin();
    const a = store.put('a', 1, 3, 0);
    expect([store.changed, store.readRevision, store.revision]).toEqual([true, 2, 1]);
    const b = store.put('b', 2, 3, 0);
    expect(store.get('b')).toBe(b);
    expect(store.end()).toBe(0);
    expect([a.modRevision, b.modRevision, store.revision, store.changed, store.readRevision]).toEqual([2, 2, 2, false, 2]);
    store.begin();
    expect(store.delete('nothing')).toBeUndefined();
    expect([store.end(), store.revision]).toEqual([2, 2]);
    store.begin();
    expect(store.delete('a')).toBe(a);
    expect(store.delete('a')).toBeUndefined();
    expect([store.end(), store.revision, store.puts, store.deletes, store.keys]).toEqual([2, 3, 2, 1, 1]);
  });

  it('counts versions from a creation on, and starts over after a deletion', () => {
    const { store } = open();
    write(store, 'a');
    write(store, 'a');
    expect(store.get('a')).toMatchObject({ key: 'a', createRevision: 2, modRevision: 3, version: 2, bytes: 3 });
    store.begin();
    store.delete('a');
    store.end();
    expect([store.get('a'), store.getAt('a', 4), store.getAt('a', 3)?.version, store.getAt('a', 1), store.getAt('b', 3)]).toEqual([
      undefined,
      undefined,
      2,
      undefined,
      undefined,
    ]);
    write(store, 'a');
    expect(store.get('a')).toMatchObject({ createRevision: 5, modRevision: 5, version: 1 });
    expect([2, 3, 4, 5].map((revision) => store.getAt('a', revision)?.value)).toEqual(['a at 2', 'a at 3', undefined, 'a at 5']);
    expect(store.keys).toBe(1);
  });

  it('tells of each change with what was there before', () => {
    const { store } = open();
    write(store, 'a');
    write(store, 'a');
    store.begin();
    store.delete('a');
    store.end();
    write(store, 'a');
    const events = [0, 1, 2, 3].map((at) => store.log.at(at));
    expect(events.map(({ type, kv, previous }) => [type, kv.modRevision, kv.version, previous?.modRevision])).toEqual([
      ['PUT', 2, 1, undefined],
      ['PUT', 3, 2, 2],
      ['DELETE', 4, 0, 3],
      ['PUT', 5, 1, undefined],
    ]);
    expect(events[2]?.kv).toEqual({ key: 'a', value: undefined, bytes: 0, createRevision: 0, modRevision: 4, version: 0, lease: 0 });
    expect([4, 3, 2].map((compacted) => previousIsCompacted(events[2] as never, compacted))).toEqual([true, false, false]);
  });

  it('reads one key, a range, or everything from a key on; now and as it was', () => {
    const { store } = open();
    write(store, 'a', 'b');
    write(store, 'b', 'c');
    store.begin();
    store.delete('a');
    store.end();
    expect([rangeEndOf('k', undefined), rangeEndOf('k', ''), rangeEndOf('k', 'l'), rangeEndOf('k', '\0')]).toEqual([
      'k\0',
      'k\0',
      'l',
      NO_END,
    ]);
    expect([
      read(store, 'b', undefined),
      read(store, 'b', '', 2),
      read(store, 'a', undefined),
      read(store, 'a', '', 3),
      read(store, 'x', undefined),
    ]).toEqual(['1: b at 3', '1: b at 2', '0: ', '1: a at 2', '0: ']);
    expect([
      read(store, 'a', 'c'),
      read(store, 'a', '\0'),
      read(store, 'a', '\0', 3),
      read(store, 'a', 'c', 2),
      read(store, 'a', '\0', 4),
      read(store, 'a', '\0', 1),
    ]).toEqual(['1: b at 3', '2: b at 3, c at 3', '3: a at 2, b at 3, c at 3', '2: a at 2, b at 2', '2: b at 3, c at 3', '0: ']);
    expect([
      read(store, 'a', '\0', 0, 1),
      read(store, 'a', '\0', 3, 1),
      read(store, 'a', '\0', 3, 2),
      read(store, 'a', '\0', 0, 2),
      read(store, 'a', '\0', 0, 5),
    ]).toEqual(['2: b at 3', '3: a at 2', '3: a at 2, b at 3', '2: b at 3, c at 3', '2: b at 3, c at 3']);
    expect([
      store.count('a', '\0', 0),
      store.count('a', '\0', 3),
      store.count('a', '', 0),
      store.count('b', undefined, 0),
      store.count('a', undefined, 2),
      store.count('a', '\0', 4),
    ]).toEqual([2, 3, 0, 1, 1, 2]);
  });

  it('reads what it has itself written, at the revision that it will have', () => {
    const { store } = open();
    write(store, 'a');
    store.begin();
    store.put('a', 'new', 3, 0);
    store.put('b', 'new', 3, 0);
    expect([read(store, 'a', '\0'), read(store, 'a', '\0', 2), read(store, 'a', '\0', 3), store.count('a', '\0', 3)]).toEqual([
      '2: new, new',
      '1: a at 2',
      '2: new, new',
      2,
    ]);
    expect(store.deleteRange('a', 'c').map(({ key }) => key)).toEqual(['a', 'b']);
    expect(read(store, 'a', '\0')).toBe('0: ');
    store.end();
    expect(store.keys).toBe(0);
  });

  it('hangs a key on its lease, and takes it off with the next write or the deletion', () => {
    const { store, leases } = open();
    for (const id of [7, 8]) leases.grant(id, 60, 0);
    const keys = (): string[][] => [7, 8].map((id) => [...(leases.get(id)?.keys ?? [])]);
    const put = (lease: number): void => {
      store.begin();
      expect(store.put('a', 'v', 1, lease).lease).toBe(lease);
      store.end();
    };
    put(7);
    expect(keys()).toEqual([['a'], []]);
    put(8);
    expect(keys()).toEqual([[], ['a']]);
    put(0);
    expect(keys()).toEqual([[], []]);
    put(7);
    store.begin();
    store.delete('a');
    store.end();
    expect(keys()).toEqual([[], []]);
    put(8);
    expect(keys()).toEqual([[], ['a']]);
  });

  it('counts the bytes of what is kept, and of the file, which shrinks by defragmentation alone', () => {
    const { store } = open();
    const one = 1 + 3 + VERSION_OVERHEAD_BYTES;
    write(store, 'a');
    write(store, 'a');
    expect([store.bytesInUse, store.bytesTotal]).toEqual([2 * one, 2 * one]);
    store.begin();
    store.delete('a');
    store.end();
    expect(store.bytesInUse).toBe(2 * one + 1 + VERSION_OVERHEAD_BYTES);
    store.compact(3);
    expect(store.bytesInUse).toBe(one + 1 + VERSION_OVERHEAD_BYTES);
    store.compact(4);
    expect([store.bytesInUse, store.bytesTotal]).toEqual([0, 2 * one + 1 + VERSION_OVERHEAD_BYTES]);
    write(store, 'b');
    expect(store.bytesTotal).toBe(2 * one + 1 + VERSION_OVERHEAD_BYTES);
    store.defragment();
    expect([store.bytesInUse, store.bytesTotal]).toEqual([one, one]);
  });

  it.each([
    [2, 7, 1],
    [3, 6, 1],
    [4, 5, 0],
    [5, 5, 0],
    [6, 3, 0],
    [7, 3, 0],
  ])('compacted at %i shows what it showed from there on, and keeps %i versions and %i tombstones', (revision, versions, tombstones) => {
    const { store } = open();
    write(store, 'a', 'b');
    write(store, 'a');
    store.begin();
    store.delete('a');
    store.end();
    write(store, 'a');
    write(store, 'a', 'b');
    write(store, 'c');
    const seen = (): string[] => [2, 3, 4, 5, 6, 7].filter((at) => at >= revision).map((at) => read(store, 'a', '\0', at));
    const before = seen();
    store.compact(revision);
    expect(seen()).toEqual(before);
    expect(store.compactRevision).toBe(revision);
    expect(store.bytesInUse).toBe(versions * (4 + VERSION_OVERHEAD_BYTES) + tombstones * (1 + VERSION_OVERHEAD_BYTES));
    expect(store.log.at(0).kv.modRevision).toBe(revision);
    expect([store.begin(), store.changed]).toEqual([undefined, false]);
    write(store, 'd');
    expect(store.revision).toBe(8);
  });

  it('takes over another store, which stays as it is', () => {
    const { store } = open();
    write(store, 'a');
    write(store, 'a', 'b');
    store.begin();
    store.delete('b');
    store.end();
    store.compact(2);
    const copy = store.copy(new LeaseTable());
    expect([copy.revision, copy.compactRevision, copy.bytesInUse, copy.bytesTotal, copy.keys, copy.log.length, copy.changed]).toEqual([
      4,
      2,
      store.bytesInUse,
      store.bytesTotal,
      1,
      4,
      false,
    ]);
    // Its histories are compacted in both, each by itself.
    copy.compact(4);
    expect([copy.bytesInUse, read(copy, 'a', '\0'), read(store, 'a', '\0', 2)]).toEqual([
      4 + VERSION_OVERHEAD_BYTES,
      '1: a at 3',
      '1: a at 2',
    ]);
    store.compact(4);
    expect(store.bytesInUse).toBe(copy.bytesInUse);
  });

  it('is damaged without anybody being told, where there is something to damage', () => {
    const { store } = open();
    write(store, 'a', 'b');
    store.begin();
    store.delete('b');
    store.end();
    const events = store.log.length;
    for (const key of ['a', 'b', 'c']) store.damage(key, 'rot');
    expect([
      read(store, 'a', '\0'),
      store.getAt('a', 2)?.modRevision,
      store.revision,
      store.log.length,
      store.get('b'),
      store.get('c'),
    ]).toEqual(['1: rot', 2, 3, events, undefined, undefined]);
  });
});
