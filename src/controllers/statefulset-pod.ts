/** A StatefulSet's pods and claims: identity by ordinal. Mirrors kubernetes v1.34 pkg/controller/statefulset/stateful_set_utils.go. */

import type { KubeObject, OwnerReference, Pod, PodTemplateSpec, StatefulSet } from '#api';
import type { RequestSpec } from '#client';
import { REVISION_HASH } from './controller-revisions.ts';
import { isPodReady, untilAvailable } from './pod-state.ts';

const POD_NAME = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX = 'apps.kubernetes.io/pod-index';

const ORDINAL = /^(.*)-(\d+)$/;

/** -1 when the name is not one of a StatefulSet's. */
export function ordinalOf(pod: Pod): number {
  const match = ORDINAL.exec(pod.metadata?.name ?? '');
  return match === null ? -1 : Number(match[2]);
}

export const firstOrdinal = ({ spec }: StatefulSet): number => spec?.ordinals?.start ?? 0;
export const revisionLabel = (pod: Pod): string | undefined => pod.metadata?.labels?.[REVISION_HASH];
export const isTerminating = (pod: Pod): boolean => pod.metadata?.deletionTimestamp !== undefined;
export const isRunningAndReady = (pod: Pod): boolean => pod.status?.phase === 'Running' && isPodReady(pod);
export const isHealthy = (pod: Pod): boolean => isRunningAndReady(pod) && !isTerminating(pod);
export const isRunningAndAvailable = (pod: Pod, minReadySeconds: number, clock: number): boolean =>
  pod.status?.phase === 'Running' && untilAvailable(pod, minReadySeconds, clock) === 0;

export const claimName = (template: KubeObject, set: StatefulSet, ordinal: number): string =>
  `${template.metadata?.name}-${set.metadata?.name}-${ordinal}`;

/** newStatefulSetPod: the template with the ordinal's name, labels, host name and claims. */
export function statefulPod(
  set: StatefulSet,
  template: PodTemplateSpec,
  revision: string,
  ordinal: number,
  reference: OwnerReference,
): Pod {
  const { name: setName = '', namespace } = set.metadata ?? {};
  const name = `${setName}-${ordinal}`;
  const claims = set.spec?.volumeClaimTemplates ?? [];
  const volumes = claims.map((claim) => ({
    name: claim.metadata?.name ?? '',
    persistentVolumeClaim: { claimName: claimName(claim, set, ordinal), readOnly: false },
  }));
  const kept = template.spec?.volumes?.filter((volume) => !volumes.some((own) => own.name === volume.name)) ?? [];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: { ...template.metadata?.labels, [POD_NAME]: name, [POD_INDEX]: String(ordinal), [REVISION_HASH]: revision },
      annotations: template.metadata?.annotations,
      finalizers: template.metadata?.finalizers,
      ownerReferences: [reference],
    },
    spec: {
      ...template.spec,
      hostname: name,
      subdomain: set.spec?.serviceName,
      ...(kept.length + volumes.length > 0 ? { volumes: [...kept, ...volumes] } : {}),
    } as Pod['spec'],
  };
}

/** identityMatches and UpdateStatefulPod: the labels that name a pod and its ordinal are put back where somebody took them off. */
export function identityRepair({ metadata }: Pod, ordinal: number): readonly RequestSpec[] {
  const { name = '', namespace, labels } = metadata ?? {};
  if (labels?.[POD_NAME] === name && labels[POD_INDEX] === String(ordinal)) return [];
  const body = { metadata: { labels: { [POD_NAME]: name, [POD_INDEX]: String(ordinal) } } };
  return [{ verb: 'patch', resource: 'pods', namespace, name, patchType: 'merge', body, discardBody: true }];
}
