/** `crashApiServer`, `crashScheduler`, `crashControllerManager`: one instance of the control plane stops; with `for`, it starts again. */

import { CONNECTION_RESET, type HostId, type WorldChange } from '#sim';
import { atField, type FaultKind, forField, type Topology } from '../fault.ts';
import { count, fields, flag, type JsonSchema } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { clientsOfServers } from './component-selection.ts';

interface CrashComponentSpec {
  readonly at: string;
  readonly for?: string;
  readonly index?: number;
  readonly killed?: boolean;
}

/** `hears`: whoever has connections to it, for when only its process dies. */
function crash(
  name: string,
  what: string,
  instances: (topology: Topology) => readonly HostId[],
  hears?: (topology: Topology) => readonly HostId[],
): FaultKind<CrashComponentSpec> {
  const killed: Record<string, JsonSchema> =
    hears === undefined ? {} : { killed: flag('only the process dies: all clients see their connections closed at once') };
  return {
    name,
    schema: fields(`an ${what} stops`, { at: atField, for: forField, index: count('which one, from 0 (default 0)'), ...killed }, ['at']),
    mistake({ index = 0 }, topology) {
      const there = instances(topology).length;
      if (index < there) return undefined;
      return there === 0 ? `finds no ${what} in this cluster` : `wants ${what} ${index}, the last one is ${there - 1}`;
    },
    changes(spec, { topology }): readonly WorldChange[] {
      const host = instances(topology)[spec.index ?? 0];
      if (host === undefined) return [];
      const at = parseDuration(spec.at) ?? 0;
      const hosts = { hosts: [host] };
      const notice = spec.killed === true ? { notice: { to: { hosts: hears?.(topology) ?? [] }, message: CONNECTION_RESET } } : {};
      const changes: WorldChange[] = [{ at, change: 'crash', hosts, ...notice, label: `${what} ${spec.index ?? 0} lost` }];
      if (spec.for !== undefined)
        changes.push({ at: at + (parseDuration(spec.for) ?? 0), change: 'restart', hosts, label: `${what} back` });
      return changes;
    },
  };
}

export const crashApiServer = crash('crashApiServer', 'API server', (topology) => topology.apiServers, clientsOfServers);
export const crashScheduler = crash('crashScheduler', 'scheduler', (topology) => topology.schedulers);
export const crashControllerManager = crash('crashControllerManager', 'controller manager', (topology) => topology.controllerManagers);
