/** `reclaimSpotNodes`: the cloud takes machines back. They are told first (`notice`, two minutes by default): the kubelet shuts down gracefully if it is set up to
 *  (shutdownGracePeriodSeconds; without it the machine just goes); then they are gone. With `for`, others of the same name come up so long after. */

import { incident, type WorldChange } from '#sim';
import { atField, type FaultKind } from '../fault.ts';
import { duration, fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type NodeSelection, nodeFaultFields, nodeSelectionMistake, selectNodes } from './node-selection.ts';

interface ReclaimSpotNodesSpec extends NodeSelection {
  readonly at: string;
  readonly for?: string;
  readonly notice?: string;
}

/** From nobody in particular: the first host of the world. */
const OUTSIDE = { hosts: [0] };

export const reclaimSpotNodes: FaultKind<ReclaimSpotNodesSpec> = {
  name: 'reclaimSpotNodes',
  schema: fields(
    'the cloud takes nodes back, with notice',
    {
      at: atField,
      for: duration('until machines of the same names come up; without it, never'),
      notice: duration('from the notice to the end (default 2m)'),
      ...nodeFaultFields,
    },
    ['at'],
  ),
  mistake: nodeSelectionMistake,
  changes(spec, { ordinal, topology, stream }): readonly WorldChange[] {
    const struck = selectNodes(spec, topology, stream(`fault/${ordinal}`));
    const hosts = { hosts: struck.map((node) => node.id) };
    const at = parseDuration(spec.at) ?? 0;
    const gone = at + (parseDuration(spec.notice ?? '2m') ?? 0);
    const changes: WorldChange[] = [
      { at, change: 'tell', hosts: OUTSIDE, to: hosts, message: incident('power-off'), label: `${struck.length} spot nodes get notice` },
      { at: gone, change: 'crash', hosts, label: 'spot nodes reclaimed' },
    ];
    if (spec.for !== undefined)
      changes.push({ at: gone + (parseDuration(spec.for) ?? 0), change: 'restart', hosts, label: 'spot nodes replaced' });
    return changes;
  },
};
