/** `slowEtcdDisk`: fsync of etcd's disks takes longer for a while, or stalls. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind } from '../fault.ts';
import { duration, durationDistribution, fields } from '../schema-pieces.ts';
import { parseDuration, parseDurationDistribution } from '../units.ts';
import { type EtcdSelection, etcdSelectionFields, etcdSelectionMistake, etcdSelector, etcdWords, membersOf } from './etcd-selection.ts';

interface SlowEtcdDiskSpec extends EtcdSelection {
  readonly at: string;
  readonly for: string;
  readonly fsync?: unknown;
  readonly afterwards?: unknown;
}

/** As of a quiet SSD. */
const HEALTHY = { lognormal: { p50: 122, p99: 210 } };

export const slowEtcdDisk: FaultKind<SlowEtcdDiskSpec> = {
  name: 'slowEtcdDisk',
  schema: fields(
    "etcd's disks are slow (default: all members')",
    {
      at: atField,
      for: duration('how long'),
      fsync: durationDistribution('time of one fsync; without it the disk stalls'),
      afterwards: durationDistribution('time of one fsync after that (default: as the cluster says)'),
      ...etcdSelectionFields,
    },
    ['at', 'for'],
  ),
  mistake: etcdSelectionMistake,
  changes(spec, { ordinal, topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const until = at + (parseDuration(spec.for) ?? 0);
    const everywhere = (spec.member ?? spec.role ?? spec.cluster) === undefined;
    const hosts = everywhere ? { hosts: topology.etcd } : etcdSelector(spec, topology);
    const what = everywhere ? 'etcd disks' : `disk of ${etcdWords(spec)}`;
    if (spec.fsync === undefined)
      return [{ at, change: 'disk', hosts, stallUntil: until, label: everywhere ? 'etcd disks stall' : `${what} stalls` }];
    const as = `slow-etcd-disk-${ordinal}`;
    const slow = parseDurationDistribution(spec.fsync) ?? 0;
    const healthy = parseDurationDistribution(spec.afterwards) ?? membersOf(spec.cluster ?? '', topology)[0]?.fsync ?? HEALTHY;
    return [
      { at, change: 'disk', as, hosts, fsync: slow, label: everywhere ? 'etcd disks slow' : `${what} slow` },
      { at: until, change: 'disk', hosts: { struckBy: as }, fsync: healthy, label: everywhere ? 'etcd disks well' : `${what} well` },
    ];
  },
};
