import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventQueue, INCARNATION, ORDER, SOURCE, TARGET } from '../../src/sim/queue.ts';

const message = { kind: 'Any' };

interface Model {
  time: number;
  order: number;
  handle: number;
  source: number;
}

/** Delays that land in the bucket at hand, in a neighbour, in a block, in an epoch and beyond. */
const delay = fc.oneof(fc.constant(0), fc.nat(3), fc.nat(100), fc.nat(2_000_000), fc.nat(3_000_000_000), fc.nat(20_000_000_000));
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ push: delay, source: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ pop: fc.oneof(fc.constant(Infinity), fc.nat(5_000_000)) }) },
  { weight: 1, arbitrary: fc.record({ cancel: fc.nat(50) }) },
);
type Operation = { push: number; source: number } | { pop: number } | { cancel: number };

function play(operations: Operation[], burst: number): void {
  const queue = new EventQueue();
  const pending: Model[] = [];
  const weight = 0x2_0000_0000;
  let now = 0;
  let counter = 0;
  let latest = 0;
  const push = (time: number, source: number): void => {
    counter++;
    latest = Math.max(latest, time);
    const order = source * weight + counter;
    const row = queue.push(time, order, source, source, 0, message);
    pending.push({ time, order, source, handle: queue.handle(row, counter) });
  };
  const pop = (limit: number): boolean => {
    pending.sort((a, b) => a.time - b.time || a.order - b.order);
    const expected = pending[0];
    const row = queue.pop(limit);
    if (expected === undefined || expected.time >= limit) {
      expect(row).toBe(-1);
      // Nothing may be added before a limit that was reached; cancelled events count as reached.
      now = limit === Infinity ? Math.max(now, latest) : Math.max(now, limit);
      return false;
    }
    expect([queue.fields[row << 2], queue.fields[(row << 2) + ORDER]]).toEqual([expected.time, expected.order]);
    now = expected.time;
    pending.shift();
    queue.release(row);
    return true;
  };
  for (let i = 0; i < burst; i++) push(i % 7 === 0 ? 40 : (i * 7919) % 300, i % 5);
  for (const op of operations) {
    if ('push' in op) push(now + op.push, op.source);
    else if ('pop' in op) pop(op.pop === Infinity ? Infinity : now + op.pop);
    else {
      const victim = pending[op.cancel % Math.max(1, pending.length)];
      if (victim === undefined) continue;
      expect(queue.cancel(victim.handle, victim.source)).toBe(true);
      expect(queue.cancel(victim.handle, victim.source)).toBe(false);
      pending.splice(pending.indexOf(victim), 1);
    }
    const least = pending.reduce((time, each) => Math.min(time, each.time), Infinity);
    expect(queue.peek()).toBeLessThanOrEqual(least);
    if (!operations.some((each) => 'cancel' in each)) expect(queue.peek()).toBe(least);
  }
  while (pop(Infinity));
  expect(pending).toEqual([]);
  expect(queue.peek()).toBe(Infinity);
}

