/** Where the hosts of nodes are: pools stand in rows, so that a few numbers name thousands. */

import type { NodePool, TopologyNode } from '#scenario';

export interface NodeRange {
  readonly prefix: string;
  readonly first: number;
  readonly count: number;
  /** Where nodes have names of their own. */
  readonly names?: readonly string[];
}

/** `nodes`: all of the pools' nodes, pool by pool. */
export function nodeRanges(pools: readonly NodePool[], nodes: readonly TopologyNode[]): readonly NodeRange[] {
  let at = 0;
  return pools.map(({ name, count, names }) => {
    const first = nodes[at]?.id ?? 0;
    at += count;
    return { prefix: `${name}-`, first, count, ...(names === undefined ? {} : { names }) };
  });
}
