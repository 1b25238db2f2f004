/** Courses of snapshots and of claims that are filled from them, kept as golden transcripts. */

import { SNAPSHOT_API_VERSION, SNAPSHOT_CONTENTS, SNAPSHOTS } from '#api';
import { DISK_DEFAULTS, type DiskCall } from '#cloud';
import { createAt, deleteAt } from './lab.ts';
import type { Situation } from './situations.ts';

const DRIVER = 'disk.example.com';
const SECONDS = { provision: 3, delete: 2, attach: 4, detach: 5, resize: 4, snapshot: 6, deleteSnapshot: 2 };

/** A provider whose calls take whole seconds; a snapshot class of each policy, the deleting one by default. */
export const provider = (failures: Partial<Record<DiskCall, number>> = {}) => ({
  drivers: [{ ...DISK_DEFAULTS, name: DRIVER, seconds: SECONDS, failures }],
  classes: [
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'zonal' },
      provisioner: DRIVER,
      allowVolumeExpansion: true,
    } as never,
  ],
  snapshotClasses: (['Delete', 'Retain'] as const).map(
    (deletionPolicy) =>
      ({
        apiVersion: SNAPSHOT_API_VERSION,
        kind: 'VolumeSnapshotClass',
        metadata: {
          name: deletionPolicy.toLowerCase(),
          ...(deletionPolicy === 'Delete' ? { annotations: { 'snapshot.storage.kubernetes.io/is-default-class': 'true' } } : {}),
        },
        driver: DRIVER,
        deletionPolicy,
      }) as never,
  ),
});

export const claim = (name: string, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace: 'default' },
  spec: { storageClassName: 'zonal', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } }, ...spec },
});
const from = (snapshot: string): object => ({
  dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: snapshot },
});
const snapshot = (name: string, spec: object = {}, source: object = { persistentVolumeClaimName: 'data' }): object => ({
  apiVersion: SNAPSHOT_API_VERSION,
  kind: 'VolumeSnapshot',
  metadata: { name, namespace: 'default' },
  spec: { source, ...spec },
});
const TOLD = ['persistentvolumeclaims', 'persistentvolumes', SNAPSHOTS, SNAPSHOT_CONTENTS, 'events'];

export const SNAPSHOT_SITUATIONS: readonly Situation[] = [
  {
    name: 'snapshot of a claim and a claim filled from it',
    source: 'external-snapshotter v8 pkg/common-controller, pkg/sidecar-controller; external-provisioner v5, getSnapshotSource',
    steps: [
      createAt(5, 'persistentvolumeclaims', claim('data')),
      createAt(20, SNAPSHOTS, snapshot('friday')),
      createAt(40, 'persistentvolumeclaims', claim('copy', from('friday'))),
    ],
    options: { seconds: 60, cloud: provider() },
    since: 20,
    resources: TOLD,
  },
  {
    name: 'claim that waits for its snapshot and one that is smaller than it',
    source: 'external-provisioner v5, getSnapshotSource (not bound, not ready, restoreSize); retries from 1 s to 5 min',
    steps: [
      createAt(5, 'persistentvolumeclaims', claim('data')),
      createAt(20, 'persistentvolumeclaims', claim('copy', from('friday'))),
      createAt(22, SNAPSHOTS, snapshot('friday')),
      createAt(40, 'persistentvolumeclaims', claim('small', { ...from('friday'), resources: { requests: { storage: '1Gi' } } })),
    ],
    options: { seconds: 60, cloud: provider() },
    since: 20,
    resources: TOLD,
  },
  {
    name: 'snapshot that goes and takes its content along and one that leaves it',
    source: 'external-snapshotter v8 pkg/common-controller, processSnapshotWithDeletionTimestamp (deletionPolicy Delete and Retain)',
    steps: [
      createAt(5, 'persistentvolumeclaims', claim('data')),
      createAt(20, SNAPSHOTS, snapshot('friday')),
      createAt(20, SNAPSHOTS, snapshot('kept', { volumeSnapshotClassName: 'retain' })),
      deleteAt(40, SNAPSHOTS, 'friday'),
      deleteAt(40, SNAPSHOTS, 'kept'),
    ],
    options: { seconds: 60, cloud: provider() },
    since: 39,
    resources: TOLD,
  },
  {
    name: 'claim deleted while it is being cut',
    source: 'external-snapshotter v8 pkg/common-controller, ensurePVCFinalizer and checkandRemovePVCFinalizer',
    steps: [
      createAt(5, 'persistentvolumeclaims', claim('data')),
      createAt(20, SNAPSHOTS, snapshot('friday')),
      deleteAt(22, 'persistentvolumeclaims', 'data'),
    ],
    options: { seconds: 60, cloud: provider() },
    since: 20,
    resources: TOLD,
  },
  {
    name: 'snapshot of what is not there and of a class that is not there',
    source: 'external-snapshotter v8 pkg/common-controller, createSnapshotContent and checkAndUpdateSnapshotClass',
    steps: [
      createAt(5, 'persistentvolumeclaims', claim('data')),
      createAt(20, SNAPSHOTS, snapshot('nothing', {}, { persistentVolumeClaimName: 'date' })),
      createAt(20, SNAPSHOTS, snapshot('odd', { volumeSnapshotClassName: 'weekly' })),
      createAt(30, 'persistentvolumeclaims', claim('date')),
    ],
    options: { seconds: 60, cloud: provider() },
    since: 20,
    resources: TOLD,
  },
  {
    name: 'snapshot that the provider refuses again and again',
    source: 'external-snapshotter v8 pkg/sidecar-controller, createSnapshot (SnapshotCreationFailed); --retry-interval-start 1s',
    steps: [createAt(5, 'persistentvolumeclaims', claim('data')), createAt(20, SNAPSHOTS, snapshot('friday'))],
    options: { seconds: 60, cloud: provider({ snapshot: 1 }) },
    since: 20,
    resources: TOLD,
  },
];
