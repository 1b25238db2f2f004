/** `corruptMember`: a bit flips in what one etcd member has stored (src/etcd/corruption.ts). Nobody notices until members compare their data
 *  (`cluster.etcd.corruptCheckTime`, `initialCorruptCheck`). */

import type { Message, WorldChange } from '#sim';
import { atField, type FaultKind } from '../fault.ts';
import { fields, text } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type EtcdSelection, etcdSelectionFields, etcdSelectionMistake, etcdSelector, etcdWords } from './etcd-selection.ts';

interface CorruptMemberSpec extends EtcdSelection {
  readonly at: string;
  readonly prefix?: string;
}

export const corruptMember: FaultKind<CorruptMemberSpec> = {
  name: 'corruptMember',
  schema: fields(
    "a bit flips in an etcd member's data (default: member 0's)",
    { at: atField, prefix: text('in a value whose key begins so, such as /registry/pods/ (default: any)'), ...etcdSelectionFields },
    ['at'],
  ),
  mistake: etcdSelectionMistake,
  changes(spec, { topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const target = spec.member === undefined && spec.role === undefined ? { ...spec, member: 0 } : spec;
    const message = { kind: 'EtcdFlipBit', ...(spec.prefix === undefined ? {} : { prefix: spec.prefix }) } as Message;
    // From nobody in particular, but nobody tells himself: member 0 is the first host of the world.
    const outside = { hosts: topology.apiServers.slice(0, 1) };
    return [
      { at, change: 'tell', hosts: outside, to: etcdSelector(target, topology), message, label: `data of ${etcdWords(target)} corrupted` },
    ];
  },
};
