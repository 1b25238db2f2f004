/** `crashApiServer`, `crashScheduler`, `crashControllerManager`: one instance of the control plane stops; with `for`, it starts again. */

import type { HostId, WorldChange } from '#sim';
import { atField, type FaultKind, forField, type Topology } from '../fault.ts';
import { count, fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';

interface CrashComponentSpec {
  readonly at: string;
  readonly for?: string;
  readonly index?: number;
}

function crash(name: string, what: string, instances: (topology: Topology) => readonly HostId[]): FaultKind<CrashComponentSpec> {
  return {
    name,
    schema: fields(`an ${what} stops`, { at: atField, for: forField, index: count('which one, from 0 (default 0)') }, ['at']),
    mistake({ index = 0 }, topology) {
      const there = instances(topology).length;
      return index < there ? undefined : `wants ${what} ${index}, the last one is ${there - 1}`;
    },
    changes(spec, { topology }): readonly WorldChange[] {
      const host = instances(topology)[spec.index ?? 0];
      if (host === undefined) return [];
      const at = parseDuration(spec.at) ?? 0;
      const hosts = { hosts: [host] };
      const changes: WorldChange[] = [{ at, change: 'crash', hosts, label: `${what} ${spec.index ?? 0} lost` }];
      if (spec.for !== undefined)
        changes.push({ at: at + (parseDuration(spec.for) ?? 0), change: 'restart', hosts, label: `${what} back` });
      return changes;
    },
  };
}

export const crashApiServer = crash('crashApiServer', 'API server', (topology) => topology.apiServers);
export const crashScheduler = crash('crashScheduler', 'scheduler', (topology) => topology.schedulers);
export const crashControllerManager = crash('crashControllerManager', 'controller manager', (topology) => topology.controllerManagers);
