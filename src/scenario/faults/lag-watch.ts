/** `lagWatch`: what etcd tells an API server comes late: its watch cache falls behind the store, and with it all that is served from there. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind, forField } from '../fault.ts';
import { count, durationDistribution, fields } from '../schema-pieces.ts';
import { parseDuration, parseDurationDistribution } from '../units.ts';
import { componentHost, componentMistake } from './component-selection.ts';

interface LagWatchSpec {
  readonly at: string;
  readonly for?: string;
  readonly by: unknown;
  readonly apiServer?: number;
}

export const lagWatch: FaultKind<LagWatchSpec> = {
  name: 'lagWatch',
  schema: fields(
    "an API server's watch cache falls behind etcd",
    {
      at: atField,
      for: forField,
      by: durationDistribution('so late comes what etcd says'),
      apiServer: count('which one, from 0 (default 0)'),
    },
    ['at', 'by'],
  ),
  mistake: ({ apiServer = 0 }, topology) => componentMistake({ component: 'apiServer', index: apiServer }, topology),
  changes(spec, { ordinal, topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const id = `lag-watch-${ordinal}`;
    const index = spec.apiServer ?? 0;
    const to = { hosts: componentHost({ component: 'apiServer', index }, topology) };
    const extraLatency = parseDurationDistribution(spec.by) ?? 0;
    const from = { hosts: topology.etcdMembers.map((member) => member.id) };
    const changes: WorldChange[] = [{ at, change: 'link', id, from, to, extraLatency, label: `API server ${index} lags` }];
    if (spec.for !== undefined)
      changes.push({ at: at + (parseDuration(spec.for) ?? 0), change: 'heal', id, label: `API server ${index} lags no more` });
    return changes;
  },
};
