/** A kubelet's settings, under the names of KubeletConfiguration (kubelet.config.k8s.io/v1beta1, v1.34) where it has them, and what the simulation adds. */

import type { Pod, Taint } from '#api';
import type { ClientConfig } from '#client';
import type { Distribution } from '#sim';
import type { BehaviourSpec } from './behaviour.ts';
import { KUBELET_COSTS, type KubeletCosts } from './costs.ts';
import type { NodeDevices } from './device-slices.ts';
import type { EvictionAmounts, EvictionSignal } from './eviction-signals.ts';
import type { ImageLayer } from './image-disk.ts';
import type { NodeDriver } from './node-volumes.ts';
import type { StageBehaviour } from './stage-behaviour.ts';

/** Plain data: it crosses threads by structured clone. Times in seconds. */
export interface KubeletConfig {
  readonly nodeName: string;
  readonly client: ClientConfig;
  /** Quantities: { cpu: '8', memory: '32Gi', pods: '110', 'nvidia.com/gpu': '8' }. */
  readonly capacity: Readonly<Record<string, string>>;
  /** Default: the capacity. */
  readonly allocatable?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** --register-with-taints. */
  readonly taints?: readonly Taint[];
  /** Devices that drivers on the node offer through dynamic resource allocation. */
  readonly devices?: readonly NodeDevices[];
  /** CSI drivers that run on the node. */
  readonly csiDrivers?: readonly NodeDriver[];
  /** '10.0.7.0/24': pods' addresses; the last usable one is 254 after the network's and the bridge's. */
  readonly podCIDR: string;
  /** Default: an address in 172.16.0.0/12 made from podCIDR. */
  readonly internalIP?: string;
  readonly providerID?: string;
  /** Manifests that the node runs by itself (static pods). */
  readonly staticPods?: readonly Pod[];
  readonly settings?: Partial<KubeletSettings>;
}

/** Pods of this priority and above, up to the next group, and how long they have. */
export interface ShutdownGroup {
  readonly priority: number;
  readonly seconds: number;
}

