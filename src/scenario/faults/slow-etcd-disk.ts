/** `slowEtcdDisk`: fsync of etcd's disks takes longer for a while, or stalls. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind } from '../fault.ts';
import { duration, durationDistribution, fields } from '../schema-pieces.ts';
import { parseDuration, parseDurationDistribution } from '../units.ts';

interface SlowEtcdDiskSpec {
  readonly at: string;
  readonly for: string;
  readonly fsync?: unknown;
  /** What it is afterwards; filled in from the cluster by the experiment when absent. */
  readonly afterwards?: unknown;
}

export const slowEtcdDisk: FaultKind<SlowEtcdDiskSpec> = {
  name: 'slowEtcdDisk',
  schema: fields(
    "etcd's disks are slow",
    {
      at: atField,
      for: duration('how long'),
      fsync: durationDistribution('time of one fsync; without it the disk stalls'),
      afterwards: durationDistribution('time of one fsync after that (default 122us median)'),
    },
    ['at', 'for'],
  ),
  changes(spec, { topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const until = at + (parseDuration(spec.for) ?? 0);
    const hosts = { hosts: topology.etcd };
    if (spec.fsync === undefined) return [{ at, change: 'disk', hosts, stallUntil: until, label: 'etcd disks stall' }];
    const healthy = parseDurationDistribution(spec.afterwards) ?? { lognormal: { p50: 122, p99: 210 } };
    return [
      { at, change: 'disk', hosts, fsync: parseDurationDistribution(spec.fsync) ?? 0, label: 'etcd disks slow' },
      { at: until, change: 'disk', hosts, fsync: healthy, label: 'etcd disks well' },
    ];
  },
};
