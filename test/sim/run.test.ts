import { describe, expect, test } from 'vitest';
import { runInProcess } from '#sim';
import { chatterWorld, createChatter } from './traffic.ts';

describe('a run', () => {
  test('gives one digest on any number of shards', () => {
    const world = chatterWorld(9);
    const digests = [0, 1, 2, 3, 8].map((shards) => runInProcess(world, createChatter, { shards }).digest);
    expect(new Set(digests).size).toBe(1);
    expect(runInProcess({ ...world, seed: 2 }, createChatter).digest).not.toBe(digests[0]);
  });
});
