/** The faults of a run of the swarm: of all kinds a random subset, each some times, all over when the storm is: what is broken is whole again, disks are kept. */

import type { Dice, FaultValue, Span } from './swarm.ts';

/** How long one lasts at most, so that nobody is evicted for a node that comes back (tolerationSeconds: 300). Seconds. */
const LONGEST = 90;

type Draw = (dice: Dice, at: number, lasts: number) => Readonly<Record<string, unknown>>;

const some = (dice: Dice): Readonly<Record<string, unknown>> => ({ count: dice.between(1, 4) });
const timed = (at: number, lasts: number) => ({ at: `${at}s`, for: `${lasts}s` });
const DIRECTIONS = ['both', 'in', 'out'] as const;

const KINDS: Readonly<Record<string, Draw>> = {
  crashNodes: (dice, at, lasts) => ({
    ...timed(at, lasts),
    ...some(dice),
    ...(dice.chance(0.3) ? { correlation: '50 %', blastRadius: '50 %' } : {}),
  }),
  rebootNodes: (dice, at, lasts) => ({ ...timed(at, lasts), ...some(dice) }),
  pauseNodes: (dice, at, lasts) => ({ ...timed(at, lasts), ...some(dice) }),
  slowNodes: (dice, at, lasts) => ({ ...timed(at, lasts), ...some(dice), factor: dice.one([5, 20, 100]) }),
  restartKubelet: (dice, at) => ({ ...timed(at, dice.between(1, 10)), ...some(dice) }),
  crashContainers: (dice, at) => ({ at: `${at}s`, share: '50 %', containers: dice.one(['20 %', '60 %', '100 %']) }),
  registryOutage: (_dice, at, lasts) => timed(at, lasts),
  zoneOutage: (dice, at, lasts) => {
    const index = dice.between(0, 2);
    const there = { etcdMembers: [index], ...(index < 2 ? { apiServers: [index], schedulers: [index], controllerManagers: [index] } : {}) };
    return { ...timed(at, lasts), zone: ['a', 'b', 'c'][index], ...(dice.chance(0.5) ? there : {}) };
  },
  partitionNodes: (dice, at, lasts) => ({ ...timed(at, lasts), ...some(dice), direction: dice.one(DIRECTIONS) }),
  isolateComponent: (dice, at, lasts) => ({
    ...timed(at, lasts),
    component: dice.one(['etcd', 'apiServer', 'scheduler', 'controllerManager']),
    index: dice.between(0, 1),
    direction: dice.one(DIRECTIONS),
  }),
  pauseComponent: (dice, at) => ({
    ...timed(at, dice.between(1, 30)),
    component: dice.one(['etcd', 'apiServer', 'scheduler', 'controllerManager']),
    index: dice.between(0, 1),
  }),
  slowComponent: (dice, at, lasts) => ({
    ...timed(at, lasts),
    component: dice.one(['etcd', 'apiServer', 'scheduler', 'controllerManager']),
    index: dice.between(0, 1),
    factor: dice.one([5, 20, 100]),
  }),
  slowNetwork: (dice, at, lasts) => ({
    ...timed(at, lasts),
    latency: { exponential: { mean: dice.one(['5ms', '50ms', '300ms']) } },
    ...(dice.chance(0.5) ? { loss: dice.one(['1 %', '5 %', '20 %']) } : {}),
    ...(dice.chance(0.2) ? { bandwidth: '200kB' } : {}),
  }),
  crashApiServer: (dice, at, lasts) => ({ ...timed(at, lasts), index: dice.between(0, 1), killed: dice.chance(0.5) }),
  crashScheduler: (dice, at, lasts) => ({ ...timed(at, lasts), index: dice.between(0, 1) }),
  crashControllerManager: (dice, at, lasts) => ({ ...timed(at, lasts), index: dice.between(0, 1) }),
  crashEtcdMember: (dice, at, lasts) => ({ ...timed(at, lasts), member: dice.between(0, 2), machine: dice.chance(0.5) }),
  killEtcdLeader: (dice, at, lasts) => ({ ...timed(at, lasts), machine: dice.chance(0.5) }),
  tornWrite: (dice, at, lasts) => ({ ...timed(at, lasts), role: dice.one(['leader', 'follower']) }),
  partitionEtcdMember: (dice, at, lasts) => ({
    ...timed(at, lasts),
    member: dice.between(0, 2),
    clients: dice.chance(0.5),
    direction: dice.one(DIRECTIONS),
  }),
  stallEtcdDisk: (dice, at) => ({ ...timed(at, dice.between(1, 20)), ...(dice.chance(0.5) ? { role: 'leader' } : {}) }),
  slowEtcdDisk: (dice, at, lasts) => ({ ...timed(at, lasts), fsync: dice.one(['5ms', '50ms', '500ms']), afterwards: '200us' }),
  fillEtcdDisk: (dice, at, lasts) => ({ ...timed(at, lasts), member: dice.between(0, 2) }),
  lagWatch: (dice, at, lasts) => ({ ...timed(at, lasts), by: dice.one(['100ms', '2s', '10s']), apiServer: dice.between(0, 1) }),
  dropWatches: (dice, at) => ({ at: `${at}s`, ...(dice.chance(0.5) ? { apiServer: dice.between(0, 1) } : {}) }),
  staleServer: (dice, at) => ({ ...timed(at, dice.between(5, 30)), by: dice.one(['1s', '5s', '15s']), apiServer: dice.between(0, 1) }),
  clockSkew: (dice, at, lasts) => ({
    ...timed(at, lasts),
    ...some(dice),
    offset: dice.one(['1s', '30s', '10m']),
    behind: dice.chance(0.5),
  }),
  clockDrift: (dice, at, lasts) => ({ ...timed(at, lasts), ...some(dice), ppm: dice.one([200, 10_000]), slow: dice.chance(0.5) }),
};

