/** Volumes, claims, classes and drivers: the fields that scheduling reads, and how they are read.
 *  Mirrors component-helpers v1.34 storage/volume (helpers.go, pv_helpers.go) and storage/ephemeral. */

import type { ClaimFields, KubeObject, LabelSelector, Pod, QuantityText, VolumeFields } from '#api';
import type { Handle } from './framework.ts';
import { podName, podUid } from './pod-fields.ts';

export { claimClass, findMatchingVolume, isBoundToClaim, isFullyBound, selectedNode, volumeClass, volumeFitsNode } from '#api';
export type PersistentVolume = VolumeFields;
export type PersistentVolumeClaim = ClaimFields;
export interface StorageClass extends KubeObject {
  readonly provisioner?: string;
  readonly volumeBindingMode?: string;
  readonly allowedTopologies?: readonly {
    readonly matchLabelExpressions?: readonly { readonly key: string; readonly values: readonly string[] }[];
  }[];
}
export interface CsiNode extends KubeObject {
  readonly spec?: { readonly drivers?: readonly { readonly name: string; readonly allocatable?: { readonly count?: number } }[] };
}
export interface CsiDriver extends KubeObject {
  readonly spec?: { readonly storageCapacity?: boolean };
}
export interface CsiStorageCapacity extends KubeObject {
  readonly storageClassName?: string;
  readonly nodeTopology?: LabelSelector;
  readonly capacity?: QuantityText;
  readonly maximumVolumeSize?: QuantityText;
}

export interface VolumeAttachment extends KubeObject {
  readonly spec?: { readonly attacher?: string; readonly nodeName?: string; readonly source?: { readonly persistentVolumeName?: string } };
}

export const VOLUME_ATTACHMENTS = 'volumeattachments.storage.k8s.io';
/** Where the informer has it: attachments by their node. */
export const NODE_INDEX = 'node';
export const attachedTo = (attachment: VolumeAttachment): string => attachment.spec?.nodeName ?? '';

export function attachmentsOf(handle: Handle, node: string): Iterable<VolumeAttachment> {
  const lister = handle.lister<VolumeAttachment>(VOLUME_ATTACHMENTS);
  return lister.byIndex?.(NODE_INDEX, node) ?? [...lister.list()].filter((attachment) => attachedTo(attachment) === node);
}

export const claimsOf = (handle: Handle) => handle.lister<PersistentVolumeClaim>('persistentvolumeclaims');
export const volumesOf = (handle: Handle) => handle.lister<PersistentVolume>('persistentvolumes');
export const storageClassesOf = (handle: Handle) => handle.lister<StorageClass>('storageclasses.storage.k8s.io');
export const csiNodesOf = (handle: Handle) => handle.lister<CsiNode>('csinodes.storage.k8s.io');

export const claimNotFound = (name: string): string => `persistentvolumeclaim "${name}" not found`;

type Volume = NonNullable<NonNullable<Pod['spec']>['volumes']>[number];

/** The claim behind a volume: named, or made for the pod (`pod-volume`). */
export function claimNameOf(pod: Pod, volume: Volume): { readonly name: string; readonly isEphemeral: boolean } | undefined {
  if (volume.persistentVolumeClaim !== undefined) return { name: volume.persistentVolumeClaim.claimName, isEphemeral: false };
  if (volume.ephemeral !== undefined) return { name: `${podName(pod)}-${volume.name}`, isEphemeral: true };
  return undefined;
}

/** ephemeral.VolumeIsForPod: an error text unless the pod controls the claim. */
export function notForPod(pod: Pod, claim: PersistentVolumeClaim): string | undefined {
  const isOwned = (claim.metadata?.ownerReferences ?? []).some((owner) => owner.controller === true && owner.uid === podUid(pod));
  const key = `${claim.metadata?.namespace ?? ''}/${claim.metadata?.name ?? ''}`;
  return isOwned ? undefined : `PVC ${key} was not created for pod ${pod.metadata?.namespace ?? ''}/${podName(pod)} (pod is not owner)`;
}
