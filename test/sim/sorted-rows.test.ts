import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ROW_BITS, ROW_MASK, SortedRows } from '../../src/sim/sorted-rows.ts';

/** Row r's order lies at 4 r + 1. */
const fieldsOf = (orders: readonly number[]): Float64Array => Float64Array.from(orders.flatMap((order) => [0, order, 0, 0]));
const entry = (microsecond: number, row: number): number => (microsecond << ROW_BITS) | row;
const drain = (rows: SortedRows): number[] => {
  const out: number[] = [];
  while (!rows.empty) {
    out.push(rows.first & ROW_MASK);
    rows.shift();
  }
  return out;
};
/** Rows with random microseconds, whose orders are the row numbers turned about. */
const events = (most: number) => fc.array(fc.nat(63), { minLength: 1, maxLength: most });
const sorted = (times: readonly number[], orders: readonly number[]): number[] =>
  times.map((_, row) => row).sort((a, b) => (times[a] as number) - (times[b] as number) || (orders[a] as number) - (orders[b] as number));

describe('rows at hand', () => {
  test('leave by microsecond, then by order, however many a bag holds', () => {
    fc.assert(
      fc.property(fc.oneof(events(20), events(100), events(700)), (times) => {
        const orders = times.map((_, row) => (row * 7919) % 10_007);
        const fields = fieldsOf(orders);
        const rows = new SortedRows();
        rows.fill(Int32Array.from(times.map((time, row) => entry(time, row)).reverse()), times.length, fields);
        expect(drain(rows)).toEqual(sorted(times, orders));
      }),
      { numRuns: 100, seed: 42 },
    );
  });

  test.each([1, 2, 15, 16, 17, 32, 33, 255, 256, 257, 513])('sorts a bag of %d that lies the wrong way round', (count) => {
    const orders = Array.from({ length: count }, (_, row) => count - row);
    const rows = new SortedRows();
    rows.fill(
      Int32Array.from({ length: count }, (_, i) => entry(5, count - 1 - i)),
      count,
      fieldsOf(orders),
    );
    expect(drain(rows)).toEqual(orders.map((_, i) => count - 1 - i));
  });

  test('take latecomers in at their place, while others leave', () => {
    fc.assert(
      fc.property(events(40), fc.array(fc.nat(63), { maxLength: 600 }), (first, later) => {
        const times = [...first, ...later];
        const orders = times.map((_, row) => (row * 31) % 8_191);
        const fields = fieldsOf(orders);
        const rows = new SortedRows();
        rows.fill(Int32Array.from(first.map((time, row) => entry(time, row)).reverse()), first.length, fields);
        let waiting = first.map((_, row) => row);
        const least = (): number => sorted(times, orders).find((row) => waiting.includes(row)) as number;
        later.forEach((time, i) => {
          if (i % 3 === 0 && waiting.length > 0) {
            const next = least();
            expect(rows.first & ROW_MASK).toBe(next);
            rows.shift();
            waiting = waiting.filter((row) => row !== next);
          }
          rows.insert(entry(time, first.length + i), fields);
          waiting.push(first.length + i);
        });
        expect(drain(rows)).toEqual(sorted(times, orders).filter((row) => waiting.includes(row)));
        expect(rows.empty).toBe(true);
      }),
      { numRuns: 30, seed: 42 },
    );
  });

  test('start over when all have left', () => {
    const rows = new SortedRows();
    const fields = fieldsOf([0]);
    for (let i = 0; i < 2_000; i++) {
      rows.insert(entry(i % 64, 0), fields);
      expect(rows.first).toBe(entry(i % 64, 0));
      rows.shift();
      expect(rows.empty).toBe(true);
    }
  });

  test('have room for all latecomers', () => {
    const rows = new SortedRows();
    const count = 700;
    const fields = fieldsOf(Array.from({ length: count }, (_, row) => count - row));
    for (let row = 0; row < count; row++) rows.insert(entry(row % 3, row), fields);
    const inOrder = Array.from({ length: count }, (_, i) => count - 1 - i);
    expect(drain(rows)).toEqual([0, 1, 2].flatMap((microsecond) => inOrder.filter((row) => row % 3 === microsecond)));
  });

  test('need no more room however many come and go', () => {
    const rows = new SortedRows();
    const fields = fieldsOf([0, 1]);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 600_000; i++) {
      rows.insert(entry(i % 64, 0), fields);
      rows.shift();
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });
});
