/** `slowNodes`: the CPU of nodes is slow (a noisy neighbour, thermal throttling): all that their kubelets do takes so many times as long. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind, forField } from '../fault.ts';
import { fields, number } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type NodeSelection, nodeFaultFields, nodeSelectionMistake, selectNodes } from './node-selection.ts';

interface SlowNodesSpec extends NodeSelection {
  readonly at: string;
  readonly for?: string;
  readonly factor?: number;
}

export const slowNodes: FaultKind<SlowNodesSpec> = {
  name: 'slowNodes',
  schema: fields(
    "nodes' CPUs are slow",
    { at: atField, for: forField, factor: number('how many times as long everything takes (default 10)', 1), ...nodeFaultFields },
    ['at'],
  ),
  mistake: nodeSelectionMistake,
  changes(spec, { ordinal, topology, stream }): readonly WorldChange[] {
    const struck = selectNodes(spec, topology, stream(`fault/${ordinal}`));
    const hosts = { hosts: struck.map((node) => node.id) };
    const at = parseDuration(spec.at) ?? 0;
    const changes: WorldChange[] = [{ at, change: 'cpu', hosts, slowdown: spec.factor ?? 10, label: `${struck.length} nodes slow` }];
    if (spec.for !== undefined)
      changes.push({ at: at + (parseDuration(spec.for) ?? 0), change: 'cpu', hosts, slowdown: 1, label: 'nodes as fast as before' });
    return changes;
  },
};
