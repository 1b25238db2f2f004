/** Which nodes a DaemonSet wants, and the pod it makes for one. Mirrors kubernetes v1.34 pkg/controller/daemon/daemon_controller.go (NodeShouldRunDaemonPod) and
 *  pkg/controller/daemon/util/daemonset_util.go. */

import type { Affinity, DaemonSet, Node, OwnerReference, Pod, PodTemplateSpec, Toleration } from '#api';
import { findUntoleratedTaint, matchesNodeSelector } from '#api';
import { REVISION_HASH } from './controller-revisions.ts';
import { podFromTemplate } from './pod-template.ts';

const tolerate = (key: string, effect: 'NoExecute' | 'NoSchedule'): Toleration => ({
  key: `node.kubernetes.io/${key}`,
  operator: 'Exists',
  effect,
});

/** AddOrUpdateDaemonPodTolerations: a daemon pod stays through what drives others away. */
const TOLERATIONS: readonly Toleration[] = [
  tolerate('not-ready', 'NoExecute'),
  tolerate('unreachable', 'NoExecute'),
  tolerate('disk-pressure', 'NoSchedule'),
  tolerate('memory-pressure', 'NoSchedule'),
  tolerate('pid-pressure', 'NoSchedule'),
  tolerate('unschedulable', 'NoSchedule'),
];
const HOST_NETWORK = tolerate('network-unavailable', 'NoSchedule');

const byTemplate = new WeakMap<PodTemplateSpec, readonly Toleration[]>();

export function daemonTolerations(template: PodTemplateSpec): readonly Toleration[] {
  let tolerations = byTemplate.get(template);
  if (tolerations === undefined) {
    tolerations = [...(template.spec?.tolerations ?? []), ...TOLERATIONS, ...(template.spec?.hostNetwork === true ? [HOST_NETWORK] : [])];
    byTemplate.set(template, tolerations);
  }
  return tolerations;
}

export interface Wanted {
  /** A pod is to be made there. */
  readonly shouldRun: boolean;
  /** One that is there may stay. */
  readonly shouldContinue: boolean;
}

const BOTH: Wanted = { shouldRun: true, shouldContinue: true };
const STAY: Wanted = { shouldRun: false, shouldContinue: true };
const NEITHER: Wanted = { shouldRun: false, shouldContinue: false };

/** NodeShouldRunDaemonPod. */
export function wantedOn(set: DaemonSet, node: Node): Wanted {
  const template = set.spec?.template ?? {};
  const { nodeName, nodeSelector, affinity } = template.spec ?? {};
  if (nodeName !== undefined && nodeName !== '' && nodeName !== node.metadata?.name) return NEITHER;
  for (const key in nodeSelector) if (node.metadata?.labels?.[key] !== nodeSelector[key]) return NEITHER;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required !== undefined && !matchesNodeSelector(required, node)) return NEITHER;
  const taints = node.spec?.taints;
  if (taints === undefined || taints.length === 0) return BOTH;
  const tolerations = daemonTolerations(template);
  if (findUntoleratedTaint(taints, tolerations, ['NoSchedule', 'NoExecute']) === undefined) return BOTH;
  return findUntoleratedTaint(taints, tolerations, ['NoExecute']) === undefined ? STAY : NEITHER;
}

/** The node a daemon pod is for: bound, or bound to be (GetTargetNodeName). */
export function targetNode(pod: Pod): string {
  const { nodeName, affinity } = pod.spec ?? {};
  if (nodeName !== undefined && nodeName !== '') return nodeName;
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields } of terms) {
    for (const { key, operator, values } of matchFields ?? []) if (key === 'metadata.name' && operator === 'In') return values?.[0] ?? '';
  }
  return '';
}

/** CreatePodTemplate: how often the template has changed, as the API server counts it. */
function generationOf({ metadata }: DaemonSet): Readonly<Record<string, string>> | undefined {
  const generation = metadata?.annotations?.['deprecated.daemonset.template.generation'];
  return generation === undefined ? undefined : { 'pod-template-generation': generation };
}

/** The pod for one node: its affinity names that node and nothing else (ReplaceDaemonSetPodNodeNameNodeAffinity). */
export function daemonPod(set: DaemonSet, node: string, hash: string, references: readonly OwnerReference[]): Pod {
  const template = set.spec?.template ?? {};
  const { name = '', namespace } = set.metadata ?? {};
  const base = podFromTemplate(template, { name, namespace }, references);
  const nodeSelectorTerms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }];
  const affinity: Affinity = {
    ...template.spec?.affinity,
    nodeAffinity: {
      ...template.spec?.affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } as never,
    },
  };
  return {
    ...base,
    metadata: { ...base.metadata, labels: { ...base.metadata?.labels, ...generationOf(set), [REVISION_HASH]: hash } },
    spec: { ...base.spec, affinity, tolerations: daemonTolerations(template) as Toleration[] } as Pod['spec'],
  };
}
