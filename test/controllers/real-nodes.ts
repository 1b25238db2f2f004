/** Real kubelets and a real scheduler for the lab, in place of the farm that stands for them: nodes node-0, node-1, ... with a CSI driver on each. */

import { Kubelet, type KubeletConfig, type KubeletSettings } from '#kubelet';
import { Scheduler } from '#scheduler';
import type { Host, HostSpec } from '#sim';

export interface RealNodes {
  readonly count: number;
  readonly zoneOf?: (node: number) => string;
  /** Disks that a node takes; default 26. */
  readonly maxVolumes?: number;
}

/** The nodes' own times, short and certain. */
const QUICK: Partial<KubeletSettings> = {
  startupJitterSeconds: 0,
  runtimeReadySeconds: 0.1,
  costs: {
    mountSeconds: 0.1,
    sandboxSeconds: 0.2,
    sandboxStopSeconds: 0.1,
    startSeconds: 0.1,
    stopSeconds: 0.5,
    pullResolveSeconds: 0.5,
    unpackBytesPerSecond: 1e9,
    egressSeconds: 0.01,
  },
  preloadedImages: ['nginx:1', 'db:1'],
};
const DRIVER = 'disk.example.com';
const ZONE = 'topology.kubernetes.io/zone';

/** Hosts to append to the lab's: the scheduler, then the nodes. */
export function realNodeHosts({ count, zoneOf = () => 'a', maxVolumes = 26 }: RealNodes): readonly HostSpec[] {
  const node = (index: number): HostSpec => {
    const name = `node-${index}`;
    const config: KubeletConfig = {
      nodeName: name,
      client: { user: `system:node:${name}`, servers: [1], qps: 50, burst: 100 },
      capacity: { cpu: '8', memory: '32Gi', pods: '110' },
      podCIDR: `10.0.${index}.0/24`,
      labels: { [ZONE]: zoneOf(index), 'kubernetes.io/hostname': name },
      csiDrivers: [{ name: DRIVER, maxVolumes }],
      settings: QUICK,
    };
    return { name, program: 'kubelet', config, group: 'node', zone: zoneOf(index), egressFloor: 10_000 };
  };
  return [
    { name: 'scheduler', program: 'scheduler', group: 'control-plane', zone: 'a', cores: 4, config: {} },
    ...Array.from({ length: count }, (_, index) => node(index)),
  ];
}

/** The host of one of these; undefined for others. */
export function realNodeHost(spec: HostSpec): Host | undefined {
  if (spec.program === 'kubelet') return new Kubelet(spec.config as KubeletConfig);
  if (spec.program === 'scheduler') return new Scheduler({ client: { user: 'system:kube-scheduler', servers: [1], qps: 0, burst: 0 } });
  return undefined;
}
