import { describe, expect, test } from 'vitest';
import type { LinkSpec, WorldChange } from '#sim';
import { messageKind } from '#sim';
import { LOST, Network } from '../../src/sim/network.ts';
import { Topology } from '../../src/sim/topology.ts';
import { chatterWorld } from './traffic.ts';

const message = { kind: 'Parcel' };
messageKind({ kind: 'Parcel', digest() {}, bytes: () => 1000 });

function network(link: Partial<LinkSpec>, extra: LinkSpec[] = []): Network {
  const world = chatterWorld(4, { links: [...extra, { from: '*', to: '*', latencyMin: 200, ...link }] });
  return new Network(7, new Topology(world), (host) => `host-${host}`);
}
const arrivals = (net: Network, count: number, every = 10): number[] =>
  Array.from({ length: count }, (_, i) => net.arrival(0, 1, i * every, i + 1, message));

describe('a link', () => {
  test('delivers after its latency', () => {
    expect(arrivals(network({}), 3)).toEqual([200, 210, 220]);
  });

  test('delivers in order in spite of jitter', () => {
    const times = arrivals(network({ jitter: { exponential: { mean: 500 } } }), 200);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(times.map((time, i) => time - i * 10)).size).toBeGreaterThan(20);
    expect(Math.min(...times.map((time, i) => time - i * 10))).toBeGreaterThanOrEqual(200);
  });

  test('draws by message, not by what was sent before', () => {
    const [a, b] = [network({ jitter: { uniform: { min: 0, max: 999 } } }), network({ jitter: { uniform: { min: 0, max: 999 } } })];
    a.arrival(0, 1, 0, 1, message);
    expect(a.arrival(0, 1, 100_000, 2, message)).toBe(b.arrival(0, 1, 100_000, 2, message));
  });

  test('loses its share', () => {
    const lost = arrivals(network({ loss: 0.25 }), 4000).filter((at) => at === LOST).length;
    expect(lost / 4000).toBeCloseTo(0.25, 1);
  });

  test('queues for its bandwidth', () => {
    // 1,000 bytes at 1 MB/s take 1,000 us each.
    expect(arrivals(network({ bytesPerSecond: 1_000_000 }), 3, 0)).toEqual([1200, 2200, 3200]);
  });

  test('is the first that matches groups and zone', () => {
    const near = { from: 'even', to: 'odd', sameZone: true, latencyMin: 5 };
    const net = network({}, [near]);
    expect(net.arrival(0, 3, 0, 1, message)).toBe(5);
    expect(net.arrival(0, 1, 0, 1, message)).toBe(200);
  });

  test('is missed by name when the world has none', () => {
    const world = chatterWorld(2, { links: [] });
    const net = new Network(7, new Topology(world), (host) => `host-${host}`);
    expect(() => net.arrival(0, 1, 0, 1, message)).toThrow("no link from 'host-0' to 'host-1'");
  });
});

describe('a partition', () => {
  const cut = (oneWay: boolean): WorldChange => ({
    at: 0,
    change: 'partition',
    id: 'p',
    a: { group: 'even' },
    b: { group: 'odd' },
    oneWay,
  });

  test('cuts both ways, or one, until it heals', () => {
    const net = network({});
    net.apply(cut(false));
    expect([net.arrival(0, 1, 0, 1, message), net.arrival(1, 0, 0, 1, message)]).toEqual([LOST, LOST]);
    expect(net.arrival(0, 2, 0, 1, message)).toBe(200);
    net.apply({ at: 0, change: 'heal', id: 'p' });
    expect(net.arrival(0, 1, 0, 2, message)).toBe(200);
    net.apply(cut(true));
    expect([net.arrival(0, 1, 0, 3, message), net.arrival(1, 0, 0, 2, message)]).toEqual([LOST, 200]);
  });

  test('and an impaired link add up', () => {
    const net = network({ loss: 0.5 });
    net.apply({ at: 0, change: 'link', id: 'slow', from: { hosts: [0] }, to: {}, extraLatency: 300, loss: 0.5 });
    const times = arrivals(net, 2000, 1000);
    expect(times.filter((at) => at !== LOST).length / 2000).toBeCloseTo(0.25, 1);
    expect(times.find((at) => at !== LOST)).toBe(times.findIndex((at) => at !== LOST) * 1000 + 500);
  });
});
