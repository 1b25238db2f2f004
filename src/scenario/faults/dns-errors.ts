/** `dnsErrors`: names resolve no more, or not always: requests of clients of Services fail before they are sent, and API servers do not find webhooks that are
 *  configured by URL (those configured by service are found without DNS, as kube-apiserver finds them). */

import { incident, type WorldChange } from '#sim';
import { atField, type FaultKind, forField } from '../fault.ts';
import { fields, percent } from '../schema-pieces.ts';
import { parseDuration, parsePercent } from '../units.ts';

interface DnsErrorsSpec {
  readonly at: string;
  readonly for?: string;
  readonly share?: string;
}

/** From nobody in particular: the first host of the world. */
const OUTSIDE = { hosts: [0] };

export const dnsErrors: FaultKind<DnsErrorsSpec> = {
  name: 'dnsErrors',
  schema: fields('names are not resolved', { at: atField, for: forField, share: percent('of the look-ups that fail (default 100 %)') }, [
    'at',
  ]),
  mistake: (_spec, { traffic, webhooks = [] }) =>
    traffic === undefined && webhooks.length === 0
      ? 'finds nobody who looks names up in this cluster (no workload `traffic`, no cluster.webhooks)'
      : undefined,
  changes(spec, { topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const asks = [...((topology.webhooks ?? []).length > 0 ? topology.apiServers : []), topology.traffic];
    const to = { hosts: asks.filter((host) => host !== undefined) };
    const share = spec.share === undefined ? 1 : (parsePercent(spec.share) ?? 0);
    const begin: WorldChange = { at, change: 'tell', hosts: OUTSIDE, to, message: incident('dns-errors', share), label: 'DNS fails' };
    if (spec.for === undefined) return [begin];
    const end = at + (parseDuration(spec.for) ?? 0);
    return [begin, { at: end, change: 'tell', hosts: OUTSIDE, to, message: incident('dns-errors', 0), label: 'DNS well' }];
  },
};
