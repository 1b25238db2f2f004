/** A pod with what the scheduler reads from it, computed once. Mirrors pkg/scheduler/framework/types.go v1.34 (PodInfo). */

import type { Container, Pod } from '#api';
import { type PodAffinityTerms, podAffinityTerms } from './affinity-terms.ts';
import { type PodUsage, podUsage } from './pod-resources.ts';

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

export interface PodInfo {
  /** The newest version; the cache replaces it when an update changes nothing that is counted. */
  pod: Pod;
  readonly usage: PodUsage;
  readonly terms: PodAffinityTerms;
  readonly hostPorts: readonly HostPort[];
  readonly hasAffinity: boolean;
}

const NO_PORTS: readonly HostPort[] = [];
const portsMemo = new WeakMap<object, readonly HostPort[]>();

function portsOf(containers: readonly Container[]): readonly HostPort[] {
  const known = portsMemo.get(containers);
  if (known !== undefined) return known;
  const ports: HostPort[] = [];
  for (const container of containers) {
    for (const { hostPort, hostIP, protocol } of container.ports ?? []) {
      if (hostPort === undefined || hostPort <= 0) continue;
      ports.push({ ip: hostIP === undefined || hostIP === '' ? '0.0.0.0' : hostIP, protocol: protocol ?? 'TCP', port: hostPort });
    }
  }
  const result = ports.length === 0 ? NO_PORTS : ports;
  portsMemo.set(containers, result);
  return result;
}

/** schedutil.GetHostPorts: containers and sidecars, those with a hostPort only. */
export function podHostPorts(pod: Pod): readonly HostPort[] {
  const spec = pod.spec;
  if (spec === undefined) return NO_PORTS;
  const ports = portsOf(spec.containers as readonly Container[]);
  if (spec.initContainers === undefined) return ports;
  const sidecars = spec.initContainers.filter((container) => container.restartPolicy === 'Always') as Container[];
  return sidecars.length === 0 ? ports : [...ports, ...portsOf(sidecars)];
}

export function newPodInfo(pod: Pod): PodInfo {
  const affinity = pod.spec?.affinity;
  return {
    pod,
    usage: podUsage(pod),
    terms: podAffinityTerms(pod),
    hostPorts: podHostPorts(pod),
    hasAffinity: affinity !== undefined && (affinity.podAffinity !== undefined || affinity.podAntiAffinity !== undefined),
  };
}
