/** `registryOutage`: pulls that nodes ask for fail (ErrImagePull, then ImagePullBackOff); what is under way goes on. */

import { incident, type WorldChange } from '#sim';
import { atField, type FaultKind, forField } from '../fault.ts';
import { fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type NodeSelection, nodeFaultFields, nodeSelectionMistake, selectNodes } from './node-selection.ts';

interface RegistryOutageSpec extends NodeSelection {
  readonly at: string;
  readonly for?: string;
}

/** From nobody in particular: the first host of the world. */
const OUTSIDE = { hosts: [0] };

export const registryOutage: FaultKind<RegistryOutageSpec> = {
  name: 'registryOutage',
  schema: fields('the image registry answers nobody', { at: atField, for: forField, ...nodeFaultFields }, ['at']),
  mistake: nodeSelectionMistake,
  changes(spec, { ordinal, topology, stream }): readonly WorldChange[] {
    const struck = selectNodes(spec, topology, stream(`fault/${ordinal}`));
    const hosts = { hosts: struck.map((node) => node.id) };
    const at = parseDuration(spec.at) ?? 0;
    const down: WorldChange = { at, change: 'tell', hosts: OUTSIDE, to: hosts, message: incident('registry-down'), label: 'registry gone' };
    if (spec.for === undefined) return [down];
    const end = at + (parseDuration(spec.for) ?? 0);
    return [down, { at: end, change: 'tell', hosts: OUTSIDE, to: hosts, message: incident('registry-up'), label: 'registry back' }];
  },
};
