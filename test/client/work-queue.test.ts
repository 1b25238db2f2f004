import { describe, expect, it } from 'vitest';
import { WorkQueue } from '#client';
import { MILLISECOND } from '#sim';

describe('WorkQueue', () => {
  it('holds a key once, and keeps a key that is in work until it is done', () => {
    const queue = new WorkQueue('q');
    queue.add('a', 0);
    queue.add('b', 0);
    queue.add('a', 0);
    expect(queue.length).toBe(2);
    expect(queue.get(1)).toBe('a');
    queue.add('a', 2);
    expect(queue.get(3)).toBe('b');
    expect(queue.get(3)).toBeUndefined();
    queue.done('a', 0);
    expect(queue.get(4)).toBe('a');
    queue.done('a', 0);
    queue.done('b', 0);
    expect(queue.isEmpty).toBe(true);
  });

  it('doubles the delay of a key from 5 ms to 1000 s, and starts anew after forget', () => {
    const queue = new WorkQueue('q');
    const delays: number[] = [];
    let now = 0;
    for (let i = 0; i < 20; i++) {
      queue.addRateLimited('a', now);
      const ready = queue.nextWakeup as number;
      delays.push((ready - now) / MILLISECOND);
      now = ready;
      queue.advance(now);
      expect(queue.get(now)).toBe('a');
      queue.done('a', 0);
    }
    expect(delays.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
    expect(delays.slice(17)).toEqual([655_360, 1_000_000, 1_000_000]);
    expect(queue.numRequeues('a')).toBe(20);
    queue.forget('a');
    queue.addRateLimited('a', now);
    expect(queue.nextWakeup).toBe(now + 5 * MILLISECOND);
  });

  it('lets 100 keys fail at once and then 10 a second', () => {
    const queue = new WorkQueue('q');
    for (let i = 0; i < 120; i++) queue.addRateLimited(`k${i}`, 0);
    queue.advance(5_000);
    expect(queue.length).toBe(100);
    queue.advance(1_000_000);
    expect(queue.length).toBe(110);
    queue.advance(2_000_000);
    expect(queue.length).toBe(120);
  });

  it('keeps the earlier of two times, and the order of equal ones', () => {
    const queue = new WorkQueue('q');
    queue.addAfter('late', 50, 0);
    queue.addAfter('late', 20, 0);
    queue.addAfter('late', 40, 0);
    queue.addAfter('x', 20, 0);
    queue.addAfter('w', 20, 0);
    expect(queue.nextWakeup).toBe(20);
    queue.advance(20);
    expect([queue.get(20), queue.get(20), queue.get(20)]).toEqual(['late', 'x', 'w']);
    expect(queue.nextWakeup).toBeUndefined();
  });

  it('pops waiting keys in order of time, whatever order they came in', () => {
    const queue = new WorkQueue('q');
    const times: number[] = Array.from({ length: 200 }, (_, i) => ((i * 7919) % 211) + 1);
    times.forEach((time: number, i) => {
      queue.addAfter(`k${i}`, time, 0);
    });
    const popped: number[] = [];
    for (let now: number | undefined = queue.nextWakeup; now !== undefined; now = queue.nextWakeup) {
      queue.advance(now);
      for (let key = queue.get(now); key !== undefined; key = queue.get(now)) popped.push(times[Number(key.slice(1))] as number);
    }
    expect(popped).toEqual([...times].sort((a, b) => a - b));
  });
});

describe('a controller with limits of its own', () => {
  it('waits as long as they say, past the bucket that all keys share, and drops a key after so many retries', () => {
    const queue = new WorkQueue('q', { base: 1_000_000, max: 3_000_000, isUnbounded: true, attempts: 3 });
    const due = (): number | undefined => {
      queue.addRateLimited('a', 0);
      const at = queue.nextWakeup;
      queue.advance(at ?? 0);
      queue.get(at ?? 0);
      queue.done('a', at ?? 0);
      return at;
    };
    expect([due(), due(), due(), due(), due()]).toEqual([1_000_000, 2_000_000, 3_000_000, undefined, 1_000_000]);
    for (let i = 0; i < 200; i++) queue.addRateLimited(`k${i}`, 0);
    expect(queue.nextWakeup).toBe(1_000_000);
    queue.advance(1_000_000);
    expect(queue.length).toBe(200);
  });
});
