/** Fields of pods and nodes with the API's defaults filled in. */

import type { Node, Pod, Taint, Toleration } from '#api';

export type LabelMap = Readonly<Record<string, string>>;

const NO_LABELS: LabelMap = {};
const NO_TAINTS: readonly Taint[] = [];
const NO_TOLERATIONS: readonly Toleration[] = [];

export const podName = (pod: Pod): string => pod.metadata?.name ?? '';
/** Outside an API server an unset namespace reads as ''. */
export const podNamespace = (pod: Pod): string => pod.metadata?.namespace ?? '';
export const podKey = (pod: Pod): string => `${podNamespace(pod)}/${podName(pod)}`;
/** What tells two pods of one name apart; the key where none was set. */
export const podUid = (pod: Pod): string => pod.metadata?.uid ?? podKey(pod);
export const podLabels = (pod: Pod): LabelMap => (pod.metadata?.labels as LabelMap | undefined) ?? NO_LABELS;
export const podPriority = (pod: Pod): number => pod.spec?.priority ?? 0;
export const podTolerations = (pod: Pod): readonly Toleration[] =>
  (pod.spec?.tolerations as readonly Toleration[] | undefined) ?? NO_TOLERATIONS;
export const isTerminating = (pod: Pod): boolean => pod.metadata?.deletionTimestamp !== undefined;
/** Finished pods hold nothing and are not in the cache (eventhandlers.go, assignedPod and the field selector of the pod informer). */
export const isFinished = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

export const nodeName = (node: Node): string => node.metadata?.name ?? '';
export const nodeLabels = (node: Node): LabelMap => (node.metadata?.labels as LabelMap | undefined) ?? NO_LABELS;
export const nodeTaints = (node: Node): readonly Taint[] => (node.spec?.taints as readonly Taint[] | undefined) ?? NO_TAINTS;

export const HOSTNAME_LABEL = 'kubernetes.io/hostname';
export const ZONE_LABEL = 'topology.kubernetes.io/zone';
export const REGION_LABEL = 'topology.kubernetes.io/region';
const BETA_ZONE_LABEL = 'failure-domain.beta.kubernetes.io/zone';
const BETA_REGION_LABEL = 'failure-domain.beta.kubernetes.io/region';

/** component-helpers node/topology GetZoneKey: region and zone, '' when neither is set. */
export function zoneKey(node: Node): string {
  const labels = nodeLabels(node);
  const zone = labels[BETA_ZONE_LABEL] ?? labels[ZONE_LABEL] ?? '';
  const region = labels[BETA_REGION_LABEL] ?? labels[REGION_LABEL] ?? '';
  return zone === '' && region === '' ? '' : `${region}:\0:${zone}`;
}
