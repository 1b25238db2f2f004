/** How faults choose nodes: by name, zone or labels, a number or a share of them drawn by luck of their own; with whom they fall, and how far that goes. */

import type { Stream } from '#sim';
import type { Topology, TopologyNode } from '../fault.ts';
import { count, type JsonSchema, list, percent, stringMap, text } from '../schema-pieces.ts';
import { parsePercent } from '../units.ts';

export interface NodeSelection {
  readonly count?: number;
  readonly share?: string;
  readonly zone?: string;
  readonly nodes?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly correlation?: string;
  readonly blastRadius?: string;
}

export const nodeSelectionFields: Readonly<Record<string, JsonSchema>> = {
  count: count('how many nodes, drawn at random', 1),
  share: percent('which share of the nodes, drawn at random'),
  zone: text('only nodes of this zone'),
  nodes: list(text('a node'), 'these nodes by name', 1),
  labels: stringMap('only nodes with these labels (of their pool; a rack is a label)'),
};

/** For faults, beside those. */
export const nodeFaultFields: Readonly<Record<string, JsonSchema>> = {
  ...nodeSelectionFields,
  correlation: percent('each other node in a struck node\u2019s zone falls with it by this chance'),
  blastRadius: percent('at most this share of all nodes is struck at once'),
};

const hasLabels = (node: TopologyNode, labels: Readonly<Record<string, string>> = {}): boolean =>
  Object.entries(labels).every(([name, value]) => node.labels?.[name] === value);

export function nodeSelectionMistake({ count: wanted, zone, nodes, labels }: NodeSelection, topology: Topology): string | undefined {
  const zones = [...new Set(topology.nodes.map((node) => node.zone))];
  if (zone !== undefined && !zones.includes(zone)) return `no node is in zone '${zone}' (zones: ${zones.join(', ')})`;
  const unknown = nodes?.find((name) => !topology.nodes.some((node) => node.name === name));
  if (unknown !== undefined) return `no node is named '${unknown}'`;
  if (labels !== undefined && !topology.nodes.some((node) => hasLabels(node, labels)))
    return `no node has the labels ${Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(', ')}`;
  const there = topology.nodes.filter((node) => (zone === undefined || node.zone === zone) && hasLabels(node, labels)).length;
  if (wanted !== undefined && wanted > there) return `wants ${wanted} nodes, there are ${there}`;
  return undefined;
}

/** The nodes struck, in the order of the world. The draw depends on the stream and the list of nodes alone. */
export function selectNodes(selection: NodeSelection, topology: Topology, stream: Stream): readonly TopologyNode[] {
  const chosen = chosenNodes(selection, topology, stream);
  const chance = parsePercent(selection.correlation) ?? 0;
  if (chance === 0 && selection.blastRadius === undefined) return chosen;
  const zones = new Set(chosen.map(({ zone }) => zone));
  const first = new Set(chosen);
  const all = topology.nodes.filter((node) => first.has(node) || (zones.has(node.zone) && stream.next() < chance));
  const most = Math.floor(topology.nodes.length * (parsePercent(selection.blastRadius) ?? 1));
  if (all.length <= most) return all;
  // Those that were meant come before those that fall with them.
  const kept = new Set([...chosen, ...all.filter((node) => !first.has(node))].slice(0, most));
  return all.filter((node) => kept.has(node));
}

function chosenNodes(selection: NodeSelection, topology: Topology, stream: Stream): readonly TopologyNode[] {
  const pool = topology.nodes.filter(
    (node) =>
      (selection.zone === undefined || node.zone === selection.zone) &&
      hasLabels(node, selection.labels) &&
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
