/** `slowComponent`: the CPU of one instance of the control plane is slow: all it does takes so many times as long. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind, forField } from '../fault.ts';
import { fields, number } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type ComponentSelection, componentFields, componentHost, componentMistake, componentWords } from './component-selection.ts';

interface SlowComponentSpec extends ComponentSelection {
  readonly at: string;
  readonly for?: string;
  readonly factor?: number;
}

export const slowComponent: FaultKind<SlowComponentSpec> = {
  name: 'slowComponent',
  schema: fields(
    'one instance of the control plane is slow',
    { at: atField, for: forField, factor: number('how many times as long everything takes (default 10)', 1), ...componentFields },
    ['at', 'component'],
  ),
  mistake: componentMistake,
  changes(spec, { topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const hosts = { hosts: componentHost(spec, topology) };
    const changes: WorldChange[] = [{ at, change: 'cpu', hosts, slowdown: spec.factor ?? 10, label: `${componentWords(spec)} slow` }];
    if (spec.for !== undefined)
      changes.push({
        at: at + (parseDuration(spec.for) ?? 0),
        change: 'cpu',
        hosts,
        slowdown: 1,
        label: `${componentWords(spec)} as fast as before`,
      });
    return changes;
  },
};
