/** Volumes, claims, classes and drivers: the fields that scheduling reads, and how they are read.
 *  Mirrors component-helpers v1.34 storage/volume (helpers.go, pv_helpers.go) and storage/ephemeral. */

import type { KubeObject, LabelSelector, Node, NodeSelector, Pod } from '#api';
import { compareQuantities, matchesLabelSelector, matchesNodeSelector, type QuantityText } from '#api';
import type { Handle } from './framework.ts';
import { type LabelMap, nodeLabels, podName, podUid } from './pod-fields.ts';

export interface PersistentVolume extends KubeObject {
  readonly spec?: {
    readonly capacity?: Readonly<Record<string, QuantityText>>;
    readonly accessModes?: readonly string[];
    readonly claimRef?: { readonly namespace?: string; readonly name?: string; readonly uid?: string };
    readonly storageClassName?: string;
    readonly volumeMode?: string;
    readonly volumeAttributesClassName?: string;
    readonly nodeAffinity?: { readonly required?: NodeSelector };
    readonly csi?: { readonly driver: string; readonly volumeHandle: string };
  };
  readonly status?: { readonly phase?: string };
}
export interface PersistentVolumeClaim extends KubeObject {
  readonly spec?: {
    readonly accessModes?: readonly string[];
    readonly resources?: { readonly requests?: Readonly<Record<string, QuantityText>> };
    readonly selector?: LabelSelector;
    readonly storageClassName?: string;
    readonly volumeMode?: string;
    readonly volumeName?: string;
    readonly volumeAttributesClassName?: string;
  };
  readonly status?: { readonly phase?: string };
}
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

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const annotation = (object: KubeObject, name: string): string | undefined => (object.metadata?.annotations as LabelMap | undefined)?.[name];

export const claimClass = (claim: PersistentVolumeClaim): string =>
  annotation(claim, CLASS_ANNOTATION) ?? claim.spec?.storageClassName ?? '';
export const volumeClass = (volume: PersistentVolume): string =>
  annotation(volume, CLASS_ANNOTATION) ?? volume.spec?.storageClassName ?? '';
export const selectedNode = (claim: PersistentVolumeClaim): string | undefined => annotation(claim, 'volume.kubernetes.io/selected-node');

/** Bound both ways, as the volume controller marks it. */
export const isFullyBound = (claim: PersistentVolumeClaim): boolean =>
  (claim.spec?.volumeName ?? '') !== '' && annotation(claim, 'pv.kubernetes.io/bind-completed') !== undefined;

export function isBoundToClaim(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const ref = volume.spec?.claimRef;
  if (ref === undefined) return false;
  if (ref.name !== claim.metadata?.name || (ref.namespace ?? '') !== (claim.metadata?.namespace ?? '')) return false;
  return (ref.uid ?? '') === '' || ref.uid === claim.metadata?.uid;
}

/** volume.CheckNodeAffinity: by the node's labels alone. */
export function volumeFitsNode(volume: PersistentVolume, node: Node): boolean {
  const required = volume.spec?.nodeAffinity?.required;
  return (
    required === undefined || matchesNodeSelector(required, { metadata: { labels: nodeLabels(node) as Record<string, string> } } as Node)
  );
}

function couldServe(volume: PersistentVolume, claim: PersistentVolumeClaim, requested: QuantityText): boolean {
  if (volume.spec?.claimRef !== undefined && !isBoundToClaim(volume, claim)) return false;
  if (compareQuantities(volume.spec?.capacity?.storage ?? 0, requested) < 0) return false;
  if ((volume.spec?.volumeMode ?? 'Filesystem') !== (claim.spec?.volumeMode ?? 'Filesystem')) return false;
  if ((volume.spec?.volumeAttributesClassName ?? '') !== (claim.spec?.volumeAttributesClassName ?? '')) return false;
  return volume.metadata?.deletionTimestamp === undefined;
}

/** volume.FindMatchingVolume for a node: the volume pre-bound to the claim, else the smallest that serves. */
export function findMatchingVolume(
  claim: PersistentVolumeClaim,
  volumes: Iterable<PersistentVolume>,
  node: Node,
  excluded: ReadonlySet<string>,
): PersistentVolume | undefined {
  const requested = claim.spec?.resources?.requests?.storage ?? 0;
  const wantedClass = claimClass(claim);
  let smallest: PersistentVolume | undefined;
  for (const volume of volumes) {
    if (excluded.has(volume.metadata?.name ?? '') || volumeClass(volume) !== wantedClass || !couldServe(volume, claim, requested)) continue;
    const fits = volumeFitsNode(volume, node);
    if (isBoundToClaim(volume, claim)) return fits ? volume : undefined;
    if (volume.status?.phase !== 'Available' || !fits) continue;
    if (claim.spec?.selector !== undefined && !matchesLabelSelector(claim.spec.selector, volume.metadata?.labels as LabelMap | undefined))
      continue;
    const offered = volume.spec?.accessModes ?? [];
    if (!(claim.spec?.accessModes ?? []).every((mode) => offered.includes(mode))) continue;
    if (smallest === undefined || compareQuantities(smallest.spec?.capacity?.storage ?? 0, volume.spec?.capacity?.storage ?? 0) > 0)
      smallest = volume;
  }
  return smallest;
}
