import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runInProcess } from '#sim';
import { runSharded } from '#workers';
import { placementOf, randomPlacement, randomWorld } from '../sim/random-world.ts';
import { chatterWorld, createChatter } from '../sim/traffic.ts';

const builder = { module: new URL('../sim/traffic.ts', import.meta.url).href, export: 'chatterBuilder' };
const spread = (hosts: number, shards: number): Int32Array => Int32Array.from({ length: hosts }, (_, host) => host % shards);

describe('a run on threads', () => {
  test.each([1, 2, 3, 4])('gives the digest of the run in process on %i threads', async (shards) => {
    const world = chatterWorld(9);
    const outcome = await runSharded(world, { shards, builder, placement: spread(9, shards) });
    const expected = runInProcess(world, createChatter);
    expect([outcome.digest, outcome.events, outcome.stoppedAt]).toEqual([expected.digest, expected.events, expected.stoppedAt]);
    expect(outcome.recorded.counters).toEqual(expected.recorded.counters);
    expect(outcome.shards.used).toBe(shards);
    expect(outcome.shards.messages > 0).toBe(shards > 1);
  });

  test('agrees in random worlds too, batches that do not fit the rings included', async () => {
    const property = fc.asyncProperty(randomWorld, randomPlacement, async (world, where) => {
      const shards = Math.max(1, where.shards % 5);
      const placement = placementOf(world.hosts.length, { ...where, shards });
      const outcome = await runSharded(world, { shards, builder, placement, ringWords: 16 });
      const expected = runInProcess(world, createChatter);
      expect([outcome.digest, outcome.stoppedAt, outcome.ended]).toEqual([expected.digest, expected.stoppedAt, expected.ended]);
    });
    await fc.assert(property, { numRuns: 12, seed: 7 });
  });

  test('fails with the error of the shard that failed, and does not hang', async () => {
    const failing = { ...builder, export: 'failingBuilder' };
    await expect(runSharded(chatterWorld(6), { shards: 3, builder: failing, placement: spread(6, 3) })).rejects.toThrow(
      /host-4 fails.*seed 1/,
    );
    const absent = { ...builder, export: 'noSuchBuilder' };
    await expect(runSharded(chatterWorld(2), { shards: 2, builder: absent, placement: spread(2, 2) })).rejects.toThrow(
      /no export 'noSuchBuilder'/,
    );
  });

  test('ends when a shard dies', async () => {
    const dying = { ...builder, export: 'dyingBuilder' };
    await expect(runSharded(chatterWorld(4), { shards: 2, builder: dying, placement: spread(4, 2) })).rejects.toThrow(/exit|terminat/i);
  });

  test('is cancelled between simulated seconds', async () => {
    const world = chatterWorld(4, { until: 1e12 }, { hops: 1_000_000 });
    const outcome = await runSharded(world, { shards: 2, builder, placement: spread(4, 2), shouldStop: () => 'interrupted' });
    expect(outcome.ended).toBe('interrupted');
    expect(outcome.stoppedAt % 1_000_000).toBe(0);
    expect(outcome.digest).toBe(runInProcess({ ...world, until: outcome.stoppedAt }, createChatter).digest);
  });
});
