/** One machine of a node pool as a host. Pools share their settings, labels and capacity by reference. */

import { DISK_DEFAULTS } from '#cloud';
import { KUBELET_COSTS, type KubeletConfig, type KubeletSettings } from '#kubelet';
import type { NodePool, Scenario } from '#scenario';
import type { HostId, HostSpec } from '#sim';

/** The kubelet's sync loop and status manager: nothing it originates leaves sooner (docs/fidelity.md: R). */
export const KUBELET_EGRESS_FLOOR = 10_000;

const driversOf = new WeakMap<object, readonly { name: string; maxVolumes: number }[]>();

/** One list for all nodes. */
function nodeDrivers({ cluster: { storage } }: Scenario): readonly { name: string; maxVolumes: number }[] {
  const key = storage ?? {};
  let found = driversOf.get(key);
  if (found === undefined) {
    found = (storage?.drivers ?? []).map(({ name, maxVolumesPerNode }) => ({
      name,
      maxVolumes: maxVolumesPerNode ?? DISK_DEFAULTS.maxVolumesPerNode,
    }));
    driversOf.set(key, found);
  }
  return found;
}

const settingsOf = new WeakMap<Scenario, Partial<KubeletSettings>>();

function settings(scenario: Scenario): Partial<KubeletSettings> {
  let found = settingsOf.get(scenario);
  if (found === undefined) {
    const { kubelets } = scenario.cluster;
    found = {
      leaseDurationSeconds: kubelets.leaseDuration / 1e6,
      leaseRenewIntervalSeconds: kubelets.leaseDuration / 4e6,
      nodeStatusReportFrequencySeconds: kubelets.statusReportFrequency / 1e6,
      events: kubelets.events,
      serializeImagePulls: kubelets.serializeImagePulls,
      maxParallelImagePulls: kubelets.maxParallelImagePulls,
      registryBytesPerSecond: kubelets.registryBytesPerSecond,
      images: scenario.images,
      preloadedImages: kubelets.preloadedImages,
      startupJitterSeconds: kubelets.startOver / 1e6,
      probes: kubelets.probes,
      ...kubelets.settings,
      ...(kubelets.settings['costOverrides'] === undefined
        ? {}
        : { costs: { ...KUBELET_COSTS, ...(kubelets.settings['costOverrides'] as object) } }),
    };
    settingsOf.set(scenario, found);
  }
  return found;
}

export function kubeletHost(
  scenario: Scenario,
  pool: NodePool,
  name: string,
  zone: string,
  ordinal: number,
  servers: readonly HostId[],
): HostSpec {
  const config: KubeletConfig = {
    nodeName: name,
    client: { user: `system:node:${name}`, servers, qps: scenario.cluster.kubelets.qps, burst: scenario.cluster.kubelets.burst },
    capacity: pool.capacity,
    ...(pool.allocatable === undefined ? {} : { allocatable: pool.allocatable }),
    labels: {
      ...pool.labels,
      'topology.kubernetes.io/zone': zone,
      'topology.kubernetes.io/region': pool.labels['topology.kubernetes.io/region'] ?? 'region-1',
    },
    ...(pool.taints.length === 0 ? {} : { taints: pool.taints }),
    ...(pool.devices === undefined ? {} : { devices: pool.devices }),
    ...(scenario.cluster.storage === undefined ? {} : { csiDrivers: nodeDrivers(scenario) }),
    ...(pool.staticPods === undefined ? {} : { staticPods: pool.staticPods }),
    podCIDR: `10.${ordinal >> 8}.${ordinal & 255}.0/${pool.podCIDRMaskSize ?? 24}`,
    settings: settings(scenario),
  };
  return { name, program: 'kubelet', config, group: 'node', zone, egressFloor: KUBELET_EGRESS_FLOOR, cores: 1 };
}
