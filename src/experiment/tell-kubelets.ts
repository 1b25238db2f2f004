/** The API servers are told where kubelets are, once nodes have their hosts: the logs of pods are asked for there. */

import type { ApiServerConfig } from '#apiserver';
import type { Scenario, TopologyNode } from '#scenario';
import type { HostId, HostSpec } from '#sim';
import { allPools } from './autoscaler-hosts.ts';
import { nodeRanges } from './node-ranges.ts';

export function tellKubelets(scenario: Scenario, nodes: readonly TopologyNode[], hosts: HostSpec[], apiServers: readonly HostId[]): void {
  let at = 0;
  const kubelets = nodeRanges(allPools(scenario), nodes).map((range) => {
    const pool = nodes.slice(at, (at += range.count));
    const isNumbered = pool.every(({ name }, index) => name === `${range.prefix}${index}`);
    return isNumbered ? range : { ...range, names: pool.map(({ name }) => name) };
  });
  for (const server of apiServers) {
    const host = hosts[server] as HostSpec;
    hosts[server] = { ...host, config: { ...(host.config as ApiServerConfig), kubelets } };
  }
}
