/** The cluster of a scenario: its schema, and the plain, complete form that an experiment builds from. Times in microseconds. */

import type { Pod, Taint } from '#api';
import type { Distribution, Duration } from '#sim';
import { type ApiServersPlan, apiServersPlan, apiServersSchema } from './api-server-plan.ts';
import { type AutoscalerPlan, autoscalerPlan, autoscalerSchema, nodeGroupsSchema } from './autoscaler-plan.ts';
import { type EtcdClusterPlan, etcdPlan, etcdSchema } from './etcd-plan.ts';
import { type ExtenderPlan, extenderPlans, extendersSchema } from './extender-plan.ts';
import { kubeletFields, kubeletSettings } from './kubelet-fields.ts';
import { devicesSchema, type NodeDevices, nodeDevices } from './node-devices.ts';
import { type SchedulerPlan, schedulerPlans, schedulersSchema } from './scheduler-plan.ts';
import {
  bytes,
  count,
  duration,
  durationDistribution,
  fields,
  flag,
  type JsonSchema,
  kubernetes,
  label,
  list,
  number,
  oneOf,
  quantity,
  stringMap,
  text,
} from './schema-pieces.ts';
import { type StoragePlan, storagePlan, storageSchema } from './storage-plan.ts';
import { parseBytes, parseDuration, parseDurationDistribution } from './units.ts';
import { type WebhookPlan, webhookPlans, webhooksSchema } from './webhook-plan.ts';

export interface NodePool {
  readonly name: string;
  readonly count: number;
  /** Their own names; else they are counted. */
  readonly names?: readonly string[];
  readonly zones: readonly string[];
  readonly capacity: Readonly<Record<string, string>>;
  readonly allocatable?: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly devices?: readonly NodeDevices[];
  /** Manifests that each node runs by itself. */
  readonly staticPods?: readonly Pod[];
  /** Of its range of pods' addresses (default 24). */
  readonly podCIDRMaskSize?: number;
  /** An hour of one machine. */
  readonly price?: number;
}

export interface ClientLimits {
  /** 0 lifts the limit. */
  readonly qps: number;
  readonly burst: number;
}

export interface ControllersPlan extends ClientLimits {
  /** More than one elect a leader by a Lease. */
  readonly replicas: number;
  /** The least from what it hears of to the request that follows. */
  readonly reaction: Duration;
  readonly nodeMonitorGracePeriod: Duration;
  readonly nodeMonitorPeriod: Duration;
  readonly nodeEvictionRate: number;
  readonly secondaryNodeEvictionRate: number;
  readonly concurrentSyncs: Readonly<Record<string, number>>;
  readonly horizontalPodAutoscalerSyncPeriod: Duration;
  readonly horizontalPodAutoscalerDownscaleStabilization: Duration;
}

export interface KubeletPlan extends ClientLimits {
  readonly leaseDuration: Duration;
  readonly statusReportFrequency: Duration;
  readonly serializeImagePulls: boolean;
  readonly maxParallelImagePulls: number;
  readonly registryBytesPerSecond: number;
  readonly events: 'all' | 'warnings' | 'none';
  readonly preloadedImages: readonly string[];
  readonly startOver: Duration;
  /** 'analytic': events only when a probe's outcome can change; 'each': one event a probe. The results are equal. */
  readonly probes: 'analytic' | 'each';
  /** Further settings, as the kubelet room names them. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface ClusterPlan {
  readonly nodes: readonly NodePool[];
  readonly apiServers: ApiServersPlan;
  /** The main cluster first. */
  readonly etcd: readonly EtcdClusterPlan[];
  readonly schedulers: readonly SchedulerPlan[];
  readonly extenders: readonly ExtenderPlan[];
  readonly webhooks: readonly WebhookPlan[];
  readonly controllers: ControllersPlan;
  readonly storage?: StoragePlan;
  /** Nodes that come and go, besides `nodes`. */
  readonly autoscaler?: AutoscalerPlan;
  readonly kubelets: KubeletPlan;
  /** How often the metrics server, where there is one, asks kubelets. */
  /** Asked for by name; autoscalers bring one anyway. */
  readonly hasMetricsServer: boolean;
  readonly metricsResolution: Duration;
  /** One-way latencies, least values; jitter on top. */
  readonly network: { readonly controlPlaneLatency: Duration; readonly nodeLatency: Duration; readonly jitter?: Distribution };
}

