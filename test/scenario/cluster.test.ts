/** Node pools: what they run by themselves and how many addresses their pods have. */

import { expect, test } from 'vitest';
import { parseSource, scenarioFrom } from '#scenario';

const read = (pool: string) =>
  scenarioFrom(parseSource(`name: x\nduration: 1m\ncluster:\n  nodes:\n    - { count: 2, ${pool} }\n`, 'x.yaml')).cluster.nodes[0];

test('static pods and the size of the range of addresses are read', () => {
  const pool = read(
    'podCIDRMaskSize: 28, staticPods: [{ metadata: { name: agent }, spec: { containers: [{ name: a, image: "a:1" }], priority: 5 } }]',
  );
  expect(pool).toMatchObject({ podCIDRMaskSize: 28, staticPods: [{ metadata: { name: 'agent' }, spec: { priority: 5 } }] });
});

test.each([
  ['podCIDRMaskSize: 31', "'cluster.nodes[0].podCIDRMaskSize' must be at most 30, found 31"],
  ['staticPods: [{ spec: { containers: [{ name: a, image: i }] } }]', "'cluster.nodes[0].staticPods[0]' lacks 'metadata'"],
  ['staticPods: [{ metadata: { name: a }, spec: { containers: [{ name: a }] } }]', "lacks 'image'"],
])('%s is refused', (pool, message) => {
  expect(() => read(pool)).toThrow(message);
});

test('what allocatable does not name is the capacity, as a kubelet reports it: never a node for no pods at all', () => {
  const pool = read("capacity: { cpu: 8, memory: 16Gi, 'nvidia.com/gpu': 2 }, allocatable: { memory: 14Gi, cpu: 7500m }");
  expect(pool?.allocatable).toEqual({ cpu: '7500m', memory: '14Gi', pods: '110', 'nvidia.com/gpu': '2' });
  expect(read('capacity: { pods: 30 }, allocatable: { pods: 0 }')?.allocatable).toMatchObject({ cpu: '8', pods: '0' });
  expect(read('capacity: { pods: 30 }')?.allocatable).toBeUndefined();
});
