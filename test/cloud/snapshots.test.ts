/** What becomes of snapshots at the provider, and of claims that are to be filled from them. The courses stand in test/controllers/transcripts. */

import { describe, expect, it } from 'vitest';
import type { VolumeSnapshotContent } from '#api';
import { quantityValue, SNAPSHOT_API_VERSION, SNAPSHOT_CONTENTS, SNAPSHOTS } from '#api';
import { CloudDisks } from '../../src/cloud/disks.ts';
import { createAt, lab, type Step } from '../controllers/lab.ts';
import { claim, provider } from '../controllers/situations-snapshots.ts';

const snapshot = (name: string, source: object): object => ({
  apiVersion: SNAPSHOT_API_VERSION,
  kind: 'VolumeSnapshot',
  metadata: { name, namespace: 'default' },
  spec: { source },
});
const create = (second: number, resource: string, body: object): Step => [second, { verb: 'create', resource, body }];
const messages = (farm: ReturnType<typeof lab>['farm']): string[] => farm.list('events').map(({ message }) => message);

describe('snapshots at the provider', () => {
  it('are cut from disks that are there, keep their size, and can be cut once', () => {
    const disks = new CloudDisks();
    disks.create('a', 'zone-1', false);
    expect(disks.cut('s', 'nothing', 5)).toContain('NotFound');
    expect(disks.cut('s', 'a', 5)).toBeUndefined();
    expect(disks.cut('s', 'a', 9)).toBeUndefined();
    disks.remove('a');
    expect(disks.snapshotSize('s')).toBe(5);
    disks.removeSnapshot('s');
    expect(disks.snapshotSize('s')).toBeUndefined();
  });
});

describe('snapshots in a cluster', () => {
  it('are the same for a content made by hand over what the provider has', () => {
    const steps = [
      createAt(5, 'persistentvolumeclaims', claim('data')),
      createAt(15, SNAPSHOTS, snapshot('first', { persistentVolumeClaimName: 'data' })),
    ];
    const [made] = lab(steps, { cloud: provider(), seconds: 30 }).farm.list(SNAPSHOT_CONTENTS) as VolumeSnapshotContent[];
    const handle = made?.status?.snapshotHandle;
    const byHand = (name: string, snapshotHandle: string | undefined): object => ({
      apiVersion: SNAPSHOT_API_VERSION,
      kind: 'VolumeSnapshotContent',
      metadata: { name: `content-${name}` },
      spec: {
        deletionPolicy: 'Retain',
        driver: 'disk.example.com',
        source: { snapshotHandle },
        volumeSnapshotRef: { name, namespace: 'default' },
      },
    });
    const { farm } = lab(
      [
        ...steps,
        create(30, SNAPSHOT_CONTENTS, byHand('again', handle)),
        create(30, SNAPSHOT_CONTENTS, byHand('lost', 'snapshot-of-nothing')),
        createAt(31, SNAPSHOTS, snapshot('again', { volumeSnapshotContentName: 'content-again' })),
        createAt(31, SNAPSHOTS, snapshot('lost', { volumeSnapshotContentName: 'content-lost' })),
      ],
      { cloud: provider(), seconds: 50 },
    );
    const statusOf = (name: string) => farm.list(SNAPSHOTS).find(({ metadata }) => metadata.name === name)?.status;
    expect(statusOf('again')).toMatchObject({ readyToUse: true, boundVolumeSnapshotContentName: 'content-again' });
    expect(quantityValue(statusOf('again').restoreSize)).toBe(quantityValue('5Gi'));
    expect(statusOf('lost').error.message).toContain('no snapshot snapshot-of-nothing');
  });

  it('are not taken of a claim that has no volume yet, and are once it has', () => {
    const waiting = { ...provider({ provision: 1 }) };
    const bound = lab(
      [
        createAt(5, 'persistentvolumeclaims', claim('data')),
        createAt(6, SNAPSHOTS, snapshot('early', { persistentVolumeClaimName: 'data' })),
      ],
      {
        cloud: provider(),
        seconds: 40,
      },
    );
    expect(bound.farm.list(SNAPSHOTS)[0].status).toMatchObject({ readyToUse: true });
    expect(messages(bound.farm).join()).toContain('the PVC data is not yet bound to a PV, will not attempt to take a snapshot');
    const never = lab(
      [
        createAt(5, 'persistentvolumeclaims', claim('data')),
        createAt(6, SNAPSHOTS, snapshot('early', { persistentVolumeClaimName: 'data' })),
      ],
      {
        cloud: waiting,
        seconds: 40,
      },
    );
    expect(never.farm.list(SNAPSHOTS)[0].status).toMatchObject({ readyToUse: false });
    expect(never.farm.list(SNAPSHOT_CONTENTS)).toEqual([]);
  });

  it('leave claims with a source of another kind to whoever fills those', () => {
    const foreign = claim('odd', { dataSourceRef: { apiGroup: 'example.com', kind: 'Backup', name: 'b' } });
    const { farm } = lab([createAt(5, 'persistentvolumeclaims', foreign)], { cloud: provider(), seconds: 30 });
    expect(farm.list('persistentvolumes')).toEqual([]);
  });
});
