/** Scenario to world: which hosts there are, in which order, what joins them, and what will befall them.
 *  Order (it fixes host ids): etcd, API servers, schedulers, controller manager, users, observer, nodes. */

import type { ApiServerConfig } from '#apiserver';
import { type ClientConfig, kindsOfOwnControllers, type OwnControllerConfig } from '#client';
import {
  type ClientLimits,
  faultKind,
  isDrain,
  loadNamespace,
  type Mistake,
  type NodePool,
  type PerfWorkload,
  type Scenario,
  type Topology,
  type TopologyNode,
  trafficPlans,
  UserError,
} from '#scenario';
import type { HostId, HostSpec, LinkSpec, WorldChange, WorldSpec } from '#sim';
import { Luck } from '#sim';
import type { AuditorConfig } from './auditor.ts';
import { AUTOSCALER_USER, allPools, asMachine, autoscalerHosts } from './autoscaler-hosts.ts';
import { gangController, managerConfigs, perfControllers } from './control-plane-config.ts';
import { etcdHosts, etcdLinks } from './etcd-hosts.ts';
import type { LoadedExtender } from './extender-files.ts';
import { placeExtenders } from './extender-hosts.ts';
import { lostAnswers, sleepsOf } from './invariants/index.ts';
import { kubeletHost } from './kubelet-host.ts';
import { loadHosts } from './load-hosts.ts';
import type { LostNodes } from './loss-watch.ts';
import { addMetrics, collectedBesides, loadRises, withDefinitions } from './metrics-hosts.ts';
import type { ObserverConfig } from './observer.ts';
import type { BenchDriverConfig } from './perf/bench-driver.ts';
import { schedulerInstances } from './scheduler-hosts.ts';
import { cloudHost } from './storage-hosts.ts';
import { addTraffic } from './traffic-hosts.ts';
import type { WebhookHostConfig } from './webhook-host.ts';
import { whyNoWires } from './wire/why-not.ts';
import type { WorkloadClientConfig } from './workload-client.ts';

/** Names under which hosts.ts keeps the factories. */
export type Program =
  | 'etcd'
  | 'apiserver'
  | 'scheduler'
  | 'extender'
  | 'controller-manager'
  | 'workload-client'
  | 'observer'
  | 'load-client'
  | 'etcd-operator'
  | 'webhook'
  | 'metrics-server'
  | 'kubelet'
  | 'cloud'
  | 'machine'
  | 'autoscaler'
  | 'own-controller'
  | 'auditor'
  | 'traffic'
  | 'drain'
  | 'bench-driver';

export interface BuiltWorld {
  readonly world: WorldSpec;
  readonly topology: Topology;
  readonly losses: readonly LostNodes[];
}

/** How much of the cluster a run needs besides etcd, API servers, schedulers and users. */
export interface WorldOptions {
  readonly seed: number;
  /** API servers keep what they ask of etcd (`--record-history`). */
  readonly recordHistory?: boolean;
  readonly controllers?: boolean;
  /** Takes the place of users and observer: scheduler_perf's operations drive the cluster. */
  readonly perf?: PerfWorkload;
  /** Registered scheduler plugins of one's own (plugin-files.ts). */
  readonly plugins?: readonly string[];
  /** Registered controllers of one's own (controller-files.ts). */
  readonly ownControllers?: readonly string[];
  /** Judge the run by the invariants (auditor.ts). */
  readonly check?: boolean;
  /** The scenario's users ask until they are heard (workload-client.ts). */
  readonly patientUsers?: boolean;
  /** What answers for HTTP extenders (extender-files.ts). */
  readonly extenders?: readonly LoadedExtender[];
  /** How long scheduling attempts take; 'measured' gives determinism up. */
  readonly cost?: 'model' | 'measured';
  /** Further clients, whose programs the caller knows how to make: the door of a served cluster. */
  readonly guests?: (apiServers: readonly HostId[]) => readonly HostSpec[];
}

const GANG_CONTROLLER = 'system:serviceaccount:scheduler-plugins:scheduler-plugins-controller';
/** Users of ours that are nobody's in Kubernetes: what they ask is no question of permission, unless a scenario gives them other groups. */
const ADMINISTRATORS = {
  'user:scenario': ['system:masters'],
  'user:bench': ['system:masters'],
  'system:observer': ['system:masters'],
  'system:extender': ['system:masters'],
  'system:serviceaccount:kube-system:metrics-server': ['system:masters'],
  'system:serviceaccount:rollouts:rollouts-controller': ['system:masters'],
  'user:controller': ['system:masters'],
  [AUTOSCALER_USER]: ['system:masters'],
  [GANG_CONTROLLER]: ['system:masters'],
};
const OWN_CONTROLLER = 'user:controller';
const UNLIMITED: ClientLimits = { qps: 0, burst: 0 };
/** Of scheduler_perf's test process. */
const PERF: ClientLimits = { qps: 5000, burst: 5000 };
export const USERS = { group: 'client', zone: 'control-plane' } as const;
export const CONTROL_PLANE = { group: 'control-plane', zone: 'control-plane' } as const;

