/** `stallEtcdDisk`: etcd's disks take nothing for a while, then go on. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind } from '../fault.ts';
import { duration, fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type EtcdSelection, etcdSelectionFields, etcdSelectionMistake, etcdSelector, etcdWords } from './etcd-selection.ts';

interface StallEtcdDiskSpec extends EtcdSelection {
  readonly at: string;
  readonly for: string;
}

export const stallEtcdDisk: FaultKind<StallEtcdDiskSpec> = {
  name: 'stallEtcdDisk',
  schema: fields("etcd's disks stall (default: all members')", { at: atField, for: duration('how long'), ...etcdSelectionFields }, [
    'at',
    'for',
  ]),
  mistake: etcdSelectionMistake,
  changes(spec, { topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const until = at + (parseDuration(spec.for) ?? 0);
    return [{ at, change: 'disk', hosts: etcdSelector(spec, topology), stallUntil: until, label: `disk of ${etcdWords(spec)} stalls` }];
  },
};
