/** `zoneOutage`: a zone is without power: its nodes stop, and the instances of the control plane that are said to stand there; with `for`, all come back. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind, forField } from '../fault.ts';
import { count, fields, list, text } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type Component, instancesOf } from './component-selection.ts';
import { nodeSelectionMistake } from './node-selection.ts';

interface ZoneOutageSpec {
  readonly at: string;
  readonly for?: string;
  readonly zone: string;
  readonly apiServers?: readonly number[];
  readonly etcdMembers?: readonly number[];
  readonly schedulers?: readonly number[];
  readonly controllerManagers?: readonly number[];
}

const THERE: readonly (readonly [keyof ZoneOutageSpec, Component, string])[] = [
  ['etcdMembers', 'etcd', 'etcd member'],
  ['apiServers', 'apiServer', 'API server'],
  ['schedulers', 'scheduler', 'scheduler'],
  ['controllerManagers', 'controllerManager', 'controller manager'],
];

export const zoneOutage: FaultKind<ZoneOutageSpec> = {
  name: 'zoneOutage',
  schema: fields(
    'a zone is without power',
    {
      at: atField,
      for: forField,
      zone: text('which zone'),
      ...Object.fromEntries(THERE.map(([field, , word]) => [field, list(count('from 0'), `each ${word} that stands there`, 1)])),
    },
    ['at', 'zone'],
  ),
  mistake(spec, topology) {
    for (const [field, component, word] of THERE) {
      const there = instancesOf(component, topology).length;
      const beyond = ((spec[field] ?? []) as readonly number[]).find((index) => index >= there);
      if (beyond !== undefined) return `wants ${word} ${beyond}, there are ${there}`;
    }
    return nodeSelectionMistake({ zone: spec.zone }, topology);
  },
  changes(spec, { topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const nodes = topology.nodes.filter(({ zone }) => zone === spec.zone).map(({ id }) => id);
    const control = THERE.flatMap(([field, component]) => {
      const all = instancesOf(component, topology);
      return ((spec[field] ?? []) as readonly number[]).flatMap((index) => all[index] ?? []);
    });
    const hosts = { hosts: [...control, ...nodes] };
    const changes: WorldChange[] = [{ at, change: 'crash', hosts, label: `zone ${spec.zone} without power` }];
    if (spec.for !== undefined)
      changes.push({ at: at + (parseDuration(spec.for) ?? 0), change: 'restart', hosts, label: `zone ${spec.zone} has power` });
    return changes;
  },
};