export function buildWorld(
  scenario: Scenario,
  {
    seed,
    controllers = true,
    perf,
    plugins,
    recordHistory,
    extenders = [],
    ownControllers = [],
    check = false,
    patientUsers = false,
    cost = 'model',
    guests,
  }: WorldOptions,
): BuiltWorld {
  const { cluster } = scenario;
  const hosts: HostSpec[] = [];
  const add = (host: HostSpec): HostId => hosts.push(host) - 1;

  const { members: etcdMembers, endpoints } = etcdHosts(cluster.etcd, add);
  const etcd = etcdMembers.map(({ id }) => id);
  const apiServers = Array.from({ length: cluster.apiServers.count }, (_, instance) => {
    const { count: _count, cores, ...flags } = cluster.apiServers;
    const groups = flags.authorization === 'RBAC' ? { groups: { ...ADMINISTRATORS, ...flags.groups } } : {};
    const config: ApiServerConfig = {
      name: `kube-apiserver-${instance}`,
      instance,
      ...flags,
      ...groups,
      // As scheduler_perf starts its API server: nobody is there to take the taint away, and pods bring their priorities as numbers.
      ...(perf === undefined ? {} : { disabledAdmission: ['TaintNodesByCondition', 'Priority'] as const }),
      etcd: endpoints,
      ...(recordHistory === true ? { recordHistory } : {}),
    };
    return add({ name: config.name, program: 'apiserver', config, ...CONTROL_PLANE, cores });
  });
  const client = (user: string, { qps, burst }: ClientLimits): ClientConfig => ({ user, servers: apiServers, qps, burst });

  const instances = schedulerInstances(cluster.schedulers, (limits) => client('system:kube-scheduler', limits), {
    plugins: plugins ?? [],
    extenders: placeExtenders(extenders, client('system:extender', UNLIMITED), CONTROL_PLANE, add),
    cost,
    ...(perf === undefined ? {} : { featureGates: perf.featureGates }),
  });
  const schedulers = instances.map((instance) => add({ ...instance, program: 'scheduler', ...CONTROL_PLANE, cores: 4 }));
  const collected = collectedBesides(scenario, guests !== undefined || ownControllers.length > 0);
  const controllerManagers = controllers
    ? managerConfigs(cluster, client, kindsOfOwnControllers(ownControllers), collected).map(([name, config]) =>
        add({ name, program: 'controller-manager', config, ...CONTROL_PLANE, cores: 4, egressFloor: cluster.controllers.reaction }),
      )
    : [];
  const gangs = gangController(instances, client(GANG_CONTROLLER, { qps: 5, burst: 10 }));
  if (controllers && gangs !== undefined)
    add({ name: 'scheduler-plugins-controller', program: 'controller-manager', config: gangs, ...CONTROL_PLANE, cores: 4 });
  const perfManager = perf === undefined ? undefined : perfControllers(perf.featureGates, client('system:kube-controller-manager', PERF));
  if (perfManager !== undefined)
    controllerManagers.push(
      add({ name: 'resourceclaim-controller', program: 'controller-manager', config: perfManager, ...CONTROL_PLANE, cores: 4 }),
    );
  const bench = perf === undefined ? undefined : driverHost(perf, client('user:bench', PERF));
  const user = add(bench ?? usersHost(scenario, client('user:scenario', UNLIMITED), patientUsers));
  const observer = perf === undefined ? add(observerHost(cluster)) : -1;

  const loads = [...loadHosts(scenario.workload, etcdMembers, client), ...(guests?.(apiServers) ?? [])].map(add);

  const nodes = nodeHosts(scenario, apiServers, add);
  const clients = [user, ...(observer < 0 ? [] : [observer]), ...loads];
  const hostsSoFar: Topology = { nodes, apiServers, etcd, etcdMembers, schedulers, controllerManagers, users: clients };
  const { topology, changes, losses } = befalling(
    scenario,
    { ...hostsSoFar, ...hostsToCome(scenario, hosts.length, ownControllers.length + Number(check)) },
    seed,
  );
  if (observer >= 0) {
    const config = observerConfig(scenario, client('system:observer', UNLIMITED), losses);
    hosts[observer] = { ...(hosts[observer] as HostSpec), config };
  }
  addWebhooks(scenario, hosts, apiServers, client);
  const cloud = cloudHost(scenario, client);
  if (cloud !== undefined) add(cloud);
  for (const controller of ownControllers) add(ownController(controller, client));
  if (check) add(auditorHost(scenario, client, changes, topology));
  const links = [...linksOf(scenario), ...addTraffic(scenario, nodes, seed, client, add)];
  if (controllers) addMetrics(scenario, nodes, hosts, apiServers, client);
  autoscalerHosts(scenario, hosts, client).map(add);
  const world: WorldSpec = {
    seed,
    epoch: scenario.epoch,
    hosts,
    links,
    changes,
    until: scenario.duration as number,
    bucket: scenario.bucket,
  };
  return { world, topology, losses };
}

