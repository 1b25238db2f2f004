/** How faults choose nodes: by name, by zone, a number or a share of them drawn by luck of their own. */

import type { Stream } from '#sim';
import type { Topology, TopologyNode } from '../fault.ts';
import { count, type JsonSchema, list, percent, text } from '../schema-pieces.ts';
import { parsePercent } from '../units.ts';

export interface NodeSelection {
  readonly count?: number;
  readonly share?: string;
  readonly zone?: string;
  readonly nodes?: readonly string[];
}

export const nodeSelectionFields: Readonly<Record<string, JsonSchema>> = {
  count: count('how many nodes, drawn at random', 1),
  share: percent('which share of the nodes, drawn at random'),
  zone: text('only nodes of this zone'),
  nodes: list(text('a node'), 'these nodes by name', 1),
};

export function nodeSelectionMistake({ count: wanted, zone, nodes }: NodeSelection, topology: Topology): string | undefined {
  const zones = [...new Set(topology.nodes.map((node) => node.zone))];
  if (zone !== undefined && !zones.includes(zone)) return `no node is in zone '${zone}' (zones: ${zones.join(', ')})`;
  const unknown = nodes?.find((name) => !topology.nodes.some((node) => node.name === name));
  if (unknown !== undefined) return `no node is named '${unknown}'`;
  const there = topology.nodes.filter((node) => zone === undefined || node.zone === zone).length;
  if (wanted !== undefined && wanted > there) return `wants ${wanted} nodes, there are ${there}`;
  return undefined;
}

/** The nodes struck, in the order of the world. The draw depends on the stream and the list of nodes alone. */
export function selectNodes(selection: NodeSelection, topology: Topology, stream: Stream): readonly TopologyNode[] {
  const pool = topology.nodes.filter(
    (node) =>
      (selection.zone === undefined || node.zone === selection.zone) &&
      (selection.nodes === undefined || selection.nodes.includes(node.name)),
  );
  const wanted =
    selection.count ?? (selection.share === undefined ? pool.length : Math.round(pool.length * (parsePercent(selection.share) ?? 0)));
  if (wanted >= pool.length) return pool;
  // A partial Fisher-Yates shuffle of the pool's indexes.
  const order = pool.map((_, index) => index);
  for (let i = 0; i < wanted; i++) {
    const j = i + Math.floor(stream.next() * (order.length - i));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order
    .slice(0, wanted)
    .sort((a, b) => a - b)
    .map((index) => pool[index] as TopologyNode);
}
