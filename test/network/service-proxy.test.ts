/** A proxy's rules lag behind the endpoints: a write takes its time, shows what was known when it began, and the next one waits. */

import { describe, expect, test } from 'vitest';
import type { KnownEndpoint } from '../../src/network/endpoint-choice.ts';
import { ServiceProxy } from '../../src/network/service-proxy.ts';

const at = (address: string): readonly KnownEndpoint[] => [{ address, node: 'n0' }];
const addresses = (proxy: ServiceProxy): readonly string[] => proxy.endpoints.map(({ address }) => address);
const [TAKES, REST] = [200, 1000];

describe('a service proxy', () => {
  test('writes a first change at once, and its rules hold when the write ends', () => {
    const proxy = new ServiceProxy();
    expect(proxy.hear(5000)).toBe(0);
    expect(proxy.due(5000, at('a'), () => TAKES, REST)).toBe(TAKES);
    expect(addresses(proxy)).toEqual([]);
    expect(proxy.due(5200, at('b'), () => TAKES, REST)).toBeUndefined();
    expect(addresses(proxy)).toEqual(['a']);
  });

  test('lets changes during a write gather, and waits minSyncPeriod from the end of one to the beginning of the next', () => {
    const proxy = new ServiceProxy();
    proxy.hear(0);
    proxy.due(0, at('a'), () => TAKES, REST);
    expect(proxy.hear(50)).toBeUndefined();
    expect(proxy.hear(60)).toBeUndefined();
    expect(proxy.due(200, at('c'), () => TAKES, REST)).toBe(REST);
    expect(proxy.due(1200, at('c'), () => TAKES, REST)).toBe(TAKES);
    expect(proxy.due(1400, at('c'), () => TAKES, REST)).toBeUndefined();
    expect(addresses(proxy)).toEqual(['c']);
  });

  test('a change soon after a write waits for the rest of the pause, a late one does not', () => {
    const proxy = new ServiceProxy();
    proxy.hear(0);
    proxy.due(0, at('a'), () => TAKES, REST);
    proxy.due(200, at('a'), () => TAKES, REST);
    expect(proxy.hear(500)).toBe(700);
    expect(proxy.hear(600)).toBeUndefined();
    proxy.due(1200, at('b'), () => TAKES, REST);
    proxy.due(1400, at('b'), () => TAKES, REST);
    expect(proxy.hear(9000)).toBe(0);
  });
});
