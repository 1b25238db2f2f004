/** Whether a pod may run here: the kubelet's own check after the scheduler's. Mirrors v1.34 pkg/kubelet/lifecycle/predicate.go and
 *  pkg/scheduler/framework/plugins/noderesources (Fits): the first failure is the reason. Left out: device plugins. */

import {
  type Container,
  findUntoleratedTaint,
  matchesNodeSelector,
  type Node,
  type Pod,
  podQosClass,
  podRequests,
  type Resources,
  toleratedByAny,
} from '#api';
import type { NodeAgent } from './agent.ts';
import { amountsOf } from './amounts.ts';

export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** maxPods of a kubelet that is told nothing. */
const DEFAULT_MAX_PODS = 110;

const insufficient = (resource: string, requested: number, used: number, capacity: number): Refusal => ({
  reason: `OutOf${resource}`,
  message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
});
const predicate = (name: string, why: string): Refusal => ({ reason: name, message: `Predicate ${name} failed: ${why}` });

/** Addresses that stand for all of the node's. */
const ANY = new Set(['', '0.0.0.0', '::']);

interface HostPort {
  readonly port: number;
  readonly protocol: string;
  readonly address: string;
}

function hostPorts(containers: readonly Container[] | undefined): readonly HostPort[] {
  const found: HostPort[] = [];
  for (const { ports } of containers ?? []) {
    for (const { hostPort, protocol, hostIP } of ports ?? [])
      if (hostPort !== undefined && hostPort > 0) found.push({ port: hostPort, protocol: protocol ?? 'TCP', address: hostIP ?? '' });
  }
  return found;
}

/** nodeports.Fits: the ports of pods that are not over. Only a pod that asks for some looks at the others. */
function portsTaken(agent: NodeAgent, pod: Pod): boolean {
  const wanted = hostPorts(pod.spec?.containers);
  if (wanted.length === 0) return false;
  for (const { stage, spec, uid } of agent.workers.values()) {
    if (stage === 'terminated' || uid === pod.metadata?.uid) continue;
    for (const { port, protocol, address } of hostPorts(spec.containers)) {
      const clashes = (one: HostPort): boolean => one.address === address || ANY.has(one.address) || ANY.has(address);
      if (wanted.some((one) => one.port === port && one.protocol === protocol && clashes(one))) return true;
    }
  }
  return false;
}

/** undefined: admitted. */
export function refusalOf(agent: NodeAgent, pod: Pod): Refusal | undefined {
  if (agent.shuttingDown) return { reason: 'NodeShutdown', message: 'Pod was rejected as the node is shutting down.' };
  const allocatable = amountsOf(agent.config.allocatable ?? agent.config.capacity);
  const barred = pressureOf(agent, pod) ?? systemOf(pod);
  if (barred !== undefined) return barred;
  const requests = podRequests(pod);
  const { pods, requested: used } = agent;
  const maxPods = Math.min(agent.settings.maxPods, allocatable['pods'] ?? DEFAULT_MAX_PODS);
  if (pods + 1 > maxPods) return insufficient('pods', 1, pods, maxPods);
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) {
    const short = shortage(name, requests, used, allocatable);
    if (short !== undefined) return short;
  }
  for (const name in requests) {
    // Extended resources that the node does not have at all are cluster-level ones (removeMissingExtendedResources).
    if (name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || allocatable[name] === undefined) continue;
    const short = shortage(name, requests, used, allocatable);
    if (short !== undefined) return short;
  }
  return placement(agent.node, agent, pod);
}

/** rejectPodAdmissionBasedOnOSField: these nodes run Linux. */
function systemOf(pod: Pod): Refusal | undefined {
  const os = pod.spec?.os?.name;
  return os === undefined || os === 'linux'
    ? undefined
    : { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
}

function shortage(name: string, requests: Resources, used: Readonly<Record<string, number>>, allocatable: Resources): Refusal | undefined {
  const asked = requests[name] ?? 0;
  if (asked === 0) return undefined;
  const taken = used[name] ?? 0;
  const capacity = allocatable[name] ?? (name === 'ephemeral-storage' ? Number.POSITIVE_INFINITY : 0);
  return asked > capacity - taken ? insufficient(name, asked, taken, capacity) : undefined;
}

/** Node selector and affinity, and taints that evict. */
function placement(node: Node | undefined, agent: NodeAgent, pod: Pod): Refusal | undefined {
  if (node === undefined) return undefined;
  const selector = pod.spec?.nodeSelector;
  const labels = node.metadata?.labels ?? {};
  for (const key in selector) if (labels[key] !== selector[key]) return AFFINITY;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required !== undefined && !matchesNodeSelector(required, node)) return AFFINITY;
  if (pod.spec?.nodeName !== undefined && pod.spec.nodeName !== agent.config.nodeName) {
    return predicate('NodeName', "node(s) didn't match the requested node name");
  }
  if (portsTaken(agent, pod)) return predicate('NodePorts', "node(s) didn't have free ports for the requested pod ports");
  const taint = findUntoleratedTaint(node.spec?.taints, pod.spec?.tolerations, ['NoExecute']);
  return taint === undefined ? undefined : predicate('TaintToleration', "node(s) had taints that the pod didn't tolerate");
}
const AFFINITY = predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");

/** eviction_manager.go Admit: under memory pressure alone best-effort pods that do not tolerate its taint are refused, under any other all pods save critical ones. */
function pressureOf({ pressures }: NodeAgent, pod: Pod): Refusal | undefined {
  if (pressures.size === 0 || (pod.spec?.priority ?? 0) >= 2_000_000_000) return undefined;
  const isMemoryAlone = pressures.size === 1 && pressures.has('MemoryPressure');
  if (isMemoryAlone && podQosClass(pod) !== 'BestEffort') return undefined;
  if (isMemoryAlone && toleratedByAny(pod.spec?.tolerations, { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' }))
    return undefined;
  return { reason: 'Evicted', message: `The node had condition: [${[...pressures].join(' ')}]. ` };
}
