/** Machines that a cluster autoscaler switches on and off, as hosts, and the autoscaler itself. Without node groups there is neither. */

import type { ClientConfig } from '#client';
import { AUTOSCALER_FLAGS, type AutoscalerConfig, type AutoscalerSettings, machineLabels, type NodeGroupPlan, providerIdOf } from '#cloud';
import type { ClientLimits, NodeGroup, NodePool, Scenario } from '#scenario';
import type { HostSpec } from '#sim';
import type { MachineConfig } from './machine-host.ts';

/** Places beyond the most machines of a group: a place rests for some minutes after its machine has gone. */
const SPARE = 2;
/** --kube-client-qps and --kube-client-burst. */
const LIMITS: ClientLimits = { qps: 5, burst: 10 };
export const AUTOSCALER_USER = 'system:serviceaccount:kube-system:cluster-autoscaler';

const placesOf = ({ max }: NodeGroup): number => max * SPARE;

/** The pools of a scenario, and after them its node groups with all the places they have. */
export function allPools({ cluster }: Scenario): readonly NodePool[] {
  return [...cluster.nodes, ...(cluster.autoscaler?.groups ?? []).map(poolOf)];
}

function poolOf(group: NodeGroup): NodePool {
  const { name, zones, capacity, allocatable, taints } = group;
  return { name, count: placesOf(group), zones, capacity, allocatable, labels: machineLabels(group), taints };
}

/** The kubelet's host as a machine that may be off; of a pool that is no group, as it is. */
export function asMachine(host: HostSpec, group: NodeGroup | undefined, index: number): HostSpec {
  if (group === undefined) return host;
  const kubelet = { ...(host.config as MachineConfig['kubelet']), providerID: providerIdOf(host.name) };
  const config: MachineConfig = { kubelet, on: index < group.initial };
  return { ...host, program: 'machine', config };
}

/** Last of all, so that the ids of other hosts stay. */
export function autoscalerHosts(
  { cluster }: Scenario,
  hosts: readonly HostSpec[],
  client: (user: string, limits: ClientLimits) => ClientConfig,
): readonly HostSpec[] {
  const { autoscaler } = cluster;
  if (autoscaler === undefined) return [];
  const groups = autoscaler.groups.map((group): NodeGroupPlan => {
    const first = hosts.findIndex(({ name, program }) => program === 'machine' && name === `${group.name}-0`);
    return { ...group, first, places: placesOf(group) };
  });
  const settings = { ...AUTOSCALER_FLAGS, ...autoscaler.settings } as AutoscalerSettings;
  const config: AutoscalerConfig = { client: client(AUTOSCALER_USER, LIMITS), groups, settings };
  return [{ name: 'cluster-autoscaler', program: 'autoscaler', config, group: 'control-plane', zone: 'control-plane', cores: 2 }];
}
