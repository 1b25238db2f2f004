/** `pauseComponent`: one instance of the control plane stands still (SIGSTOP, a long garbage collection) and goes on as if nothing had been. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind } from '../fault.ts';
import { duration, fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type ComponentSelection, componentFields, componentHost, componentMistake, componentWords } from './component-selection.ts';

interface PauseComponentSpec extends ComponentSelection {
  readonly at: string;
  readonly for: string;
}

export const pauseComponent: FaultKind<PauseComponentSpec> = {
  name: 'pauseComponent',
  schema: fields('one instance of the control plane stands still', { at: atField, for: duration('how long'), ...componentFields }, [
    'at',
    'for',
    'component',
  ]),
  mistake: componentMistake,
  changes(spec, { topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const hosts = { hosts: componentHost(spec, topology) };
    return [
      { at, change: 'pause', hosts, label: `${componentWords(spec)} stands still` },
      { at: at + (parseDuration(spec.for) ?? 0), change: 'resume', hosts, label: `${componentWords(spec)} goes on` },
    ];
  },
};