/** Everything with a default. */
export interface KubeletSettings {
  /** nodeLeaseDurationSeconds; leases are renewed every quarter of it. */
  readonly leaseDurationSeconds: number;
  readonly leaseRenewIntervalSeconds: number;
  /** How often a change of the node's status is looked for, and how often it is reported without one. */
  readonly nodeStatusUpdateFrequencySeconds: number;
  readonly nodeStatusReportFrequencySeconds: number;
  readonly eventQps: number;
  readonly eventBurst: number;
  /** Which events are written. A saving for runs that do not read them; the default is Kubernetes' own. */
  readonly events: 'all' | 'warnings' | 'none';
  readonly serializeImagePulls: boolean;
  /** 0: no limit (only when pulls are not serialized). */
  readonly maxParallelImagePulls: number;
  /** What the node gets from the registry, shared by its pulls. */
  readonly registryBytesPerSecond: number;
  /** Known images: their bytes, or their layers, which images share; others draw `imageBytes` by their name. */
  readonly images: Readonly<Record<string, number | readonly ImageLayer[]>>;
  readonly imageBytes: Distribution;
  /** Images on the disk when the node joins. */
  readonly preloadedImages: readonly string[];
  /** What the node's own link carries each way, shared by its pods' requests. assumed: 10 Gbit/s. */
  readonly networkBytesPerSecond: number;
  /** containerLogMaxSize and containerLogMaxFiles. */
  readonly containerLogMaxBytes: number;
  readonly containerLogMaxFiles: number;
  /** Chance that a pull fails, drawn per (node, image, attempt). */
  readonly pullFailureProbability: number;
  /** registryPullQPS and registryBurst: pulls beyond them fail at once; 0 lifts the limit. */
  readonly registryPullQps: number;
  readonly registryBurst: number;
  /** The registry's own limit for this node's address: so many pulls in so long; 0: none. Beyond it: 429, toomanyrequests. */
  readonly registryLimitPulls: number;
  readonly registryLimitSeconds: number;
  /** Nodes join over this span, each at its own draw. */
  readonly startupJitterSeconds: number;
  /** From the first start to Ready (runtime and network up). */
  readonly runtimeReadySeconds: Distribution;
  /** Beside the capacity's `pods`, which is what a kubelet's maxPods comes to. */
  readonly maxPods: number;
  /** evictionHard: what is not named keeps its default (mergeDefaultEvictionSettings), 0 turns a signal off. */
  readonly evictionHard: EvictionAmounts;
  readonly evictionSoft: EvictionAmounts;
  /** evictionSoftGracePeriod. */
  readonly evictionSoftGraceSeconds: Readonly<Partial<Record<EvictionSignal, number>>>;
  /** evictionMaxPodGracePeriod: pods that a soft threshold takes get their own grace, but not more. */
  readonly evictionMaxPodGraceSeconds: number;
  /** evictionMinimumReclaim: once met, a threshold counts as met until so much more is free. */
  readonly evictionMinimumReclaim: EvictionAmounts;
  /** A disk of its own for logs and emptyDirs; 0: they lie beside the images. */
  readonly nodeFsBytes: number;
  /** kernel.pid_max, and podPidsLimit (0: none). */
  readonly maxPids: number;
  readonly podPidsLimit: number;
  /** The disk of images, and when collection begins and ends (imageGCHighThresholdPercent, imageGCLowThresholdPercent, imageMinimumGCAge). */
  readonly imageFsBytes: number;
  readonly imageGCHighThresholdPercent: number;
  readonly imageGCLowThresholdPercent: number;
  readonly imageMinimumGCAgeSeconds: number;
  /** monitoringInterval of the eviction manager. */
  readonly evictionMonitoringSeconds: number;
  /** evictionPressureTransitionPeriod: how long a pressure condition outlives its cause. */
  readonly evictionPressureTransitionSeconds: number;
  /** Working set of containers that do not say, as a share of their request. assumed. */
  readonly memoryUseOfRequest: number;
  /** PLEG's relist period (pkg/kubelet/kubelet.go, genericPlegRelistPeriod): changes of containers are seen at its ticks. */
  readonly plegRelistSeconds: number;
  /** pod_workers' pause after a failed sync (backOffPeriod, times 1 to 1.5). */
  readonly syncBackOffSeconds: number;
  /** Containers' restarts: first and longest pause (MaxCrashLoopBackOff), forgotten after twice the longest. */
  readonly crashLoopBackOffSeconds: number;
  readonly crashLoopBackOffMaxSeconds: number;
  readonly imagePullBackOffSeconds: number;
  readonly imagePullBackOffMaxSeconds: number;
  /** 'analytic' works out when a probe's outcome changes; 'each' makes every probe an event. Results are equal (test/kubelet/probe-schedule.test.ts). */
  readonly probes: 'analytic' | 'each';
  /** How ConfigMaps and Secrets are kept up to date: watched; read when needed and kept for a minute, or for what the Node's annotation
   *  node.alpha.kubernetes.io/ttl says; or read each time. */
  readonly configMapAndSecretChangeDetectionStrategy: 'Watch' | 'Cache' | 'Get';
  /** Whether the kubelet watches its own Node for labels and taints. */
  readonly watchOwnNode: boolean;
  /** What KWOK's Stages make of the pods that they select. */
  readonly stages: readonly StageBehaviour[];
  /** What containers do unless the pod says otherwise. */
  readonly behaviour: BehaviourSpec;
  /** Run time of containers of pods that are meant to end (restartPolicy Never or OnFailure) unless the pod says otherwise. Seconds; assumed. */
  readonly jobRunSeconds: Distribution;
  /** Run time of init containers unless the pod says otherwise. Seconds; assumed. */
  readonly initRunSeconds: Distribution;
  readonly costs: KubeletCosts;
  /** How long a shutdown of the machine waits for pods, and how much of it is for critical ones; 0: not at all. */
  readonly shutdownGracePeriodSeconds: number;
  readonly shutdownGracePeriodCriticalPodsSeconds: number;
  /** shutdownGracePeriodByPodPriority, in place of the two above: the highest `priority` not above a pod's is its group's. */
  readonly shutdownGracePeriodByPodPriority: readonly ShutdownGroup[];
  readonly kubeletVersion: string;
}

