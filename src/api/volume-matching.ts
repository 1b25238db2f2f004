/** Which volume serves which claim: the fields that the scheduler's VolumeBinding and the volume controller read, and how they read them.
 *  Mirrors component-helpers v1.34 storage/volume (helpers.go, pv_helpers.go). */

import type { KubeObject, LabelSelector, Node, NodeSelector } from './objects.ts';
import { compareQuantities, type QuantityText } from './quantity.ts';
import { matchesLabelSelector, matchesNodeSelector } from './selectors.ts';

type Labels = Readonly<Record<string, string>>;

export interface VolumeFields extends KubeObject {
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
export interface ClaimFields extends KubeObject {
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

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const annotation = (object: KubeObject, name: string): string | undefined => (object.metadata?.annotations as Labels | undefined)?.[name];

export const claimClass = (claim: ClaimFields): string => annotation(claim, CLASS_ANNOTATION) ?? claim.spec?.storageClassName ?? '';
export const volumeClass = (volume: VolumeFields): string => annotation(volume, CLASS_ANNOTATION) ?? volume.spec?.storageClassName ?? '';
export const selectedNode = (claim: ClaimFields): string | undefined => annotation(claim, 'volume.kubernetes.io/selected-node');

/** Bound both ways, as the volume controller marks it. */
export const isFullyBound = (claim: ClaimFields): boolean =>
  (claim.spec?.volumeName ?? '') !== '' && annotation(claim, 'pv.kubernetes.io/bind-completed') !== undefined;

export function isBoundToClaim(volume: VolumeFields, claim: ClaimFields): boolean {
  const ref = volume.spec?.claimRef;
  if (ref === undefined) return false;
  if (ref.name !== claim.metadata?.name || (ref.namespace ?? '') !== (claim.metadata?.namespace ?? '')) return false;
  return (ref.uid ?? '') === '' || ref.uid === claim.metadata?.uid;
}

/** volume.CheckNodeAffinity: by the node's labels alone. */
export function volumeFitsNode(volume: VolumeFields, node: Node): boolean {
  const required = volume.spec?.nodeAffinity?.required;
  return required === undefined || matchesNodeSelector(required, { metadata: { labels: { ...node.metadata?.labels } } } as Node);
}

function couldServe(volume: VolumeFields, claim: ClaimFields, requested: QuantityText): boolean {
  if (volume.spec?.claimRef !== undefined && !isBoundToClaim(volume, claim)) return false;
  if (compareQuantities(volume.spec?.capacity?.storage ?? 0, requested) < 0) return false;
  if ((volume.spec?.volumeMode ?? 'Filesystem') !== (claim.spec?.volumeMode ?? 'Filesystem')) return false;
  if ((volume.spec?.volumeAttributesClassName ?? '') !== (claim.spec?.volumeAttributesClassName ?? '')) return false;
  return volume.metadata?.deletionTimestamp === undefined;
}

/** volume.FindMatchingVolume, for a node or (the volume controller) for none: the volume pre-bound to the claim, else the smallest that serves; with
 *  `delayBinding` a pre-bound one only. */
export function findMatchingVolume<V extends VolumeFields>(
  claim: ClaimFields,
  volumes: Iterable<V>,
  node: Node | undefined,
  excluded: ReadonlySet<string>,
  delayBinding = false,
): V | undefined {
  const requested = claim.spec?.resources?.requests?.storage ?? 0;
  const wantedClass = claimClass(claim);
  let smallest: V | undefined;
  for (const volume of volumes) {
    if (excluded.has(volume.metadata?.name ?? '') || volumeClass(volume) !== wantedClass || !couldServe(volume, claim, requested)) continue;
    const fits = node === undefined || volumeFitsNode(volume, node);
    if (isBoundToClaim(volume, claim)) return fits ? volume : undefined;
    // Without a node the scheduler has yet to choose.
    if (volume.status?.phase !== 'Available' || !fits || delayBinding) continue;
    if (claim.spec?.selector !== undefined && !matchesLabelSelector(claim.spec.selector, volume.metadata?.labels as Labels | undefined))
      continue;
    const offered = volume.spec?.accessModes ?? [];
    if (!(claim.spec?.accessModes ?? []).every((mode) => offered.includes(mode))) continue;
    if (smallest === undefined || compareQuantities(smallest.spec?.capacity?.storage ?? 0, volume.spec?.capacity?.storage ?? 0) > 0)
      smallest = volume;
  }
  return smallest;
}
