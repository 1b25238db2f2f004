/** Which pods belong together when the pod itself does not say: those of its services and its controller.
 *  Mirrors kube-scheduler v1.34 plugins/helper/spread.go (DefaultSelector, GetPodServices). */

import type { KubeObject, LabelSelector, Pod, Selector } from '#api';
import { compileLabelSelector } from '#api';
import type { Handle } from './framework.ts';
import { type LabelMap, podLabels, podNamespace } from './pod-fields.ts';

interface ServiceLike extends KubeObject {
  readonly spec?: { readonly selector?: LabelMap };
}
interface WorkloadLike extends KubeObject {
  readonly spec?: { readonly selector?: LabelSelector };
}
interface ReplicationControllerLike extends KubeObject {
  readonly spec?: { readonly selector?: LabelMap };
}

const requirementsOf = (labels: LabelMap): Selector =>
  Object.keys(labels).map((key) => ({ key, operator: 'In', values: [labels[key] as string] }));

/** Undefined or empty when nothing selects the pod. */
export function defaultSpreadSelector(pod: Pod, handle: Handle): Selector | undefined {
  const namespace = podNamespace(pod);
  const labels = podLabels(pod);
  let merged: LabelMap = {};
  for (const service of handle.lister<ServiceLike>('services').list()) {
    const selector = service.spec?.selector;
    if (selector === undefined || (service.metadata?.namespace ?? '') !== namespace) continue;
    let isSelected = true;
    for (const key in selector) if (labels[key] !== selector[key]) isSelected = false;
    if (isSelected) merged = { ...merged, ...selector };
  }
  const owner = pod.metadata?.ownerReferences?.find((reference) => reference.controller === true);
  if (owner === undefined) return requirementsOf(merged);
  const key = `${namespace}/${owner.name}`;
  switch (`${owner.apiVersion}/${owner.kind}`) {
    case 'v1/ReplicationController': {
      const selector = handle.lister<ReplicationControllerLike>('replicationcontrollers').get(key)?.spec?.selector;
      return requirementsOf({ ...merged, ...selector });
    }
    case 'apps/v1/ReplicaSet':
    case 'apps/v1/StatefulSet': {
      const resource = owner.kind === 'ReplicaSet' ? 'replicasets.apps' : 'statefulsets.apps';
      const selector = handle.lister<WorkloadLike>(resource).get(key)?.spec?.selector;
      return selector === undefined ? requirementsOf(merged) : [...requirementsOf(merged), ...compileLabelSelector(selector)];
    }
    default:
      return requirementsOf(merged);
  }
}
