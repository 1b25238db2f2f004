/** `cluster.storage`: the CSI drivers of the cluster and the habits of the provider behind them, and StorageClasses that are there from the start. */

import type { Distribution } from '#sim';
import { count, durationDistribution, fields, flag, type JsonSchema, list, oneOf, text } from './schema-pieces.ts';
import { parseDurationDistribution } from './units.ts';

const CALLS = ['provision', 'delete', 'attach', 'detach', 'resize', 'snapshot', 'deleteSnapshot'] as const;
type Call = (typeof CALLS)[number];

export interface StorageDriverPlan {
  readonly name: string;
  readonly access?: 'zonal' | 'network';
  readonly attachRequired?: boolean;
  readonly maxVolumesPerNode?: number;
  /** Seconds. */
  readonly seconds: Readonly<Partial<Record<Call, Distribution>>>;
  readonly failures: Readonly<Partial<Record<Call, number>>>;
}

export interface StorageClassPlan {
  readonly name: string;
  readonly provisioner: string;
  readonly volumeBindingMode: 'Immediate' | 'WaitForFirstConsumer';
  readonly reclaimPolicy: 'Delete' | 'Retain';
  readonly allowVolumeExpansion: boolean;
  readonly default: boolean;
}

export interface SnapshotClassPlan {
  readonly name: string;
  readonly driver: string;
  readonly deletionPolicy: 'Delete' | 'Retain';
  readonly default: boolean;
}

export interface StoragePlan {
  readonly drivers: readonly StorageDriverPlan[];
  readonly classes: readonly StorageClassPlan[];
  readonly snapshotClasses: readonly SnapshotClassPlan[];
}

const WORDS: Readonly<Record<Call, string>> = {
  provision: 'provision a disk',
  delete: 'delete a disk',
  attach: 'attach a disk',
  detach: 'detach a disk',
  resize: 'resize a disk',
  snapshot: 'cut a snapshot of a disk until it can be used',
  deleteSnapshot: 'delete a snapshot',
};
const chance: JsonSchema = { type: 'number', minimum: 0, maximum: 1, description: 'chance, from 0 to 1' };
const latencies = Object.fromEntries(CALLS.map((call) => [call, durationDistribution(`how long the provider takes to ${WORDS[call]}`)]));

const driverSchema = fields(
  'a CSI driver, on all nodes',
  {
    name: { type: 'string', format: 'driver', description: 'its name (disk.example.com)' },
    access: oneOf(['zonal', 'network'], 'a disk lies in one zone, or within reach of all nodes (default zonal)'),
    attachRequired: flag('CSIDriver.spec.attachRequired (default true)'),
    maxVolumesPerNode: count('how many disks a node takes (default 26)', 1, 4096),
    ...latencies,
    failures: fields('chance that a call of the provider fails', Object.fromEntries(CALLS.map((call) => [call, chance]))),
  },
  ['name'],
);

const classSchema = fields(
  'a StorageClass',
  {
    name: text('its name'),
    provisioner: text("a driver's name, or kubernetes.io/no-provisioner for volumes made by hand (default: the first driver)"),
    volumeBindingMode: oneOf(['Immediate', 'WaitForFirstConsumer'], 'default Immediate'),
    reclaimPolicy: oneOf(['Delete', 'Retain'], 'default Delete'),
    allowVolumeExpansion: flag('default false'),
    default: flag('whether claims without a class get it (default false)'),
  },
  ['name'],
);

const snapshotClassSchema = fields(
  'a VolumeSnapshotClass',
  {
    name: text('its name'),
    driver: text("a driver's name (default: the first driver)"),
    deletionPolicy: oneOf(
      ['Delete', 'Retain'],
      'what becomes of a snapshot at the provider when its VolumeSnapshot is deleted (default Delete)',
    ),
    default: flag('whether snapshots without a class get it (default false)'),
  },
  ['name'],
);

export const storageSchema: JsonSchema = fields('disks: CSI drivers, storage classes and snapshot classes', {
  drivers: list(driverSchema, 'CSI drivers'),
  classes: list(classSchema, 'storage classes'),
  snapshotClasses: list(snapshotClassSchema, 'volume snapshot classes'),
});

type Written = Readonly<Record<string, unknown>>;

/** undefined when the scenario speaks of no storage: nothing of it runs then. */
export function storagePlan(written: unknown): StoragePlan | undefined {
  if (written === undefined) return undefined;
  const { drivers = [], classes = [], snapshotClasses = [] } = written as Partial<Record<keyof StoragePlan, readonly Written[]>>;
  const plans = drivers.map((driver): StorageDriverPlan => {
    const seconds: Partial<Record<Call, Distribution>> = {};
    for (const call of CALLS) {
      const drawn = parseDurationDistribution(driver[call]);
      if (drawn !== undefined) seconds[call] = inSeconds(drawn);
    }
    return {
      name: driver['name'] as string,
      ...(driver['access'] === undefined ? {} : { access: driver['access'] as 'zonal' | 'network' }),
      ...(driver['attachRequired'] === undefined ? {} : { attachRequired: driver['attachRequired'] as boolean }),
      ...(driver['maxVolumesPerNode'] === undefined ? {} : { maxVolumesPerNode: driver['maxVolumesPerNode'] as number }),
      seconds,
      failures: (driver['failures'] ?? {}) as StorageDriverPlan['failures'],
    };
  });
  return {
    drivers: plans,
    classes: classes.map((one) => classOf(one, plans[0]?.name)),
    snapshotClasses: snapshotClasses.map((one) => snapshotClassOf(one, plans[0]?.name)),
  };
}

function classOf(written: Written, first: string | undefined): StorageClassPlan {
  return {
    name: written['name'] as string,
    provisioner: (written['provisioner'] as string | undefined) ?? first ?? 'kubernetes.io/no-provisioner',
    volumeBindingMode: (written['volumeBindingMode'] as StorageClassPlan['volumeBindingMode'] | undefined) ?? 'Immediate',
    reclaimPolicy: (written['reclaimPolicy'] as StorageClassPlan['reclaimPolicy'] | undefined) ?? 'Delete',
    allowVolumeExpansion: written['allowVolumeExpansion'] === true,
    default: written['default'] === true,
  };
}

const snapshotClassOf = (written: Written, first: string | undefined): SnapshotClassPlan => ({
  name: written['name'] as string,
  driver: (written['driver'] as string | undefined) ?? first ?? '',
  deletionPolicy: (written['deletionPolicy'] as SnapshotClassPlan['deletionPolicy'] | undefined) ?? 'Delete',
  default: written['default'] === true,
});

/** From microseconds. */
export function inSeconds(drawn: Distribution): Distribution {
  const scaled = (value: unknown): unknown => {
    if (typeof value === 'number') return value / 1e6;
    if (Array.isArray(value)) return value.map(([quantile, at]) => [quantile, (at as number) / 1e6]);
    return Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, key === 'shape' ? inner : scaled(inner)]));
  };
  return scaled(drawn) as Distribution;
}
