/** `crashContainers`: containers on nodes die (exit code 137), again and again with `every`: a storm. The kubelet restarts them with its back-off. */

import { incident, type WorldChange } from '#sim';
import { atField, type FaultKind } from '../fault.ts';
import { fields, percent } from '../schema-pieces.ts';
import { parseDuration, parsePercent } from '../units.ts';
import { type NodeSelection, nodeFaultFields, nodeSelectionMistake, selectNodes } from './node-selection.ts';

interface CrashContainersSpec extends NodeSelection {
  readonly at: string;
  readonly containers?: string;
}

/** From nobody in particular: the first host of the world. */
const OUTSIDE = { hosts: [0] };

export const crashContainers: FaultKind<CrashContainersSpec> = {
  name: 'crashContainers',
  schema: fields(
    'containers die',
    { at: atField, containers: percent('which share of the main containers there (default 100 %)'), ...nodeFaultFields },
    ['at'],
  ),
  mistake: nodeSelectionMistake,
  changes(spec, { ordinal, topology, stream }): readonly WorldChange[] {
    const struck = selectNodes(spec, topology, stream(`fault/${ordinal}`));
    const hosts = { hosts: struck.map((node) => node.id) };
    const at = parseDuration(spec.at) ?? 0;
    const message = incident('containers-die', parsePercent(spec.containers ?? '100 %') ?? 1);
    return [{ at, change: 'tell', hosts: OUTSIDE, to: hosts, message, label: `containers on ${struck.length} nodes die` }];
  },
};
