import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventQueue, ORDER } from '../../src/sim/queue.ts';

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
});
