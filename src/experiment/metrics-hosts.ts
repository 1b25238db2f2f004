/** What a scenario with autoscalers, Rollouts or owned objects needs besides: a metrics server behind the API servers, and the controller of progressive delivery with its
 *  custom resource. Others have neither. */

import type { KubeObject } from '#api';
import { ROLLOUT_DEFINITION, resourceForKind } from '#api';
import type { ApiServerConfig } from '#apiserver';
import type { ClientConfig } from '#client';
import { COLLECTED_BESIDES, type ControllerManagerConfig, type MetricsServerConfig } from '#controllers';
import { type ClientLimits, type Scenario, type TopologyNode, trafficPlans, type WorkloadEntry } from '#scenario';
import type { HostId, HostSpec, Instant } from '#sim';
import { allPools } from './autoscaler-hosts.ts';
import { nodeRanges } from './node-ranges.ts';
import { tellKubelets } from './tell-kubelets.ts';

const GROUPS = ['metrics.k8s.io', 'custom.metrics.k8s.io', 'external.metrics.k8s.io'];
const PLACE = { group: 'control-plane', zone: 'control-plane' } as const;

const objectsOf = ({ kind, spec }: WorkloadEntry): readonly KubeObject[] =>
  kind === 'apply' ? ((spec as { readonly objects?: readonly KubeObject[] }).objects ?? []) : [];

const applies = ({ workload }: Scenario, kinds: readonly string[]): boolean =>
  workload.some((entry) => objectsOf(entry).some(({ kind }) => kind !== undefined && kinds.includes(kind)));

/** What the garbage collector watches besides: kinds of which the scenario applies some that are owned, all where users or controllers of their own may. */
export function collectedBesides({ workload }: Scenario, isOpen: boolean): readonly string[] {
  if (isOpen) return COLLECTED_BESIDES;
  const owned = new Set<string | undefined>();
  for (const entry of workload)
    for (const { apiVersion = '', kind = '', metadata } of objectsOf(entry))
      if (metadata?.ownerReferences !== undefined) owned.add(resourceForKind(apiVersion, kind)?.resource);
  return COLLECTED_BESIDES.filter((resource) => owned.has(resource));
}

/** Rollouts need their definition first, unless the scenario brings it. */
export function withDefinitions(scenario: Scenario): readonly WorkloadEntry[] {
  const { workload } = scenario;
  if (!applies(scenario, ['Rollout'])) return workload;
  const isThere = workload.some((entry) => objectsOf(entry).some(({ metadata }) => metadata?.name === ROLLOUT_DEFINITION.metadata?.name));
  return isThere ? workload : [{ kind: 'apply', spec: { at: '0s', objects: [ROLLOUT_DEFINITION] } }, ...workload];
}

/** When autoscalers have more to do than before: the beginnings of stretches with more requests. */
export function loadRises(scenario: Scenario): readonly Instant[] {
  if (!applies(scenario, ['HorizontalPodAutoscaler'])) return [];
  const rises = trafficPlans(scenario.workload).flatMap(({ stretches }) =>
    stretches.flatMap(({ from, requestsPerSecond }, i) =>
      i > 0 && requestsPerSecond > (stretches[i - 1]?.requestsPerSecond ?? 0) ? [from] : [],
    ),
  );
  return [...new Set(rises)].sort((a, b) => a - b);
}

/** Last of all, so that the ids of other hosts stay; the API servers are told where the metrics and the kubelets are. */
export function addMetrics(
  scenario: Scenario,
  nodes: readonly TopologyNode[],
  hosts: HostSpec[],
  apiServers: readonly HostId[],
  client: (user: string, limits: ClientLimits) => ClientConfig,
): void {
  tellKubelets(scenario, nodes, hosts, apiServers);
  if (!scenario.cluster.hasMetricsServer && !applies(scenario, ['HorizontalPodAutoscaler', 'Rollout'])) return;
  const config: MetricsServerConfig = {
    client: client('system:serviceaccount:kube-system:metrics-server', { qps: 5, burst: 10 }),
    nodes: nodeRanges(allPools(scenario), nodes),
    traffic: hosts.flatMap(({ program }, id) => (program === 'traffic' ? [id] : [])),
    resolution: scenario.cluster.metricsResolution,
  };
  const id = hosts.push({ name: 'metrics-server', program: 'metrics-server', config, ...PLACE, cores: 1 }) - 1;
  const aggregated = Object.fromEntries(GROUPS.map((group) => [group, id]));
  for (const server of apiServers) {
    const host = hosts[server] as HostSpec;
    hosts[server] = { ...host, config: { ...(host.config as ApiServerConfig), aggregated } };
  }
  if (!applies(scenario, ['Rollout'])) return;
  const rollouts: ControllerManagerConfig = {
    client: client('system:serviceaccount:rollouts:rollouts-controller', { qps: 40, burst: 80 }),
    controllers: ['progressive-delivery'],
  };
  hosts.push({ name: 'rollouts-controller', program: 'controller-manager', config: rollouts, ...PLACE, cores: 2 });
}
