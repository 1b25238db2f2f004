/** Which groups of members there can be. */

import type { HostId } from '#sim';

/** A group that could not lose a member without stopping, or that has none. */
export class TopologyError extends Error {}

/** Says what is wrong with a number of members, in one line; absent when nothing is. */
export function topologyMistake(members: number): string | undefined {
  if (!Number.isInteger(members) || members < 1) return `${members} etcd members: expected 1, 3 or 5; without a member there is no quorum`;
  if (members % 2 === 0) {
    return `${members} etcd members: expected 1, 3 or 5; ${members} tolerate no more failures than ${members - 1} and need one more for a quorum`;
  }
  return members > 7 ? `${members} etcd members: expected 1, 3 or 5 (etcd advises against more than 7)` : undefined;
}

/** Throws a TopologyError when a member could not be part of such a group. */
export function checkTopology(name: string, peers: readonly HostId[]): void {
  if (peers.length === 0) return;
  if (new Set(peers).size !== peers.length) throw new TopologyError(`etcd member '${name}': a member is listed twice among its peers`);
  const mistake = topologyMistake(peers.length);
  if (mistake !== undefined) throw new TopologyError(`etcd member '${name}': ${mistake}`);
}
