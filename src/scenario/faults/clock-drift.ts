/** `clockDrift`: nodes' clocks run too fast, or too slow. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind, forField } from '../fault.ts';
import { fields, flag, number } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type NodeSelection, nodeFaultFields, nodeSelectionMistake, selectNodes } from './node-selection.ts';

interface ClockDriftSpec extends NodeSelection {
  readonly at: string;
  readonly for?: string;
  readonly ppm: number;
  readonly slow?: boolean;
}

export const clockDrift: FaultKind<ClockDriftSpec> = {
  name: 'clockDrift',
  schema: fields(
    'nodes run fast or slow clocks',
    {
      at: atField,
      for: forField,
      ppm: number('by how many microseconds a second'),
      slow: flag('too slow instead of too fast'),
      ...nodeFaultFields,
    },
    ['at', 'ppm'],
  ),
  mistake: nodeSelectionMistake,
  changes(spec, { ordinal, topology, stream }): readonly WorldChange[] {
    const struck = selectNodes(spec, topology, stream(`fault/${ordinal}`));
    const hosts = { hosts: struck.map((node) => node.id) };
    const at = parseDuration(spec.at) ?? 0;
    const drift = spec.ppm * (spec.slow === true ? -1 : 1);
    const changes: WorldChange[] = [{ at, change: 'clock', hosts, clock: { drift }, label: `${struck.length} clocks drift` }];
    if (spec.for !== undefined)
      changes.push({ at: at + (parseDuration(spec.for) ?? 0), change: 'clock', hosts, clock: {}, label: 'clocks right' });
    return changes;
  },
};