export const KUBELET_DEFAULTS: KubeletSettings = {
  leaseDurationSeconds: 40,
  leaseRenewIntervalSeconds: 10,
  nodeStatusUpdateFrequencySeconds: 10,
  nodeStatusReportFrequencySeconds: 300,
  eventQps: 50,
  eventBurst: 100,
  events: 'all',
  serializeImagePulls: true,
  maxParallelImagePulls: 0,
  // assumed: 1 Gbit/s to a registry in the same region.
  registryBytesPerSecond: 125_000_000,
  images: {},
  // assumed: compressed sizes of common images, 20 MB to 1 GB.
  imageBytes: { lognormal: { p50: 80_000_000, p99: 900_000_000, min: 2_000_000, max: 5_000_000_000 } },
  preloadedImages: [],
  pullFailureProbability: 0,
  networkBytesPerSecond: 1_250_000_000,
  containerLogMaxBytes: 10_485_760,
  containerLogMaxFiles: 5,
  registryPullQps: 5,
  registryBurst: 10,
  registryLimitPulls: 0,
  registryLimitSeconds: 21_600,
  startupJitterSeconds: 5,
  // assumed.
  runtimeReadySeconds: { uniform: { min: 0.5, max: 2 } },
  maxPods: Number.POSITIVE_INFINITY,
  evictionHard: {},
  evictionSoft: {},
  evictionSoftGraceSeconds: {},
  evictionMaxPodGraceSeconds: 0,
  evictionMinimumReclaim: {},
  nodeFsBytes: 0,
  // assumed: the kernel's default on up to 32 CPUs.
  maxPids: 32_768,
  podPidsLimit: 0,
  // assumed: a common size of a node's disk.
  imageFsBytes: 100_000_000_000,
  imageGCHighThresholdPercent: 85,
  imageGCLowThresholdPercent: 80,
  imageMinimumGCAgeSeconds: 120,
  evictionMonitoringSeconds: 10,
  evictionPressureTransitionSeconds: 300,
  memoryUseOfRequest: 0.5,
  plegRelistSeconds: 1,
  syncBackOffSeconds: 10,
  crashLoopBackOffSeconds: 10,
  crashLoopBackOffMaxSeconds: 300,
  imagePullBackOffSeconds: 10,
  imagePullBackOffMaxSeconds: 300,
  probes: 'analytic',
  configMapAndSecretChangeDetectionStrategy: 'Watch',
  watchOwnNode: true,
  stages: [],
  behaviour: {},
  jobRunSeconds: { lognormal: { p50: 30, p99: 120, min: 1 } },
  initRunSeconds: { lognormal: { p50: 1, p99: 5, min: 0.1 } },
  costs: KUBELET_COSTS,
  shutdownGracePeriodSeconds: 0,
  shutdownGracePeriodCriticalPodsSeconds: 0,
  shutdownGracePeriodByPodPriority: [],
  kubeletVersion: 'v1.34.0',
};

// Nodes of a pool share what they set, and so what comes of it.
const overlaid = new WeakMap<object, KubeletSettings>();

/** The defaults overlaid with what the config sets: one object for all kubelets that share their settings. */
export function settingsOf({ settings }: KubeletConfig): KubeletSettings {
  if (settings === undefined) return KUBELET_DEFAULTS;
  let found = overlaid.get(settings);
  if (found === undefined) overlaid.set(settings, (found = { ...KUBELET_DEFAULTS, ...settings }));
  return found;
}
