/** `pauseNodes`: nodes freeze (SIGSTOP of everything on them) and go on later as if nothing had been. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind } from '../fault.ts';
import { duration, fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type NodeSelection, nodeFaultFields, nodeSelectionMistake, selectNodes } from './node-selection.ts';

interface PauseNodesSpec extends NodeSelection {
  readonly at: string;
  readonly for: string;
}

export const pauseNodes: FaultKind<PauseNodesSpec> = {
  name: 'pauseNodes',
  schema: fields('nodes freeze', { at: atField, for: duration('how long'), ...nodeFaultFields }, ['at', 'for']),
  mistake: nodeSelectionMistake,
  changes(spec, { ordinal, topology, stream }): readonly WorldChange[] {
    const struck = selectNodes(spec, topology, stream(`fault/${ordinal}`));
    const hosts = { hosts: struck.map((node) => node.id) };
    const at = parseDuration(spec.at) ?? 0;
    return [
      { at, change: 'pause', hosts, label: `${struck.length} nodes freeze` },
      { at: at + (parseDuration(spec.for) ?? 0), change: 'resume', hosts, label: 'nodes go on' },
    ];
  },
};
