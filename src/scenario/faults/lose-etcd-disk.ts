/** `loseEtcdDisk`: an etcd member loses its disk with all that is on it. With `for` its machine comes back with an empty one, and waits for an operator to
 *  restore a backup (`etcdctl: { do: restore }`; src/etcd/disk-loss.ts). */

import type { Message, WorldChange } from '#sim';
import { atField, type FaultKind } from '../fault.ts';
import { duration, fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type EtcdSelection, etcdSelectionFields, etcdSelectionMistake, etcdSelector, etcdWords } from './etcd-selection.ts';

interface LoseEtcdDiskSpec extends EtcdSelection {
  readonly at: string;
  readonly for?: string;
}

const LOSE = { kind: 'EtcdLoseDisk' } as Message;

export const loseEtcdDisk: FaultKind<LoseEtcdDiskSpec> = {
  name: 'loseEtcdDisk',
  schema: fields(
    'the disk of an etcd member is lost (default: the disks of all members)',
    { at: atField, for: duration('until there is an empty one, which waits for a backup (default: never)'), ...etcdSelectionFields },
    ['at'],
  ),
  mistake: etcdSelectionMistake,
  changes(spec, { ordinal, topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const as = `etcd-disk-lost-${ordinal}`;
    const words = etcdWords(spec);
    const struck = { struckBy: as };
    // From nobody in particular, but nobody tells himself.
    const outside = { hosts: topology.apiServers.slice(0, 1) };
    const changes: WorldChange[] = [
      // Changes nothing: it keeps who is meant, for roles change hands.
      { at, change: 'disk', as, hosts: etcdSelector(spec, topology), stallUntil: at, label: `disk of ${words} lost` },
      { at, change: 'tell', hosts: outside, to: struck, message: LOSE },
      // The process ended by itself when it heard.
      { at: at + 1, change: 'crash', hosts: struck },
    ];
    if (spec.for === undefined) return changes;
    const end = at + Math.max(2, parseDuration(spec.for) ?? 0);
    changes.push({ at: end, change: 'restart', hosts: struck, label: `${words} with an empty disk` });
    return changes;
  },
};
