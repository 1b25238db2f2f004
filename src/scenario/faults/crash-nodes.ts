/** `crashNodes`: nodes stop dead; with `for`, they start again. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind, forField } from '../fault.ts';
import { fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { diskChanges, diskField } from './node-disk.ts';
import { type NodeSelection, nodeFaultFields, nodeSelectionMistake, selectNodes } from './node-selection.ts';

interface CrashNodesSpec extends NodeSelection {
  readonly at: string;
  readonly for?: string;
  readonly disk?: 'kept' | 'lost';
}

export const crashNodes: FaultKind<CrashNodesSpec> = {
  name: 'crashNodes',
  schema: fields('nodes stop dead', { at: atField, for: forField, disk: diskField, ...nodeFaultFields }, ['at']),
  mistake: nodeSelectionMistake,
  changes(spec, { ordinal, topology, stream }): readonly WorldChange[] {
    const struck = selectNodes(spec, topology, stream(`fault/${ordinal}`));
    const hosts = { hosts: struck.map((node) => node.id) };
    const at = parseDuration(spec.at) ?? 0;
    const changes: WorldChange[] = [
      ...diskChanges(spec.disk, at, hosts.hosts),
      { at, change: 'crash', hosts, label: `${struck.length} ${struck.length === 1 ? 'node' : 'nodes'} lost` },
    ];
    if (spec.for !== undefined) changes.push({ at: at + (parseDuration(spec.for) ?? 0), change: 'restart', hosts, label: 'nodes back' });
    return changes;
  },
};
