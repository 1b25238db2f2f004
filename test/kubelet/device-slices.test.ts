import { expect, test } from 'vitest';
import { runNode } from './one-node.ts';

const gpus = (count: number) => ({ driver: 'gpu.example.com', devices: Array.from({ length: count }, (_, i) => ({ name: `gpu-${i}` })) });

interface Slice {
  readonly metadata: { readonly name: string; readonly ownerReferences: readonly object[] };
  readonly spec: { readonly nodeName: string; readonly pool: object; readonly devices: readonly object[] };
}

test('a node publishes its devices once, as one pool of slices that it owns', () => {
  const run = runNode(30, [], { config: { devices: [gpus(130)] } });
  const slices = run.writes('create', 'resourceslices.resource.k8s.io').map(({ body }) => body as unknown as Slice);
  expect(slices.map(({ metadata }) => metadata.name)).toEqual(['n0-gpu.example.com-0', 'n0-gpu.example.com-1']);
  expect(slices.map(({ spec }) => spec.devices.length)).toEqual([128, 2]);
  expect(slices[1]?.spec).toMatchObject({ nodeName: 'n0', pool: { name: 'n0', generation: 1, resourceSliceCount: 2 } });
  expect(slices[0]?.metadata.ownerReferences).toMatchObject([{ apiVersion: 'v1', kind: 'Node', name: 'n0' }]);
});

test('it tries again when the server failed, and says nothing without devices', () => {
  const again = runNode(60, [], {
    config: { devices: [gpus(1)] },
    failures: { 'create resourceslices.resource.k8s.io': [500] },
  });
  expect(again.api.objects.has('resourceslices.resource.k8s.io/n0-gpu.example.com-0')).toBe(true);
  expect(runNode(20, []).writes('create', 'resourceslices.resource.k8s.io')).toEqual([]);
});