/** Its configuration comes once it is known what will befall the cluster. It asks for nothing that anybody waits for, and lives where the slowest of those
 *  live that hear of every pod as it does. */
const observerHost = ({ controllers, schedulers }: Scenario['cluster']): HostSpec => ({
  name: 'observer',
  program: 'observer',
  config: undefined,
  ...USERS,
  egressFloor: Math.max(controllers.reaction, ...schedulers.map(({ reaction = 0 }) => reaction)),
});

function observerConfig(scenario: Scenario, client: ClientConfig, losses: readonly LostNodes[]): ObserverConfig {
  const { phases, bucket } = scenario;
  return { client, phases, losses, loadRises: loadRises(scenario), heatEvery: Math.max(bucket, 1_000_000) };
}

function auditorHost(
  scenario: Scenario,
  client: (user: string, limits: ClientLimits) => ClientConfig,
  changes: readonly WorldChange[],
  { apiServers, controllerManagers }: Topology,
): HostSpec {
  const { nodeMonitorGracePeriod, nodeEvictionRate } = scenario.cluster.controllers;
  const settings = {
    nodeMonitorGraceSeconds: nodeMonitorGracePeriod / 1e6,
    nodeEvictionRate,
    lostAnswers: lostAnswers(changes, apiServers),
    managerSleeps: sleepsOf(changes, controllerManagers),
    turnsAway: (scenario.cluster.apiServers.flowControl ?? 'none') !== 'none',
    isUnordered: whyNoWires(scenario, 0) !== undefined,
  };
  const config: AuditorConfig = { client: client('system:observer', UNLIMITED), settings };
  return { name: 'auditor', program: 'auditor', config, ...USERS };
}

/** A controller of the user's own, with the client-go defaults of a program outside the control plane, as an administrator. */
function ownController(controller: string, client: (user: string, limits: ClientLimits) => ClientConfig): HostSpec {
  const config: OwnControllerConfig = { client: client(OWN_CONTROLLER, { qps: 20, burst: 30 }), controller };
  return { name: controller, program: 'own-controller', config, ...CONTROL_PLANE, cores: 2 };
}

/** Last of all, so that the ids of other hosts stay; the API servers are told where they are. */
function addWebhooks(
  { cluster }: Scenario,
  hosts: HostSpec[],
  apiServers: readonly HostId[],
  client: (user: string, limits: ClientLimits) => ClientConfig,
): void {
  if (cluster.webhooks.length === 0) return;
  const webhooks: Record<string, HostId> = {};
  for (const plan of cluster.webhooks) {
    const config: WebhookHostConfig = { plan, client: client(`system:serviceaccount:webhooks:${plan.name}`, plan) };
    webhooks[plan.name] = hosts.push({ name: plan.name, program: 'webhook', config, ...CONTROL_PLANE, cores: plan.cores }) - 1;
  }
  for (const id of apiServers) {
    const server = hosts[id] as HostSpec;
    hosts[id] = { ...server, config: { ...(server.config as ApiServerConfig), webhooks } };
  }
}

function usersHost(scenario: Scenario, client: ClientConfig, isPatient: boolean): HostSpec {
  const config: WorkloadClientConfig = {
    client,
    entries: withDefinitions(scenario),
    namespaces: namespacesOf(scenario),
    until: scenario.duration as number,
    ...(isPatient ? { isPatient } : {}),
  };
  return { name: 'users', program: 'workload-client', config, ...USERS };
}

function driverHost({ operations }: PerfWorkload, client: ClientConfig): HostSpec {
  const config: BenchDriverConfig = { client, operations };
  return { name: 'users', program: 'bench-driver', config, ...USERS };
}