const clientFields = { qps: number('requests a second (0 lifts the limit)'), burst: count('burst of the token bucket') };

/** What the kubelet reads of a manifest must be there; the rest is a PodSpec as it is. */
const staticPod: JsonSchema = {
  type: 'object',
  required: ['metadata', 'spec'],
  properties: {
    metadata: { type: 'object', required: ['name'], properties: { name: label('its name; the node\u2019s is put behind it') } },
    spec: {
      type: 'object',
      required: ['containers'],
      properties: {
        containers: list(
          {
            type: 'object',
            required: ['name', 'image'],
            properties: { name: label('name'), image: text('image') },
            description: 'v1 Container',
          },
          'containers',
          1,
        ),
      },
    },
  },
  description: 'v1 Pod',
};

const poolSchema = fields(
  'nodes of one kind',
  {
    name: label('prefix of their names (default node)'),
    count: count('how many', 1, 65_536),
    names: list(
      { type: 'string', pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$', maxLength: 253 },
      'their own names, as many as there are nodes',
    ),
    zones: {
      anyOf: [count('how many zones: zone-a, zone-b, ...', 1, 26), list(label('a zone'), 'zones by name', 1)],
      description: 'a number, or names; nodes take turns (default 1)',
    },
    capacity: {
      type: 'object',
      additionalProperties: quantity('amount'),
      description: 'cpu, memory, pods, extended resources (default 8, 32Gi, 110)',
    },
    allocatable: {
      type: 'object',
      additionalProperties: quantity('amount'),
      description: 'what pods may have of it (what is not named: the capacity)',
    },
    labels: stringMap('labels'),
    taints: list(kubernetes('v1 Taint'), 'taints'),
    devices: devicesSchema,
    staticPods: list(staticPod, 'pods that each node runs from manifests of its own'),
    podCIDRMaskSize: count(
      'nodeCIDRMaskSize: how small a node\u2019s range of pod addresses is (default 24: 253 addresses; 28: 13)',
      24,
      30,
    ),
    price: number('of one machine an hour, for what the nodes of a run cost'),
  },
  ['count'],
);

export const clusterSchema: JsonSchema = fields(
  'the cluster',
  {
    nodes: {
      anyOf: [count('so many nodes of the default kind (0 with node groups only)', 0, 200_000), list(poolSchema, 'kinds of nodes', 1)],
      description: 'a number, or kinds of nodes',
    },
    nodeGroups: nodeGroupsSchema,
    autoscaler: autoscalerSchema,
    apiServers: apiServersSchema,
    webhooks: webhooksSchema,
    etcd: etcdSchema,
    schedulers: schedulersSchema,
    extenders: extendersSchema,
    storage: storageSchema,
    controllers: fields('the controller manager', {
      ...clientFields,
      replicas: count('how many there are; one of them leads (default 1)', 1, 9),
      reaction: duration('the least from what a manager hears of to the request that follows (default none but what its work costs)'),
      nodeMonitorGracePeriod: duration('--node-monitor-grace-period (default 50s, as upstream since 1.32)'),
      nodeMonitorPeriod: duration('--node-monitor-period (default 5s)'),
      nodeEvictionRate: number('--node-eviction-rate, nodes a second (default 0.1)'),
      secondaryNodeEvictionRate: number('--secondary-node-eviction-rate (default 0.01)'),
      horizontalPodAutoscalerSyncPeriod: duration('--horizontal-pod-autoscaler-sync-period (default 15s)'),
      horizontalPodAutoscalerDownscaleStabilization: duration('--horizontal-pod-autoscaler-downscale-stabilization (default 5m)'),
      concurrentSyncs: {
        type: 'object',
        properties: { deployment: count('', 1), replicaset: count('', 1), job: count('', 1), garbageCollector: count('', 1) },
        additionalProperties: false,
        description: '--concurrent-*-syncs',
      },
    }),
    metricsServer: fields('the metrics server: there when written, and with HorizontalPodAutoscalers and Rollouts', {
      resolution: duration('--metric-resolution: how often kubelets are asked (default 15s)'),
    }),
    kubelets: fields('the kubelets', {
      ...clientFields,
      leaseDuration: duration('nodeLeaseDurationSeconds; renewed every quarter of it (default 40s)'),
      statusReportFrequency: duration('nodeStatusReportFrequency (default 5m)'),
      serializeImagePulls: flag('one pull at a time (default true)'),
      maxParallelImagePulls: count('when not serialized'),
      registryBandwidth: bytes('bytes a second from the registry to a node (default 125MB)'),
      events: oneOf(['all', 'warnings', 'none'], 'which events are written (default all)'),
      preloadedImages: list(text('an image'), 'on every disk from the start'),
      startOver: duration('nodes join over this span (default 5s)'),
      ...kubeletFields,
      probes: oneOf(['analytic', 'each'], 'whether every probe is an event of its own; the results are equal (default analytic)'),
    }),
    network: fields('links', {
      controlPlaneLatency: duration('one way, within the control plane (default 250us)'),
      nodeLatency: duration('one way, between nodes and API servers (default 500us)'),
      jitter: durationDistribution('added to both'),
    }),
  },
  ['nodes'],
);

type Written = Readonly<Record<string, unknown>>;
const part = (written: Written, key: string): Written => (written[key] ?? {}) as Written;
const time = (written: unknown, otherwise: Duration): Duration =>
  written === undefined ? otherwise : (parseDuration(written) ?? otherwise);
const limits = (written: Written, qps: number, burst: number): ClientLimits => ({
  qps: (written['qps'] as number | undefined) ?? qps,
  burst: (written['burst'] as number | undefined) ?? Math.max(burst, (written['qps'] as number | undefined) ?? 0),
});

/** The complete plan of a valid `cluster`. */
export function clusterPlan(cluster: Written): ClusterPlan {
  const network = part(cluster, 'network');
  const jitter = parseDurationDistribution(network['jitter']);
  const autoscaler = autoscalerPlan(cluster, zoneNames);
  return {
    nodes: nodePools(cluster['nodes']),
    apiServers: apiServersPlan(part(cluster, 'apiServers')),
    webhooks: webhookPlans(cluster['webhooks']),
    etcd: etcdPlan(part(cluster, 'etcd')),
    schedulers: schedulerPlans(cluster['schedulers']),
    extenders: extenderPlans(cluster['extenders']),
    controllers: controllersPlan(part(cluster, 'controllers')),
    ...(cluster['storage'] === undefined ? {} : { storage: storagePlan(cluster['storage']) as StoragePlan }),
    ...(autoscaler === undefined ? {} : { autoscaler }),
    kubelets: kubeletPlan(part(cluster, 'kubelets')),
    hasMetricsServer: cluster['metricsServer'] !== undefined,
    metricsResolution: time(part(cluster, 'metricsServer')['resolution'], 15_000_000),
    network: {
      controlPlaneLatency: time(network['controlPlaneLatency'], 250),
      nodeLatency: time(network['nodeLatency'], 500),
      ...(jitter === undefined ? {} : { jitter }),
    },
  };
}

function controllersPlan(written: Written): ControllersPlan {
  return {
    ...limits(written, 20, 30),
    replicas: (written['replicas'] as number | undefined) ?? 1,
    reaction: time(written['reaction'], 0),
    nodeMonitorGracePeriod: time(written['nodeMonitorGracePeriod'], 50_000_000),
    nodeMonitorPeriod: time(written['nodeMonitorPeriod'], 5_000_000),
    nodeEvictionRate: (written['nodeEvictionRate'] as number | undefined) ?? 0.1,
    secondaryNodeEvictionRate: (written['secondaryNodeEvictionRate'] as number | undefined) ?? 0.01,
    horizontalPodAutoscalerSyncPeriod: time(written['horizontalPodAutoscalerSyncPeriod'], 15_000_000),
    horizontalPodAutoscalerDownscaleStabilization: time(written['horizontalPodAutoscalerDownscaleStabilization'], 300_000_000),
    concurrentSyncs: (written['concurrentSyncs'] as Readonly<Record<string, number>> | undefined) ?? {},
  };
}

function kubeletPlan(written: Written): KubeletPlan {
  return {
    ...limits(written, 50, 100),
    leaseDuration: time(written['leaseDuration'], 40_000_000),
    statusReportFrequency: time(written['statusReportFrequency'], 300_000_000),
    serializeImagePulls: (written['serializeImagePulls'] as boolean | undefined) ?? true,
    maxParallelImagePulls: (written['maxParallelImagePulls'] as number | undefined) ?? 0,
    registryBytesPerSecond: parseBytes(written['registryBandwidth']) ?? 125_000_000,
    events: (written['events'] as 'all' | 'warnings' | 'none' | undefined) ?? 'all',
    preloadedImages: (written['preloadedImages'] as readonly string[] | undefined) ?? [],
    startOver: time(written['startOver'], 5_000_000),
    probes: (written['probes'] as 'analytic' | 'each' | undefined) ?? 'analytic',
    settings: kubeletSettings(written),
  };
}

const DEFAULT_CAPACITY = { cpu: '8', memory: '32Gi', pods: '110' };

function nodePools(written: unknown): readonly NodePool[] {
  const pools = typeof written === 'number' ? [{ count: written }] : (written as readonly Written[]);
  return pools.map((pool: Written, index) => ({
    name: (pool['name'] as string | undefined) ?? (index === 0 ? 'node' : `node-pool${index}`),
    count: pool['count'] as number,
    ...(pool['names'] === undefined ? {} : { names: pool['names'] as readonly string[] }),
    zones: zoneNames(pool['zones']),
    capacity: { ...DEFAULT_CAPACITY, ...textValues(pool['capacity']) },
    ...(pool['allocatable'] === undefined ? {} : { allocatable: offered(pool) }),
    labels: (pool['labels'] as Readonly<Record<string, string>> | undefined) ?? {},
    taints: (pool['taints'] as readonly Taint[] | undefined) ?? [],
    ...(pool['devices'] === undefined ? {} : { devices: nodeDevices(pool['devices']) }),
    ...(pool['staticPods'] === undefined ? {} : { staticPods: pool['staticPods'] as readonly Pod[] }),
    ...(pool['price'] === undefined ? {} : { price: pool['price'] as number }),
    ...(pool['podCIDRMaskSize'] === undefined ? {} : { podCIDRMaskSize: pool['podCIDRMaskSize'] as number }),
  }));
}

/** As a kubelet reports it: every resource of the capacity (`pods` always is one) is allocatable, whole where nothing is taken from it. */
function offered(pool: Written): Readonly<Record<string, string>> {
  const written = textValues(pool['allocatable']);
  const whole = Object.entries({ ...DEFAULT_CAPACITY, ...textValues(pool['capacity']) }).filter(([name]) => written[name] === undefined);
  return { ...written, ...Object.fromEntries(whole) };
}

function zoneNames(written: unknown): readonly string[] {
  if (Array.isArray(written)) return written as readonly string[];
  const wanted = (written as number | undefined) ?? 1;
  return Array.from({ length: wanted }, (_, index) => `zone-${String.fromCharCode(97 + index)}`);
}

const textValues = (amounts: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries((amounts ?? {}) as Record<string, unknown>).map(([name, amount]) => [name, String(amount)]));
