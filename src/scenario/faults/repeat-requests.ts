/** `repeatRequests`: requests reach the API server twice. TCP delivers nothing twice; what happens is that the answer is lost with the connection, and whoever
 *  stands in between (a proxy, a balancer, the client's own transport) sends the request again, though the server has done it: the asker sees the second
 *  answer, such as 409 for a creation or an update that was its own. Watches are not repeated (`dropWatches`). */

import { type HostId, incident, type WorldChange } from '#sim';
import { atField, type FaultKind, forField, type Topology } from '../fault.ts';
import { fields, oneOf, percent } from '../schema-pieces.ts';
import { parseDuration, parsePercent } from '../units.ts';
import { clientsOfServers } from './component-selection.ts';

const ASKERS = ['nodes', 'schedulers', 'controllerManagers', 'users'] as const;

interface RepeatRequestsSpec {
  readonly at: string;
  readonly for?: string;
  readonly of?: (typeof ASKERS)[number];
  readonly share?: string;
}

/** From nobody in particular: the first host of the world. */
const OUTSIDE = { hosts: [0] };

function askers({ of }: RepeatRequestsSpec, topology: Topology): readonly HostId[] {
  if (of === undefined) return clientsOfServers(topology);
  return of === 'nodes' ? topology.nodes.map(({ id }) => id) : topology[of];
}

export const repeatRequests: FaultKind<RepeatRequestsSpec> = {
  name: 'repeatRequests',
  schema: fields(
    'answers of API servers are lost, and the requests sent again',
    { at: atField, for: forField, of: oneOf(ASKERS, 'only theirs (default: all)'), share: percent('of the requests (default 10 %)') },
    ['at'],
  ),
  mistake: (spec, topology) => (askers(spec, topology).length === 0 ? `finds no ${spec.of} in this cluster` : undefined),
  changes(spec, { topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const to = { hosts: askers(spec, topology) };
    const share = spec.share === undefined ? 0.1 : (parsePercent(spec.share) ?? 0);
    const tell = (when: number, part: number, label: string): WorldChange => ({
      at: when,
      change: 'tell',
      hosts: OUTSIDE,
      to,
      message: incident('answers-lost', part),
      label,
    });
    const begin = tell(at, share, 'requests repeated');
    return spec.for === undefined ? [begin] : [begin, tell(at + (parseDuration(spec.for) ?? 0), 0, 'requests once again')];
  },
};