export const SWARM_FAULTS: readonly string[] = Object.keys(KINDS);

export function swarmFaults(dice: Dice, { from, until }: Span): readonly FaultValue[] {
  const share = dice.one([0.05, 0.15, 0.3]);
  const faults: { at: number; value: FaultValue }[] = [];
  for (const [name, draw] of Object.entries(KINDS)) {
    if (!dice.chance(share)) continue;
    const strikes = dice.one([1, 1, 2, 3]);
    for (let strike = 0; strike < strikes; strike++) {
      const lasts = dice.between(1, Math.min(LONGEST, until - from - 2));
      // staleServer takes its lag longer than it says.
      const at = dice.between(from, Math.max(from, until - Math.max(lasts, 46) - 1));
      faults.push({ at, value: { [name]: draw(dice, at, lasts) } });
    }
  }
  return faults.sort((a, b) => a.at - b.at).map(({ value }) => value);
}

const OF_ETCD = [
  'killEtcdLeader',
  'crashEtcdMember',
  'tornWrite',
  'partitionEtcdMember',
  'stallEtcdDisk',
  'slowEtcdDisk',
  'fillEtcdDisk',
  'isolateComponent',
  'pauseComponent',
  'slowComponent',
] as const;

/** Many short faults of etcd's members, one into the other: leaders that die, come back, and are cut off while the next is elected. */
export function etcdStorm(dice: Dice, { from, until }: Span): readonly FaultValue[] {
  const strikes = dice.between(6, 16);
  const kinds = OF_ETCD.filter(() => dice.chance(0.6));
  const faults: { at: number; value: FaultValue }[] = [];
  for (let strike = 0; strike < strikes; strike++) {
    const name = dice.one(kinds.length === 0 ? OF_ETCD : kinds);
    const lasts = dice.between(1, dice.one([3, 10, 30]));
    const at = dice.between(from, until - 31);
    const drawn = (KINDS[name] as Draw)(dice, at, lasts);
    const here = 'component' in drawn ? { component: 'etcd', index: dice.between(0, 2) } : {};
    faults.push({ at, value: { [name]: { ...drawn, ...here } } });
  }
  return faults.sort((a, b) => a.at - b.at).map(({ value }) => value);
}
