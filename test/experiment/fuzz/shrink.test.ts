import { describe, expect, it } from 'vitest';
import { shrunk } from '#experiment';

const ten = Array.from({ length: 10 }, (_, i) => i);

describe('shrinking', () => {
  it.each([[[3]], [[2, 7]], [[0, 5, 9]]])('comes down to %j', async (needed) => {
    expect(await shrunk(ten, async (some) => needed.every((one) => some.includes(one)), 100)).toEqual(needed);
  });
  it('comes down to nothing where nothing is needed', async () => {
    expect(await shrunk(ten, async () => true)).toEqual([]);
  });
  it('ends, and never with less than fails', async () => {
    let asked = 0;
    const kept = await shrunk(ten, async (some) => ++asked > 0 && some.length >= 9, 5);
    expect(kept.length).toBeGreaterThanOrEqual(9);
    expect(asked).toBeLessThanOrEqual(5);
  });
});
