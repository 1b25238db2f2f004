/** `fillEtcdDisk`: nothing more can be written (ENOSPC). etcd panics on its next write; with `for`, there is room again and the process is started. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind, forField } from '../fault.ts';
import { fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type EtcdSelection, etcdSelectionFields, etcdSelectionMistake, etcdSelector, etcdWords } from './etcd-selection.ts';

interface FillEtcdDiskSpec extends EtcdSelection {
  readonly at: string;
  readonly for?: string;
}

export const fillEtcdDisk: FaultKind<FillEtcdDiskSpec> = {
  name: 'fillEtcdDisk',
  schema: fields("an etcd member's disk is full (default: member 0's)", { at: atField, for: forField, ...etcdSelectionFields }, ['at']),
  mistake: etcdSelectionMistake,
  changes(spec, { ordinal, topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const as = `etcd-disk-full-${ordinal}`;
    const target = spec.member === undefined && spec.role === undefined ? { ...spec, member: 0 } : spec;
    const words = etcdWords(target);
    const changes: WorldChange[] = [
      { at, change: 'disk', as, hosts: etcdSelector(target, topology), full: true, label: `disk of ${words} full` },
    ];
    if (spec.for === undefined) return changes;
    const end = at + (parseDuration(spec.for) ?? 0);
    changes.push(
      { at: end, change: 'disk', hosts: { struckBy: as }, full: false },
      { at: end, change: 'restart', hosts: { struckBy: as }, label: `${words} has room again` },
    );
    return changes;
  },
};
