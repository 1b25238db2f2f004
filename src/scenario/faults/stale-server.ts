/** `staleServer`: one API server falls behind etcd, then the others die: their clients come back to the one that knows less than they do (Sieve's time travel,
 *  kubernetes#59848). After `for` the others are back and the one has caught up. */

import { CONNECTION_RESET, type WorldChange } from '#sim';
import { atField, type FaultKind } from '../fault.ts';
import { count, duration, fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { clientsOfServers, componentMistake } from './component-selection.ts';

interface StaleServerSpec {
  readonly at: string;
  readonly for: string;
  readonly by?: string;
  readonly apiServer?: number;
}

export const staleServer: FaultKind<StaleServerSpec> = {
  name: 'staleServer',
  schema: fields(
    'clients come back to an API server that lags',
    {
      at: atField,
      for: duration('how long the others are away'),
      by: duration('so far behind etcd it is (default 5s)'),
      apiServer: count('which one lags, from 0 (default 0)'),
    },
    ['at', 'for'],
  ),
  mistake({ apiServer = 0 }, topology) {
    if (topology.apiServers.length < 2) return 'wants a second API server (cluster.apiServers.count)';
    return componentMistake({ component: 'apiServer', index: apiServer }, topology);
  },
  changes(spec, { ordinal, topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const by = parseDuration(spec.by ?? '5s') ?? 0;
    const end = at + by + (parseDuration(spec.for) ?? 0);
    const id = `stale-server-${ordinal}`;
    const index = spec.apiServer ?? 0;
    const stale = topology.apiServers[index] as number;
    const others = { hosts: topology.apiServers.filter((host) => host !== stale) };
    const from = { hosts: topology.etcdMembers.map((member) => member.id) };
    const notice = { to: { hosts: clientsOfServers(topology) }, message: CONNECTION_RESET };
    return [
      { at, change: 'link', id, from, to: { hosts: [stale] }, extraLatency: by, label: `API server ${index} lags` },
      { at: at + by, change: 'crash', hosts: others, notice, label: 'all API servers but it gone' },
      { at: end, change: 'restart', hosts: others, label: 'API servers back' },
      { at: end, change: 'heal', id },
    ];
  },
};
