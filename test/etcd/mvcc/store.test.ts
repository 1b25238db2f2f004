import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeyValue, LeaseTable, MvccStore } from '#etcd';

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
