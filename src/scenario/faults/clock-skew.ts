/** `clockSkew`: nodes' clocks go wrong by an offset. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind, forField } from '../fault.ts';
import { duration, fields, flag } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type NodeSelection, nodeFaultFields, nodeSelectionMistake, selectNodes } from './node-selection.ts';

interface ClockSkewSpec extends NodeSelection {
  readonly at: string;
  readonly for?: string;
  readonly offset: string;
  readonly behind?: boolean;
}

export const clockSkew: FaultKind<ClockSkewSpec> = {
  name: 'clockSkew',
  schema: fields(
    "nodes' clocks go wrong",
    { at: atField, for: forField, offset: duration('by how much'), behind: flag('late instead of early'), ...nodeFaultFields },
    ['at', 'offset'],
  ),
  mistake: nodeSelectionMistake,
  changes(spec, { ordinal, topology, stream }): readonly WorldChange[] {
    const hosts = { hosts: selectNodes(spec, topology, stream(`fault/${ordinal}`)).map((node) => node.id) };
    const at = parseDuration(spec.at) ?? 0;
    const offset = (parseDuration(spec.offset) ?? 0) * (spec.behind === true ? -1 : 1);
    const changes: WorldChange[] = [{ at, change: 'clock', hosts, clock: { offset }, label: 'clocks wrong' }];
    if (spec.for !== undefined)
      changes.push({ at: at + (parseDuration(spec.for) ?? 0), change: 'clock', hosts, clock: { offset: 0 }, label: 'clocks right' });
    return changes;
  },
};
