/** The members of a scenario's etcd clusters as hosts, what joins them, and where an API server finds what. */

import type { EtcdEndpoints } from '#apiserver';
import { type EtcdMemberConfig, QUIET_SSD } from '#etcd';
import type { EtcdClusterPlan, TopologyEtcdMember } from '#scenario';
import type { Distribution, Duration, HostId, HostSpec, LinkSpec } from '#sim';

interface EtcdHosts {
  readonly members: readonly TopologyEtcdMember[];
  readonly endpoints: EtcdEndpoints;
}

const nameOf = (cluster: string, index: number): string => (cluster === '' ? `etcd-${index}` : `etcd-${cluster}-${index}`);
/** Hosts of a cluster with links of its own. */
const groupOf = (cluster: EtcdClusterPlan): string => (cluster.memberLatency === undefined ? 'control-plane' : `etcd/${cluster.name}`);

/** Adds the members; ids are those that `add` will give, one after the other. */
export function etcdHosts(clusters: readonly EtcdClusterPlan[], add: (host: HostSpec) => HostId): EtcdHosts {
  const members: TopologyEtcdMember[] = [];
  const overrides: Record<string, readonly HostId[]> = {};
  let main: readonly HostId[] = [];
  for (const plan of clusters) {
    const first = members.length;
    // Nothing is added before the etcd members: the next id is their number.
    const peers = Array.from({ length: plan.members }, (_, index) => first + index);
    for (let index = 0; index < plan.members; index += 1) members.push(memberOf(plan, index, peers, add));
    if (plan.name === '') main = peers;
    for (const resource of plan.resources) overrides[resource] = peers;
  }
  return { members, endpoints: { default: main, ...(Object.keys(overrides).length === 0 ? {} : { overrides }) } };
}

function memberOf(plan: EtcdClusterPlan, index: number, peers: readonly HostId[], add: (host: HostSpec) => HostId): TopologyEtcdMember {
  const name = nameOf(plan.name, index);
  const config: EtcdMemberConfig = { name, quotaBytes: plan.quotaBytes, ...plan.corruptChecks, ...(plan.members === 1 ? {} : { peers }) };
  const disk = plan.fsync === undefined ? QUIET_SSD : { ...QUIET_SSD, fsync: plan.fsync };
  const id = add({ name, program: 'etcd', config, group: groupOf(plan), zone: 'control-plane', cores: plan.cores, disk });
  if (id !== peers[index]) throw new Error(`etcd member '${name}' got host id ${id}, not ${peers[index]}`);
  return { id, cluster: plan.name, index, ...(plan.fsync === undefined ? {} : { fsync: plan.fsync }) };
}

/** Links of clusters whose members are further from each other than the rest of the control plane is. */
export function etcdLinks(
  clusters: readonly EtcdClusterPlan[],
  controlPlaneLatency: Duration,
  more: { readonly jitter?: Distribution },
): readonly LinkSpec[] {
  return clusters.flatMap((plan): LinkSpec[] => {
    if (plan.memberLatency === undefined) return [];
    const group = groupOf(plan);
    return [
      { from: group, to: group, latencyMin: plan.memberLatency, ...more },
      { from: group, to: 'control-plane', latencyMin: controlPlaneLatency, ...more },
      { from: 'control-plane', to: group, latencyMin: controlPlaneLatency, ...more },
      { from: group, to: 'client', latencyMin: controlPlaneLatency, ...more },
      { from: 'client', to: group, latencyMin: controlPlaneLatency, ...more },
    ];
  });
}
