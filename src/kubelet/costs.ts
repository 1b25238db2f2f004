/** What the steps of a pod's life take on a node, and where each number comes from. Seconds; a distribution is drawn once per cause
 *  (docs/fidelity.md explains). Nothing here was measured on this project's own machines: sources are named, the rest is marked `assumed`,
 *  and a verdict that rests on an assumed number is to be run again at half and at double. */

import type { Distribution } from '#sim';

export interface KubeletCosts {
  /** Mounting ConfigMaps, Secrets and the service account token; a pod without volumes still passes WaitForAttachAndMount. */
  readonly mountSeconds: Distribution;
  /** Staging and publishing a CSI volume once it is attached; default in node-volumes.ts. */
  readonly stageSeconds?: Distribution;
  /** RunPodSandbox: pause container, network namespace and CNI ADD. */
  readonly sandboxSeconds: Distribution;
  /** StopPodSandbox: CNI DEL and cgroup removal. */
  readonly sandboxStopSeconds: Distribution;
  /** CreateContainer and StartContainer of one container, image present. */
  readonly startSeconds: Distribution;
  /** From SIGTERM to a container's end, when its behaviour does not say. */
  readonly stopSeconds: Distribution;
  /** Resolving a tag and reading the manifest before a single layer moves; also the whole cost of `Always` when the image is present. */
  readonly pullResolveSeconds: Distribution;
  /** Unpacking layers onto the disk, after the download. */
  readonly unpackBytesPerSecond: number;
  /** How long a kubelet works on a change before its request leaves. The kernel raises it to the host's egress floor (R, 10 ms). */
  readonly egressSeconds: number;
}

export const KUBELET_COSTS: KubeletCosts = {
  // assumed: tmpfs mounts take milliseconds; the volume manager's reconciler looks every 100 ms (pkg/kubelet/volumemanager, reconcilerLoopSleepPeriod)
  // and the waiter polls every 300 ms (podAttachAndMountRetryInterval), so 0.1-0.4 s is spent waiting.
  mountSeconds: { uniform: { min: 0.1, max: 0.4 } },
  // assumed: containerd with a simple bridge CNI on an idle node.
  sandboxSeconds: { lognormal: { p50: 0.35, p99: 1.2, min: 0.1, max: 5 } },
  // assumed.
  sandboxStopSeconds: { lognormal: { p50: 0.15, p99: 0.6, min: 0.03, max: 3 } },
  // assumed: create plus start through containerd and runc on an idle node.
  startSeconds: { lognormal: { p50: 0.15, p99: 0.6, min: 0.03, max: 3 } },
  // assumed: a server that handles SIGTERM.
  stopSeconds: { lognormal: { p50: 0.3, p99: 3, min: 0.05, max: 20 } },
  // assumed: two round trips to a registry, token included.
  pullResolveSeconds: { lognormal: { p50: 0.4, p99: 1.5, min: 0.1, max: 5 } },
  // assumed: gunzip of one stream at a time.
  unpackBytesPerSecond: 120_000_000,
  // The status manager and the sync loop; the plan's R (docs/fidelity.md).
  egressSeconds: 0.01,
};
