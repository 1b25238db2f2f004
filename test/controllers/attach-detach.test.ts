import { describe, expect, it } from 'vitest';
import type { ApiResponse, PersistentVolume, PersistentVolumeClaim, VolumeAttachment } from '#api';
import { DISK_DEFAULTS } from '#cloud';
import { createAt, deleteAt, lab, type Step } from './lab.ts';

const DRIVER = 'disk.example.com';
const cloud = {
  drivers: [
    {
      ...DISK_DEFAULTS,
      name: DRIVER,
      seconds: { provision: 3, delete: 2, attach: 4, detach: 5, resize: 4, snapshot: 6, deleteSnapshot: 2 },
    },
  ],
  classes: [{ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'zonal' }, provisioner: DRIVER } as never],
};
const claim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', namespace: 'default' },
  spec: { storageClassName: 'zonal', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};
const pod = (name: string, nodeName: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: {
    nodeName,
    containers: [{ name: 'main', image: 'db:1' }],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
  },
});
const look = (second: number): Step => [second, { verb: 'list', resource: 'volumeattachments.storage.k8s.io' }];
const attachments = (answer: ApiResponse | undefined): string[] =>
  ((answer?.object as { readonly items: readonly VolumeAttachment[] } | undefined)?.items ?? []).map(
    ({ spec, status }) => `${spec.nodeName} ${status?.attached === true}`,
  );
const events = (farm: ReturnType<typeof lab>['farm'], text: string): number[] =>
  farm.seen
    .filter(({ resource, object }) => resource === 'events' && (object as { message?: string }).message?.includes(text) === true)
    .map(({ at }) => at);

describe('attach and detach', () => {
  it('makes a disk for a claim and attaches it where a pod wants it, when the provider has taken its time', () => {
    const { farm, answers } = lab(
      [createAt(5, 'persistentvolumeclaims', claim), createAt(15, 'pods', pod('a', 'node-0')), look(17), look(22)],
      {
        cloud,
        seconds: 30,
      },
    );
    const [bound] = farm.list('persistentvolumeclaims') as PersistentVolumeClaim[];
    const [volume] = farm.list('persistentvolumes') as PersistentVolume[];
    expect(bound?.status?.phase).toBe('Bound');
    expect(bound?.spec?.volumeName).toBe(volume?.metadata?.name);
    expect(JSON.stringify(volume?.spec?.nodeAffinity)).toContain('"values":["a"]');
    expect(attachments(answers[2])).toEqual(['node-0 false']);
    expect(attachments(answers[3])).toEqual(['node-0 true']);
    const [at] = events(farm, 'AttachVolume.Attach succeeded');
    expect(at).toBeGreaterThan(19);
    expect(at).toBeLessThan(20);
  });

  it('takes a disk from a node that fell silent only after six minutes, and says meanwhile whom it keeps waiting', () => {
    const volumesInUse = (names: readonly string[]): object => ({ status: { volumesInUse: names } });
    const inUse = (second: number, name: string): Step => [
      second,
      { verb: 'patch', resource: 'nodes', subresource: 'status', name: 'node-0', patchType: 'merge', body: volumesInUse([name]) },
    ];
    const steps = [createAt(5, 'persistentvolumeclaims', claim), createAt(15, 'pods', pod('a', 'node-0'))];
    const [volume] = lab(steps, { cloud, seconds: 20 }).farm.list('persistentvolumes') as PersistentVolume[];
    const { farm, answers } = lab(
      [
        ...steps,
        inUse(16, `kubernetes.io/csi/${DRIVER}^${volume?.spec?.csi?.volumeHandle}`),
        deleteAt(30, 'pods', 'a', { gracePeriodSeconds: 0 }),
        createAt(31, 'pods', pod('b', 'node-1')),
        look(380),
        look(420),
      ],
      { cloud, seconds: 430, silent: (node) => (node === 0 ? [28, 1000] : undefined) },
    );
    expect(events(farm, 'Multi-Attach error for volume').length).toBeGreaterThan(0);
    expect(attachments(answers[5])).toEqual(['node-0 true']);
    expect(attachments(answers[6])).toEqual(['node-1 true']);
    const attached = events(farm, 'AttachVolume.Attach succeeded');
    expect(attached.at(-1)).toBeGreaterThan(390);
    expect(attached.at(-1)).toBeLessThan(410);
  });

  it('tries again when the driver fails or the volume is not heard of yet, after pauses that grow', () => {
    const attachment = (name: string, persistentVolumeName: string): object => ({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttachment',
      metadata: { name },
      spec: { attacher: DRIVER, nodeName: 'node-0', source: { persistentVolumeName } },
    });
    const late = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'late' },
      spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, csi: { driver: DRIVER, volumeHandle: 'nowhere' } },
    };
    const { farm } = lab(
      [
        [10, { verb: 'create', resource: 'volumeattachments.storage.k8s.io', body: attachment('early', 'late') }],
        [14, { verb: 'create', resource: 'persistentvolumes', body: late }],
      ],
      { cloud, seconds: 60, managers: 0 },
    );
    const errors = farm.seen
      .filter(({ resource, type }) => resource === 'volumeattachments.storage.k8s.io' && type !== 'delete')
      .map(({ at, object }) => [Math.round(at), (object as VolumeAttachment).status?.attachError?.message ?? ''] as const)
      .filter(([, message]) => message !== '');
    const [unknown, missing] = ['could not add PersistentVolume late', 'rpc error: code = NotFound desc = no disk nowhere'];
    // Attempts at 10, 11 and 13 s; from 17 s on with calls of 4 s, and 8 and 16 s between them.
    expect(errors).toEqual([
      [10, unknown],
      [11, unknown],
      [13, unknown],
      [21, missing],
      [33, missing],
      [53, missing],
    ]);
  });
});
