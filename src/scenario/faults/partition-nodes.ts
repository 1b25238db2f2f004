/** `partitionNodes`: nodes live on but cannot reach the control plane, nor it them. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind, forField } from '../fault.ts';
import { fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type Direction, directionField, partitionOf } from './direction.ts';
import { type NodeSelection, nodeFaultFields, nodeSelectionMistake, selectNodes } from './node-selection.ts';

interface PartitionNodesSpec extends NodeSelection {
  readonly at: string;
  readonly for?: string;
  readonly direction?: Direction;
}

export const partitionNodes: FaultKind<PartitionNodesSpec> = {
  name: 'partitionNodes',
  schema: fields('nodes cut off from the control plane', { at: atField, for: forField, direction: directionField, ...nodeFaultFields }, [
    'at',
  ]),
  mistake: nodeSelectionMistake,
  changes(spec, { ordinal, topology, stream }): readonly WorldChange[] {
    const struck = selectNodes(spec, topology, stream(`fault/${ordinal}`));
    const at = parseDuration(spec.at) ?? 0;
    const id = `partition-nodes-${ordinal}`;
    const b = { hosts: [...topology.apiServers, ...topology.etcd, ...topology.schedulers, ...topology.controllerManagers] };
    const changes: WorldChange[] = [
      { at, ...partitionOf(id, { hosts: struck.map((node) => node.id) }, b, spec.direction), label: `${struck.length} nodes cut off` },
    ];
    if (spec.for !== undefined) changes.push({ at: at + (parseDuration(spec.for) ?? 0), change: 'heal', id, label: 'partition healed' });
    return changes;
  },
};
