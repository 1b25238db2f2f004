import { expect, it } from 'vitest';
import { TokenBucket } from '#client';
import { SECOND } from '#sim';

it('gives the burst at once and then qps a second', () => {
  const bucket = new TokenBucket(20, 30);
  let now = 0;
  for (let i = 0; i < 30; i++) expect(bucket.tryTake(0)).toBe(true);
  expect(bucket.tryTake(0)).toBe(false);
  for (let i = 0; i < 100; i++) {
    expect(bucket.wait(now)).toBe(SECOND / 20);
    now += bucket.wait(now);
    expect(bucket.tryTake(now)).toBe(true);
  }
  expect(now).toBe(5 * SECOND);
});

it('reserves ahead of time in order', () => {
  const bucket = new TokenBucket(10, 1);
  expect([bucket.reserve(0), bucket.reserve(0), bucket.reserve(0)]).toEqual([0, SECOND / 10, SECOND / 5]);
});

it('never limits at qps 0', () => {
  const bucket = new TokenBucket(0, 0);
  expect([bucket.tryTake(0), bucket.wait(0), bucket.reserve(0)]).toEqual([true, 0, 0]);
});
