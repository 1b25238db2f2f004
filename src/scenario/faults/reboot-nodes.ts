/** `rebootNodes`: nodes are switched off and on again; what ran there is gone, and they come back after `for`, a minute by default. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind } from '../fault.ts';
import { duration, fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { diskChanges, diskField } from './node-disk.ts';
import { type NodeSelection, nodeFaultFields, nodeSelectionMistake, selectNodes } from './node-selection.ts';

interface RebootNodesSpec extends NodeSelection {
  readonly at: string;
  readonly for?: string;
  readonly disk?: 'kept' | 'lost';
}

export const rebootNodes: FaultKind<RebootNodesSpec> = {
  name: 'rebootNodes',
  schema: fields(
    'nodes reboot',
    { at: atField, for: duration('from power off until the kubelet starts (default 60s)'), disk: diskField, ...nodeFaultFields },
    ['at'],
  ),
  mistake: nodeSelectionMistake,
  changes(spec, { ordinal, topology, stream }): readonly WorldChange[] {
    const struck = selectNodes(spec, topology, stream(`fault/${ordinal}`));
    const hosts = { hosts: struck.map((node) => node.id) };
    const at = parseDuration(spec.at) ?? 0;
    const up = at + (parseDuration(spec.for ?? '60s') ?? 0);
    return [
      ...diskChanges(spec.disk, at, hosts.hosts),
      { at, change: 'crash', hosts, label: `${struck.length} nodes reboot` },
      { at: up, change: 'restart', hosts, label: 'nodes are up again' },
    ];
  },
};
