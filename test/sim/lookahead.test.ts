import { describe, expect, test } from 'vitest';
import type { WorldSpec } from '#sim';
import { endOfCell, lookahead, Pace, Promises, placeByGroup } from '#sim';
import { chatterWorld } from './traffic.ts';

/** A control plane and nodes as the architecture has them: 1 ms out, 0.5 + 10 ms back. */
function cluster(nodes: number): WorldSpec {
  const world = chatterWorld(nodes + 1, {
    links: [
      { from: 'control-plane', to: 'node', latencyMin: 1000 },
      { from: 'node', to: 'control-plane', latencyMin: 500 },
    ],
  });
  return {
    ...world,
    hosts: world.hosts.map((host, id) => ({ ...host, group: id === 0 ? 'control-plane' : 'node', egressFloor: id === 0 ? 0 : 10_000 })),
  };
}

describe('lookahead', () => {
  test('is the least of floor and latency in each direction; nothing where no link is', () => {
    const world = cluster(4);
    const placement = placeByGroup(world, 3, ['node']);
    expect([...placement]).toEqual([0, 1, 2, 1, 2]);
    expect([...lookahead(world, placement, 3)]).toEqual([Infinity, 1000, 1000, 10_500, Infinity, Infinity, 10_500, Infinity, Infinity]);
  });

  test('hosts that take their time go with the nodes, those that do not stay', () => {
    const world = cluster(3);
    const late = { ...(world.hosts[0] as (typeof world.hosts)[number]), name: 'late', egressFloor: 5000 };
    const prompt = { ...late, name: 'prompt', egressFloor: 4999 };
    const grown: WorldSpec = { ...world, hosts: [...world.hosts, late, prompt] };
    expect([...placeByGroup(grown, 3, ['node'])]).toEqual([0, 1, 2, 1, 1, 0]);
    expect([...placeByGroup(grown, 1, ['node'])]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('refuses links between shards that take no time', () => {
    const world = chatterWorld(2, { links: [{ from: '*', to: '*', latencyMin: 0 }] });
    expect(() => lookahead(world, Int32Array.of(0, 1), 2)).toThrow(/cannot be on different shards/);
    expect(lookahead(world, Int32Array.of(0, 0), 1)).toEqual(Float64Array.of(Infinity));
  });
});

describe('the pace', () => {
  const least = Float64Array.of(Infinity, 1000, 10_500, Infinity);

  test('gives both directions windows of their mean, when all are busy', () => {
    const pace = new Pace(least, 2, 900_000);
    let rounds = 0;
    const widths: number[][] = [];
    while (pace.reached < 900_000) {
      const before = [...pace.horizons];
      pace.advance([...pace.horizons]);
      widths.push(before.map((horizon, i) => (pace.horizons[i] as number) - horizon));
      rounds++;
    }
    expect(rounds).toBeLessThanOrEqual(Math.ceil(900_000 / 5750) + 2);
    for (const width of widths.slice(2, -2)) for (const each of width) expect(Math.abs(each - 5750)).toBeLessThanOrEqual(1);
  });

  test('lets a shard that is busy alone run until an answer could reach it', () => {
    const pace = new Pace(least, 2, 900_000);
    pace.advance([0, 400_000]);
    expect(pace.horizons[0]).toBe(11_500);
    pace.advance([11_500, 12_000]);
    expect(pace.horizons[0]).toBe(17_250);
  });

  test('stretches windows over idle time, up to the simulated second unless all have reached one', () => {
    const pace = new Pace(least, 2, 100_000_000);
    pace.advance([50_000, 70_000]);
    expect(pace.reached).toBeGreaterThan(45_000);
    while (pace.reached < 1_000_000) pace.advance([5_300_000, 5_400_000]);
    expect([...pace.horizons]).toEqual([1_000_000, 1_000_000]);
    pace.advance([5_300_000, 5_400_000]);
    expect(pace.reached).toBeGreaterThan(5_000_000);
  });

  test('never lets a message into a window that was run', () => {
    const matrix = Float64Array.of(Infinity, 3, 50, 7, Infinity, Infinity, 400, 2, Infinity);
    const pace = new Pace(matrix, 3, 10_000);
    while (pace.reached < 10_000) {
      const next = Array.from(pace.horizons, (horizon, i) => horizon + ((horizon * 7 + i * 13) % 40));
      pace.advance(next);
      next.forEach((at, from) => {
        // What is left of shard `from` may send from `at` on, but only if that is before its own horizon.
        for (let to = 0; to < 3; to++) {
          const arrival = Math.min(at, pace.horizons[from] as number) + (matrix[from * 3 + to] as number);
          if (at < (pace.horizons[from] as number)) expect(arrival).toBeGreaterThanOrEqual(pace.horizons[to] as number);
        }
      });
    }
  });
});

describe('promises', () => {
  const least = Float64Array.of(Infinity, 1000, 10_500, Infinity);

  test('bound a shard by what the others have promised and how long their messages take', () => {
    const promises = new Promises(least, 2, 0);
    expect(promises.slice).toBe(2875);
    promises.begin([500, 90_000]);
    // What shard 0 sends at 500 can make shard 1 act at 1500, long before its own next event.
    expect(promises.bound()).toBe(1500 + 10_500);
    promises.heard(1, 4000);
    expect(promises.bound()).toBe(14_500);
    promises.heard(1, 3000);
    expect(promises.bound()).toBe(14_500);
    expect([promises.areAllPast(4000), promises.areAllPast(4001)]).toEqual([true, false]);
  });

  test('of nobody bound nobody', () => {
    const promises = new Promises(Float64Array.of(Infinity), 1, 0);
    expect([promises.bound(), promises.areAllPast(1e12)]).toEqual([Infinity, true]);
  });

  test('hold until the close of the second; idle seconds are passed over, but the first', () => {
    expect(endOfCell(0, 5_500_000, 9e6)).toBe(1e6);
    expect(endOfCell(1e6, 5_500_000, 9e6)).toBe(6e6);
    expect(endOfCell(1e6, Infinity, 9e6)).toBe(9e6);
  });
});