function nodeHosts(scenario: Scenario, servers: readonly HostId[], add: (host: HostSpec) => HostId): TopologyNode[] {
  const nodes: TopologyNode[] = [];
  const pools = allPools(scenario);
  const total = pools.reduce((sum, pool) => sum + pool.count, 0);
  if (total > 65_536) throw UserError.at({}, `${total} nodes: 10.0.0.0/8 has 65,536 networks of /24, one a node`);
  const fixed = scenario.cluster.nodes.length;
  for (const [at, pool] of pools.entries()) {
    const group = at < fixed ? undefined : scenario.cluster.autoscaler?.groups[at - fixed];
    for (let index = 0; index < pool.count; index++) {
      const name = nodeName(pool, index);
      const zone = pool.zones[index % pool.zones.length] as string;
      const id = add(asMachine(kubeletHost(scenario, pool, name, zone, nodes.length, servers), group, index));
      nodes.push({ id, name, zone, labels: pool.labels });
    }
  }
  return nodes;
}

export const nodeName = (pool: NodePool, index: number): string => pool.names?.[index] ?? `${pool.name}-${index}`;

/** Hosts that faults strike and that are added after those: webhooks, the provider, `beside` others, the operator who drains, clients of Services. */
function hostsToCome({ cluster, workload }: Scenario, next: HostId, beside: number): Pick<Topology, 'webhooks' | 'cloud' | 'traffic'> {
  const cloud = next + cluster.webhooks.length;
  const traffic = cloud + (cluster.storage === undefined ? 0 : 1) + beside + (workload.some(isDrain) ? 1 : 0);
  return {
    webhooks: cluster.webhooks.map(({ name }, index) => ({ id: next + index, name })),
    ...(cluster.storage === undefined ? {} : { cloud }),
    ...(trafficPlans(workload).length === 0 ? {} : { traffic }),
  };
}

function befalling(scenario: Scenario, topology: Topology, seed: number) {
  const changes = faultChanges(scenario, topology, seed);
  return { topology, changes, losses: lossesOf(changes, topology.nodes) };
}

function faultChanges(scenario: Scenario, topology: Topology, seed: number): readonly WorldChange[] {
  const luck = new Luck(seed);
  const mistakes: Mistake[] = [];
  const changes = scenario.faults.flatMap(({ kind, spec, place }, ordinal) => {
    const fault = faultKind(kind);
    if (fault === undefined) return [];
    const mistake = fault.mistake?.(spec as never, topology);
    if (mistake !== undefined) mistakes.push({ ...place, message: `'faults[${ordinal}].${kind}': ${mistake}` });
    return mistake === undefined
      ? fault.changes(spec as never, { ordinal, topology, until: scenario.duration, stream: (name) => luck.scenario(name) })
      : [];
  });
  if (mistakes.length > 0) throw new UserError(mistakes);
  return changes.filter((change) => change.at <= scenario.duration).sort((a, b) => a.at - b.at);
}

/** Nodes that crash or are cut off for longer than anyone would call a blip. */
function lossesOf(changes: readonly WorldChange[], nodes: readonly TopologyNode[]): LostNodes[] {
  const names = new Map(nodes.map((node) => [node.id, node.name]));
  return changes.flatMap((change) => {
    const struck =
      change.change === 'crash' || change.change === 'pause'
        ? change.hosts.hosts
        : change.change === 'partition'
          ? change.a.hosts
          : undefined;
    const lost = (struck ?? []).flatMap((id) => names.get(id) ?? []);
    return lost.length === 0 ? [] : [{ at: change.at, nodes: lost }];
  });
}

function namespacesOf(scenario: Scenario): string[] {
  const named = new Set<string>();
  for (const { kind, spec } of scenario.workload) {
    const namespace = kind === 'apiLoad' ? loadNamespace(spec) : (spec as { namespace?: string }).namespace;
    if (namespace !== undefined && namespace !== 'default') named.add(namespace);
  }
  return [...named];
}

/** One-way latencies; a link of the data centre's control network and one to the machines. Jitter on top. Assumed unless the scenario says otherwise. */
function linksOf({ cluster: { etcd, network } }: Scenario): LinkSpec[] {
  const { controlPlaneLatency, nodeLatency, jitter } = network;
  const more = jitter === undefined ? {} : { jitter };
  return [
    ...etcdLinks(etcd, controlPlaneLatency, more),
    { from: 'control-plane', to: 'control-plane', latencyMin: controlPlaneLatency, ...more },
    { from: 'client', to: 'control-plane', latencyMin: controlPlaneLatency, ...more },
    { from: 'control-plane', to: 'client', latencyMin: controlPlaneLatency, ...more },
    { from: 'node', to: 'control-plane', latencyMin: nodeLatency, ...more },
    { from: 'control-plane', to: 'node', latencyMin: nodeLatency, ...more },
  ];
}
