import { describe, expect, it } from 'vitest';
import { faultKind, type Topology } from '#scenario';
import { Luck, type WorldChange } from '#sim';

const MINUTE = 60_000_000;
const topology: Topology = {
  nodes: Array.from({ length: 12 }, (_, i) => ({
    id: 20 + i,
    name: `node-${i}`,
    zone: ['a', 'b', 'c'][i % 3] as string,
    labels: { rack: i < 4 ? 'r1' : 'r2' },
  })),
  apiServers: [3, 4],
  etcd: [0, 1, 2],
  etcdMembers: [0, 1, 2].map((id) => ({ id, cluster: '', index: id })),
  schedulers: [5, 6],
  controllerManagers: [7],
  users: [8],
};

function strike(kind: string, spec: object, seed = 1, until: number | undefined = 60 * MINUTE): readonly WorldChange[] {
  const fault = faultKind(kind);
  const mistake = fault?.mistake?.(spec as never, topology);
  if (mistake !== undefined) throw new Error(mistake);
  const luck = new Luck(seed);
  const stream = (name: string) => luck.scenario(name);
  return fault?.changes(spec as never, { ordinal: 0, topology, stream, ...(until === undefined ? {} : { until }) }) ?? [];
}
const hostsOf = (change: WorldChange | undefined): readonly number[] =>
  change !== undefined && 'hosts' in change ? (change.hosts.hosts ?? []) : [];

describe('when a fault strikes', () => {
  it('comes again at a constant distance', () => {
    const crashes = strike('crashNodes', { every: '10m', count: 1, for: '1m' }).filter(({ change }) => change === 'crash');
    expect(crashes.map(({ at }) => at / MINUTE)).toEqual([10, 20, 30, 40, 50, 60]);
  });

  it('comes between from and until, so many times at most', () => {
    const at = (spec: object) => strike('dropWatches', spec).map((change) => change.at / MINUTE);
    expect(at({ every: '1m', from: '5m', until: '8m' })).toEqual([6, 7, 8]);
    expect(at({ every: '1m', most: 2 })).toEqual([1, 2]);
  });

  it('strikes at the instants of a trace', () => {
    const changes = strike('pauseNodes', { times: ['1m', '3m'], count: 1, for: '10s' });
    expect(changes.map(({ at, change }) => [at / MINUTE, change])).toEqual([
      [1, 'pause'],
      [1 + 1 / 6, 'resume'],
      [3, 'pause'],
      [3 + 1 / 6, 'resume'],
    ]);
  });

  it.each([
    ['exponential', { exponential: { mean: '1m' } }],
    ['weibull', { weibull: { scale: '1m', shape: 1 } }],
  ])('comes at the rate of a distribution: %s', (_name, every) => {
    const strikes = strike('dropWatches', { every }, 3, 1000 * MINUTE).length;
    // 1,000 expected; four standard deviations either way.
    expect(strikes).toBeGreaterThan(870);
    expect(strikes).toBeLessThan(1130);
  });

  it('draws lengths, the same for the same seed and others for another', () => {
    const spec = { every: '5m', count: 1, for: { weibull: { scale: '30s', shape: 1.5 } } };
    const lengths = (seed: number) => {
      const changes = strike('crashNodes', spec, seed);
      return changes.flatMap((change, i) => (change.change === 'restart' ? [change.at - (changes[i - 1] as WorldChange).at] : []));
    };
    expect(lengths(1)).toEqual(lengths(1));
    expect(lengths(1)).not.toEqual(lengths(2));
    expect(new Set(lengths(1)).size).toBeGreaterThan(5);
  });

  it.each([
    [{}, "lacks 'at'"],
    [{ at: '1m', every: '1m' }, "says both 'at' and 'every'"],
    [{ at: '1m', until: '2m' }, "says 'until', which goes with 'every'"],
    [{ every: '0s' }, 'would strike without end'],
  ])('refuses %j', (spec, message) => {
    expect(() => strike('crashNodes', spec)).toThrow(message);
  });
});

describe('whom a fault strikes', () => {
  it('chooses by labels', () => {
    expect(hostsOf(strike('crashNodes', { at: '1m', labels: { rack: 'r1' } })[0])).toEqual([20, 21, 22, 23]);
    expect(() => strike('crashNodes', { at: '1m', labels: { rack: 'r9' } })).toThrow('no node has the labels rack=r9');
  });

  it('takes neighbours in the zone along, as far as the blast radius goes', () => {
    const alone = hostsOf(strike('crashNodes', { at: '1m', nodes: ['node-0'] })[0]);
    const all = hostsOf(strike('crashNodes', { at: '1m', nodes: ['node-0'], correlation: '100 %' })[0]);
    const few = hostsOf(strike('crashNodes', { at: '1m', nodes: ['node-0'], correlation: '100 %', blastRadius: '20 %' })[0]);
    expect(alone).toEqual([20]);
    expect(all).toEqual([20, 23, 26, 29]);
    expect(few).toEqual([20, 23]);
  });

  it('cuts one way', () => {
    const [both, out, into] = [undefined, 'out', 'in'].map(
      (direction) => strike('isolateComponent', { at: '1m', component: 'etcd', index: 1, ...(direction && { direction }) })[0],
    );
    expect(both).not.toHaveProperty('oneWay');
    expect(out).toMatchObject({ oneWay: true, a: { hosts: [1] } });
    expect(into).toMatchObject({ oneWay: true, b: { hosts: [1] } });
  });

  it('names an instance that is not there', () => {
    expect(() => strike('pauseComponent', { at: '1m', for: '1s', component: 'apiServer', index: 2 })).toThrow(
      'wants API server 2, the last one is 1',
    );
    expect(() => strike('webhookOutage', { at: '1m' })).toThrow('finds no webhook');
    expect(() => strike('zoneOutage', { at: '1m', zone: 'a', etcdMembers: [3] })).toThrow('wants etcd member 3, there are 3');
  });
});
