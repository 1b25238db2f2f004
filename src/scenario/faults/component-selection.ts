/** How faults choose an instance of the control plane: its component, and which of its instances. */

import type { HostId } from '#sim';
import type { Topology } from '../fault.ts';
import { count, type JsonSchema, oneOf } from '../schema-pieces.ts';

export const COMPONENTS = ['apiServer', 'etcd', 'scheduler', 'controllerManager'] as const;
export type Component = (typeof COMPONENTS)[number];

export interface ComponentSelection {
  readonly component: Component;
  readonly index?: number;
}

export const componentFields: Readonly<Record<string, JsonSchema>> = {
  component: oneOf(COMPONENTS, 'of which component'),
  index: count('which instance, from 0 (default 0)'),
};

const WORDS: Readonly<Record<Component, string>> = {
  apiServer: 'API server',
  etcd: 'etcd member',
  scheduler: 'scheduler',
  controllerManager: 'controller manager',
};

export function instancesOf(component: Component, topology: Topology): readonly HostId[] {
  if (component === 'apiServer') return topology.apiServers;
  if (component === 'etcd') return topology.etcd;
  return component === 'scheduler' ? topology.schedulers : topology.controllerManagers;
}

export function componentMistake({ component, index = 0 }: ComponentSelection, topology: Topology): string | undefined {
  const there = instancesOf(component, topology).length;
  if (index < there) return undefined;
  return there === 0 ? `finds no ${WORDS[component]} in this cluster` : `wants ${WORDS[component]} ${index}, the last one is ${there - 1}`;
}

export const componentHost = ({ component, index = 0 }: ComponentSelection, topology: Topology): readonly HostId[] =>
  instancesOf(component, topology).slice(index, index + 1);

export const componentWords = ({ component, index = 0 }: ComponentSelection): string => `${WORDS[component]} ${index}`;

/** Who has connections to API servers. */
export const clientsOfServers = (topology: Topology): readonly HostId[] => [
  ...topology.schedulers,
  ...topology.controllerManagers,
  ...topology.users,
  ...topology.nodes.map(({ id }) => id),
];

export const everyHost = (topology: Topology): readonly HostId[] => [
  ...topology.etcdMembers.map(({ id }) => id),
  ...topology.apiServers,
  ...clientsOfServers(topology),
];