describe('the event queue', () => {
  test('gives events in the order of a sorted list, whatever is pushed, popped to a limit or cancelled', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120 }), fc.constantFrom(0, 3, 40, 400), (operations, burst) =>
        play(operations as Operation[], burst),
      ),
      { numRuns: 400, seed: 42 },
    );
  });

  test('loses nothing when thousands of events fall into one bucket', () => {
    const queue = new EventQueue();
    for (let order = 0; order < 5_000; order++) queue.push(1_000 + (order % 3), order, 0, 0, 0, message);
    const times: number[] = [];
    for (let row = queue.pop(Infinity); row >= 0; row = queue.pop(Infinity)) {
      times.push(queue.fields[row << 2] as number);
      queue.release(row);
    }
    expect(times).toHaveLength(5_000);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('does not cancel an event that took the row of a fired one', () => {
    const queue = new EventQueue();
    const handle = queue.handle(queue.push(5, 1, 0, 0, 0, message), 1);
    queue.release(queue.pop(Infinity));
    queue.push(9, 2, 0, 0, 0, message);
    expect(queue.cancel(handle, 0)).toBe(false);
    expect(queue.pop(Infinity)).toBeGreaterThanOrEqual(0);
  });

  const timeOf = (queue: EventQueue, row: number): number => (row < 0 ? row : (queue.fields[row << 2] as number));
  const add = (queue: EventQueue, time: number, order = 0): number => queue.push(time, order, 0, 0, 0, message);
  /** Times in the order in which they leave. */
  const drain = (queue: EventQueue): number[] => {
    const times: number[] = [];
    for (let row = queue.pop(Infinity); row >= 0; row = queue.pop(Infinity)) {
      times.push(timeOf(queue, row));
      queue.release(row);
    }
    return times;
  };
  /** A block is 2^20 us, an epoch 2^30. */
  const [BLOCK, EPOCH] = [0x10_0000, 0x4000_0000];

  test('hands out with a row all that was given with the event', () => {
    const queue = new EventQueue();
    const messages = [{ kind: 'One' }, { kind: 'Two' }, { kind: 'Three' }];
    messages.forEach((each, i) => queue.push(7 + i, 100 + i, 10 + i, 20 + i, 30 + i, each));
    for (const [i, each] of messages.entries()) {
      const row = queue.pop(Infinity);
      const at = row << 3;
      expect([queue.fields[(row << 2) + ORDER], queue.ints[at + TARGET], queue.ints[at + SOURCE], queue.ints[at + INCARNATION]]).toEqual([
        100 + i,
        10 + i,
        20 + i,
        30 + i,
      ]);
      expect(queue.messages[row]).toBe(each);
    }
  });

  test('needs no more room for a million events that come and go, cancelled ones included, than for those that wait at one time', () => {
    const queue = new EventQueue();
    for (let i = 0; i < 3_000; i++) {
      const time = i * 3 * BLOCK;
      add(queue, time, 2 * i);
      queue.cancel(queue.handle(add(queue, time + (i % 2) * 4 * EPOCH, 2 * i + 1), 2 * i + 1), 0);
      queue.release(queue.pop(Infinity));
    }
    expect(queue.fields.length).toBe(4 * 1024);
  });

  test('cancels for the host alone that set the event', () => {
    const queue = new EventQueue();
    const handle = queue.handle(queue.push(5, 1, 2, 3, 0, message), 1);
    expect(queue.cancel(handle, 4)).toBe(false);
    expect(drain(queue)).toEqual([5]);
  });

  test.each([
    ['a bucket of one', [100], 80, 85],
    ['a bucket of one, at its very time', [100], 100, 100],
    ['a bucket of two', [100, 110], 64, 70],
    ['a block', [5_000_000], 2_000_000, 3_000_000],
    ['an epoch', [3 * EPOCH + 9], 2 * EPOCH, 2 * EPOCH + 1],
  ])('gives nothing at or after a limit, and takes what is then added before it: %s', (_what, times, limit, late) => {
    const queue = new EventQueue();
    for (const time of times) add(queue, time, time);
    expect(queue.pop(limit)).toBe(-1);
    add(queue, late, 1);
    expect(drain(queue)).toEqual([late, ...times]);
  });

  test('gives what lies before a limit, be it one event or several in its bucket, and leaves what lies at it', () => {
    const queue = new EventQueue();
    for (const time of [65, 66, 70, 200]) add(queue, time);
    expect([67, 67, 67, 70, 71, 200, 201].map((limit) => timeOf(queue, queue.pop(limit)))).toEqual([65, 66, -1, -1, 70, -1, 200]);
  });

  test('keeps the order where a block begins', () => {
    const queue = new EventQueue();
    for (const offset of [200, 63, 64, 5]) add(queue, 3 * BLOCK + offset, 1);
    add(queue, 1, 0);
    expect([timeOf(queue, queue.pop(Infinity)), timeOf(queue, queue.pop(Infinity))]).toEqual([1, 3 * BLOCK + 5]);
    // A latecomer stands behind the one that was there.
    const late = add(queue, 3 * BLOCK + 63, 2);
    expect(timeOf(queue, queue.pop(Infinity))).toBe(3 * BLOCK + 63);
    expect(queue.pop(Infinity)).toBe(late);
    expect(drain(queue)).toEqual([3 * BLOCK + 64, 3 * BLOCK + 200]);
  });

  test('keeps the order over the ends of epochs', () => {
    const queue = new EventQueue();
    const times = [EPOCH - 1, EPOCH, EPOCH + 1, 2 * EPOCH - 1, 2 * EPOCH, 2 * EPOCH + 7, 5 * EPOCH + 1, 6 * EPOCH + 1, 9 * EPOCH];
    for (const time of [...times].reverse()) add(queue, time);
    expect(queue.peek()).toBe(EPOCH - 1);
    const rows = times.slice(0, 7).map((time) => {
      const row = queue.pop(Infinity);
      expect(timeOf(queue, row)).toBe(time);
      return row;
    });
    expect(new Set(rows).size).toBe(7);
    // Rows taken anew after two epochs are rows still.
    add(queue, 7 * EPOCH);
    add(queue, 8 * EPOCH);
    expect(queue.peek()).toBe(6 * EPOCH + 1);
    expect(drain(queue)).toEqual([6 * EPOCH + 1, 7 * EPOCH, 8 * EPOCH, 9 * EPOCH]);
    expect(queue.messages.length).toBeLessThanOrEqual(11);
  });

  test.each([0, 1, 5])('takes what comes late before what waits in its block, epoch %d', (epoch) => {
    const queue = new EventQueue();
    const start = epoch * EPOCH + 3 * BLOCK;
    for (const offset of [100, 900_000]) add(queue, start + offset);
    expect(timeOf(queue, queue.pop(Infinity))).toBe(start + 100);
    add(queue, start + 500);
    expect(queue.peek()).toBe(start + 500);
    expect(drain(queue)).toEqual([start + 500, start + 900_000]);
  });
});
