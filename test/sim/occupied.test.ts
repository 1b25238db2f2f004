import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Occupied } from '../../src/sim/occupied.ts';

/** The members in order, found one after the other. */
function membersOf(set: Occupied): number[] {
  const found: number[] = [];
  for (let at = set.next(0); at >= 0; at = set.next(at + 1)) found.push(at);
  return found;
}

describe.each([1024, 16_384, 32_768])('a set of numbers below %d', (size) => {
  test('finds the next member as a look through all would', () => {
    const member = fc.oneof(fc.nat(size - 1), fc.constantFrom(0, 31, 32, 63, 991, 992, 1023, size - 1024, size - 33, size - 32, size - 1));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), member), { maxLength: 60 }), fc.array(member, { maxLength: 20 }), (changes, froms) => {
        const set = new Occupied(size);
        const model = new Set<number>();
        for (const [adds, each] of changes) {
          if (adds) {
            set.add(each);
            model.add(each);
          } else {
            set.remove(each);
            model.delete(each);
          }
        }
        const sorted = [...model].sort((a, b) => a - b);
        expect(membersOf(set)).toEqual(sorted);
        for (const from of froms) expect(set.next(from)).toBe(sorted.find((each) => each >= from) ?? -1);
      }),
      { numRuns: 100, seed: 42 },
    );
  });

  test('has no member beyond its last', () => {
    const set = new Occupied(size);
    expect(set.next(0)).toBe(-1);
    set.add(0);
    for (const from of [1, 31, 32, 1023, size - 1, size, size + 1]) expect(set.next(from)).toBe(-1);
    set.add(size - 1);
    expect([set.next(1), set.next(size - 1), set.next(size)]).toEqual([size - 1, size - 1, -1]);
  });

  test('keeps the neighbours of what leaves', () => {
    const set = new Occupied(size);
    for (const each of [64, 65, 100, 900]) set.add(each);
    set.remove(65);
    set.remove(100);
    expect(membersOf(set)).toEqual([64, 900]);
    set.remove(64);
    expect(membersOf(set)).toEqual([900]);
    set.remove(900);
    expect(membersOf(set)).toEqual([]);
  });
});
