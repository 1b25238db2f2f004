import { expect, test } from 'vitest';
import { arrivalTimes } from '../../src/scenario/arrivals.ts';

const noLuck = { next: () => 0.5 };
const all = (times: Iterable<number>, most = 10_000): number[] => {
  const out: number[] = [];
  for (const time of times) {
    if (out.length === most) break;
    out.push(time);
  }
  return out;
};

test('an even rate spaces arrivals evenly, weighted by pods', () => {
  expect(all(arrivalTimes({ start: '10s', podsPerSecond: 5, for: '4s' }, 10, noLuck))).toEqual([10_000_000, 12_000_000]);
});

test('phases follow each other and a ramp holds the mean of its rates', () => {
  const times = all(
    arrivalTimes(
      {
        phases: [
          { for: '10s', podsPerSecond: 10 },
          { for: '10s', podsPerSecond: { from: 10, to: 30 } },
        ],
      },
      1,
      noLuck,
    ),
  );
  expect(times.filter((time) => time < 10_000_000)).toHaveLength(100);
  expect(times.filter((time) => time >= 10_000_000)).toHaveLength(200);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.filter((time) => time >= 15_000_000).length).toBeGreaterThan(120);
});

test('a phase of silence brings nothing', () => {
  expect(
    all(
      arrivalTimes(
        {
          phases: [
            { for: '1m', podsPerSecond: 0 },
            { for: '1s', podsPerSecond: 2 },
          ],
        },
        1,
        noLuck,
      ),
    ),
  ).toEqual([60_000_000, 60_500_000]);
});

test('Poisson arrivals have the rate as their mean', () => {
  let state = 1;
  const luck = { next: () => (state = (state * 48271) % 2147483647) / 2147483647 };
  const count = all(arrivalTimes({ podsPerSecond: 50, for: '100s', arrivals: 'poisson' }, 1, luck), 100_000).length;
  expect(count).toBeGreaterThan(4_700);
  expect(count).toBeLessThan(5_300);
});
