import { describe, expect, test } from 'vitest';
import { runInProcess } from '#sim';
import { runSharded } from '#workers';
import { chatterWorld, createChatter } from '../sim/traffic.ts';

const builder = { module: new URL('../sim/traffic.ts', import.meta.url).href, export: 'chatterBuilder' };

describe('a run on threads', () => {
  test.each([1, 2, 3, 4])('gives the digest of the run in process on %i threads', async (shards) => {
    const world = chatterWorld(9);
    const placement = Int32Array.from(world.hosts, (_, host) => host % shards);
    const outcome = await runSharded(world, { shards, builder, placement });
    const expected = runInProcess(world, createChatter);
    expect(outcome.digest).toBe(expected.digest);
    expect(outcome.events).toBe(expected.events);
    expect(outcome.recorded.counter('starts')?.total).toBe(9);
  });
});
