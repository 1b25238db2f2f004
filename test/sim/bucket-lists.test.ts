import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BucketLists } from '../../src/sim/bucket-lists.ts';

const taken = (lists: BucketLists, count: number): number[] => [...lists.batch.subarray(0, count)];
const operation = fc.oneof(
  { weight: 8, arbitrary: fc.record({ what: fc.constant('add' as const), list: fc.nat(5), entry: fc.nat(0x3fff_ffff) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('take' as const, 'peek' as const), list: fc.nat(5), entry: fc.constant(0) }) },
);

describe('many short bags', () => {
  test('give back what was put in, the last first', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
        const lists = new BucketLists(1024);
        const model = new Map<number, number[]>();
        for (const { what, list, entry } of operations) {
          const bag = model.get(list) ?? [];
          if (what === 'add') {
            lists.add(list, entry);
            model.set(list, [entry, ...bag]);
          } else if (bag.length > 0 && what === 'peek') expect(taken(lists, lists.peek(list))).toEqual(bag);
          else if (bag.length > 0) {
            expect(lists.single(list)).toBe(bag.length === 1 ? bag[0] : -1);
            if (bag.length === 1) lists.drop(list);
            else expect(taken(lists, lists.take(list))).toEqual(bag);
            model.delete(list);
          }
          for (let each = 0; each < 6; each++) expect(lists.occupied.next(each) === each).toBe(model.has(each));
        }
      }),
      { numRuns: 100, seed: 42 },
    );
  });

  test.each([1, 2, 7, 8, 9, 250, 256, 257, 3_000])('hold %d entries, also when looked at first', (count) => {
    const lists = new BucketLists(1024);
    const entries = Array.from({ length: count }, (_, i) => i * 3);
    for (const entry of entries) lists.add(9, entry);
    for (const entry of [1, 2, 3]) lists.add(10, entry);
    const expected = entries.toReversed();
    expect(taken(lists, lists.peek(9))).toEqual(expected);
    if (count > 1) expect(taken(lists, lists.take(9))).toEqual(expected);
    else expect(lists.single(9)).toBe(0);
    expect(taken(lists, lists.take(10))).toEqual([3, 2, 1]);
  });

  test('use emptied chunks again, without mixing the bags', () => {
    const lists = new BucketLists(1024);
    for (let round = 0; round < 200; round++) {
      for (let list = 0; list < 3; list++) for (let i = 0; i < 20; i++) lists.add(list, round * 1000 + list * 100 + i);
      for (let list = 0; list < 3; list++) {
        const expected = Array.from({ length: 20 }, (_, i) => round * 1000 + list * 100 + 19 - i);
        expect(taken(lists, lists.take(list))).toEqual(expected);
      }
    }
    expect(lists.occupied.next(0)).toBe(-1);
  });

  test('need no more room however many come and go', () => {
    const lists = new BucketLists(1024);
    const before = process.memoryUsage().arrayBuffers;
    for (let round = 0; round < 60_000; round++) {
      for (let i = 0; i < 20; i++) lists.add(round % 1024, i);
      lists.take(round % 1024);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });
});
