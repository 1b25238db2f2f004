import { describe, expect, test } from 'vitest';
import { BlockLists } from '../../src/sim/block-lists.ts';

const contents = (lists: BlockLists, list: number): number[] => [...(lists.pairs[list] as Int32Array).subarray(0, lists.used[list])];
const fill = (lists: BlockLists, list: number, count: number, from: number): number[] => {
  const expected: number[] = [];
  for (let i = 0; i < count; i++) {
    lists.add(list, from + i, from - i);
    expected.push(from + i, from - i);
  }
  return expected;
};

describe('a few long lists', () => {
  test.each([1, 31, 32, 33, 64, 65, 1_000])('keep %d pairs in the order in which they came', (count) => {
    const lists = new BlockLists(1024);
    const others = fill(lists, 4, 3, 50);
    expect(contents(lists, 7)).toEqual([]);
    const expected = fill(lists, 7, count, 10_000);
    expect(contents(lists, 7)).toEqual(expected);
    expect(contents(lists, 4)).toEqual(others);
    expect([lists.occupied.next(0), lists.occupied.next(5), lists.occupied.next(8)]).toEqual([4, 7, -1]);
  });

  test('lend the room of an emptied list to the next, and only where it is larger', () => {
    const lists = new BlockLists(1024);
    fill(lists, 0, 200, 0);
    const room = lists.pairs[0];
    lists.clear(0);
    expect([contents(lists, 0), lists.occupied.next(0)]).toEqual([[], -1]);
    const small = fill(lists, 1, 2, 5);
    expect(lists.pairs[1]).toBe(room);
    expect(contents(lists, 1)).toEqual(small);
    // What is larger than the room that is lent needs new room.
    fill(lists, 2, 1, 9);
    lists.clear(2);
    const large = fill(lists, 1, 400, 7);
    expect(contents(lists, 1)).toEqual([...small, ...large]);
    const again = fill(lists, 2, 40, 3);
    expect(contents(lists, 2)).toEqual(again);
    expect(contents(lists, 1)).toEqual([...small, ...large]);
  });

  test('take no room before something is in them', () => {
    const lists = new BlockLists(1024);
    expect([lists.pairs.length, lists.pairs[3]?.length]).toEqual([1024, 0]);
    fill(lists, 3, 1, 0);
    expect(lists.pairs[3]?.length).toBe(64);
    fill(lists, 3, 32, 0);
    expect(lists.pairs[3]?.length).toBe(128);
  });
});
