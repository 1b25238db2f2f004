import { expect, test } from 'vitest';
import { type BackOffEntry, inBackOff, raiseBackOff } from '../../src/kubelet/back-off.ts';

const second = 1_000_000;
const max = 300 * second;

test('10, 20, 40, 80, 160, 300 s, and forgotten after ten quiet minutes', () => {
  const entry: BackOffEntry = { delay: 0, raisedAt: 0 };
  const delays: number[] = [];
  let now = 0;
  for (let i = 0; i < 8; i++) {
    raiseBackOff(entry, now, now, 10 * second, max);
    delays.push(entry.delay / second);
    now += entry.delay;
  }
  expect(delays).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
  const quiet = entry.raisedAt + 601 * second;
  expect(inBackOff(entry, quiet, quiet, max)).toBe(false);
  raiseBackOff(entry, quiet, quiet, 10 * second, max);
  expect(entry.delay).toBe(10 * second);
});

test('the pause counts from the failure, not from the raise', () => {
  const entry: BackOffEntry = { delay: 10 * second, raisedAt: 0 };
  expect(inBackOff(entry, 5 * second, 14 * second, max)).toBe(true);
  expect(inBackOff(entry, 5 * second, 15 * second, max)).toBe(false);
});
