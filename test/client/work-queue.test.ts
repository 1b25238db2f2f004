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

describe("the queue's instruments", () => {
  /** What a recorder was told, metric by metric. */
  function instrumented(name: string): { readonly queue: WorkQueue; readonly told: Record<string, number[]> } {
    const told: Record<string, number[]> = {};
    const instrument = (kind: string) => (metric: string, labels?: object) => {
      told[`${kind} ${metric} ${JSON.stringify(labels)}`] = [];
      const note = (value = 1): void => void told[`${kind} ${metric} ${JSON.stringify(labels)}`]?.push(value);
      return { add: note, observe: note, set: note };
    };
    const queue = new WorkQueue(name);
    queue.instrument({
      gauge: instrument('gauge'),
      counter: instrument('counter'),
      histogram: instrument('histogram'),
    } as unknown as Parameters<WorkQueue['instrument']>[0]);
    return { queue, told };
  }

  it("are Kubernetes', by the queue's name, and count keys, not calls", () => {
    const { queue, told } = instrumented('replicaset');
    queue.add('a', 1_000_000);
    queue.add('a', 1_200_000);
    queue.add('b', 1_500_000);
    queue.get(2_000_000);
    queue.add('a', 2_500_000);
    queue.done('a', 4_000_000);
    queue.addAfter('c', 0, 4_000_000);
    queue.addAfter('d', 10, 4_000_000);
    queue.done('never in hand', 5_000_000);
    const of = (metric: string): number[] | undefined => told[`${metric} {"name":"replicaset"}`];
    expect(of('counter workqueue_adds_total')).toEqual([1, 1, 1, 1]);
    expect(of('gauge workqueue_depth')).toEqual([1, 1, -1, 1, 1]);
    expect(of('histogram workqueue_queue_duration_seconds')).toEqual([1]);
    expect(of('histogram workqueue_work_duration_seconds')).toEqual([2, 0]);
    expect(of('counter workqueue_retries_total')).toEqual([1, 1]);
    expect(Object.keys(told)).toHaveLength(5);
  });
});

it('keeps its order over many keys, of which some are taken before others come', () => {
  const queue = new WorkQueue('q');
  const taken: (string | undefined)[] = [];
  const keys = Array.from({ length: 10_000 }, (_, i) => `k${i}`);
  keys.forEach((key, i) => {
    queue.add(key, i);
    if (i % 3 === 0) taken.push(queue.get(i));
    expect(queue.length).toBe(i + 1 - taken.length);
  });
  while (taken.length < keys.length) taken.push(queue.get(0));
  expect(taken).toEqual(keys);
  expect([queue.length, queue.get(0)]).toEqual([0, undefined]);
});

it('is empty when nothing is ready, in work or waiting', () => {
  const queue = new WorkQueue('q');
  expect([queue.name, queue.isEmpty, queue.numRequeues('a')]).toEqual(['q', true, 0]);
  queue.addAfter('a', 5, 0);
  expect(queue.isEmpty).toBe(false);
  queue.advance(4);
  expect([queue.length, queue.isEmpty]).toEqual([0, false]);
  queue.advance(5);
  expect([queue.length, queue.isEmpty]).toEqual([1, false]);
  queue.get(5);
  expect(queue.isEmpty).toBe(false);
  queue.done('a', 5);
  expect(queue.isEmpty).toBe(true);
  queue.addAfter('a', -1, 5);
  expect(queue.length).toBe(1);
});
