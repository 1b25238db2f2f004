/** `dropWatches`: the connections to an API server (or all) are reset while both ends live: watches end, requests under way fail, clients come back. */

import { CONNECTION_RESET, type WorldChange } from '#sim';
import { atField, type FaultKind } from '../fault.ts';
import { count, fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { clientsOfServers, componentMistake } from './component-selection.ts';

interface DropWatchesSpec {
  readonly at: string;
  readonly apiServer?: number;
}

export const dropWatches: FaultKind<DropWatchesSpec> = {
  name: 'dropWatches',
  schema: fields('connections to API servers are reset', { at: atField, apiServer: count('to which one, from 0 (default: to all)') }, [
    'at',
  ]),
  mistake: ({ apiServer = 0 }, topology) => componentMistake({ component: 'apiServer', index: apiServer }, topology),
  changes(spec, { topology }): readonly WorldChange[] {
    const servers = spec.apiServer === undefined ? topology.apiServers : topology.apiServers.slice(spec.apiServer, spec.apiServer + 1);
    const what = spec.apiServer === undefined ? 'the API servers' : `API server ${spec.apiServer}`;
    return [
      {
        at: parseDuration(spec.at) ?? 0,
        change: 'tell',
        hosts: { hosts: servers },
        to: { hosts: clientsOfServers(topology) },
        message: CONNECTION_RESET,
        label: `connections to ${what} reset`,
      },
    ];
  },
};
