/** `isolateComponent`: one instance of the control plane reaches nobody, and nobody it; one way only with `direction`. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind, forField } from '../fault.ts';
import { fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import {
  type ComponentSelection,
  componentFields,
  componentHost,
  componentMistake,
  componentWords,
  everyHost,
} from './component-selection.ts';
import { type Direction, directionField, partitionOf } from './direction.ts';

interface IsolateComponentSpec extends ComponentSelection {
  readonly at: string;
  readonly for?: string;
  readonly direction?: Direction;
}

export const isolateComponent: FaultKind<IsolateComponentSpec> = {
  name: 'isolateComponent',
  schema: fields(
    'one instance of the control plane is cut off',
    { at: atField, for: forField, direction: directionField, ...componentFields },
    ['at', 'component'],
  ),
  mistake: componentMistake,
  changes(spec, { ordinal, topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const id = `isolate-component-${ordinal}`;
    const own = componentHost(spec, topology);
    const others = everyHost(topology).filter((host) => !own.includes(host));
    const changes: WorldChange[] = [
      { at, ...partitionOf(id, { hosts: own }, { hosts: others }, spec.direction), label: `${componentWords(spec)} cut off` },
    ];
    if (spec.for !== undefined)
      changes.push({ at: at + (parseDuration(spec.for) ?? 0), change: 'heal', id, label: `${componentWords(spec)} reachable` });
    return changes;
  },
};
