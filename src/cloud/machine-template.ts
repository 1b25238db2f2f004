/** The node that a group's next machine would be, with the pods of DaemonSets that would run there: what an autoscaler tries pods on.
 *  Mirrors kubernetes/autoscaler cluster-autoscaler 1.34 simulator/node_info_utils.go and cloudprovider TemplateNodeInfo. */

import type { KubeObject, Node, Pod, PodTemplateSpec } from '#api';
import { toleratedByAny } from '#api';
import type { Lister } from '#client';
import type { NodeGroupPlan } from './machines.ts';
import { SimulatedCluster } from './simulated-cluster.ts';

export const GROUP_LABEL = 'wavetank.dev/node-group';
/** What kubelets of the provider's machines say they are (spec.providerID). */
export const providerIdOf = (machine: string): string => `wavetank://${machine}`;

/** The labels that a machine's kubelet registers with. */
export const machineLabels = ({
  name,
  labels,
  spot,
}: Pick<NodeGroupPlan, 'name' | 'labels' | 'spot'>): Readonly<Record<string, string>> => ({
  ...labels,
  ...(spot ? { 'karpenter.sh/capacity-type': 'spot' } : {}),
  [GROUP_LABEL]: name,
});

export function templateNode(plan: NodeGroupPlan, name: string, zone: string): Node {
  const { capacity, allocatable, taints } = plan;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        ...machineLabels(plan),
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': plan.labels['kubernetes.io/arch'] ?? 'amd64',
        'topology.kubernetes.io/zone': zone,
        'topology.kubernetes.io/region': plan.labels['topology.kubernetes.io/region'] ?? 'region-1',
      },
    },
    spec: { taints: [...taints], providerID: providerIdOf(name) },
    status: { capacity, allocatable, conditions: [{ type: 'Ready', status: 'True' }] },
  } as Node;
}

interface DaemonSet extends KubeObject {
  readonly spec?: { readonly template: PodTemplateSpec };
}

/** One pod of each DaemonSet that fits there. */
export function daemonPods(sets: Lister<DaemonSet>, node: Node, listers: ReadonlyMap<string, Lister>): readonly Pod[] {
  if (sets.size === 0) return NO_PODS;
  const alone = new SimulatedCluster(listers, 0);
  const info = alone.add(node);
  const found: Pod[] = [];
  for (const set of sets.list()) {
    const pod = daemonPod(set, node);
    if (pod === undefined || alone.fits(alone.begin(pod), info) !== undefined) continue;
    found.push(pod);
  }
  return found;
}

const NO_PODS: readonly Pod[] = [];

function daemonPod({ metadata, spec }: DaemonSet, node: Node): Pod | undefined {
  const template = spec?.template;
  if (template?.spec === undefined) return undefined;
  if ((node.spec?.taints ?? []).some((taint) => taint.effect !== 'PreferNoSchedule' && !toleratedByAny(template.spec?.tolerations, taint)))
    return undefined;
  const name = `${metadata?.name}-${node.metadata?.name}`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: metadata?.namespace ?? 'default',
      uid: `template/${metadata?.namespace}/${name}`,
      labels: template.metadata?.labels ?? {},
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: metadata?.name, uid: metadata?.uid, controller: true }],
    },
    spec: template.spec,
  } as Pod;
}
