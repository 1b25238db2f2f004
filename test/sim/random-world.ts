/** Random worlds, traffic and placements for the engine's properties. */

import fc from 'fast-check';
import type { Distribution, HostSelector, LinkSpec, WorldChange, WorldSpec } from '#sim';
import type { ChatterConfig } from './traffic.ts';

const GROUPS = ['a', 'b', 'c'];
const UNTIL = 1_500_000;

const distribution: fc.Arbitrary<Distribution> = fc.oneof(
  fc.constant(0),
  fc.nat(3000),
  fc.record({ uniform: fc.record({ min: fc.constant(0), max: fc.nat(2000) }) }),
  fc.record({ exponential: fc.record({ mean: fc.integer({ min: 1, max: 500 }) }) }),
  fc.record({ lognormal: fc.record({ p50: fc.integer({ min: 10, max: 200 }), p99: fc.integer({ min: 300, max: 3000 }) }) }),
);
const selector: fc.Arbitrary<HostSelector> = fc.oneof(
  fc.record({ hosts: fc.array(fc.nat(7), { minLength: 1, maxLength: 3 }) }),
  fc.record({ group: fc.constantFrom(...GROUPS) }),
  fc.record({ zone: fc.constantFrom('z0', 'z1') }),
);
const links: fc.Arbitrary<LinkSpec[]> = fc.tuple(
  ...GROUPS.flatMap((from) =>
    GROUPS.map((to) =>
      fc.record({
        from: fc.constant(from),
        to: fc.constant(to),
        latencyMin: fc.integer({ min: 1, max: 5000 }),
        jitter: fc.option(distribution, { nil: undefined }),
        loss: fc.constantFrom(undefined, 0, 0.2),
        bytesPerSecond: fc.constantFrom(undefined, 100_000),
      }),
    ),
  ),
);
const at = fc.integer({ min: 0, max: UNTIL });
const change: fc.Arbitrary<WorldChange> = fc.oneof(
  fc.record({ at, change: fc.constant('partition' as const), id: fc.constant('p'), a: selector, b: selector, oneWay: fc.boolean() }),
  fc.record({ at, change: fc.constant('heal' as const), id: fc.constantFrom('p', 'l') }),
  fc.record({
    at,
    change: fc.constant('link' as const),
    id: fc.constant('l'),
    from: selector,
    to: selector,
    extraLatency: distribution,
    loss: fc.constant(0.1),
  }),
  fc.record({ at, change: fc.constant('disk' as const), hosts: selector, fsync: distribution, stallUntil: at }),
  fc.record({
    at,
    change: fc.constant('clock' as const),
    hosts: selector,
    clock: fc.record({ offset: fc.integer({ min: -5000, max: 5000 }), drift: fc.nat(90) }),
  }),
  fc.record({ at, change: fc.constant('cpu' as const), hosts: selector, slowdown: fc.constantFrom(0.5, 3) }),
  fc.record({ at, change: fc.constantFrom('crash' as const, 'restart' as const, 'pause' as const, 'resume' as const), hosts: selector }),
);

/** A world of 2 to 8 talkative hosts. */
export const randomWorld: fc.Arbitrary<WorldSpec> = fc
  .record({
    seed: fc.nat(1_000_000),
    links,
    changes: fc.array(change, { maxLength: 8 }),
    grain: fc.constantFrom(1, 500),
    hosts: fc.array(
      fc.record({
        group: fc.constantFrom(...GROUPS),
        zone: fc.constantFrom('z0', 'z1'),
        egressFloor: fc.constantFrom(undefined, 10_000),
        cores: fc.integer({ min: 1, max: 3 }),
        disk: fc.option(fc.record({ fsync: distribution, bytesPerSecond: fc.constantFrom(undefined, 1_000_000) }), { nil: undefined }),
        clock: fc.option(fc.record({ offset: fc.nat(1000), drift: fc.integer({ min: -50, max: 50 }) }), { nil: undefined }),
        hops: fc.integer({ min: 1, max: 10 }),
        stopAt: fc.constantFrom(undefined, undefined, undefined, 40),
      }),
      { minLength: 2, maxLength: 8 },
    ),
  })
  .map(({ hosts, grain, ...world }) => ({
    ...world,
    epoch: 1_700_000_000_000_000,
    until: UNTIL,
    bucket: 100_000,
    hosts: hosts.map(({ hops, stopAt, ...host }, id) => ({
      ...host,
      name: `host-${id}`,
      program: 'chatter',
      config: { peers: hosts.map((_, peer) => peer).filter((peer) => peer !== id), hops, grain, stopAt } satisfies ChatterConfig,
    })),
  }));

/** How many shards, and what decides where each host goes. */
export const randomPlacement = fc.record({ shards: fc.nat(8), picks: fc.array(fc.nat(7), { minLength: 8, maxLength: 8 }) });

export const placementOf = (hosts: number, { shards, picks }: { shards: number; picks: readonly number[] }): Int32Array =>
  Int32Array.from({ length: hosts }, (_, host) => (picks[host] as number) % Math.max(1, shards));
