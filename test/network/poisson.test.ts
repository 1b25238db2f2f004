/** Counts of a Poisson process: mean and variance agree with each other and with what was asked, on both sides of the normal approximation. */

import { describe, expect, test } from 'vitest';
import { Luck, purpose } from '#sim';
import { poisson } from '../../src/network/poisson.ts';

const WHAT = purpose('test/network/poisson');

describe('poisson counts', () => {
  test.each([0.3, 4, 30, 400])('of mean %d', (mean) => {
    const luck = new Luck(7).stream(WHAT, mean);
    const draws = Array.from({ length: 20_000 }, () => poisson(mean, luck));
    const average = draws.reduce((sum, one) => sum + one, 0) / draws.length;
    const variance = draws.reduce((sum, one) => sum + (one - average) * (one - average), 0) / draws.length;
    expect(Math.abs(average - mean)).toBeLessThan(4 * Math.sqrt(mean / draws.length) + 0.02);
    expect(variance / mean).toBeGreaterThan(0.9);
    expect(variance / mean).toBeLessThan(1.1);
  });
  test('nothing comes of nothing', () => {
    expect(poisson(0, new Luck(1).stream(WHAT))).toBe(0);
  });
});
