/** How faults choose etcd members: by number, or by the role they hold when it strikes; in the main cluster or one of the others. */

import type { HostSelector } from '#sim';
import type { Topology, TopologyEtcdMember } from '../fault.ts';
import { count, type JsonSchema, oneOf, text } from '../schema-pieces.ts';

export interface EtcdSelection {
  readonly member?: number;
  readonly role?: 'leader' | 'follower';
  readonly cluster?: string;
}

export const etcdSelectionFields: Readonly<Record<string, JsonSchema>> = {
  member: count('which member, from 0'),
  role: oneOf(['leader', 'follower'], 'whoever leads when it strikes, or the first that follows'),
  cluster: text('of the etcd cluster with this name (default: the main one)'),
};

export function etcdSelectionMistake({ member, role, cluster = '' }: EtcdSelection, topology: Topology): string | undefined {
  const members = membersOf(cluster, topology);
  if (members.length === 0) {
    const names = [...new Set(topology.etcdMembers.map((one) => one.cluster))].filter((name) => name !== '');
    return `no etcd cluster is named '${cluster}' (there ${names.length === 0 ? 'is the main one only' : `are: ${names.join(', ')}`})`;
  }
  if (member !== undefined && role !== undefined) return "says both 'member' and 'role'";
  if (member !== undefined && member >= members.length) return `wants etcd member ${member}, the last one is ${members.length - 1}`;
  if (role === 'follower' && members.length === 1) return 'wants a follower, but there is one member only';
  return undefined;
}

/** Absent choice: `otherwise`, by default all members of the cluster. */
export function etcdSelector(
  { member, role, cluster = '' }: EtcdSelection,
  topology: Topology,
  otherwise: EtcdSelection = {},
): HostSelector {
  const members = membersOf(cluster, topology);
  if (member === undefined && role === undefined && (otherwise.member ?? otherwise.role) !== undefined)
    return etcdSelector({ ...otherwise, cluster }, topology);
  if (member !== undefined) return { hosts: members.filter(({ index }) => index === member).map(({ id }) => id) };
  const hosts = members.map(({ id }) => id);
  // The only member of a group of one leads.
  return role === undefined ? { hosts } : { hosts, role, most: 1 };
}

export function membersOf(cluster: string, topology: Topology): readonly TopologyEtcdMember[] {
  return topology.etcdMembers.filter((one) => one.cluster === cluster);
}

/** For labels: 'etcd leader', 'etcd member 2', 'etcd members'. */
export function etcdWords({ member, role, cluster = '' }: EtcdSelection): string {
  const what = member !== undefined ? `member ${member}` : (role ?? 'members');
  return cluster === '' ? `etcd ${what}` : `etcd (${cluster}) ${what}`;
}
