/** NodeVolumeLimits in a scheduler that runs: the limits of drivers are watched from the first volume on. */

import { describe, expect, it } from 'vitest';
import { type Janitor, lab, nodeAt, podAt, type Step } from './lab.ts';

const create = (second: number, resource: string, body: object, namespace?: string): Step => [
  second,
  { verb: 'create', resource, ...(namespace === undefined ? {} : { namespace }), body } as Step[1],
];
const driver = 'disk.example.com';
const limitAt = (second: number, node: string, count: number): Step =>
  create(second, 'csinodes.storage.k8s.io', {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSINode',
    metadata: { name: node },
    spec: { drivers: [{ name: driver, nodeID: node, allocatable: { count } }] },
  });
// A driver's entry may not be changed: the kubelet takes it out and puts it in again when the driver registers anew.
const driversAt = (second: number, node: string, drivers: readonly object[]): Step => [
  second,
  { verb: 'patch', resource: 'csinodes.storage.k8s.io', name: node, patchType: 'merge', body: { spec: { drivers } } },
];
const raiseAt = (second: number, node: string, count: number): Step[] => [
  driversAt(second, node, []),
  driversAt(second + 1, node, [{ name: driver, nodeID: node, allocatable: { count } }]),
];
const spec = { accessModes: ['ReadWriteOnce'], storageClassName: '' };
const diskAt = (second: number, name: string): Step[] => [
  create(second, 'persistentvolumes', {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      ...spec,
      capacity: { storage: '1Gi' },
      csi: { driver, volumeHandle: name },
      claimRef: { namespace: 'default', name },
    },
  }),
  create(
    second,
    'persistentvolumeclaims',
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace: 'default', annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
      spec: { ...spec, volumeName: name, resources: { requests: { storage: '1Gi' } } },
    },
    'default',
  ),
];
const attachedAt = (second: number, name: string, node: string): Step =>
  create(second, 'volumeattachments.storage.k8s.io', {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    metadata: { name: `att-${name}` },
    spec: { attacher: driver, nodeName: node, source: { persistentVolumeName: name } },
  });
const podWith = (second: number, name: string, claim: string): Step =>
  podAt(second, name, '100m', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: claim } }] });
const boundAt = (janitor: Janitor, name: string): number | undefined =>
  janitor.seen.find(({ pod }) => pod.metadata?.name === name && (pod.spec?.nodeName ?? '') !== '')?.at;

describe('NodeVolumeLimits', () => {
  const disks = ['one', 'two', 'old'].flatMap((name) => diskAt(1, name));

  it('keeps a node to the limit of its driver, and hears of a higher one', () => {
    const steps = [
      ...disks,
      limitAt(1, 'a', 1),
      nodeAt(1, 'a'),
      podWith(3, 'first', 'one'),
      podWith(4, 'second', 'two'),
      ...raiseAt(10, 'a', 2),
    ];
    const { janitor } = lab(steps, { seconds: 15 });
    expect(Math.floor(boundAt(janitor, 'first') ?? 0)).toBe(3);
    expect(janitor.events('second').join()).toContain('0/1 nodes are available: 1 node(s) exceed max volume count.');
    expect(Math.floor(boundAt(janitor, 'second') ?? 0)).toBe(11);
  });

  it('counts what is still attached for a pod that is gone, until it is detached', () => {
    const detach: Step = [8, { verb: 'delete', resource: 'volumeattachments.storage.k8s.io', name: 'att-old' }];
    const steps = [...disks, limitAt(1, 'a', 1), nodeAt(1, 'a'), attachedAt(2, 'old', 'a'), podWith(3, 'first', 'one'), detach];
    const { janitor } = lab(steps, { seconds: 15 });
    expect(Math.floor(boundAt(janitor, 'first') ?? 0)).toBe(8);
  });
});
