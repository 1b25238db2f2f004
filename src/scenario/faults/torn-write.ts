/** `tornWrite`: a member's machine is lost while its disk holds writes back, so that the crash tears the write-ahead log (src/etcd/torn-write.ts); it is
 *  started again on what is left after `for`, 10 s by default. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind } from '../fault.ts';
import { duration, fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type EtcdSelection, etcdSelectionFields, etcdSelectionMistake, etcdSelector, etcdWords } from './etcd-selection.ts';

interface TornWriteSpec extends EtcdSelection {
  readonly at: string;
  readonly for?: string;
}

/** So long writes pile up. */
const PILE = 200_000;

export const tornWrite: FaultKind<TornWriteSpec> = {
  name: 'tornWrite',
  schema: fields(
    "an etcd member's last writes are torn by a crash (default: member 0's)",
    { at: atField, for: duration('until it starts again (default 10s)'), ...etcdSelectionFields },
    ['at'],
  ),
  mistake: etcdSelectionMistake,
  changes(spec, { ordinal, topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const as = `torn-write-${ordinal}`;
    const up = at + PILE + (parseDuration(spec.for ?? '10s') ?? 0);
    const words = etcdWords(spec.member === undefined && spec.role === undefined ? { ...spec, member: 0 } : spec);
    return [
      { at, change: 'disk', as, hosts: etcdSelector(spec, topology, { member: 0 }), stallUntil: at + PILE },
      { at: at + PILE - 1, change: 'crash', hosts: { struckBy: as }, label: `writes of ${words} torn` },
      { at: up, change: 'restart', hosts: { struckBy: as }, label: `${words} back` },
    ];
  },
};
