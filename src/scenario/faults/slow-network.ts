/** `slowNetwork`: what passes between nodes and API servers is late or lost for a while. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind, forField } from '../fault.ts';
import { bytes, durationDistribution, fields, percent, text } from '../schema-pieces.ts';
import { parseBytes, parseDuration, parseDurationDistribution, parsePercent } from '../units.ts';

interface SlowNetworkSpec {
  readonly at: string;
  readonly for?: string;
  readonly zone?: string;
  readonly latency?: unknown;
  readonly loss?: string;
  readonly bandwidth?: unknown;
}

export const slowNetwork: FaultKind<SlowNetworkSpec> = {
  name: 'slowNetwork',
  schema: fields(
    'the network between nodes and API servers is bad',
    {
      at: atField,
      for: forField,
      zone: text('only nodes of this zone'),
      latency: durationDistribution('added to every message'),
      loss: percent('share of messages lost'),
      bandwidth: bytes('bytes a second of each connection, at most'),
    },
    ['at'],
  ),
  mistake: (spec) =>
    spec.latency === undefined && spec.loss === undefined && spec.bandwidth === undefined
      ? "says neither 'latency' nor 'loss' nor 'bandwidth'"
      : undefined,
  changes(spec, { ordinal, topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const nodes = { group: 'node', ...(spec.zone === undefined ? {} : { zone: spec.zone }) };
    const servers = { hosts: topology.apiServers };
    const extraLatency = parseDurationDistribution(spec.latency);
    const harm = {
      ...(extraLatency === undefined ? {} : { extraLatency }),
      ...(spec.loss === undefined ? {} : { loss: parsePercent(spec.loss) ?? 0 }),
      ...(spec.bandwidth === undefined ? {} : { bytesPerSecond: Math.max(1, parseBytes(spec.bandwidth) ?? 1) }),
    };
    const changes: WorldChange[] = [
      { at, change: 'link', id: `slow-network-${ordinal}-up`, from: nodes, to: servers, ...harm, label: 'network slow' },
      { at, change: 'link', id: `slow-network-${ordinal}-down`, from: servers, to: nodes, ...harm },
    ];
    if (spec.for === undefined) return changes;
    const end = at + (parseDuration(spec.for) ?? 0);
    changes.push(
      { at: end, change: 'heal', id: `slow-network-${ordinal}-up`, label: 'network well' },
      { at: end, change: 'heal', id: `slow-network-${ordinal}-down` },
    );
    return changes;
  },
};
