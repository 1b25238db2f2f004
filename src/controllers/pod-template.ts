/** A pod made from a template. Mirrors kubernetes v1.34 pkg/controller/controller_utils.go, GetPodFromTemplate: generateName, labels, annotations,
 *  finalizers and spec of the template, and the controller's reference. Pods of one owner share all of it. */

import type { OwnerReference, Pod, PodTemplateSpec } from '#api';

/** The body with which every pod of one owner is created. */
export function podFromTemplate(
  template: PodTemplateSpec,
  owner: { readonly name: string; readonly namespace: string | undefined },
  ownerReferences: readonly OwnerReference[],
): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: podNamePrefix(owner.name),
      namespace: owner.namespace,
      labels,
      annotations,
      finalizers,
      ownerReferences: ownerReferences as OwnerReference[],
    },
    spec: template.spec as Pod['spec'],
  };
}

/** `<name>-`, or the bare name when that would be no valid prefix of a pod's name (more than 253 characters). */
const podNamePrefix = (name: string): string => (name.length + 1 > 253 ? name : `${name}-`);
