/** `partitionEtcdMember`: a member cannot reach its peers, nor they it; with `clients`, API servers cannot reach it either. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind, forField } from '../fault.ts';
import { count, fields, flag, text } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type Direction, directionField, partitionOf } from './direction.ts';
import { type EtcdSelection, etcdSelectionMistake, etcdSelector, etcdWords, membersOf } from './etcd-selection.ts';

interface PartitionEtcdMemberSpec extends EtcdSelection {
  readonly at: string;
  readonly for?: string;
  readonly clients?: boolean;
  readonly direction?: Direction;
}

export const partitionEtcdMember: FaultKind<PartitionEtcdMemberSpec> = {
  name: 'partitionEtcdMember',
  schema: fields(
    'an etcd member is cut off from its peers',
    {
      at: atField,
      for: forField,
      member: count('which member, from 0 (default 0)'),
      cluster: text('of the etcd cluster with this name (default: the main one)'),
      clients: flag('from the API servers too'),
      direction: directionField,
    },
    ['at'],
  ),
  mistake: etcdSelectionMistake,
  changes(spec, { ordinal, topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const id = `partition-etcd-${ordinal}`;
    const target = { member: spec.member ?? 0, cluster: spec.cluster ?? '' };
    const a = etcdSelector(target, topology);
    const peers = membersOf(target.cluster, topology).flatMap(({ id: host, index }) => (index === target.member ? [] : [host]));
    const b = { hosts: spec.clients === true ? [...peers, ...topology.apiServers] : peers };
    const changes: WorldChange[] = [{ at, ...partitionOf(id, a, b, spec.direction), label: `${etcdWords(target)} cut off` }];
    if (spec.for !== undefined) changes.push({ at: at + (parseDuration(spec.for) ?? 0), change: 'heal', id, label: 'partition healed' });
    return changes;
  },
};
