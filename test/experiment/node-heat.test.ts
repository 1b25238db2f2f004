import { expect, test } from 'vitest';
import { HEAT_METRIC, NodeHeat } from '../../src/experiment/node-heat.ts';

test('heat counts nodes by decile, forgets those that go and gives their place to others', () => {
  const gauges = new Map<string, number>();
  const gauge = (name: string, labels: Record<string, string>) => {
    const key = [name, ...Object.values(labels)].join(' ');
    return {
      set: (value: number) => void gauges.set(key, value),
      add: (delta: number) => void gauges.set(key, (gauges.get(key) ?? 0) + delta),
    };
  };
  const heat = new NodeHeat();
  heat.start({ gauge } as unknown as Parameters<NodeHeat['start']>[0]);
  for (let i = 0; i < 100; i++) heat.node(`n-${i}`, 10, 100, 5);
  heat.add('n-0', 5, 100, 1);
  heat.add('n-1', 1, 0, 1);
  heat.add('nobody', 1, 1, 1);
  heat.sample();
  const deciles = (resource: string): number[] =>
    Array.from({ length: 11 }, (_, decile) => gauges.get(`${HEAT_METRIC} ${resource} ${decile}`) ?? -1);
  expect(deciles('cpu')).toEqual([98, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
  expect(deciles('memory')).toEqual([99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  expect([gauges.get('wavetank_requested cpu'), gauges.get('wavetank_allocatable cpu')]).toEqual([6, 1000]);
  // The mean pod asks for 3 cpus and 50 of memory: two fit on an empty node and on the second, none on the first.
  expect(gauges.get('wavetank_fragmentation')).toBeCloseTo((98 * 4 + 5 + 3) / 994, 6);
  heat.remove('n-0');
  heat.sample();
  expect([deciles('cpu')[5], gauges.get('wavetank_requested cpu'), gauges.get('wavetank_allocatable cpu')]).toEqual([0, 1, 990]);
  heat.node('n-new', 10, 100, 5);
  heat.add('n-new', 10, 0, 0);
  heat.sample();
  expect(deciles('cpu')).toEqual([98, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
});
