/** VolumeBinding's wait in PreBind: the pod is bound once its volumes are. Nobody plays the volume controller here but the user. */

import { describe, expect, it } from 'vitest';
import { pluginPoints, readKubeSchedulerConfiguration } from '#scheduler';
import { type Janitor, lab, nodeAt, podAt, type Step } from './lab.ts';

const classAt = (second: number, provisioner: string): Step => [
  second,
  {
    verb: 'create',
    resource: 'storageclasses.storage.k8s.io',
    body: {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'late' },
      provisioner,
      volumeBindingMode: 'WaitForFirstConsumer',
    },
  },
];
const spec = { accessModes: ['ReadWriteOnce'], storageClassName: 'late' };
const claimAt = (second: number): Step => [
  second,
  {
    verb: 'create',
    resource: 'persistentvolumeclaims',
    namespace: 'default',
    body: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'default' },
      spec: { ...spec, resources: { requests: { storage: '1Gi' } } },
    },
  },
];
const createVolume = (second: number): Step => [
  second,
  {
    verb: 'create',
    resource: 'persistentvolumes',
    body: {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'disk' },
      spec: { ...spec, capacity: { storage: '1Gi' }, hostPath: { path: '/data' } },
    },
  },
];
const isAvailable = (second: number): Step => [
  second,
  {
    verb: 'patch',
    resource: 'persistentvolumes',
    subresource: 'status',
    name: 'disk',
    patchType: 'merge',
    body: { status: { phase: 'Available' } },
  },
];
const volumeAt = (second: number): Step[] => [createVolume(second), isAvailable(second + 0.5)];
const patchClaim = (second: number, body: object): Step => [
  second,
  { verb: 'patch', resource: 'persistentvolumeclaims', namespace: 'default', name: 'data', patchType: 'merge', body },
];
const boundClaim = (second: number, volumeName = 'disk'): Step =>
  patchClaim(second, { metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } }, spec: { volumeName } });
const podWithData = (second: number): Step =>
  podAt(second, 'one', '1', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] });

const boundAt = (janitor: Janitor): number | undefined => janitor.seen.find(({ pod }) => (pod.spec?.nodeName ?? '') !== '')?.at;
const complaints = (janitor: Janitor): string[] => [
  ...new Set(janitor.events('one').filter((event) => event.startsWith('FailedScheduling'))),
];

function withTimeout(bindTimeoutSeconds: number) {
  const file = {
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    profiles: [{ pluginConfig: [{ name: 'VolumeBinding', args: { bindTimeoutSeconds } }] }],
  };
  const reading = readKubeSchedulerConfiguration(file, pluginPoints());
  if ('errors' in reading) throw new Error(JSON.stringify(reading.errors));
  return { configuration: reading.configuration };
}

describe('VolumeBinding', () => {
  it('gives a volume its claim, and binds the pod when the claim is bound, too', () => {
    const steps = [classAt(1, 'kubernetes.io/no-provisioner'), ...volumeAt(1), nodeAt(1, 'a'), claimAt(2), podWithData(3), boundClaim(8)];
    const { janitor } = lab(steps, { seconds: 12 });
    const at = boundAt(janitor) ?? 0;
    expect(at).toBeGreaterThan(8);
    expect(at).toBeLessThan(9.2);
    expect(complaints(janitor)).toEqual([]);
  });

  it("is not held up by the next pod's, whose attempt is still under way", () => {
    const other = ([second, call]: Step): Step => [
      second,
      JSON.parse(JSON.stringify(call).replaceAll('"data"', '"more"').replaceAll('"disk"', '"plate"').replaceAll('"one"', '"two"')),
    ];
    const ofOne = [...volumeAt(1), claimAt(2), podWithData(3)];
    const ofTwo = [...volumeAt(1), claimAt(2)].map(other);
    const steps = [
      classAt(1, 'kubernetes.io/no-provisioner'),
      nodeAt(1, 'a'),
      ...ofOne,
      ...ofTwo,
      other(podWithData(3.1)),
      boundClaim(8.5),
    ];
    // Attempts last from 3 to 8 and from 8 to 13.
    const { janitor } = lab(steps, { seconds: 14, config: { cost: 5_000_000 } });
    expect(boundAt(janitor)).toBeLessThan(10);
    expect(janitor.seen.some(({ pod }) => pod.metadata?.name === 'two')).toBe(true);
  });

  it('gives up when the time is over, in upstream words', () => {
    const steps = [classAt(1, 'kubernetes.io/no-provisioner'), ...volumeAt(1), nodeAt(1, 'a'), claimAt(2), podWithData(3)];
    const { janitor } = lab(steps, { seconds: 7.5, config: withTimeout(4) });
    expect(boundAt(janitor)).toBeUndefined();
    expect(complaints(janitor)).toEqual([
      'FailedScheduling: running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded',
    ]);
    expect(janitor.pod('one')?.status?.conditions?.[0]).toMatchObject({ status: 'False', reason: 'SchedulerError' });
  });

  it('names the chosen node to the provisioner, and tries again when that one gives up', () => {
    const giveUp = patchClaim(6, { metadata: { annotations: { 'volume.kubernetes.io/selected-node': null, other: 'x' } } });
    const steps = [classAt(1, 'example.com/disks'), nodeAt(1, 'a'), claimAt(2), podWithData(3), giveUp];
    const { janitor } = lab(steps, { seconds: 8 });
    expect(boundAt(janitor)).toBeUndefined();
    expect(complaints(janitor)).toEqual([
      'FailedScheduling: running PreBind plugin "VolumeBinding": binding volumes: provisioning failed for PVC "data"',
    ]);
    const provisioned = lab([...steps, ...volumeAt(9), boundClaim(10)], { seconds: 14 }).janitor;
    expect(Math.floor(boundAt(provisioned) ?? 0)).toBeGreaterThanOrEqual(10);
  });
});
