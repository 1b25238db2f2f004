/** `crashNodes`: nodes stop dead; with `for`, they start again. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind, forField } from '../fault.ts';
import { fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type NodeSelection, nodeFaultFields, nodeSelectionMistake, selectNodes } from './node-selection.ts';

interface CrashNodesSpec extends NodeSelection {
  readonly at: string;
  readonly for?: string;
}

export const crashNodes: FaultKind<CrashNodesSpec> = {
  name: 'crashNodes',
  schema: fields('nodes stop dead', { at: atField, for: forField, ...nodeFaultFields }, ['at']),
  mistake: nodeSelectionMistake,
  changes(spec, { ordinal, topology, stream }): readonly WorldChange[] {
    const struck = selectNodes(spec, topology, stream(`fault/${ordinal}`));
    const hosts = { hosts: struck.map((node) => node.id) };
    const at = parseDuration(spec.at) ?? 0;
    const changes: WorldChange[] = [
      { at, change: 'crash', hosts, label: `${struck.length} ${struck.length === 1 ? 'node' : 'nodes'} lost` },
    ];
    if (spec.for !== undefined) changes.push({ at: at + (parseDuration(spec.for) ?? 0), change: 'restart', hosts, label: 'nodes back' });
    return changes;
  },
};
