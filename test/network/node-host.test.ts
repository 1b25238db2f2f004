/** Hosts of nodes by their names. */

import { describe, expect, test } from 'vitest';
import { nodeHost } from '../../src/network/traffic-plan.ts';

const RANGES = [
  { prefix: 'node-', first: 10, count: 3 },
  { prefix: 'node-gpu-', first: 13, count: 2 },
];

describe('the host of a node', () => {
  test.each([
    ['node-0', 10],
    ['node-2', 12],
    ['node-3', undefined],
    ['node-gpu-1', 14],
    ['node-gpu-', undefined],
    ['node-01', undefined],
    ['other-1', undefined],
  ])('%s', (name, host) => {
    expect(nodeHost(RANGES, name)).toBe(host);
  });
});
