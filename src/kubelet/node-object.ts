/** The Node as its kubelet writes it: at registration, and its status later. Mirrors v1.34 pkg/kubelet/kubelet_node_status.go (initialNode) and
 *  pkg/kubelet/nodestatus/setters.go. The podCIDR, which a controller would allocate, comes with the node here. */

import { type Node, type NodeCondition, rfc3339 } from '#api';
import type { Context } from '#sim';
import type { NodeAgent } from './agent.ts';

/** What the conditions say, and since when (Unix microseconds). */
export interface NodeHealth {
  readonly ready: boolean;
  readonly notReadyMessage: string;
  readonly readySince: number;
  readonly memoryPressure: boolean;
  readonly memoryPressureSince: number;
  readonly diskPressure: boolean;
  readonly diskPressureSince: number;
  readonly pidPressure: boolean;
  readonly pidPressureSince: number;
  readonly startedAt: number;
}

export function registrationOf(agent: NodeAgent, health: NodeHealth, ctx: Context): Node {
  const { nodeName, labels, annotations, taints, podCIDR, providerID } = agent.config;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': nodeName,
        'kubernetes.io/os': 'linux',
        ...labels,
      },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true', ...annotations },
    },
    spec: { podCIDR, podCIDRs: [podCIDR], providerID, taints: taints === undefined || taints.length === 0 ? undefined : [...taints] },
    status: {
      capacity: agent.config.capacity,
      allocatable: agent.config.allocatable ?? agent.config.capacity,
      conditions: conditionsOf(agent, health, ctx),
      addresses: [
        { type: 'InternalIP', address: agent.hostIP },
        { type: 'Hostname', address: nodeName },
      ],
      daemonEndpoints: KUBELET_ENDPOINT,
      nodeInfo: nodeInfo(agent),
      images: imagesOf(agent),
    },
  };
}

/** The strategic merge patch for nodes/status: conditions with fresh heartbeats, images only when they changed. */
export function nodeStatusPatch(agent: NodeAgent, health: NodeHealth, withImages: boolean, ctx: Context): object {
  const conditions = conditionsOf(agent, health, ctx);
  const volumesInUse = agent.volumes.status();
  const more = volumesInUse === undefined ? {} : { volumesInUse };
  return { status: withImages ? { conditions, images: imagesOf(agent), ...more } : { conditions, ...more } };
}

const KUBELET_ENDPOINT = { kubeletEndpoint: { Port: 10_250 } };

function conditionsOf(agent: NodeAgent, health: NodeHealth, ctx: Context): NodeCondition[] {
  const now = rfc3339(ctx.clock());
  return [
    health.memoryPressure
      ? condition(
          'MemoryPressure',
          'True',
          'KubeletHasInsufficientMemory',
          'kubelet has insufficient memory available',
          now,
          rfc3339(health.memoryPressureSince),
        )
      : condition(
          'MemoryPressure',
          'False',
          'KubeletHasSufficientMemory',
          'kubelet has sufficient memory available',
          now,
          rfc3339(health.memoryPressureSince),
        ),
    health.diskPressure
      ? condition('DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure', now, rfc3339(health.diskPressureSince))
      : condition(
          'DiskPressure',
          'False',
          'KubeletHasNoDiskPressure',
          'kubelet has no disk pressure',
          now,
          rfc3339(health.diskPressureSince),
        ),
    health.pidPressure
      ? condition(
          'PIDPressure',
          'True',
          'KubeletHasInsufficientPID',
          'kubelet has insufficient PID available',
          now,
          rfc3339(health.pidPressureSince),
        )
      : condition(
          'PIDPressure',
          'False',
          'KubeletHasSufficientPID',
          'kubelet has sufficient PID available',
          now,
          rfc3339(health.pidPressureSince),
        ),
    health.ready
      ? condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status', now, rfc3339(health.readySince))
      : condition('Ready', 'False', 'KubeletNotReady', health.notReadyMessage, now, rfc3339(health.readySince)),
  ];
}

const condition = (
  type: string,
  status: 'True' | 'False',
  reason: string,
  message: string,
  lastHeartbeatTime: string,
  lastTransitionTime: string,
): NodeCondition => ({ type, status, lastHeartbeatTime, lastTransitionTime, reason, message });

const infos = new Map<string, object>();
/** Equal on all nodes of one version, so shared (machine id and the like are left out). */
function nodeInfo(agent: NodeAgent): never {
  const version = agent.settings.kubeletVersion;
  let info = infos.get(version);
  if (info === undefined) {
    info = {
      machineID: '',
      systemUUID: '',
      bootID: '',
      kernelVersion: '6.8.0',
      osImage: 'Wavetank',
      containerRuntimeVersion: 'containerd://2.1.4',
      kubeletVersion: version,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    };
    infos.set(version, info);
  }
  return info as never;
}

/** nodeStatusMaxImages. */
const MAX_IMAGES = 50;

/** The biggest images first, as upstream reports them; equal sizes in order of arrival. */
function imagesOf(agent: NodeAgent): { names: string[]; sizeBytes: number }[] {
  const all = [...agent.images.list()];
  all.sort((a, b) => b[1] - a[1]);
  return all.slice(0, MAX_IMAGES).map(([image, bytes]) => ({ names: [image], sizeBytes: bytes }));
}
