import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap } from '../../../src/scheduler/queue/heap.ts';

interface Item {
  readonly uid: string;
  readonly rank: number;
}
const heap = (): Heap<Item> => new Heap((a, b) => a.rank < b.rank);
const drain = (from: Heap<Item>): string[] => {
  const out: string[] = [];
  for (let next = from.pop(); next !== undefined; next = from.pop()) out.push(next.uid);
  return out;
};

describe('Heap', () => {
  it('is a list sorted by rank and then by arrival, whatever is pushed, pushed again, taken or deleted', () => {
    const step = fc.record({ what: fc.constantFrom('push', 'push', 'push', 'pop', 'delete'), key: fc.nat(15), rank: fc.nat(4) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const real = heap();
        let model: Item[] = [];
        for (const { what, key, rank } of steps) {
          const uid = `p${key}`;
          const item = { uid, rank };
          if (what === 'push') {
            real.push(item);
            model = [...model.filter((each) => each.uid !== uid), item].sort((a, b) => a.rank - b.rank);
          } else if (what === 'pop') expect(real.pop()).toBe(model.shift());
          else {
            expect(real.delete(uid)).toBe(model.find((each) => each.uid === uid));
            model = model.filter((each) => each.uid !== uid);
          }
          expect([real.size, real.peek(), real.has(uid), real.get(uid)]).toEqual([
            model.length,
            model[0],
            model.some((each) => each.uid === uid),
            model.find((each) => each.uid === uid),
          ]);
          expect(
            real
              .values()
              .map((each) => each.uid)
              .sort(),
          ).toEqual(model.map((each) => each.uid).sort());
        }
        expect(drain(real)).toEqual(model.map((each) => each.uid));
      }),
      { numRuns: 100, seed: 42 },
    );
  });

  it('gives equals in the order in which they came, and who comes again comes last', () => {
    const one = heap();
    for (const uid of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) one.push({ uid, rank: 1 });
    one.push({ uid: 'b', rank: 1 });
    one.delete('d');
    expect(drain(one)).toEqual(['a', 'c', 'e', 'f', 'g', 'b']);
  });

  it('moves what takes the place of a deleted one up as well as down', () => {
    const one = heap();
    // Deleting x9 puts x4, which belongs above x8, in its place; deleting the root sinks the last.
    for (const [uid, rank] of Object.entries({
      x0: 0,
      x7: 7,
      x1: 1,
      x8: 8,
      x9: 9,
      x2: 2,
      x3: 3,
      y8: 8,
      y9: 9,
      z9: 9,
      z10: 10,
      x4: 2.5,
      x5: 2.6,
    }))
      one.push({ uid, rank });
    one.delete('z9');
    one.delete('x9');
    one.delete('x0');
    expect(drain(one)).toEqual(['x1', 'x2', 'x4', 'x5', 'x3', 'x7', 'x8', 'y8', 'y9', 'z10']);
    expect([one.pop(), one.peek(), one.delete('x1'), one.size]).toEqual([undefined, undefined, undefined, 0]);
  });
});
