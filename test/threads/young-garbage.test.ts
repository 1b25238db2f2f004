import { performance } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import { expect, test } from 'vitest';
import { Barrier, barrierMemory } from '../../workers/barrier.ts';
import { youngGarbageCollector } from '../../workers/young-garbage.ts';

test('a thread that waits long for news collects once, and goes on waiting', () => {
  let collected = 0;
  const barrier = new Barrier(barrierMemory(2), 2, 10, () => {
    collected++;
  });
  const since = performance.now();
  barrier.awaitNews(0, () => performance.now() - since > 150);
  expect(collected).toBe(1);
  barrier.awaitNews(0, () => true);
  expect(collected).toBe(1);
});

test('it collects young garbage, where there is enough', () => {
  const used = (): number => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_used_size ?? 0;
  const litter = (): void => {
    for (let i = 0; i < 2000; i++) garbage[i % 4] = [i, i, i, i];
  };
  const garbage: number[][] = [];
  youngGarbageCollector(0)();
  litter();
  const before = used();
  youngGarbageCollector(Number.MAX_SAFE_INTEGER)();
  expect(used()).toBeGreaterThanOrEqual(before);
  youngGarbageCollector(0)();
  expect(used()).toBeLessThan(before);
});
